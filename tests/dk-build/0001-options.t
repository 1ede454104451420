#!/bin/sh
# SPDX-License-Identifier: ISC
# the command line: contexts, -f, -t, -q, and what is wrong usage
. "${0%/*}/../lib.sh"
need root overlay

tfail 2 "no context" dk-build
tfail 2 "two contexts" dk-build a b
tfail 2 "an option behind the context" dk-build . -q
like "says so" "$(cat .err)" "*options stand before*"
tfail 2 "an unknown option" dk-build --no-such .
tfail 2 "a bad tag" dk-build -t 'UPPER' .
tfail 2 "a digest as tag" dk-build -t "x@sha256:$(printf '%064d' 0)" .
tfail 2 "an empty build variable" dk-build --build-arg =x .
tfail 1 "no such directory" dk-build nowhere
tfail 1 "no Dockerfile" dk-build "$HOME"
like "says which" "$(cat .err)" "*no 'Dockerfile' in $HOME*"
tfail 1 "stdin twice" dk-build -f - -

mkdir ctx sub
echo one >ctx/file
printf 'FROM scratch\nCOPY file /f\n' >ctx/Dockerfile
printf 'FROM scratch\nCOPY file /other\n' >sub/Other

t "a directory" dk-build ctx
like "prints a digest" "$(cat .out)" "sha256:????????????????????????????????????????????????????????????????"
is "and nothing else" "$(wc -l <.out)" 1
like "tells what it does on stderr" "$(cat .err)" "*2/2] COPY file /f*"
t "nothing with -q" dk-build -q ctx
is "stderr is empty" "$(cat .err)" ""

tags()
{
	(cd "$DK_ROOT/tags" && find . -type f | sort)
}
t "several tags" dk-build -q -t app -t localhost:5000/x/y:2 ctx
is "are there" "$(tags)" "./docker.io/library/app:latest
./localhost:5000/x/y:2"
is "and name the image" "$(cat "$DK_ROOT/tags/docker.io/library/app:latest")" "$(cat .out)"

layer()
{
	# names in the layers of the image that was built last
	perl -MJSON::PP -e '
		local $/;
		sub blob { my $d = shift; $d =~ s/sha256:// or die; "$ENV{DK_ROOT}/blobs/sha256/$d" }
		my $root = `cat $ENV{T}/.out`; $root =~ s/\s//g;
		open(my $f, "<", blob($root)) or die;
		system("zcat < " . blob($_->{digest}) . " | tar t") for @{decode_json(<$f>)->{layers}}'
}
t "-f is relative to here" dk-build -q -f sub/Other ctx
is "its COPY comes from the context" "$(layer)" "./
other"
t "-f - reads it from stdin" sh -c 'dk-build -q -f - ctx <sub/Other'
is "with the directory as context" "$(layer)" "./
other"
t "- is a tar" sh -c 'tar c -C ctx . | dk-build -q -'
is "that holds all" "$(layer)" "./
f"
t "compressed" sh -c 'tar cz -C ctx . | dk-build -q -'
is "the same" "$(layer)" "./
f"
mkdir both
cp -r sub ctx both
t "-f in a tar" sh -c 'tar c -C both/ctx file -C ../sub Other | dk-build -q -f Other -'
is "is relative to its root" "$(layer)" "./
other"
t "- is a Dockerfile" sh -c 'printf "FROM scratch\nENV a=b\n" | dk-build -q -'
tfail 1 "without a context" sh -c 'printf "FROM scratch\nCOPY a /\n" | dk-build -q -'
like "says so" "$(cat .err)" "*Dockerfile:2: COPY: there is no build context*"
tfail 1 "xz is refused by name" sh -c 'tar cJ -C ctx . | dk-build -q -'
like "with what to do" "$(cat .err)" "*xz*"
tfail 1 "a cut tar" sh -c 'tar c -C ctx . | head -c 700 | dk-build -q -'
t "bytes behind the tar" sh -c '(tar c -C ctx . && head -c 300000 /dev/zero && echo read >drained) |
	dk-build -q -'
t "are read too" test -e drained
tfail 1 "a compressed tar without its end" sh -c 'tar c -C ctx . | gzip | head -c -4 | dk-build -q -'
mkfifo stdin
for args in - '-f - ctx'; do
	# shellcheck disable=SC2086
	dk-build $args <stdin >.out 2>.err &
	pid=$!
	bg $pid
	exec 3>stdin
	wait_for sh -c 'ls "$DK_ROOT/tmp" | grep -q .'
	sleep 0.1
	kill -TERM $pid
	wait $pid 2>/dev/null
	is "a signal ends the wait for stdin: $args" "$?" 143
	exec 3>&-
done
tfail 1 "an empty stdin" sh -c 'dk-build -q - </dev/null'
tfail 1 "a full disk on stdout" sh -c 'dk-build -q ctx >/dev/full'
t "the store is clean" clean_store
done_testing
