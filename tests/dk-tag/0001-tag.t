#!/bin/sh
# SPDX-License-Identifier: ISC
# dk-tag: names are set and moved, and what cannot be one is refused
. "${0%/*}/../lib.sh"
. "$TOP/tests/store.sh"

one=$(mkimage -t docker.io/library/one:1 first)
two=$(mkimage second)

t "a name for a name" dk-tag one:1 other
is "prints nothing" "$(cat .out)" ""
is "a line in a file of its name" "$(cat store/tags/docker.io/library/other:latest)" "$one"
t "a name for an ID" dk-tag "$(echo "$two" | cut -c8-19)" localhost:5000/a/b:x
is "in the directory of its host" "$(cat store/tags/localhost:5000/a/b:x)" "$two"
t "for sha256:HEX" dk-tag "$two" localhost:5000/a:x
t "for NAME@DIGEST" dk-tag "one@$one" three:3
t "moved" dk-tag "$two" other
is "to the other image" "$(cat store/tags/docker.io/library/other:latest)" "$two"
t "the same again" dk-tag other other:latest
like "events are logged" "$(tail -n 1 run/events)" "* image tag $two name=docker.io/library/other:latest"

native=$(mkimage -r native)
index=$(mkindex reg.example/multi:1 "$(mkimage -r -a s390x foreign)/s390x" "$native/$ARCH")
t "an index" dk-tag reg.example/multi:1 multi
is "stays an index" "$(cat store/tags/docker.io/library/multi:latest)" "$index"
t "by its IMAGE ID" dk-tag "$native" again
is "too" "$(cat store/tags/docker.io/library/again:latest)" "$index"
t "a manifest of it by NAME@DIGEST" dk-tag "multi@$native" single
is "is tagged alone" "$(cat store/tags/docker.io/library/single:latest)" "$native"

tfail 1 "no such image" dk-tag nosuch:1 x
like "says which and what to do" "$(cat .err)" "dk-tag: no image 'nosuch:1' in the store: dk-pull nosuch:1 gets it"
tfail 1 "no such ID" dk-tag 0123456789ab x
tfail 1 "a bad new name" dk-tag one:1 Bad
tfail 1 "a digest in the new name" dk-tag one:1 "x@$one"
tfail 1 "64 hexadecimal digits as a name" dk-tag one:1 "${one#sha256:}"
long=$(printf '%0200d' 0)
tfail 1 "a name too long for a file" dk-tag one:1 "$long:$(printf '%055d' 0)"
like "is told" "$(cat .err)" "*255 bytes*"
t "one that just fits" dk-tag one:1 "$long:$(printf '%054d' 0)"
tfail 2 "one operand" dk-tag one:1
tfail 2 "three operands" dk-tag one:1 a b
tfail 2 "an unknown option" dk-tag --force one:1 x
tfail 1 "a directory that is no store" env DK_ROOT="$TOP" dk-tag one:1 x

t "nothing is left in tmp" clean_store
done_testing
