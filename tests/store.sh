# SPDX-License-Identifier: ISC
# shellcheck shell=sh
# Sourced after lib.sh by tests that need images and no program that makes them: written as dk-store(5) says.

# this host's, as images name it
ARCH=$(uname -m)
case $ARCH in
x86_64) ARCH=amd64 ;;
aarch64) ARCH=arm64 ;;
esac

# put_blob: standard input becomes a blob; prints its digest
put_blob()
{
	cat >"$T/blob.new"
	hex=$(sha256sum <"$T/blob.new" | cut -d' ' -f1)
	chmod 444 "$T/blob.new"
	mv -f "$T/blob.new" "$DK_ROOT/blobs/sha256/$hex"
	echo "sha256:$hex"
}

blob_file()
{
	echo "$DK_ROOT/blobs/sha256/${1#sha256:}"
}

# put_tag HOST/PATH:TAG DIGEST
put_tag()
{
	mkdir -p "$DK_ROOT/tags/${1%/*}"
	echo "$2" >"$DK_ROOT/tags/$1"
	: >"$DK_ROOT/images/$2"
}

# mkimage [-t HOST/PATH:TAG] [-c CREATED] [-l KEY=VALUE] [-a ARCH] [-r] TEXT: an image with a layer of one file with
# TEXT, tagged or (always, but with -r) a root; prints its digest
mkimage()
{
	im_tag='' im_created=2020-01-02T03:04:05Z im_label='' im_arch=$ARCH im_root=y
	OPTIND=1
	while getopts t:c:l:a:r opt; do
		case $opt in
		t) im_tag=$OPTARG ;;
		c) im_created=$OPTARG ;;
		l) im_label="\"${OPTARG%%=*}\":\"${OPTARG#*=}\"" ;;
		a) im_arch=$OPTARG ;;
		*) im_root='' ;;
		esac
	done
	shift $((OPTIND - 1))
	mkdir -p "$T/im"
	echo "$1" >"$T/im/file"
	tar -c --owner=0 --group=0 --mtime=@0 -C "$T/im" file >"$T/im.tar"
	im_layer=$(put_blob <"$T/im.tar")
	im_config=$(printf '{"created":"%s","architecture":"%s","os":"linux","config":{"Cmd":["sh"],"Labels":{%s}},"rootfs":{"type":"layers","diff_ids":["%s"]}}' \
		"$im_created" "$im_arch" "$im_label" "$im_layer" | put_blob)
	im=$(printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"%s","size":%d},"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"%s","size":%d}]}' \
		"$im_config" "$(wc -c <"$(blob_file "$im_config")")" \
		"$im_layer" "$(wc -c <"$(blob_file "$im_layer")")" | put_blob)
	[ -z "$im_root" ] || : >"$DK_ROOT/images/$im"
	[ -z "$im_tag" ] || put_tag "$im_tag" "$im"
	echo "$im"
}

# mkindex HOST/PATH:TAG DIGEST/ARCH...: a tagged index; prints its digest
mkindex()
{
	ix_tag=$1
	shift
	ix_list=
	for ix; do
		ix_list="$ix_list${ix_list:+,}$(printf '{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"%s","size":1,"platform":{"os":"linux","architecture":"%s"}}' \
			"${ix%/*}" "${ix#*/}")"
	done
	ix=$(printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[%s]}' "$ix_list" | put_blob)
	put_tag "$ix_tag" "$ix"
	echo "$ix"
}

# mkctr NAME IMAGE-DIGEST: a container that is not running; prints its ID
mkctr()
{
	ct=$(printf '%s %s' "$1" "$2" | sha256sum | cut -d' ' -f1)
	mkdir -p "$DK_ROOT/ctr/$ct/upper" "$DK_ROOT/ctr/$ct/work" "$DK_ROOT/ctr/$ct/rootfs"
	ln -s "../ctr/$ct" "$DK_ROOT/names/$1"
	echo '{"ociVersion":"1.0.2","process":{"cwd":"/srv","env":["A=b"],"args":["sh","-c","exit"],"user":{"uid":1,"gid":2}},"hostname":"box","mounts":[{"destination":"/data","type":"bind","source":"/var/data","options":["rbind","ro"]}]}' \
		>"$DK_ROOT/ctr/$ct/config.json"
	printf '{"id":"%s","name":"%s","image":"img","manifest":"%s","diffIds":[],"command":["sh","-c","exit"],"labels":{"k":"v"},"created":"2021-01-02T03:04:05Z","remove":false}\n' \
		"$ct" "$1" "$2" >"$DK_ROOT/ctr/$ct/container.json"
	printf 'status=exited\nexit=3\nstarted=2021-01-02T03:04:06Z\nfinished=2021-01-02T03:04:07Z\n' \
		>"$DK_ROOT/ctr/$ct/state"
	echo "$ct"
}

# an empty store
dk-images >/dev/null || exit 1
