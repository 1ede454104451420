#!/bin/sh
# SPDX-License-Identifier: ISC
# every program is static, small, and links only what its Makefile line says
. "${0%/*}/../lib.sh"
need readelf nm strip

limit() # of the stripped size, KiB
{
	case $1 in
	dk | dk-ps | dk-images | dk-inspect | dk-tag) echo 160 ;;
	dk-run) echo 500 ;;
	*) echo 1024 ;;
	esac
}

for bin in "$TOP"/build/bin/*; do
	name=${bin##*/}
	is "$name has no interpreter" "$(readelf -lW "$bin" | grep -c INTERP)" 0
	is "$name needs no shared library" "$(readelf -dW "$bin" | grep -c NEEDED)" 0
	strip -o "$T/$name" "$bin"
	size=$(wc -c <"$T/$name")
	if [ "$size" -le $(($(limit "$name") * 1024)) ]; then
		ok "$name is $((size / 1024)) KiB"
	else
		not_ok "$name is $((size / 1024)) KiB, over $(limit "$name")"
	fi
done

sum=0
for name in dk-build dk-pull dk-push dk-run dk-ps dk-tag; do
	[ -e "$T/$name" ] || continue
	sum=$((sum + $(wc -c <"$T/$name")))
done
if [ "$sum" -le $((4096 * 1024)) ]; then
	ok "the core six are $((sum / 1024)) KiB"
else
	not_ok "the core six are $((sum / 1024)) KiB"
fi

foreign=' (br_ssl|archive_read|seccomp_|ZSTD_|isal_)'
for name in dk-ps dk-tag; do
	is "$name links no TLS, archive or seccomp code" "$(nm "$TOP/build/bin/$name" | grep -cE "$foreign")" 0
done
like "which would be seen: dk-pull has them" "$(nm "$TOP/build/bin/dk-pull" | grep -cE "$foreign")" "[1-9]*"
done_testing
