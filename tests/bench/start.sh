#!/bin/sh
# SPDX-License-Identifier: ISC
# Start latency: `true` in a small image, against crun, runc, podman, bwrap and unshare, as ratios of one run.
. "${0%/*}/bench.sh"
need_root
# as /run is
mkdir "$T/run"
mount -t tmpfs -o mode=700 tmpfs "$T/run"
mkrootfs rootfs
tar -C rootfs --numeric-owner -c . | dk-import - bench:1 >/dev/null
settled
mnt=$(dk-mount bench:1)

measure dk-run "dk-run --rm --network none bench:1 true"
if have crun; then
	bundle crun "$mnt"
	measure crun "crun --cgroup-manager=disabled run -b $T/bundle bench-crun"
fi
if have runc; then
	bundle runc "$mnt"
	measure runc "runc run -b $T/bundle bench-runc"
fi
if have podman; then
	podman_conf
	tar -C rootfs --numeric-owner -c . | podman import -q - bench:1 >/dev/null 2>&1
	measure podman "podman run --rm --network none bench:1 true"
fi
! have bwrap || measure bwrap "bwrap --unshare-all --ro-bind $mnt / --proc /proc --dev /dev true"
measure unshare "unshare -m -u -i -n -p -C -f --mount-proc chroot $mnt true"
dk-umount bench:1 >/dev/null
report dk-run
