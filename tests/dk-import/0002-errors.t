#!/bin/sh
# SPDX-License-Identifier: ISC
# dk-import: one clear line, the right exit code, nothing left behind
. "${0%/*}/../lib.sh"

mkdir rootfs
echo hello >rootfs/file
tar -c --numeric-owner -C rootfs . >rootfs.tar
gzip <rootfs.tar >rootfs.tgz

# said GLOB: what the last command said
said()
{
	like "  it says so" "$(cat .err)" "dk-import: $1"
}

tfail 2 "no operand" dk-import
tfail 2 "three operands" dk-import a b c
tfail 2 "unknown option" dk-import --chnage x rootfs.tar
said "*--change*"
tfail 2 "bad name" dk-import rootfs.tar a//b
tfail 2 "a digest for a name" dk-import rootfs.tar "a@sha256:$(printf '%064d' 0)"
tfail 2 "bad instruction" dk-import -c 'RUN true' rootfs.tar
tfail 2 "bad platform" dk-import --platform linux/// rootfs.tar
tfail 1 "no such file" dk-import nothing
said "open 'nothing': No such file or directory"
tfail 1 "a directory" dk-import rootfs
: >empty
tfail 1 "an empty file" dk-import empty
said "empty: it is empty"
tfail 1 "empty standard input" sh -c 'dk-import - <empty'
said "standard input: it is empty"
echo "this is no tar" >text
tfail 1 "text" dk-import text
said "text: not a tar"
head -c 3000 /dev/urandom >noise
tfail 1 "noise" dk-import noise
gzip <text >text.gz
tfail 1 "compressed text" dk-import text.gz
said "text.gz: not a tar"
head -c 100 rootfs.tgz >short.tgz
tfail 1 "truncated gzip" dk-import short.tgz
said "short.tgz: gzip: truncated"
{ cat rootfs.tgz && echo garbage; } >long.tgz
tfail 1 "garbage behind gzip" dk-import long.tgz
head -c 1500 rootfs.tar >short.tar
tfail 1 "truncated tar" dk-import short.tar
said "short.tar: *damaged tar*"
if command -v xz >/dev/null; then
	xz <rootfs.tar | head -c 100 >short.xz
	tfail 1 "truncated xz" dk-import short.xz
	said "short.xz: xz failed with status 1: *"
	# more than a pipe holds: what feeds the program must not be waited for
	{ xz <rootfs.tar | head -c 40 && head -c 300000 /dev/urandom; } >long.xz
	tfail 1 "xz with much garbage" timeout 20 dk-import long.xz
	said "long.xz: xz failed with status 1: *"
	mkdir empty-path
	xz <rootfs.tar >rootfs.xz
	tfail 1 "a program that is missing" env PATH="$T/empty-path" "$(command -v dk-import)" rootfs.xz
	said "rootfs.xz: *'xz' is not installed"
fi
printf 'LZIP\001\014garbage' >bad.lz
tfail 1 "garbage that looks like lzip" dk-import bad.lz

tfail 1 "full disk on standard output" sh -c 'dk-import rootfs.tar >/dev/full'
said "standard output: *"
mkdir "$T/images" && fresh_store

DK_ROOT=$T/fresh
tfail 1 "text again" dk-import text
is "no blob" "$(ls "$DK_ROOT/blobs/sha256")" ""
is "no layer" "$(ls "$DK_ROOT/layers/sha256")" ""
is "no root" "$(ls "$DK_ROOT/images")" ""
t "the store is clean" clean_store

if [ "$(id -u)" -eq 0 ]; then
	# a store that cannot be written, and one that is full
	mkdir ro small
	mount -t tmpfs -o size=1m tmpfs small
	head -c 4000000 /dev/urandom >rootfs/big
	tar -c -C rootfs . >big.tar
	DK_ROOT=$T/small/store
	tfail 1 "a full store" dk-import big.tar
	said "big.tar: *No space left on device"
	t "the store is clean" clean_store
	is "and empty" "$(ls "$DK_ROOT/blobs/sha256" "$DK_ROOT/layers/sha256")" "$(printf '%s:\n\n%s:' "$DK_ROOT/blobs/sha256" "$DK_ROOT/layers/sha256")"
	wait_for mount -o remount,ro small # what unpacked may not have ended yet
	tfail 1 "a read-only store" dk-import rootfs.tar
	umount small
fi
done_testing
