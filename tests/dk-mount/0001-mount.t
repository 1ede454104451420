#!/bin/sh
# SPDX-License-Identifier: ISC
# dk-mount, dk-umount; the bundle runs under crun and runc
. "${0%/*}/../lib.sh"
need root overlay busybox unshare crun runc

mkrootfs rootfs
img=$(tar -c -C rootfs . | dk-import - bb:1) || exit 1

dir=$(dk-mount bb:1)
like "an image's path" "$dir" "$DK_RUN/mnt/*"
is "shows its files" "$(cat "$dir/etc/os-release")" "ID=dk-test"
t "read-only" sh -c '! touch "$0/x" 2>/dev/null' "$dir"
is "again: the same" "$(dk-mount bb:1)" "$dir"
is "mounted once" "$(grep -c " $dir " /proc/mounts)" 1
is "by ID too" "$(dk-mount "$img")" "$dir"
t "a container of it runs meanwhile" dk-run --rm bb:1 true
t "dk-umount" dk-umount bb:1
t "is gone" test ! -e "$dir"
tfail 1 "not mounted" dk-umount bb:1
tfail 1 "unknown" dk-mount nosuch:1
tfail 1 "unknown to dk-umount" dk-umount nosuch:1
tfail 2 "no operand" dk-mount
tfail 2 "no operand to dk-umount" dk-umount
is "--unpack-only prints the ID" "$(dk-mount --unpack-only bb:1)" "$img"

dk-run --name cc -e A=b -w /work -h box bb:1 sh -c \
	'echo "$A $(pwd) $(hostname) $(cat /proc/self/status | grep -E "^(CapEff|Seccomp:)" | tr -d "\n")"; touch /kept' >ours
dir=$(dk-mount cc)
like "a container's path" "$dir" "$DK_ROOT/ctr/*/rootfs"
t "with what it wrote" test -e "$dir/kept"
t "and can be written" touch "$dir/more"
is "again: the same" "$(dk-mount cc)" "$dir"

# the bundle under other runtimes: crun wants no second hierarchy beside v1's
for runtime in $(is_chroot || echo crun runc); do
	unshare -m sh -c 'umount /sys/fs/cgroup/unified 2>/dev/null
		exec "$1" run -b "$2" "dk-test-$$"' - $runtime "${dir%/rootfs}" >theirs 2>err </dev/null
	is "$runtime runs the bundle" "$?: $(cat theirs)" "0: $(cat ours)"
	tell err
done
t "dk-umount of the container" dk-umount cc
t "it stays" dk-rm cc

dk-run --name rr bb:1 sleep 30 &
bg $!
up() { [ -n "$(dk-ps -q)" ]; }
wait_for up
dir=$(dk-mount rr)
is "one that runs: through its process" "$(cat "$dir/etc/os-release")" "ID=dk-test"
dk-rm -f rr >/dev/null

# a mounted image is in use
dir=$(dk-mount bb:1)
tfail 1 "dk-rmi of a mounted image" dk-rmi bb:1
like "says what to do" "$(cat .err)" "*mounted*dk-umount*-f*"
dk-tag bb:1 keep:1
t "dk-rmi -f" dk-rmi -f bb:1 keep:1
is "its name is gone" "$(dk-images -q)" ""
is "its files are there while it is mounted" "$(cat "$dir/etc/os-release")" "ID=dk-test"
t "dk-umount, by its path" dk-umount "$dir"
t "the next removal" sh -c 'tar -c -C rootfs . | dk-import - bb:1 && dk-tag bb:1 other:1 && dk-rmi other:1'

# an image without layers is a bind mount of an empty directory, on the device of what it is on
printf 'FROM scratch\nENV a=b\n' | dk-build -q -t empty:1 - >/dev/null
t "an image without layers" dk-mount empty:1
t "is mounted once" dk-mount empty:1
is "is mounted once" "$(grep -c "$(cat .out)" /proc/self/mountinfo)" 1
t "and unmounted" dk-umount empty:1

dk-run --name mm bb:1 true
for name in bb:1 mm; do
	tfail 1 "$name: standard output on a full disk" sh -c "dk-mount $name >/dev/full"
	is "$name: is not left mounted" "$(grep -c " $T" /proc/mounts)" 0
done
dk-mount mm >/dev/null
t "dk-rm of a mounted one" dk-rm mm
t "nothing is mounted" clean_store
is "nothing is mounted" "$(grep -c " $T" /proc/mounts)" 0
done_testing
