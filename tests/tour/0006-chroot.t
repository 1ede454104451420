#!/bin/sh
# SPDX-License-Identifier: ISC
# In a chroot, whose root is no mount point: import and run work, and nothing of the outside is seen.
. "${0%/*}/../lib.sh"
need root no-chroot overlay busybox

mkrootfs jail
mkdir jail/dk jail/box jail/box/bin
cp "$TOP"/build/bin/dk-import "$TOP"/build/bin/dk-run "$TOP"/build/bin/dk-ps jail/dk
cp jail/bin/busybox jail/box/bin
ln -s busybox jail/box/bin/sh
tar -C jail/box -cf jail/box.tar .
echo outside >secret
jail()
{
	unshare -m sh -c "mount -t proc proc jail/proc && mount -t sysfs sysfs jail/sys &&
		exec chroot jail env -i PATH=/dk:/bin DK_ROOT=/store DK_RUN=/run \"\$@\"" sh "$@"
}
t "import" jail dk-import box.tar box:1
is "run" "$(jail dk-run --rm box:1 sh -c 'busybox cat /proc/1/comm')" busybox
is "the root is the container's" "$(jail dk-run --rm box:1 sh -c 'busybox ls -d /* | busybox tr "\n" " "')" \
	"/bin /dev /etc /proc /sys "
is "a bind mount is the chroot's" "$(jail dk-run --rm -v /etc:/mnt box:1 sh -c 'busybox cat /mnt/os-release')" "ID=dk-test"
is "nothing is left" "$(jail dk-ps -aq)" ""
done_testing
