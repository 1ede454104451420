#!/bin/sh
# SPDX-License-Identifier: ISC
# columns, order, what is listed
. "${0%/*}/../lib.sh"
need root overlay

is "an empty store: the heading" "$(dk-ps -a)" \
	"CONTAINER ID   IMAGE   COMMAND   CREATED   STATUS   PORTS   NAMES"
is "an empty store: nothing" "$(dk-ps -aq)" ""
mkrootfs rootfs
tar -c -C rootfs . | dk-import - bb:1 >/dev/null || exit 1
dk-run --name first bb:1 sh -c 'echo "a b"; exit 3' >/dev/null
dk-run --name second bb:1 true
dk-run --name third bb:1 sleep 30 &
bg $!
up() { [ -n "$(dk-ps -q)" ]; }
wait_for up

is "running ones" "$(dk-ps | awk 'NR > 1 { print $NF }')" third
is "all, newest first" "$(dk-ps -a | awk 'NR > 1 { print $NF }' | tr '\n' ' ')" "third second first "
is "heading" "$(dk-ps | head -1 | tr -s ' ')" "CONTAINER ID IMAGE COMMAND CREATED STATUS PORTS NAMES"
like "up" "$(dk-ps)" '*bb:1*"sleep 30"*ago*Up *third*'
like "exited" "$(dk-ps -a | tail -1)" "*bb:1*ago*Exited (3)*ago*first"
is "the command is cut and quoted" "$(dk-ps -a | grep -cF '"sh -c '\''echo \"a b\"; …"')" 1
is "--no-trunc" "$(dk-ps -a --no-trunc | grep -cF '"sh -c '\''echo \"a b\"; exit 3'\''"')" 1
is "-q: 12 digits" "$(dk-ps -q | tr -d 0-9a-f)" ""
is "of them" "$(dk-ps -q | tr -d '\n' | wc -c | tr -d ' ')" 12
is "-q --no-trunc: all" "$(dk-ps -aq --no-trunc | sort)" "$(ls "$DK_ROOT/ctr")"
echo garbage >"$DK_ROOT/ctr/$(dk-ps -aq --no-trunc | tail -1)/container.json"
dk-ps -a >out 2>err
is "one that is broken: status 1" $? 1
is "a line about it" "$(wc -l <err | tr -d ' ')" 1
is "the others are listed" "$(awk 'NR > 1 { print $NF }' out | tr '\n' ' ')" "third second "
tfail 2 "unknown option" dk-ps --quite
tfail 2 "operand" dk-ps x
dk-ps -a >/dev/full 2>err
is "a full disk" $? 1
dk-rm -f third >/dev/null
is "none runs" "$(dk-ps -q)" ""
done_testing
