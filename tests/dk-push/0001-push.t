#!/bin/sh
# SPDX-License-Identifier: ISC
# from one of Debian's registries to another: digests never change, skopeo finds everything
. "${0%/*}/../lib.sh"
. "$TOP/tests/remote.sh"
need skopeo docker-registry

start_registry
FROM=$REG
printf '  relativeurls: true\n' >relative.yml
start_registry relative.yml
mkdir -p a/etc b/usr
echo one >a/etc/one
head -c 5000000 /dev/urandom >b/usr/big
arch=$(uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/')
mkoci single "$arch" a b
mkoci other s390x a
mkindex multi
upload single "$FROM/app:1"
upload single "$FROM/v2:1" --format v2s2
upload multi "$FROM/multi:1" --all

digest() { skopeo inspect --tls-verify=false --raw "docker://$1" | sha256sum | sed 's/ .*//; s/^/sha256:/'; }
retag() # OLD NEW: another name for what a tag of the store names
{
	mkdir -p "$(dirname "$DK_ROOT/tags/$2")" && cp "$DK_ROOT/tags/$1" "$DK_ROOT/tags/$2"
}
complete() { rm -rf copy && skopeo --insecure-policy copy -q --src-tls-verify=false "$@" dir:copy; }

d=$(dk-pull "$FROM/app:1")
retag "$FROM/app:1" "$REG/my/app:2"
is "prints the digest" "$(dk-push "$REG/my/app:2")" "$d"
is "which is that of the registry" "$(digest "$REG/my/app:2")" "$d"
t "skopeo finds it complete" complete "docker://$REG/my/app:2"
t "an event" grep -q " image push $d " "$DK_RUN/events"
t "once more" dk-push --progress=plain "$REG/my/app:2"
is "sends nothing" "$(grep -c 'is there already' .err)" 3
retag "$FROM/app:1" "$REG/my/app:3"
t "another tag" dk-push --progress=plain "$REG/my/app:3"
is "sends nothing either" "$(grep -c 'is there already' .err)" 3

v=$(dk-pull "$FROM/v2:1")
retag "$FROM/v2:1" "$REG/v2:1"
is "Docker's manifest" "$(dk-push "$REG/v2:1")" "$v"
is "keeps its digest" "$(digest "$REG/v2:1")" "$v"

dk-pull -q "$FROM/multi:1" >/dev/null
retag "$FROM/multi:1" "$REG/multi:1"
is "a sparse index: this platform's manifest" "$(dk-push "$REG/multi:1")" "$d"
is "is what the tag is there" "$(digest "$REG/multi:1")" "$d"
tfail 1 "a platform that is not here" dk-push --platform linux/s390x "$REG/multi:1"
m=$(dk-pull --platform linux/s390x "$FROM/multi:1")
is "a complete index" "$(dk-push "$REG/multi:1")" "$m"
is "goes as it is" "$(digest "$REG/multi:1")" "$m"
t "with all its images" complete --all "docker://$REG/multi:1"
o=$(dk-push --platform linux/s390x "$REG/multi:1")
is "--platform" "$(digest "$REG/multi:1")" "$o"
t "is one of them" test "$o" != "$m" -a "$o" != "$d"

is "several" "$(dk-push "$REG/my/app:2" "$REG/v2:1" | tr '\n' ' ')" "$d $v "
tfail 1 "no such tag" dk-push "$REG/none:1"
like "says what to do" "$(cat .err)" "dk-push: $REG/none:1: *dk-tag*"
tfail 1 "by digest" dk-push "$REG/my/app@$d"
tfail 1 "not a reference" dk-push UPPER
tfail 2 "no reference" dk-push
tfail 2 "unknown option" dk-push --platfrom x "$REG/v2:1"
retag "$FROM/app:1" 127.0.0.1:1/app:1
tfail 1 "connection refused" dk-push 127.0.0.1:1/app:1
like "says so" "$(cat .err)" "dk-push: 127.0.0.1:1/app:1: connect to *Connection refused"
# shellcheck disable=SC2016
sh -c 'dk-push "$1" >/dev/full' - "$REG/v2:1" 2>.err
is "a full disk on stdout is a failure" "$?" 1
big=$(find "$DK_ROOT/blobs" -size +4M)
if [ "$(id -u)" -eq 0 ]; then
	mkdir ro
	mount --bind "$DK_ROOT" ro
	mount -o remount,bind,ro ro
	is "from a read-only store" "$(DK_ROOT=$T/ro dk-push "$REG/v2:1")" "$v"
	umount ro
fi
retag "$FROM/app:1" "$REG/broken:1"
mv "$big" saved
tfail 1 "a layer that is not there" dk-push "$REG/broken:1"
like "says which" "$(cat .err)" "dk-push: $REG/broken:1: layer sha256:${big##*/}: *not in the store"
head -c 4999999 saved >"$big"
tfail 1 "a layer of another size" dk-push "$REG/broken:1"
(head -c 5000; tail -c +5001 saved) </dev/zero >"$big"
tfail 1 "a damaged layer" dk-push "$REG/broken:1"
like "the registry's answer" "$(cat .err)" "*DIGEST_INVALID*"
t "and no tag there" test "$(skopeo inspect --tls-verify=false "docker://$REG/broken:1" 2>&1 | grep -c 'manifest unknown')" -eq 1
t "tmp is clean" clean_store
done_testing
