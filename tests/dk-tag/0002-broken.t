#!/bin/sh
# SPDX-License-Identifier: ISC
# a store that cannot be written: one line, status 1, no leftovers; readers work
. "${0%/*}/../lib.sh"
need root setpriv
. "$TOP/tests/store.sh"

mkimage -t docker.io/library/one:1 first >/dev/null
mount --bind store store && mount -o remount,bind,ro store || exit 1
t "dk-images on a read-only store" dk-images
like "lists it" "$(cat .out)" "*one*1*"
t "dk-inspect on a read-only store" dk-inspect one:1
tfail 1 "dk-tag" dk-tag one:1 two
like "says why" "$(cat .err)" "dk-tag: *Read-only file system"
tfail 1 "dk-rmi" dk-rmi one:1
like "says why" "$(cat .err)" "dk-rmi: *Read-only file system"
umount store
is "nothing has changed" "$(find store/tags -type f)" "store/tags/docker.io/library/one:1"

mkdir ro && mount -t tmpfs -o ro tmpfs ro || exit 1
tfail 1 "a store that cannot be made" env DK_ROOT="$T/ro/store" dk-images
like "says which and why" "$(cat .err)" "*$T/ro/store*Read-only file system"

# full: no block and no inode is free
mkdir full && mount -t tmpfs -o size=400k,nr_inodes=60 tmpfs full || exit 1
cp -a store full/ || exit 1
DK_ROOT=$T/full/store
dd if=/dev/zero of=full/fill bs=4k 2>/dev/null
n=0
while touch "full/f$n"; do
	n=$((n + 1))
done 2>/dev/null
tfail 1 "dk-tag on a full disk" dk-tag one:1 two
like "says why" "$(cat .err)" "dk-tag: *No space left on device"
t "leaves nothing" clean_store
t "dk-images on a full disk" dk-images -q
t "dk-rmi on a full disk" dk-rmi one:1
like "removes" "$(cat .out)" "Untagged: one:1*Deleted: sha256:*"
is "all of it" "$(find full/store/blobs full/store/tags -type f)" ""
t "leaves nothing" clean_store

DK_ROOT=$T/store
chmod 755 "$T" store
chmod -R go+rX store
t "another user's store, readable" setpriv --reuid=65534 --clear-groups "$(command -v dk-images)" -q
tfail 1 "but not writable" setpriv --reuid=65534 --clear-groups "$(command -v dk-tag)" one:1 two
like "is told" "$(cat .err)" "dk-tag: *Permission denied"
chmod 700 store
tfail 1 "not readable" setpriv --reuid=65534 --clear-groups "$(command -v dk-images)" -q
like "is told" "$(cat .err)" "dk-images: *$T/store*Permission denied"
done_testing
