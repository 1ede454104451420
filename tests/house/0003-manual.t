#!/bin/sh
# SPDX-License-Identifier: ISC
# every program has a page that names exactly the options of its --help
. "${0%/*}/../lib.sh"

for bin in "$TOP"/build/bin/*; do
	name=${bin##*/}
	page=$TOP/$name/$name.1
	[ -e "$page" ] || {
		not_ok "$name has a page"
		continue
	}
	"$bin" --help 2>&1 | sed -n 's/^  .*--\([a-z][a-z0-9-]*\).*/\1/p' | sort -u >help
	sed -n 's/^\.It .*Fl -\([a-z][a-z0-9-]*\).*/\1/p' "$page" | sort -u >page
	if cmp -s help page; then
		ok "$name: page and --help agree"
	else
		not_ok "$name: page and --help agree"
		diff help page | sed 's/^/# /'
	fi
	like "$name --help begins with its synopsis" "$("$bin" --help)" "usage: $name*"
	is "$name --version" "$("$bin" --version | cut -d' ' -f1)" "$name"
	for s in NAME SYNOPSIS DESCRIPTION "EXIT STATUS" EXAMPLES "SEE ALSO"; do
		grep -q "^\.Sh $s" "$page" || not_ok "$name.1 has $s"
	done
done
# a word that is a lone . goes to the end of the word before it, and the command is another one
is "no example has a full stop of its own" \
	"$(cd "$TOP" && grep -nE '^\.D[l1] .* \.( |$)' dk*/*.1 lib/man/*.[1-8])" ""
done_testing
