#!/bin/sh
# SPDX-License-Identifier: ISC
# FROM: base images from a registry, by digest and ID, of another platform
. "${0%/*}/../lib.sh"
need root overlay busybox docker-registry skopeo

mkrootfs rootfs
start_registry
t "a base image" sh -c 'tar c -C rootfs . | dk-import -c "ENV FROM=base" - "$1"/base:1' - "$REG"
id=$(cat .out)
t "pushed" dk-push -q "$REG/base:1"
build()
{
	desc=$1
	shift
	printf '%s\n' "$@" >Dockerfile
	t "$desc" dk-build -q -t built -f Dockerfile rootfs
}

hex=${id#sha256:}
short=$(echo "$hex" | cut -c1-12)
build "by its ID" "FROM $short" 'RUN test $FROM = base'
build "by its digest" "FROM $REG/base@$id" 'RUN test $FROM = base'
t "removed" dk-rmi "$REG/base:1" built
dk-images -q | xargs dk-rmi >/dev/null
is "there is nothing" "$(dk-images -q)" ""
build "it is pulled" "FROM $REG/base:1" 'RUN test $FROM = base && echo built >/f'
is "nothing but the digest is printed" "$(wc -l <.out)" 1
is "and it stays" "$(dk-images -q --no-trunc "$REG/base")" "$id"
t "runs" dk-run --rm built cat /f
is "what was built" "$(cat .out)" built
t "its layers go to a registry" sh -c "dk-tag built $REG/built:1 && dk-push -q $REG/built:1"
t "skopeo accepts it" skopeo inspect --tls-verify=false "docker://$REG/built:1"

# Docker's media types in the base image become OCI's in ours
skopeo copy -q --src-tls-verify=false --dest-tls-verify=false --format v2s2 \
	"docker://$REG/base:1" "docker://$REG/docker:1"
build "a base image of Docker's kind" "FROM $REG/docker:1" 'RUN echo >/x'
is "gives an OCI image" "$(perl -MJSON::PP -e '
	local $/;
	my $root = `cat $ENV{T}/.out`; $root =~ s/sha256:|\n//g;
	open(my $f, "<", "$ENV{DK_ROOT}/blobs/sha256/$root") or die;
	my $m = decode_json(<$f>);
	print join "\n", map { $_->{mediaType} } $m->{config}, @{$m->{layers}}')" \
	"application/vnd.oci.image.config.v1+json
application/vnd.oci.image.layer.v1.tar+gzip
application/vnd.oci.image.layer.v1.tar+gzip"
t "skopeo accepts it" sh -c "dk-tag built $REG/built:2 && dk-push -q $REG/built:2 &&
	skopeo inspect --tls-verify=false docker://$REG/built:2"

tfail 1 "another platform" sh -c \
	'printf "FROM --platform=linux/s390x %s/base:1\n" "$1" | dk-build -q - 2>.all; tail -1 .all >&2; exit 1' - "$REG"
like "is said" "$(cat .err)" "dk-build: Dockerfile:1: *"
tfail 1 "a bad name" sh -c 'printf "FROM not/Valid\n" | dk-build -q -'
tfail 1 "a bad platform" sh -c 'printf "FROM --platform=// scratch\n" | dk-build -q -'
wait_for clean_store
t "the store is clean" clean_store
done_testing
