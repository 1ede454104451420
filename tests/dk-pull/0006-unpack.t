#!/bin/sh
# SPDX-License-Identifier: ISC
# layers are unpacked as they come, or from their blobs, or again
. "${0%/*}/../lib.sh"
. "$TOP/tests/remote.sh"
need root perl

mkdir -p a/etc b/usr/bin
echo one >a/etc/one
ln a/etc/one a/etc/hard
ln -s one a/etc/link
chmod 4755 a/etc/one
head -c 3000000 /dev/urandom >b/usr/bin/big
chown 12:34 b/usr/bin/big
touch -d 2001-02-03T04:05:06.7Z b/usr/bin/big
arch=$(uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/')
mkoci 1 "$arch" a b
start_server answers
serve_image 1
REF=$SRV/app:1

list() { (cd "$1" && find . -printf '%P %y %m %U:%G %s %n %Ts %l\n' | grep -v '^ d' | sort && find . -type f -exec sha1sum {} + | sort); }
# lower DIR: the layer directory that was made of DIR
lower() { echo "$DK_ROOT/layers/sha256/$(tar -C "$1" --sort=name --numeric-owner -cf - . | sha256sum | cut -d' ' -f1)"; }
same() { list "$1" >want && list "$(lower "$1")/fs" >got && diff want got; }

t "pull" dk-pull --plain-http --sync "$REF"
t "the first layer" same a
t "the second layer" same b
is "--sync: both are on disk" "$(grep -l '"synced": *true' "$DK_ROOT"/layers/sha256/*/meta | wc -l)" 2
: >answers.log
rm -rf "$(lower a)"
t "a layer whose blob is here" dk-pull --plain-http "$REF"
t "is unpacked from that" same a
is "and not fetched" "$(grep -c "sha256:$LAYER" answers.log)" 0
rm -f "$DK_ROOT/blobs/sha256/$LAYER"
t "a layer without its blob" dk-pull --plain-http "$REF"
is "is fetched" "$(grep -c "sha256:$LAYER" answers.log)" 1
t "and there" test -e "$DK_ROOT/blobs/sha256/$LAYER"
t "without --sync it is on disk soon, too" synced
settled
sed -i 's/"synced": *true/"synced":false/' "$DK_ROOT"/layers/sha256/*/meta
t "once more: all is there" dk-pull --plain-http --sync "$REF"
is "--sync: what was not on disk yet is" "$(grep -L '"synced": *true' "$DK_ROOT"/layers/sha256/*/meta | wc -l)" 0
t "the store is clean" clean_store

fails() # DESC GLOB
{
	fresh_store
	serve_image "$1"
	tfail 1 "$1" dk-pull --plain-http "$SRV/app:$1"
	like "$1: says why" "$(cat .err)" "dk-pull: $SRV/app:$1: $2"
	t "$1: nothing is left" empty_store
	t "$1: nor unpacked" test -z "$(ls "$DK_ROOT/layers/sha256")"
}
# images that lie about their layers
DIFFID=$(sha_of /etc/passwd)
mkoci diffid "$arch" a
DIFFID=
tar() { echo "not a tar at all, whatever the manifest may say" >.layer; }
mkoci notar "$arch" a
unset -f tar
fails diffid "layer sha256:*"
fails notar "layer sha256:*"
done_testing
