#!/bin/sh
# SPDX-License-Identifier: ISC
# A stranger's first minutes: a bare Debian with git and nothing else, a clone, ./bootstrap demo.
# Packages are installed and the third-party libraries built: several minutes.
. "${0%/*}/../lib.sh"
need root no-chroot overlay debootstrap git unshare
[ -n "$DK_TEST_LONG" ] || skip_all "takes several minutes; make check runs it"
debian

mkdir bare
tar -C bare --numeric-owner -xpf "$DEBIAN"
rm -rf bare/opt/odd
cp /etc/resolv.conf bare/etc
git -C "$TOP" bundle create -q "$T/bare/root/dk.bundle" HEAD

# in the chroot, with what a machine has mounted
bare()
{
	unshare -m sh -c '
		mount -t proc proc bare/proc && mount -t sysfs sysfs bare/sys &&
		mount -t tmpfs -o mode=755 tmpfs bare/dev && mkdir bare/dev/pts || exit 1
		for d in null zero full random urandom tty; do
			: >"bare/dev/$d" && mount --bind "/dev/$d" "bare/dev/$d" || exit 1
		done
		ln -s /proc/self/fd bare/dev/fd
		exec chroot bare env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
			HOME=/root DEBIAN_FRONTEND=noninteractive "$@"' sh "$@"
}

t "git is installed" bare sh -c 'apt-get -q update && apt-get -q -y install --no-install-recommends git'
t "a clone" bare git clone -q /root/dk.bundle /root/dk
t "no compiler is there" bare sh -c '! command -v cc gcc make'
t "./bootstrap demo" bare sh -c 'cd /root/dk && ./bootstrap demo'
like "builds, pushes, pulls and runs" "$(sed -n '/dk-run --rm.*hello$/,/^$/p' .out)" "*hello world from Python 3.*"
is "to its end" "$(tail -1 .out)" "That was the tour."
is "and leaves nothing in /tmp" "$(ls bare/tmp)" ""
is "nor a process" "$(pgrep -f 'docker-registry serve registry.yml')" ""
done_testing
