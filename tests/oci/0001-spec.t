#!/bin/sh
# SPDX-License-Identifier: ISC
# The default container runs under other OCI runtimes, with what its tables say.
. "${0%/*}/../lib.sh"
need root no-chroot busybox unshare crun runc
[ -x "$TOP/build/unit/test-spec" ] || skip_all "needs make units"

mkrootfs bundle/rootfs
cat >bundle/rootfs/probe <<'X'
echo id=$(id -u) host=$(hostname) pid=$$ cwd=$(pwd) path=$PATH
grep -E 'Cap(Prm|Eff|Bnd|Inh)' /proc/self/status | tr -d '\t' | tr '\n' ' '
echo
head -c1 /dev/full >/dev/null && echo full
mknod /tmp/sda b 8 0 && echo mknod
cat /tmp/sda >/dev/null 2>&1 || echo no-disk
head -c1 /proc/kcore 2>/dev/null | wc -c
ls -A /sys/firmware | wc -l
echo x 2>/dev/null >/proc/sys/kernel/hostname || echo sys-ro
grep -c ' /sys/fs/cgroup' /proc/mounts | sed 's/^[1-9].*/cgroups/'
stat -c '%a %T' -f /dev/shm >/dev/null && stat -c 'shm %a' /dev/shm
cat /proc/sys/net/ipv4/ip_unprivileged_port_start
X
"$TOP/build/unit/test-spec" sh /probe >bundle/config.json
cat >want <<'X'
id=0 host=spec-test pid=1 cwd=/ path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
CapInh:0000000000000000 CapPrm:00000000a80425fb CapEff:00000000a80425fb CapBnd:00000000a80425fb 
full
mknod
no-disk
0
0
sys-ro
cgroups
shm 1777
0
X

# runtimes of Debian 12 know no hybrid hierarchy: in a mount namespace of their own the second one is hidden
for r in crun runc; do
	rm -f bundle/rootfs/tmp/sda
	# shellcheck disable=SC2016
	t "$r runs the default container" unshare -m sh -c '
		umount /sys/fs/cgroup/unified 2>/dev/null
		exec "$1" --root "$2" run -b "$3" "dk-spec-$$"' - "$r" "$T/$r" "$T/bundle"
	is "and it is what the tables say" "$(cat .out)" "$(cat want)"
done
done_testing
