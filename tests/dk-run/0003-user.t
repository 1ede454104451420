#!/bin/sh
# SPDX-License-Identifier: ISC
# -u, -w and what the image's passwd and group say
. "${0%/*}/../lib.sh"
need root overlay

mkrootfs rootfs
tar -c -C rootfs . | dk-import - bb:1 >/dev/null || exit 1
tar -c -C rootfs . | dk-import -c 'USER user' -c 'WORKDIR /work' - user:1 >/dev/null || exit 1
run='dk-run --rm'
ids='echo $(id -u):$(id -g):$(id -G)'

is "root by default" "$($run bb:1 sh -c "$ids")" 0:0:0
is "the image's user and its groups" "$($run user:1 sh -c "$ids")" "1000:1000:1000 2000"
is "his home" "$($run user:1 sh -c 'echo $HOME')" /home/user
is "the working directory is root's" "$($run user:1 stat -c %u:%a .)" 0:755
is "by name" "$($run -u user bb:1 sh -c "$ids")" "1000:1000:1000 2000"
is "by number, listed" "$($run -u 1000 bb:1 sh -c "$ids")" "1000:1000:1000 2000"
is "by number, unknown" "$($run -u 4242 bb:1 sh -c "$ids")" 4242:0:0
is "whose home is /" "$($run -u 4242 bb:1 sh -c 'echo $HOME')" /
is "user and group" "$($run -u user:extra bb:1 sh -c "$ids")" 1000:2000:2000
is "numbers" "$($run -u 7:8 bb:1 sh -c "$ids")" 7:8:8
is "group alone" "$($run -u :extra bb:1 sh -c "$ids")" 0:2000:2000
is "-u wins over the image" "$($run -u 0 user:1 sh -c "$ids")" 0:0:0
tfail 125 "unknown user" $run -u who bb:1 true
tfail 125 "unknown group" $run -u user:who bb:1 true
tfail 125 "a number too large" $run -u 99999999999 bb:1 true
is "-w is made" "$($run -w /a/b/../c bb:1 pwd)" /a/c

# hostile files
rm rootfs/etc/passwd
mkfifo rootfs/etc/passwd
tar -c -C rootfs . | dk-import - fifo:1 >/dev/null
tfail 125 "a fifo for a passwd" timeout 20 $run -u user fifo:1 true
rm rootfs/etc/passwd
ln -s /proc/self/environ rootfs/etc/passwd
tar -c -C rootfs . | dk-import - link:1 >/dev/null
tfail 125 "a link out of the image" $run -u user link:1 true
rm rootfs/etc/passwd
{
	head -c 300000 /dev/zero | tr '\0' x
	printf '\n:::\nx:y:z\n\n'
	seq 1 100000 | sed 's/.*/u&:x:1&:1&::/'
	printf 'last:x:77:78::/last:'
} >rootfs/etc/passwd
tar -c -C rootfs . | dk-import - long:1 >/dev/null
is "the last of 100,000, without a newline" "$($run -u last long:1 sh -c "$ids" 2>/dev/null)" 77:78:78
rm rootfs/etc/passwd rootfs/etc/group
tar -c -C rootfs . | dk-import - none:1 >/dev/null
is "neither file" "$($run -u 5 none:1 sh -c "$ids")" 5:0:0
t "nothing is left" clean_store
done_testing
