#!/bin/sh
# SPDX-License-Identifier: ISC
# lib/: a file includes its own layer and those below it; programs include lib/ and their own folder
. "${0%/*}/../lib.sh"
cd "$TOP" || exit 1

# which layers the files of folder $1 may include
allowed()
{
	case $1 in
	lib/base) echo base ;;
	lib/oci) echo "oci base" ;;
	lib/store) echo "store oci base" ;;
	lib/layer) echo "layer store oci base" ;;
	lib/remote) echo "remote store oci base" ;;
	lib/run) echo "run store oci base" ;;
	*) echo "base oci store layer remote run" ;;
	esac
}

for dir in lib/base lib/oci lib/store lib/layer lib/remote lib/run dk dk-*/; do
	dir=${dir%/}
	[ -d "$dir" ] || continue
	bad=
	for f in "$dir"/*.[ch]; do
		[ -e "$f" ] || continue
		for inc in $(sed -n 's/^#[[:space:]]*include "\([^"]*\)".*/\1/p' "$f"); do
			case $inc in
			*/*) up=${inc%%/*} ;;
			*) [ -e "$dir/$inc" ] || [ -e "build/gen/$inc" ] || bad="$bad $f:$inc"
				continue ;;
			esac
			case " $(allowed "$dir") " in
			*" $up "*) [ -e "lib/$inc" ] || bad="$bad $f:$inc" ;;
			*) bad="$bad $f:$inc" ;;
			esac
		done
	done
	is "$dir includes downwards only" "$bad" ""
done

bad=
for f in lib/*/*.[ch] dk*/*.[ch] tests/*/*.[ch]; do
	[ ! -e "$f" ] || head -1 "$f" | grep -q 'SPDX-License-Identifier: ISC' || bad="$bad $f"
done
is "every C file opens with the licence line" "$bad" ""

bad=
for f in lib/*/*.h dk*/*.h; do
	[ ! -e "$f" ] || sed -n 2p "$f" | grep -q "^/\* *${f##*/}" ||
		sed -n 2,3p "$f" | grep -q "${f##*/}: " || bad="$bad $f"
done
is "every header says its job in its second line" "$bad" ""
bad=
for f in $(git ls-files '*.[ch]' 2>/dev/null); do
	grep -nE '(^|[^_a-z])(exit|abort)\(' "$f" /dev/null
done | grep -E '^lib/' | grep -vE '^lib/(base|deps)/|abort\(\)|_exit\(|gen-' >"$T/exits"
is "lib/ never exits" "$(cat "$T/exits")" ""
done_testing
