#!/bin/sh
# SPDX-License-Identifier: ISC
# install, uninstall and dist do what they say
. "${0%/*}/../lib.sh"
need make readelf
cd "$TOP" || exit 1

t "install" make -s install DESTDIR="$T/root" PREFIX=/usr
is "every program" "$(cd "$T/root/usr/bin" && echo *)" "$(cd build/bin && echo *)"
is "stripped" "$(readelf -SW "$T/root/usr/bin/dk" | grep -c debug_info)" 0
t "runs from there" "$T/root/usr/bin/dk" --version
is "every page" "$(find "$T/root/usr/share/man" -type f | sed 's|.*/||' | sort | tr '\n' ' ')" \
	"$(find dk dk-* lib/man -name '*.[1-8]' | sed 's|.*/||' | sort | tr '\n' ' ')"
t "uninstall" make -s uninstall DESTDIR="$T/root" PREFIX=/usr
is "leaves nothing" "$(find "$T/root" -type f)" ""
if git rev-parse -q --verify HEAD >/dev/null 2>&1; then
	t "dist" make -s dist B="$T/b"
	is "has the README" "$(tar -tzf "$T"/b/dist/dk-*.tar.gz | grep -c '/README$')" 1
fi
done_testing
