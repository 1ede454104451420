#!/bin/sh
# SPDX-License-Identifier: ISC
# Full disks, read-only stores, closed outputs: one line, the right code, nothing left behind.
. "${0%/*}/../lib.sh"
need root overlay busybox jq docker-registry
mkrootfs root
tar -C root --numeric-owner -cf root.tar .
start_registry

t "an image" dk-import root.tar box:1
t "in the registry" sh -c "dk-tag box:1 $REG/box:1 && dk-push -q $REG/box:1"

for cmd in "dk-images" "dk-ps -a" "dk-inspect box:1" "dk-import root.tar" \
	"dk-pull $REG/box:1" "dk-push $REG/box:1"; do
	"${cmd%% *}" --version >/dev/null || continue
	tfail 1 "$cmd >/dev/full" sh -c "$cmd 2>err >/dev/full; c=\$?; tail -1 err >&2; exit \$c"
done

# a store whose disk is full
mkdir small
mount -t tmpfs -o size=700k,mode=700 none small
small()
{
	DK_ROOT=$T/small/store "$@"
}
t "a small disk takes an empty store" small dk-images
tfail 1 "import on a full disk" small dk-import root.tar box:1
like "says what is full" "$(cat .err)" "*No space left on device*"
tfail 1 "pull on a full disk" small dk-pull -q "$REG/box:1"
like "says what is full" "$(cat .err)" "*No space left on device*"
is "no image appeared" "$(small dk-images -q)" ""
is "nothing half-written is left" "$(find small/store/tmp small/store/blobs small/store/layers small/store/tags -type f)" ""
umount small

# a read-only store
mkdir ro
mount --bind store ro
mount -o remount,bind,ro ro
ro()
{
	DK_ROOT=$T/ro "$@"
}
t "reading a read-only store" ro dk-images -q
is "shows the image" "$(cat .out)" "$(dk-images -q)"
t "inspect too" ro dk-inspect box:1
tfail 1 "tag" ro dk-tag box:1 box:2
tfail 1 "rmi" ro dk-rmi box:1
tfail 1 "import" ro dk-import root.tar
tfail 1 "pull" ro dk-pull -q "$REG/box:1"
tfail 125 "run" ro dk-run --rm box:1 true
like "says why" "$(cat .err)" "*[Rr]ead-only*"
umount ro

# a store that is no store
echo 2 >store/version
tfail 1 "another version" dk-images
like "is named" "$(cat .err)" "*version*"
echo 1 >store/version
t "the right one works again" dk-images
tfail 1 "\$DK_ROOT under a file" env DK_ROOT="$T/root.tar/x" dk-images
t "nothing is left over" clean_store
done_testing
