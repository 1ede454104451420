#!/bin/sh
# SPDX-License-Identifier: ISC
# Layers that leave out ./ and their parents, over a base with /tmp 1777 and /root 0700; 130 layers.
. "${0%/*}/../lib.sh"
need root overlay docker-registry skopeo busybox jq
start_registry

# add_blob FILE: into the layout; sets DIG and SIZE
add_blob()
{
	DIG=$(sha256sum "$1" | cut -d' ' -f1)
	SIZE=$(wc -c <"$1")
	cp "$1" "layout/blobs/sha256/$DIG"
}

# layout TAG TAR...: an OCI image layout of uncompressed layers, by hand
layout()
{
	tag=$1
	shift
	rm -rf layout
	mkdir -p layout/blobs/sha256
	echo '{"imageLayoutVersion":"1.0.0"}' >layout/oci-layout
	: >layers.json
	: >diffs.json
	for tarball; do
		add_blob "$tarball"
		echo "{\"mediaType\":\"application/vnd.oci.image.layer.v1.tar\",\"digest\":\"sha256:$DIG\",\"size\":$SIZE}" >>layers.json
		echo "\"sha256:$DIG\"" >>diffs.json
	done
	jq -cs '{architecture:"amd64",os:"linux",config:{Cmd:["sh"]},rootfs:{type:"layers",diff_ids:.}}' \
		diffs.json >config.json
	add_blob config.json
	jq -cs --arg d "sha256:$DIG" --argjson s "$SIZE" '{schemaVersion:2,
		mediaType:"application/vnd.oci.image.manifest.v1+json",
		config:{mediaType:"application/vnd.oci.image.config.v1+json",digest:$d,size:$s},
		layers:.}' layers.json >manifest.json
	add_blob manifest.json
	jq -cn --arg d "sha256:$DIG" --argjson s "$SIZE" --arg t "$tag" '{schemaVersion:2,
		manifests:[{mediaType:"application/vnd.oci.image.manifest.v1+json",digest:$d,size:$s,
		annotations:{"org.opencontainers.image.ref.name":$t}}]}' >layout/index.json
	skopeo copy -q --dest-tls-verify=false "oci:layout:$tag" "docker://$REG/chain:$tag"
}

mkrootfs root
tar -C root --numeric-owner -cf base.tar .
mkdir -p l2/tmp/x l2/root l2/home/user/deep
echo two >l2/tmp/x/file
echo two >l2/root/file
echo two >l2/home/user/deep/file
# names only: no ./, no parents
(cd l2 && tar -cf ../second.tar --numeric-owner --owner=0 --group=0 tmp/x/file root/file home/user/deep/file)
is "the second layer names no directory" "$(tar tf second.tar | grep -c '/$')" 0
t "an image of both" layout implied base.tar second.tar
t "pull" dk-pull -q "$REG/chain:implied"
t "run" dk-run --rm "$REG/chain:implied" stat -c '%a %u:%g' /tmp /root /home/user /tmp/x /home/user/deep
is "the base's modes and owners survive, implied ones are 755 root" "$(tr '\n' ' ' <.out)" \
	"1777 0:0 700 0:0 755 1000:1000 755 0:0 755 0:0 "
is "files of both layers are there" \
	"$(dk-run --rm "$REG/chain:implied" sh -c 'cat /tmp/x/file /root/file /etc/os-release' | tr '\n' ' ')" \
	"two two ID=dk-test "

mkdir l3
echo three >l3/only
touch l3/.wh..wh..opq
tar -C l3 -cf third.tar ./.wh..wh..opq ./only
t "a third that hides all below its root" layout opaque base.tar second.tar third.tar
t "pull" dk-pull -q "$REG/chain:opaque"
is "only it is seen" "$(ls -A "$(dk-mount "$REG/chain:opaque")")" only
t "umount" dk-umount "$REG/chain:opaque"

set -- base.tar
i=1
mkdir many
while [ "$i" -lt 130 ]; do
	echo "$i" >"many/f$i"
	ln -f "many/f$i" many/last
	tar -C many -cf "l$i.tar" "f$i" last
	set -- "$@" "l$i.tar"
	i=$((i + 1))
done
t "an image of 130 layers" layout many "$@"
t "pull" dk-pull -q "$REG/chain:many"
t "mount" dk-mount "$REG/chain:many"
mnt=$(cat .out)
is "the topmost wins" "$(cat "$mnt/last")" 129
is "all are seen" "$(find "$mnt" -maxdepth 1 -name 'f[0-9]*' | wc -l)" 129
t "umount" dk-umount "$REG/chain:many"
is "it runs" "$(dk-run --rm "$REG/chain:many" sh -c 'cat /last; ls -d /f* | wc -l' | tr '\n' ' ')" "129 129 "
t "nothing is left over" clean_store
done_testing
