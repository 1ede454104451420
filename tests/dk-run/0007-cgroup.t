#!/bin/sh
# SPDX-License-Identifier: ISC
# cgroups: v2 alone, none mounted, read-only; what killed monitors leave
. "${0%/*}/../lib.sh"
need root no-chroot overlay unshare

mkrootfs rootfs
cp "$TOP/build/unit/test-inside" rootfs/bin/ || skip_all "make units first"
tar -c -C rootfs . | dk-import - bb:1 >/dev/null || exit 1

# inside ENVIRONMENT DESC: the tests of test-inside, in a mount namespace made by ENVIRONMENT
inside()
{
	unshare -m sh -c "$1"' && exec dk-run --rm bb:1 test-inside inside' >inside.tap 2>inside.err
	if [ "$(grep -c '^ok' inside.tap)" -gt 50 ] && ! grep -q '^not ok' inside.tap; then
		ok "$2"
	else
		not_ok "$2"
		grep -A1 '^not ok' inside.tap | sed 's/^/# /'
		tell inside.err
	fi
}

inside true "as it is here"
inside 'mount -t cgroup2 cgroup2 /sys/fs/cgroup' "v2 alone: devices by BPF"
inside 'umount -R /sys/fs/cgroup' "nothing mounted"
is "v2: a cgroup namespace" "$(unshare -m sh -c 'mount -t cgroup2 cgroup2 /sys/fs/cgroup &&
	dk-run --rm bb:1 sed -n "s/^0:://p" /proc/self/cgroup')" /
left() { find /sys/fs/cgroup -maxdepth 2 -name "dk-$1*"; }

dk-run --cidfile cid bb:1 sleep 30 &
pid=$!
up() { [ -n "$(dk-ps -q)" ]; }
wait_for up
[ -n "$(left "$(cat cid)")" ] && ok "a cgroup while it runs" || not_ok "a cgroup while it runs"
mkdir -p "/sys/fs/cgroup/devices/dk-$(tr 0-9a-f a-f0-9 <cid)" 2>/dev/null
dk-run --name other bb:1 true
dk-rm other >/dev/null
is "dk-rm sweeps those nobody has" "$(left "$(tr 0-9a-f a-f0-9 <cid)")" ""
[ -n "$(left "$(cat cid)")" ] && ok "and leaves the others" || not_ok "and leaves the others"
kill -9 $pid
wait $pid 2>/dev/null
down() { dk-ps -a | grep -q 'Exited (255)'; }
wait_for down
t "dk-rm of one whose monitor was killed" dk-rm "$(cat cid)"
is "takes its cgroup along" "$(left "$(cat cid)")" ""
done_testing
