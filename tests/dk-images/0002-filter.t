#!/bin/sh
# SPDX-License-Identifier: ISC
# dk-images -f
. "${0%/*}/../lib.sh"
. "$TOP/tests/store.sh"

mkimage -t docker.io/library/a:1 -c 2011-01-02T03:04:05Z -l color=red a >/dev/null
mkimage -t docker.io/team/a:1 -c 2012-01-02T03:04:05Z -l color=blue b >/dev/null
mkimage -t reg.example/team/b:2 -c 2013-01-02T03:04:05Z -l size=big c >/dev/null
mkimage -c 2014-01-02T03:04:05Z -l color=red d >/dev/null

# names: the names of what dk-images lists, on one line
names()
{
	dk-images "$@" | awk 'NR > 1 { printf "%s%s", sep, $1 ":" $2; sep = " " }'
}

is "all" "$(names)" "<none>:<none> reg.example/team/b:2 team/a:1 a:1"
is "dangling=true" "$(names -f dangling=true)" "<none>:<none>"
is "dangling=false" "$(names -f dangling=false)" "reg.example/team/b:2 team/a:1 a:1"
is "label" "$(names -f label=color)" "<none>:<none> team/a:1 a:1"
is "label with a value" "$(names -f label=color=red)" "<none>:<none> a:1"
is "two labels: both" "$(names -f label=color -f label=color=blue)" "team/a:1"
is "a label nobody has" "$(names -f label=colo)" ""
is "since" "$(names -f since=team/a:1)" "<none>:<none> reg.example/team/b:2"
is "before" "$(names -f before=team/a:1)" "a:1"
is "two keys: both" "$(names -f since=a:1 -f label=color=red)" "<none>:<none>"
is "reference: the familiar name" "$(names -f reference=a)" "a:1"
is "with the tag" "$(names -f reference=a:1)" "a:1"
is "with another" "$(names -f reference=a:2)" ""
is "* stops at a slash" "$(names -f 'reference=*')" "a:1"
is "each component" "$(names -f 'reference=*/*')" "team/a:1"
is "* in the middle and at the end" "$(names -f 'reference=t*m/a*')" "team/a:1"
is "a class" "$(names -f 'reference=*/*/[a-c]:[0-9]')" "reg.example/team/b:2"
is "negated" "$(names -f 'reference=*/[^a]')" ""
is "two references: either" "$(names -f reference=a -f 'reference=*/a')" "team/a:1 a:1"
is "an image without a name fits none" "$(names -f 'reference=<none>')" ""
tfail 2 "a key there is not" dk-images -f until=1h
tfail 2 "no =" dk-images -f dangling
tfail 2 "dangling is true or false" dk-images -f dangling=maybe
tfail 2 "a class without an end" dk-images -f 'reference=*/[a'
tfail 1 "since what is not there" dk-images -f since=nosuch
done_testing
