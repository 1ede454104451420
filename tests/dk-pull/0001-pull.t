#!/bin/sh
# SPDX-License-Identifier: ISC
# images from Debian's docker-registry over http: what is stored is what skopeo put there
. "${0%/*}/../lib.sh"
. "$TOP/tests/remote.sh"
need skopeo docker-registry

start_registry
mkdir -p a/etc b/usr
echo one >a/etc/one
ln -s one a/etc/link
head -c 3000000 /dev/urandom >b/usr/big
mkoci single "$(uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/')" a b
mkoci other s390x a
mkindex multi
upload single "$REG/app:1"
upload single "$REG/v2:1" --format v2s2
upload multi "$REG/multi:1" --all
upload other "$REG/other:1"

digest() { skopeo inspect --tls-verify=false --raw "docker://$REG/$1" | sha256sum | sed 's/ .*//; s/^/sha256:/'; }
raw() { skopeo inspect --tls-verify=false --raw "docker://$REG/$1"; }
blobs_ok()
{
	for blob in "$DK_ROOT"/blobs/sha256/*; do
		[ "${blob##*/}" = "$(sha_of "$blob")" ] && [ "$(stat -c %a "$blob")" = 444 ] || return 1
	done
}

d=$(digest app:1)
is "prints the digest" "$(dk-pull "$REG/app:1")" "$d"
is "the tag names it" "$(cat "$DK_ROOT/tags/$REG/app:1")" "$d"
t "it is a root" test -e "$DK_ROOT/images/$d"
raw app:1 >raw
t "the manifest is kept as served" cmp raw "$DK_ROOT/blobs/sha256/${d#sha256:}"
is "manifest, config, two layers" "$(find "$DK_ROOT/blobs" -type f | wc -l)" 4
t "blobs are what their names say" blobs_ok
t "nothing is left in tmp" clean_store
t "an event" grep -q " image pull $d " "$DK_RUN/events"

t "once more" dk-pull --progress=plain "$REG/app:1"
is "fetches no layer" "$(grep -c 'is there already' .err)" 2
is "-q and a pipe: nothing on stderr" "$(dk-pull -q "$REG/app:1" 2>&1 >/dev/null)" ""

v=$(digest v2:1)
is "Docker's manifest keeps its digest" "$(dk-pull "$REG/v2:1")" "$v"
raw v2:1 >raw
t "and its bytes" cmp raw "$DK_ROOT/blobs/sha256/${v#sha256:}"

m=$(digest multi:1)
is "an index: its digest is printed" "$(dk-pull "$REG/multi:1")" "$m"
is "and tagged" "$(cat "$DK_ROOT/tags/$REG/multi:1")" "$m"
t "it is kept" test -e "$DK_ROOT/blobs/sha256/${m#sha256:}"
o=$(digest other:1)
t "a foreign platform's manifest is not fetched" test ! -e "$DK_ROOT/blobs/sha256/${o#sha256:}"
is "--platform" "$(dk-pull --platform linux/s390x "$REG/multi:1")" "$m"
t "now it is" test -e "$DK_ROOT/blobs/sha256/${o#sha256:}"
tfail 1 "a platform that the index has not" dk-pull --platform linux/riscv64 "$REG/multi:1"
like "says what there is" "$(cat .err)" "*s390x*"
tfail 1 "a single image for another platform" dk-pull --platform linux/arm/v7 "$REG/other:1"
t "no tag for that" test ! -e "$DK_ROOT/tags/$REG/other:1"
t "without --platform it is taken, with a warning" dk-pull "$REG/other:1"
like "the warning" "$(cat .err)" "*s390x*"

upload single "$REG/zstd:1" --dest-compress-format zstd --dest-compress
z=$(digest zstd:1)
is "zstd layers" "$(dk-pull "$REG/zstd:1")" "$z"

is "by digest" "$(dk-pull "$REG/app@$d")" "$d"
t "sets no tag" test ! -e "$DK_ROOT/tags/$REG/app:latest"
is "tag and digest: the digest wins" "$(dk-pull "$REG/app:nosuchtag@$d")" "$d"

is "several" "$(dk-pull "$REG/app:1" "$REG/v2:1" | tr '\n' ' ')" "$d $v "
dk-pull "$REG/nope:1" "$REG/v2:1" >.out 2>.err
is "one of several is missing: exit 1" "$?" 1
is "the others are pulled" "$(cat .out)" "$v"
is "one line for it" "$(wc -l <.err)" 1

# shellcheck disable=SC2016
sh -c 'dk-pull "$1" >/dev/full' - "$REG/app:1" 2>.err
is "a full disk on stdout is a failure" "$?" 1
tfail 2 "no reference" dk-pull
tfail 1 "not a reference" dk-pull UPPER
tfail 2 "unknown option" dk-pull --plain-htp "$REG/app:1"
tfail 2 "--tls-verify wants a bool" dk-pull --tls-verify=maybe "$REG/app:1"
tfail 2 "--progress knows two ways" dk-pull --progress=fast "$REG/app:1"
t "tmp is clean" clean_store
done_testing
