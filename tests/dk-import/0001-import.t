#!/bin/sh
# SPDX-License-Identifier: ISC
# dk-import: a tar becomes an image: configuration, blob, unpacked layer
. "${0%/*}/../lib.sh"
need root busybox

mkrootfs rootfs
tar -c --format=pax --numeric-owner -C rootfs . >rootfs.tar

# blob DIGEST: its path
blob()
{
	echo "$DK_ROOT/blobs/sha256/${1#sha256:}"
}

t "a file" dk-import rootfs.tar
like "prints the digest" "$(cat .out)" "sha256:????????????????????????????????????????????????????????????????"
is "and nothing else" "$(wc -l <.out) $(wc -c <.out)" "1 72"
is "nothing on standard error" "$(cat .err)" ""
id=$(cat .out)
is "it is a root" "$(ls "$DK_ROOT/images")" "$id"
is "it has no tag" "$(find "$DK_ROOT/tags" -type f)" ""

manifest=$(cat "$(blob "$id")")
like "an OCI manifest" "$manifest" '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",*'
layer=$(echo "$manifest" | sed 's/.*"layers":\[{[^}]*"digest":"\([^"]*\)".*/\1/')
config=$(echo "$manifest" | sed 's/.*"config":{[^}]*"digest":"\([^"]*\)".*/\1/')
is "the blob holds the tar as it came" "$(gzip -dc <"$(blob "$layer")" | sha256sum)" "$(sha256sum <rootfs.tar)"
is "blobs are named by their digests" "$(cd "$DK_ROOT/blobs/sha256" && sha256sum ./* | sed 's|  ./| |' | awk '$1 != $2')" ""
diff_id=$(sha256sum <rootfs.tar | cut -d' ' -f1)
text=$(cat "$(blob "$config")")
like "diff_id" "$text" "*\"rootfs\":{\"type\":\"layers\",\"diff_ids\":\[\"sha256:$diff_id\"\]}*"
like "os" "$text" '*"os":"linux"*'
like "history" "$text" '*"history":\[{"created":"*Z","comment":"Imported from -"}\]*'
tree_list rootfs >want
tree_list "$DK_ROOT/layers/sha256/$diff_id/fs" >got
is "the layer is unpacked" "$(diff want got)" ""

SOURCE_DATE_EPOCH=1000000000
export SOURCE_DATE_EPOCH
t "standard input" sh -c 'dk-import - <rootfs.tar'
one=$(cat .out)
like "the time of creation can be given" "$(dk-import - test/dated <rootfs.tar >/dev/null; cat "$DK_ROOT"/blobs/sha256/*)" \
	'*"created":"2001-09-09T01:46:40Z"*'
is "the same again" "$(dk-import - <rootfs.tar)" "$one"
for z in gzip bzip2 xz zstd lzip lz4; do
	command -v "$z" >/dev/null || continue
	"$z" <rootfs.tar >"rootfs.$z"
	is "compressed with $z" "$(dk-import "rootfs.$z")" "$one"
	is "compressed with $z, from a pipe" "$(dk-import - <"rootfs.$z")" "$one"
done
unset SOURCE_DATE_EPOCH

t "changes, a message, a platform, a name" dk-import -c 'CMD ["sh", "-c", "echo hi"]' --change 'ENV A=1 B="2 3"' \
	-c 'WORKDIR /root' -c 'EXPOSE 80' -m 'by hand' --platform linux/arm64 rootfs.tar test/image
id=$(cat .out)
is "tagged latest" "$(cat "$DK_ROOT/tags/docker.io/test/image:latest")" "$id"
config=$(sed 's/.*"config":{[^}]*"digest":"\([^"]*\)".*/\1/' "$(blob "$id")")
text=$(cat "$(blob "$config")")
like "command" "$text" '*"Cmd":\["sh","-c","echo hi"\]*'
like "environment" "$text" '*"Env":\["A=1","B=2 3"\]*'
like "working directory" "$text" '*"WorkingDir":"/root"*'
like "port" "$text" '*"ExposedPorts":{"80/tcp":{}}*'
like "architecture" "$text" '*"architecture":"arm64"*'
like "message" "$text" '*"comment":"by hand"*'
dk-import rootfs.tar localhost:5000/a/b:c >/dev/null
t "a tag of another registry" test -e "$DK_ROOT/tags/localhost:5000/a/b:c"

t "its layers are put on disk" synced
t "the store is clean" clean_store
done_testing
