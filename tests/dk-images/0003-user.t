#!/bin/sh
# SPDX-License-Identifier: ISC
# who is not root has a store of their own
. "${0%/*}/../lib.sh"
need root setpriv

chmod 755 "$T"
mkdir u && chown 65534:65534 u
unset DK_ROOT DK_RUN
HOME=$T/u
user()
{
	setpriv --reuid=65534 --regid=65534 --clear-groups env XDG_RUNTIME_DIR="$T/u/run" \
		DK_ROOT="$DK_ROOT" XDG_DATA_HOME="$XDG_DATA_HOME" "$@"
}

cp "$(command -v dk-images)" "$(command -v dk-tag)" "$(command -v dk-inspect)" "$(command -v dk-rmi)" .
t "dk-images makes it" user ./dk-images
is "in the home directory" "$(ls u/.local/share/dk)" "blobs
cache
ctr
images
layers
lock
names
net
tags
tmp
version
vol"
is "readable by nobody else" "$(stat -c %a u/.local/share/dk)" 700
XDG_DATA_HOME=$T/u/data
t "XDG_DATA_HOME is looked at" user ./dk-images -q
t "a store is there" test -e u/data/dk/version

DK_ROOT=$T/u/.local/share/dk
. "$TOP/tests/store.sh"
one=$(mkimage -t docker.io/library/one:1 first)
chown -R 65534:65534 u
t "dk-tag" user ./dk-tag one:1 two:2
is "dk-images" "$(user ./dk-images -q)" "$(echo "$one" | cut -c8-19)
$(echo "$one" | cut -c8-19)"
t "dk-inspect" user ./dk-inspect two:2
t "dk-rmi" user ./dk-rmi one:1 two:2
is "removes all of it" "$(find u/.local/share/dk/blobs -type f)" ""
like "events go to the user's own directory" "$(tail -n 1 u/run/dk/events)" "* image delete $one"
cd / && DK_ROOT=rel user "$T/dk-images" 2>"$T/.err"
like "a relative DK_ROOT that cannot be made" "$(cat "$T/.err")" "*rel*Permission denied"
done_testing
