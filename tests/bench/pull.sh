#!/bin/sh
# SPDX-License-Identifier: ISC
# Pull of a Debian (about 200 MB unpacked) from a registry on loopback, unpacked, against podman; and skopeo, which unpacks nothing.
# shellcheck disable=SC2034 # PREPARE is bench.sh's
. "${0%/*}/bench.sh"
need_root
debian
start_registry
dk-import "$DEBIAN" "$REG/debian:bench" >/dev/null
dk-push -q "$REG/debian:bench" >/dev/null
dk-rmi -f "$REG/debian:bench" >/dev/null

PREPARE="sh -c 'dk-rmi -f $REG/debian:bench || :; sync'"
measure dk-pull "dk-pull -q $REG/debian:bench"
measure "dk-pull --sync" "dk-pull -q --sync $REG/debian:bench"
if have podman; then
	podman_conf
	PREPARE="sh -c 'podman rmi -f $REG/debian:bench || :; sync'"
	measure podman "podman pull -q --tls-verify=false $REG/debian:bench"
fi
if have skopeo; then
	PREPARE="sh -c 'rm -rf $T/oci; sync'"
	measure skopeo "skopeo copy -q --src-tls-verify=false docker://$REG/debian:bench oci:$T/oci:x"
fi
report dk-pull

# memory of the processes of one pull
dk-rmi -f "$REG/debian:bench" >/dev/null 2>&1
echo "dk-pull: at most $("$TOP/tests/bench/pss.pl" dk-pull -q "$REG/debian:bench" | tail -1) KiB (sum of Pss)"
