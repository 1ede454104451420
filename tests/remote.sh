# SPDX-License-Identifier: ISC
# shellcheck shell=sh
# shellcheck disable=SC2034
# Sourced behind lib.sh by tests of what talks to registries: images made without dk, certificates, servers that misbehave.

size_of()
{
	wc -c <"$1" | tr -d ' '
}

sha_of()
{
	sha256sum <"$1" | cut -d' ' -f1
}

# oci_blob FILE: moves it into the layout ./oci; prints "digest":...,"size":...
oci_blob()
{
	h=$(sha_of "$1")
	echo "\"digest\":\"sha256:$h\",\"size\":$(size_of "$1")"
	mv "$1" "oci/blobs/sha256/$h"
}

# mkoci TAG ARCH DIR...: an image in the OCI layout ./oci, a gzip layer for each directory; $DIFFID: a lie about them
mkoci()
{
	tag=$1
	arch=$2
	shift 2
	mkdir -p oci/blobs/sha256
	echo '{"imageLayoutVersion":"1.0.0"}' >oci/oci-layout
	layers=
	diffs=
	for dir; do
		tar -C "$dir" --sort=name --numeric-owner -cf .layer .
		diffs="$diffs${diffs:+,}\"sha256:${DIFFID:-$(sha_of .layer)}\""
		gzip -nf .layer
		layers="$layers${layers:+,}{\"mediaType\":\"application/vnd.oci.image.layer.v1.tar+gzip\",$(oci_blob .layer.gz)}"
	done
	printf '%s' "{\"architecture\":\"$arch\",\"os\":\"linux\",\"config\":{\"Cmd\":[\"/bin/sh\"]},\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[$diffs]}}" >.config
	printf '%s' "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"config\":{\"mediaType\":\"application/vnd.oci.image.config.v1+json\",$(oci_blob .config)},\"layers\":[$layers]}" >.manifest
	entry="{\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",$(oci_blob .manifest),\"platform\":{\"architecture\":\"$arch\",\"os\":\"linux\"},\"annotations\":{\"org.opencontainers.image.ref.name\":\"$tag\"}}"
	entries="$entries${entries:+,}$entry"
	echo "{\"schemaVersion\":2,\"manifests\":[$entries]}" >oci/index.json
}

# mkindex TAG: an index of all images of ./oci so far, as a further image
mkindex()
{
	printf '%s' "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.index.v1+json\",\"manifests\":[$entries]}" >.index
	entries="$entries,{\"mediaType\":\"application/vnd.oci.image.index.v1+json\",$(oci_blob .index),\"annotations\":{\"org.opencontainers.image.ref.name\":\"$1\"}}"
	echo "{\"schemaVersion\":2,\"manifests\":[$entries]}" >oci/index.json
}

# upload TAG REF [SKOPEO OPTIONS]: the layout's image into the registry, by skopeo
upload()
{
	from=$1
	to=$2
	shift 2
	skopeo --insecure-policy copy -q --dest-tls-verify=false "$@" "oci:oci:$from" "docker://$to"
}

# mkca NAME: NAME.crt, NAME.key
mkca()
{
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 10 \
		-keyout "$1.key" -out "$1.crt" -subj "/CN=$1" 2>/dev/null
}

# mkcert CA NAME SAN [OPENSSL OPTIONS]: NAME.crt, NAME.key, with the subject alternative names given ("" none)
mkcert()
{
	ca=$1
	cert=$2
	san=$3
	shift 3
	openssl req -newkey rsa:2048 -nodes -keyout "$cert.key" -out .csr -subj "/CN=$cert" 2>/dev/null
	echo "${san:+subjectAltName=$san}" >.ext
	openssl x509 -req -in .csr -CA "$ca.crt" -CAkey "$ca.key" -CAcreateserial -extfile .ext \
		-out "$cert.crt" "$@" 2>/dev/null
}

# tls_yaml CERT: lines for start_registry
tls_yaml()
{
	echo '  tls:'
	echo "    certificate: $T/$1.crt"
	echo "    key: $T/$1.key"
}

# start_server DIR: answers by the files in ./DIR (see server.pl), logs to ./DIR.log; sets SRV
start_server()
{
	srv_port=$(free_port)
	SRV=127.0.0.1:$srv_port
	mkdir -p "$1"
	: >"$1.log"
	perl "$TOP/tests/server.pl" "$srv_port" "$1" "$1.log" &
	bg $!
	wait_port "$srv_port"
}

# answer FILE PATTERN HEAD [BODY]: the server answers PATTERN with these bytes; lines of HEAD are ended with CR LF
answer()
{
	echo "$2" >"$1.for"
	printf '%s\n\n' "$3" | sed 's/$/\r/' >"$1"
	printf '%s' "$4" >>"$1"
}

# serve_image TAG: answers with the manifest, configuration and layers of the layout's image, correctly, as repository "app"
serve_image()
{
	rm -f answers/*
	for blob in oci/blobs/sha256/*; do
		h=${blob##*/}
		{
			printf 'HTTP/1.1 200 OK\r\nContent-Length: %s\r\n\r\n' "$(size_of "$blob")"
			cat "$blob"
		} >"answers/50-$h"
		echo "GET /v2/app/(blobs|manifests)/sha256:$h" >"answers/50-$h.for"
	done
	m=$(perl -ne 'print $1 if /.*"digest":"sha256:([0-9a-f]+)"[^{}]*(?:"platform":\{[^}]*\},)?"annotations":\{"[^"]*":"'"$1"'"/' oci/index.json)
	{
		printf 'HTTP/1.1 200 OK\r\nContent-Type: application/vnd.oci.image.manifest.v1+json\r\nContent-Length: %s\r\n\r\n' \
			"$(size_of "oci/blobs/sha256/$m")"
		cat "oci/blobs/sha256/$m"
	} >answers/50-tag
	echo "GET /v2/app/manifests/$1\$" >answers/50-tag.for
	MANIFEST=$m
	LAYER=$(perl -ne 'print $1 if /"layers":\[\{[^}]*"digest":"sha256:([0-9a-f]+)"/' "oci/blobs/sha256/$m")
}

# the store holds no image and no blob
empty_store()
{
	settled
	[ ! -d "$DK_ROOT" ] || [ -z "$(find "$DK_ROOT/blobs" "$DK_ROOT/tags" "$DK_ROOT/images" "$DK_ROOT/layers" "$DK_ROOT/tmp" -type f)" ]
}

# removes the store; the child that a pull leaves may still be marking layers in it
no_store()
{
	until rm -rf "$DK_ROOT" 2>/dev/null; do
		sleep 0.1
	done
}
