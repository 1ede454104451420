#!/bin/sh
# SPDX-License-Identifier: ISC
# eight that write and two that remove the same names, four of them images that only they have: no tag dangles, no image loses a part; killed ones leave only what is swept
. "${0%/*}/../lib.sh"
. "$TOP/tests/store.sh"
need jq

for i in 1 2 3 4; do
	mkimage -t "docker.io/library/base:$i" -c "2020-01-0${i}T00:00:00Z" common >/dev/null
done

tagger()
{
	n=0
	while [ $n -lt 25 ]; do
		n=$((n + 1))
		dk-tag "base:$((n % 4 + 1))" "work:$((n % 3))" || echo "tagger $1"
	done
}

importer()
{
	mkdir "tree.$1"
	n=0
	while [ $n -lt 12 ]; do
		n=$((n + 1))
		echo "$1 $((n % 4))" >"tree.$1/file"
		tar -C "tree.$1" -cf "tree.$1.tar" file
		dk-import "tree.$1.tar" "work:$((n % 3))" >/dev/null || echo "importer $1"
	done
}

remover()
{
	while [ ! -e stop ]; do
		for k in 0 1 2; do
			dk-rmi "work:$k" >/dev/null 2>"rmi.$1" || grep -v 'no such image' "rmi.$1"
		done
	done
}

waiting=
for i in 1 2 3 4; do
	tagger "$i" >"tagger.$i" 2>&1 &
	waiting="$waiting $!"
	importer "$i" >"importer.$i" 2>&1 &
	waiting="$waiting $!"
done
remover 1 >remover.1 2>&1 &
r1=$!
remover 2 >remover.2 2>&1 &
r2=$!
for pid in $waiting; do
	wait "$pid"
done
: >stop
wait "$r1" "$r2"
is "no tagger failed" "$(cat tagger.*)" ""
is "no importer failed" "$(cat importer.*)" ""
is "no remover failed" "$(cat remover.*)" ""

# tags that name no whole image, or none that is a root
broken()
{
	for f in store/tags/docker.io/library/*; do
		dk-inspect "$(cat "$f")" >/dev/null || echo "$f"
		[ -e "store/images/$(cat "$f")" ] || echo "$f: no root"
	done
}

is "every tag names a whole image" "$(broken)" ""
# every blob that an image needs is there, and every layer that root has unpacked (not the base's)
base=$(dk-inspect base:1 | jq -r '.[0].RootFS.Layers[]')
lost()
{
	for f in store/images/*; do
		dk-inspect "${f##*/}" | jq -r '.[0].RootFS.Layers[]' | while read -r layer; do
			[ "$layer" = "$base" ] || [ "$(id -u)" -ne 0 ] ||
				[ -d "store/layers/sha256/${layer#sha256:}" ] ||
				echo "${f##*/}: no layer $layer"
		done
		for d in $(jq -r '.config.digest, .layers[].digest' "store/blobs/sha256/${f##*sha256:}"); do
			[ -e "store/blobs/sha256/${d#sha256:}" ] || echo "${f##*/}: no blob $d"
		done
	done
}
is "no object is lost" "$(lost)" ""
is "the images are all there" "$(dk-images -q base | wc -l | tr -d ' ')" 4

# killed at any moment
n=0
while [ $n -lt 25 ]; do
	n=$((n + 1))
	dk-tag base:1 "work:$n" &
	pid=$!
	[ $((n % 2)) -eq 0 ] || sleep "0.00$((n % 5))"
	kill -9 "$pid"
	wait "$pid"
done >/dev/null 2>&1
is "killed taggers leave no broken tag" "$(broken)" ""
mkimage -t docker.io/library/last:1 last >/dev/null
t "the next removal" dk-rmi last:1
t "sweeps what they left in tmp" clean_store
done_testing
