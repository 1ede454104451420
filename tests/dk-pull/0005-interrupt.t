#!/bin/sh
# SPDX-License-Identifier: ISC
# signals end a pull at once, and what it began is taken away
. "${0%/*}/../lib.sh"
. "$TOP/tests/remote.sh"
need perl

mkdir a
head -c 3000000 /dev/urandom >a/file
mkoci 1 "$(uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/')" a
start_server answers
serve_image 1
REF=$SRV/app:1
echo 30 >"answers/50-$LAYER.hang"
head -c 1000000 "answers/50-$LAYER" >half
mv half "answers/50-$LAYER"

for want in INT:130 TERM:143 HUP:129; do
	sig=${want%:*}
	fresh_store
	# perl, because a shell's background child ignores SIGINT
	perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV' dk-pull --plain-http "$REF" >.out 2>.err &
	pid=$!
	bg $pid
	wait_for sh -c 'find "$DK_ROOT/tmp" -type f -size +500k | grep -q .'
	start=$(date +%s)
	kill -$sig $pid
	wait $pid
	is "SIG$sig: ended by it" "$?" "${want#*:}"
	t "SIG$sig: at once" test $(($(date +%s) - start)) -lt 3
	is "SIG$sig: nothing on stdout" "$(cat .out)" ""
	t "SIG$sig: nothing is left" empty_store
done

# killed hard, it leaves a directory in tmp/ that the next sweep takes, and nothing else that can be seen
dk-pull --plain-http "$REF" >.out 2>.err &
pid=$!
wait_for sh -c 'find "$DK_ROOT/tmp" -type f -size +500k | grep -q .'
kill -KILL $pid
wait $pid 2>/dev/null
is "killed: no tag" "$(find "$DK_ROOT/tags" "$DK_ROOT/images" -type f)" ""
is "killed: blobs are whole" "$(for b in "$DK_ROOT"/blobs/sha256/*; do [ "$(sha_of "$b")" = "${b##*/}" ] || echo "$b"; done)" ""
serve_image 1
is "and the next one works" "$(dk-pull --plain-http "$REF")" "sha256:$MANIFEST"
done_testing
