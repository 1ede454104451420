#!/bin/sh
# SPDX-License-Identifier: ISC
# a bar on a terminal, which leaves no trace; lines when asked; nothing else
. "${0%/*}/../lib.sh"
. "$TOP/tests/remote.sh"
need perl script

mkdir a
head -c 3000000 /dev/urandom >a/file
mkoci 1 "$(uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/')" a
start_server answers
serve_image 1
REF=$SRV/app:1
# slowly, so that there is something to see
printf 1 >"answers/50-$LAYER.pause"

tty() { TERM=${TERM_IS:-xterm} script -qec "$* >stdout" /dev/null </dev/null >typescript 2>&1; }
tty dk-pull --plain-http "$REF"
is "stdout has the digest" "$(cat stdout)" "sha256:$MANIFEST"
like "the terminal has a bar" "$(cat typescript)" "*layer 1/1 *B / *MB*B/s*"
is "which is removed at the end" "$(tr '\r' '\n' <typescript | tail -1 | tr -d ' \n')" ""
is "no line feed" "$(tr -cd '\n' <typescript | wc -c)" 0
fresh_store
tty dk-pull -q --plain-http "$REF"
is "-q: nothing" "$(cat typescript)" ""
fresh_store
TERM_IS=dumb tty dk-pull --plain-http "$REF"
is "a dumb terminal: nothing" "$(cat typescript)" ""
fresh_store
is "no terminal: nothing" "$(dk-pull --plain-http "$REF" 2>&1 >/dev/null)" ""
fresh_store
size=$(size_of "oci/blobs/sha256/$LAYER")
is "--progress=plain: a line a layer" "$(dk-pull --plain-http --progress=plain "$REF" 2>&1 >/dev/null)" \
	"dk-pull: layer 1/1 sha256:$LAYER: $size bytes fetched"
done_testing
