#!/bin/sh
# SPDX-License-Identifier: ISC
# 130 layers mount and run
. "${0%/*}/../lib.sh"
need root overlay dk-build

mkrootfs rootfs
{
	echo 'FROM scratch'
	echo 'COPY rootfs /'
	i=1
	while [ $i -lt 130 ]; do
		echo "COPY n/$i /n/$i"
		i=$((i + 1))
	done
} >Dockerfile
mkdir n
i=1
while [ $i -lt 130 ]; do
	echo $i >n/$i
	i=$((i + 1))
done
t "build of 130 layers" dk-build -q -t many:1 .
is "all of them are there" "$(dk-run --rm many:1 sh -c 'ls /n | wc -l')" 129
is "the first and the last" "$(dk-run --rm many:1 cat /n/1 /n/129)" "1
129"
t "nothing is left" clean_store

tar -c -C rootfs . | dk-import - one:1 >/dev/null
settled
for meta in "$DK_ROOT"/layers/sha256/*/meta; do
	sed -i 's/"bootId":"[^"]*"/"bootId":"another"/; s/"synced":true/"synced":false/' "$meta"
done
is "layers of another boot that were not synced are unpacked again, and nothing is said" \
	"$(dk-run --rm one:1 cat /etc/os-release 2>&1)" ID=dk-test
t "and put on disk" wait_for sh -c 'grep -q "\"synced\":true" "$DK_ROOT"/layers/sha256/*/meta'
settled
rm -rf "$DK_ROOT"/layers/sha256/*
is "layers that are not there, too" "$(dk-run --rm one:1 cat /etc/os-release)" ID=dk-test
for blob in "$DK_ROOT"/blobs/sha256/*; do
	# the layers are the ones that are compressed
	[ "$(head -c 2 "$blob" | od -An -tx1)" != " 1f 8b" ] || rm -f "$blob"
done
t "its layer is all it needs" dk-run --rm one:1 true
rm -rf "$DK_ROOT"/layers/sha256/*
dk-run --rm one:1 true >.out 2>.err
is "without layer and blob: our failure" "$?: $(cat .out)" "125: "
like "which says what is missing" "$(cat .err)" "*sha256:*"
is "no container is left" "$(dk-ps -aq)" ""
t "nothing is left" clean_store
done_testing
