#!/bin/sh
# SPDX-License-Identifier: ISC
# A real Debian: imported, pushed to a real registry, fetched by skopeo, unpacked by umoci, pulled back:
# every path, type, mode, owner, time, size, content, link target and xattr is the original's.
. "${0%/*}/../lib.sh"
need root overlay debootstrap docker-registry skopeo umoci getfattr setcap perl
debian
start_registry

mkdir want
tar --xattrs --xattrs-include='*' --numeric-owner -xpf "$DEBIAN" -C want
tree_list want >want.list
like "the tree has what archives get wrong" "$(grep -c . want.list)" "[1-9][0-9][0-9][0-9]*"

t "import" dk-import "$DEBIAN" debian:test
id=$(cat .out)
like "prints the digest and nothing else" "$id" "sha256:????????????????????????????????????????????????????????????????"
is "which is the IMAGE ID" "$(dk-images -q --no-trunc debian:test)" "$id"

t "tag" dk-tag debian:test "$REG/debian:test"
t "push" dk-push -q "$REG/debian:test"
t "skopeo inspect" skopeo inspect --tls-verify=false "docker://$REG/debian:test"
like "sees the same digest" "$(cat .out)" "*\"Digest\": \"$id\"*"
t "skopeo copy" skopeo copy -q --src-tls-verify=false "docker://$REG/debian:test" oci:layout:test
t "umoci unpack" umoci unpack --image layout:test bundle
tree_list bundle/rootfs >got.list
t "umoci's tree equals the original" cmp want.list got.list
diff want.list got.list | sed 's/^/# /' | head -20
rm -rf bundle layout

t "a mount of the image" dk-mount debian:test
mnt=$(cat .out)
tree_list "$mnt" >got.list
t "shows the original" cmp want.list got.list
diff want.list got.list | sed 's/^/# /' | head -20
t "umount" dk-umount debian:test

t "remove" dk-rmi -f debian:test "$REG/debian:test"
is "no image is left" "$(dk-images -q)" ""
is "no blob either" "$(ls store/blobs/sha256)" ""
is "nor a layer" "$(ls store/layers/sha256)" ""

t "pull" "$TOP/tests/bench/pss.pl" dk-pull -q "$REG/debian:test"
is "gives the same digest" "$(head -1 .out)" "$id"
max=$(tail -1 .out)
if [ "$max" -gt 0 ] && [ "$max" -le 16384 ]; then
	ok "in at most 16 MiB of memory: $max KiB"
else
	not_ok "in at most 16 MiB of memory: $max KiB"
fi
mnt=$(dk-mount "$REG/debian:test")
tree_list "$mnt" >got.list
t "the pulled tree equals the original" cmp want.list got.list
diff want.list got.list | sed 's/^/# /' | head -20
t "umount" dk-umount "$REG/debian:test"

t "it runs" dk-run --rm "$REG/debian:test" cat /etc/os-release
like "and is a Debian" "$(cat .out)" "*Debian GNU/Linux 12*"
t "the one-liner" sh -c "dk-run --rm \$(tar c --numeric-owner -C want . | dk-import -) cat /etc/os-release"
like "runs too" "$(cat .out)" "*Debian GNU/Linux 12*"
t "nothing is left over" clean_store
done_testing
