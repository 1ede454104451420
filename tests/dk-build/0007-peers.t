#!/bin/sh
# SPDX-License-Identifier: ISC
# the layers of a build, unpacked by somebody else, are what dk-mount shows
. "${0%/*}/../lib.sh"
need root overlay busybox docker-registry skopeo umoci

mkrootfs rootfs
mkdir -p rootfs/usr/share/deep
echo deep >rootfs/usr/share/deep/f
chmod 750 rootfs/usr/share
find rootfs -exec touch -h -d 2001-01-01 {} +
t "a base image" sh -c 'tar c -C rootfs . | dk-import - base'
mkdir -p ctx/over/e ctx/new
echo over >ctx/over/e/g
ln ctx/over/e/g ctx/over/g
ln -s /nowhere ctx/new/dangling

cat >Dockerfile <<'E'
FROM base
RUN mkdir -p /d/a/b /d/c /e; echo 1 >/d/a/b/f; echo 2 >/d/a/g; echo 3 >/d/c/h; ln /d/a/g /e/g
RUN ln -s /d/a /e/la; touch -d '2003-01-01 00:00:00' /d/a; chmod 1777 /e
RUN rm -rf /d/a; mkdir /d/a; echo n >/d/a/n
RUN mv /d/c /d/c2; ln -s c2 /d/c
RUN rm /d/c; mkdir /d/c; echo z >/d/c/z; rm -rf /usr/share; echo file >/usr/share
RUN rm /usr/share; mkdir -p /usr/share/deep; echo q >/usr/share/deep/q
RUN rm -rf /d; mkdir -p /d/a/b
COPY over /
WORKDIR /d/a/b/w
COPY new .
RUN rm -rf /d/a; ln -s /e /d/a
COPY over/g /d/a/through
RUN rm -rf /e; mkdir -m 700 /e; chown 5:6 /e; mknod /e/null c 1 3; mknod /e/fifo p
RUN cp /bin/busybox /e/bb; chmod 4755 /e/bb; ln /e/bb /e/bb2
RUN rm /e/bb; echo x >>/e/bb2; touch /e/bb; chmod 0 /e/null; mv /usr/share/deep /usr/share/other
RUN echo l >/l1; ln /l1 /e/l2; ln -s l1 /l3
COPY new over /usr/share/other/
E
t "a build" dk-build -q -t built -f Dockerfile ctx

# type, mode, owner, link, time, size; content; devices; which names are one file
list()
{
	find "$1" -printf '%P %y %m %U:%G %l %T@' \( -type d -printf ' -\n' -o -printf ' %s\n' \) | sort
	(
		cd "$1" || exit
		find . -type f -exec sha256sum {} + | sort -k 2
		find . -type c -exec stat -c '%n %t:%T' {} +
		find . -type f -printf '%p %i\n' | sort | awk '{
			if (!($2 in first)) first[$2] = $1
			print $1, first[$2] }'
	)
}
start_registry
t "pushed" sh -c 'dk-tag built "$1/built:1" && dk-push -q "$1/built:1"' - "$REG"
t "fetched by skopeo" skopeo copy -q --src-tls-verify=false "docker://$REG/built:1" oci:oci:1
t "unpacked by umoci" umoci unpack --image oci:1 bundle
t "mounted" dk-mount built
list "$(cat .out)" >want
list bundle/rootfs >got
t "are the same" diff want got
dk-umount built
done_testing
