#!/bin/sh
# SPDX-License-Identifier: ISC
# dk-rmi: by name, by ID, in use, in part of an index
. "${0%/*}/../lib.sh"
. "$TOP/tests/store.sh"

blobs()
{
	find store/blobs/sha256 -type f | wc -l | tr -d ' '
}

one=$(mkimage -t docker.io/library/one:1 first)
put_tag docker.io/library/one:2 "$one"
put_tag reg.example/one:1 "$one"
two=$(mkimage -t docker.io/library/two:1 second)

t "one name of three" dk-rmi one:1
is "is untagged" "$(cat .out)" "Untagged: one:1"
is "the image stays" "$(blobs)" 6
tfail 1 "by ID with two names" dk-rmi "$one"
is "is refused" "$(cat .err)" "dk-rmi: $one: the image has 2 names: -f removes them all"
t "with -f" dk-rmi -f "$(echo "$one" | cut -c8-20)"
is "both names and the image go" "$(sed -n 1,3p .out)" "Untagged: one:2
Untagged: reg.example/one:1
Deleted: $one"
is "with what it is made of" "$(blobs)" 3
is "and the directory of the host" "$(ls store/tags)" docker.io
t "the last name" dk-rmi two:1
is "takes the image along" "$(sed -n 1,2p .out)" "Untagged: two:1
Deleted: $two"
is "and all of it" "$(blobs)" 0
is "events are logged" "$(cut -d' ' -f3 run/events | sort | uniq -c | tr -s ' \n' ' ')" " 2 delete 4 untag "

same=$(mkimage -t docker.io/library/a:1 shared)
other=$(mkimage -t docker.io/library/b:1 -c 2021-01-02T03:04:05Z shared)
t "of two images with one layer" dk-rmi a:1
is "the other keeps it" "$(blobs)" 3
t "and is whole" dk-inspect "$other"
tfail 1 "gone is gone" dk-inspect "$same"
dk-rmi b:1 >/dev/null

none=$(mkimage -c 2019-01-02T03:04:05Z nameless)
t "an image without a name" dk-rmi "$none"
is "goes by its ID" "$(sed -n 1p .out)" "Deleted: $none"

# containers
used=$(mkimage -t docker.io/library/used:1 used)
id=$(mkctr box "$used")
short=$(echo "$id" | cut -c1-12)
tfail 1 "in use, by name" dk-rmi used:1
is "names the container" "$(cat .err)" \
	"dk-rmi: used:1: container box ($short) uses this image: -f removes it all the same"
tfail 1 "in use, by ID" dk-rmi "$used"
put_tag docker.io/library/used:2 "$used"
t "one of two names may go" dk-rmi used:2
t "with -f" dk-rmi -f used:1
is "the image goes from the list" "$(dk-images -q)" ""
is "what the container needs stays" "$(blobs)" 3
rm -r "store/ctr/$id"
mkimage -t docker.io/library/keep:1 keep >/dev/null
t "another image" dk-rmi keep:1
is "goes alone: other garbage is left to dk-gc" "$(blobs)" 3
rm -f store/blobs/sha256/*

# an index
native=$(mkimage -r native)
foreign=$(mkimage -r -a s390x foreign)
index=$(mkindex reg.example/multi:1 "$foreign/s390x" "$native/$ARCH")
tfail 1 "a manifest of an index" dk-rmi "reg.example/multi@$native"
is "is refused" "$(cat .err)" \
	"dk-rmi: reg.example/multi@$native is part of an index: remove that by its name"
t "an index by its IMAGE ID" dk-rmi "$native"
is "goes" "$(sed -n 1,3p .out)" "Untagged: reg.example/multi:1
Deleted: $index
Deleted: $native"
is "with every platform of it" "$(blobs)" 0
one=$(mkimage -t docker.io/library/one:1 first)
put_tag docker.io/library/one:2 "$one"
t "NAME@DIGEST" dk-rmi "one@$one"
is "is all its names in that repository" "$(sed -n 1,2p .out)" "Untagged: one:1
Untagged: one:2"

# several, and failing ones
mkimage -t docker.io/library/p:1 p >/dev/null
mkimage -t docker.io/library/q:1 q >/dev/null
dk-rmi p:1 nosuch q:1 >out 2>err
is "one of several is not there: status" $? 1
is "the others go" "$(grep -c Untagged out)" 2
is "and it is told" "$(cat err)" "dk-rmi: no such image: nosuch"
dk-rmi -f nosuch 2>err
is "with -f it is told, and no failure" "$?$(cat err)" "0dk-rmi: no such image: nosuch"
tfail 2 "no operand" dk-rmi
tfail 2 "an option there is not" dk-rmi --no-prune x
mkimage -t docker.io/library/p:1 p >/dev/null
dk-rmi p:1 >/dev/full 2>err
is "a full stdout is a failure" $? 1
is "in one line" "$(wc -l <err | tr -d ' ')" 1

# damaged
bad=$(mkimage -t docker.io/library/bad:1 bad)
good=$(mkimage -t docker.io/library/good:1 good)
chmod 644 "$(blob_file "$bad")"
echo '{}' >"$(blob_file "$bad")"
tfail 1 "beside a damaged image nothing is removed" dk-rmi good:1
like "which is named" "$(cat .err)" "dk-rmi: *$bad*damaged*"
t "the other stays whole" dk-inspect "$good"
t "the damaged one can be removed" dk-rmi bad:1
t "and then the other" dk-rmi good:1
t "nothing is left in tmp" clean_store
done_testing
