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
	# FILE:INCLUDE of what is in no allowed layer, or not there
	awk -v dir="$dir" -v allowed="$(allowed "$dir")" '
	function exists(f,  line, r) {
		r = (getline line < f) >= 0
		close(f)
		return r
	}
	/^#[ \t]*include "/ {
		split($0, part, "\"")
		inc = part[2]
		n = split(inc, up, "/")
		if (n == 1)
			good = exists(dir "/" inc) || exists("build/gen/" inc)
		else
			good = index(" " allowed " ", " " up[1] " ") && exists("lib/" inc)
		if (!good)
			print FILENAME ":" inc
	}' "$dir"/*.[ch] >"$T/bad"
	is "$dir includes downwards only" "$(cat "$T/bad")" ""
done

is "every C file opens with the licence line" \
	"$(awk 'FNR == 1 && !/SPDX-License-Identifier: ISC/ { print FILENAME }' lib/*/*.[ch] dk*/*.[ch] tests/*/*.[ch])" ""
is "every header says its job in its second line" \
	"$(awk 'FNR == 2 { n = split(FILENAME, p, "/"); if (index($0, p[n] ":") == 0) print FILENAME }' lib/*/*.h dk*/*.h)" ""
is "lib/ never exits" \
	"$(grep -nE '(^|[^_a-z])exit\(' lib/oci/*.c lib/store/*.c lib/layer/*.c lib/remote/*.c lib/run/*.c | grep -v '^lib/run/gen-')" ""
done_testing
