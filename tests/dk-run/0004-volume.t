#!/bin/sh
# SPDX-License-Identifier: ISC
# -v
. "${0%/*}/../lib.sh"
need root overlay

mkrootfs rootfs
ln -s / rootfs/up
ln -s ../../../../.. rootfs/far
ln -s ../nowhere/yet rootfs/var/gone
ln -s loop rootfs/var/loop
tar -c -C rootfs . | dk-import - bb:1 >/dev/null || exit 1
run='dk-run --rm'
mkdir data
echo text >data/file

is "read" "$($run -v "$T/data:/data" bb:1 cat /data/file)" text
t "write" $run -v "$T/data:/data" bb:1 cp /data/file /data/copy
is "is on the host" "$(cat data/copy)" text
t "ro" $run -v "$T/data:/data:ro" bb:1 sh -c '! touch /data/x 2>/dev/null'
is "a file" "$($run -v "$T/data/file:/etc/new/file" bb:1 cat /etc/new/file)" text
is "relative" "$($run -v ./data:/data bb:1 cat /data/file)" text
t "a missing source is made" $run -v "$T/made/it:/data" bb:1 touch /data/x
t "a directory" test -f made/it/x
is "one in another, in any order" \
	"$($run -v "$T/data/file:/d/sub/file" -v "$T/made:/d" bb:1 sh -c 'cat /d/sub/file; ls /d')" "text
it
sub"
is "over one of ours" "$($run -v "$T/data/file:/etc/hosts" bb:1 cat /etc/hosts)" text
is "over /dev/shm" "$($run -v "$T/data:/dev/shm" bb:1 cat /dev/shm/file)" text
is "a path with a blank" "$(mkdir 'a b' && echo b >'a b/f' && $run -v "$T/a b:/x y" bb:1 cat '/x y/f')" b
is "a linked destination stays inside" "$($run -v "$T/data:/far/in" bb:1 cat /in/file)" text
t "and leaves the host alone" test ! -e /in
is "a destination that is a link to nowhere" "$($run -v "$T/data:/var/gone" bb:1 cat /nowhere/yet/file)" text
is "or goes through one" "$($run -v "$T/data:/var/gone/on" bb:1 cat /nowhere/yet/on/file)" text
is "a file there" "$($run -v "$T/data/file:/var/gone/f" bb:1 cat /nowhere/yet/f)" text
tfail 125 "a link to itself" $run -v "$T/data:/var/loop/x" bb:1 true
mkdir data/below
mount -t tmpfs tmpfs data/below
echo deep >data/below/f
is "mounts below come along" "$($run -v "$T/data:/d" bb:1 cat /d/below/f)" deep
t "and are read-only too" $run -v "$T/data:/d:ro" bb:1 sh -c '! touch /d/below/x 2>/dev/null'
umount data/below
like "the source on /proc" "$($run -v /proc/version:/s bb:1 cat /s)" "Linux*"

tfail 125 "a named volume" $run -v name:/data bb:1 true
like "says so" "$(cat .err)" "*named volumes*"
tfail 125 "an anonymous volume" $run -v /data bb:1 true
tfail 125 "a relative destination" $run -v "$T/data:data" bb:1 true
tfail 125 "the root as destination" $run -v "$T/data:/x/.." bb:1 true
tfail 125 "an unknown option" $run -v "$T/data:/data:rox" bb:1 true
tfail 125 "too many parts" $run -v "$T/data:/data:ro:rw" bb:1 true
tfail 125 "twice the same destination" $run -v "$T/data:/d" -v "$T/made:/d/" bb:1 true
tfail 125 "a file on a directory" $run -v "$T/data/file:/tmp" bb:1 true
tfail 125 "a directory on a file" $run -v "$T/data:/etc/passwd" bb:1 true
tfail 125 "a source below a file" $run -v "$T/data/file/x:/d" bb:1 true
is "nothing is left" "$(dk-ps -aq)" ""
t "nor mounts" clean_store
done_testing
