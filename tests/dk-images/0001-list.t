#!/bin/sh
# SPDX-License-Identifier: ISC
# dk-images: columns, order, options
. "${0%/*}/../lib.sh"
. "$TOP/tests/store.sh"

is "an empty store has the head alone" "$(dk-images | tr -s ' ')" \
	"REPOSITORY TAG IMAGE ID CREATED SIZE"
is "and no IDs" "$(dk-images -q)" ""

old=$(mkimage -t docker.io/library/old:1 -c 2015-01-02T03:04:05Z old)
new=$(mkimage -t docker.io/library/new:latest -c "$(date -u -d '-3 hours' +%Y-%m-%dT%H:%M:%SZ)" new)
put_tag reg.example:5000/team/new:2 "$new"
none=$(mkimage -c 2019-01-02T03:04:05Z nameless)
id()
{
	echo "$1" | cut -c8-19
}

dk-images >list
is "a row for each name, the newest first" "$(awk '{ print $1, $2, $3 }' list)" \
	"REPOSITORY TAG IMAGE
new latest $(id "$new")
reg.example:5000/team/new 2 $(id "$new")
<none> <none> $(id "$none")
old 1 $(id "$old")"
like "its age" "$(sed -n 2p list)" "* 3 hours ago * 10.2kB"
like "the columns" "$(sed -n 1p list)" "REPOSITORY  *TAG  *IMAGE ID  *CREATED  *SIZE"
is "-q" "$(dk-images -q)" "$(id "$new")
$(id "$new")
$(id "$none")
$(id "$old")"
is "-q --no-trunc" "$(dk-images -q --no-trunc | tail -n 1)" "$old"
is "--no-trunc" "$(dk-images --no-trunc | awk '$1 == "old" { print $3 }')" "$old"
is "-a changes nothing" "$(dk-images -a -q)" "$(dk-images -q)"
is "--digests" "$(dk-images --digests | awk '{ print $3 }')" "DIGEST
$new
$new
<none>
$old"

# an index: DIGEST is its own, IMAGE ID this platform's
native=$(mkimage -r -c 2010-01-02T03:04:05Z native)
index=$(mkindex reg.example/multi:1 "$(mkimage -r -a s390x foreign)/s390x" "$native/$ARCH")
is "an index" "$(dk-images --digests reg.example/multi | awk 'NR > 1 { print $2, $3, $4 }')" \
	"1 $index $(id "$native")"
mkimage -t docker.io/library/odd:1 -c '' odd >/dev/null
like "an image that does not say when it was made" "$(dk-images odd | sed -n 2p)" "odd * N/A *"

t "an operand" dk-images -q new
is "is a repository" "$(cat .out)" "$(id "$new")"
is "or a name" "$(dk-images -q old:1)" "$(id "$old")"
is "spelled out" "$(dk-images -q docker.io/library/old)" "$(id "$old")"
is "of which there may be none" "$(dk-images -q old:2)" ""
is "or a pattern" "$(dk-images -q 'reg.example:5000/*/n?w')" "$(id "$new")"

tfail 2 "two operands" dk-images a b
tfail 2 "--format is not there yet" dk-images --format json
dk-images >/dev/full 2>err
is "a full stdout is a failure" $? 1
is "in one line" "$(wc -l <err | tr -d ' ')" 1

bad=$(mkimage -t docker.io/library/bad:1 bad)
rm -f "$(blob_file "$bad")"
dk-images -q >out 2>err
is "an image that lacks its manifest: status" $? 1
like "is told" "$(cat err)" "dk-images: $bad: *not in the store"
is "the others are listed" "$(wc -l <out | tr -d ' ')" 6
done_testing
