#!/bin/sh
# SPDX-License-Identifier: ISC
# dk-import as an ordinary user: blobs, no unpacked layer
. "${0%/*}/../lib.sh"
need root setpriv

mkdir rootfs
echo hello >rootfs/file
tar -c --numeric-owner -C rootfs . >rootfs.tar
head -c 1500 rootfs.tar >short.tar
cp "$(command -v dk-import)" .
chmod 755 "$T" dk-import
mkdir own
chown 1000:1000 own
DK_ROOT=$T/own/store
export DK_RUN="$T/own/run"

user()
{
	setpriv --reuid 1000 --regid 1000 --clear-groups "$@"
}

t "import" user ./dk-import rootfs.tar test
id=$(cat .out)
is "tagged" "$(cat "$DK_ROOT/tags/docker.io/library/test:latest")" "$id"
is "three blobs" "$(find "$DK_ROOT/blobs/sha256" -type f | wc -l)" 3
is "no layer" "$(ls "$DK_ROOT/layers/sha256")" ""
tfail 1 "a truncated tar" user ./dk-import short.tar
like "  it says so" "$(cat .err)" "dk-import: short.tar: damaged tar: *"
is "still three blobs" "$(find "$DK_ROOT/blobs/sha256" -type f | wc -l)" 3
t "the store is clean" clean_store
done_testing
