#!/bin/sh
# SPDX-License-Identifier: ISC
# removing containers
. "${0%/*}/../lib.sh"
need root overlay

mkrootfs rootfs
tar -c -C rootfs . | dk-import - bb:1 >/dev/null || exit 1
up() { [ -n "$(dk-ps -q)" ]; }

dk-run --name one bb:1 touch /x
dk-run --name two bb:1 true
t "by name" dk-rm one
is "is printed as given" "$(cat .out)" one
id=$(dk-ps -aq)
is "by the start of its ID" "$(dk-rm "$id")" "$id"
is "gone" "$(dk-ps -aq)" ""
t "the name is free again" dk-run --name one bb:1 true
tfail 1 "an unknown one" dk-rm nosuch
dk-rm nosuch one >out 2>err
is "the others are removed, status 1" "$?: $(cat out)" "1: one"
t "-f: an unknown one is no failure" dk-rm -f nosuch
tfail 2 "no operand" dk-rm
tfail 2 "unknown option" dk-rm --forse x

dk-run --name busy bb:1 sleep 30 &
pid=$!
wait_for up
tfail 1 "a running one" dk-rm busy
like "says how" "$(cat .err)" "*busy*running*-f*"
is "-f" "$(dk-rm -f busy)" busy
wait $pid
is "it was killed" $? 137
dk-run --rm --name gone bb:1 sleep 30 &
pid=$!
wait_for up
is "-f of one that removes itself" "$(dk-rm -f gone)" gone
wait $pid
is "it was killed" $? 137

is "what was created was destroyed, once" \
	"$(sed -n 's/.* container destroy \([0-9a-f]*\).*/\1/p' "$DK_RUN/events" | sort)" \
	"$(sed -n 's/.* container create \([0-9a-f]*\).*/\1/p' "$DK_RUN/events" | sort)"
is "all gone" "$(dk-ps -aq)" ""
is "nothing is left" "$(find "$DK_ROOT/ctr" "$DK_ROOT/names" "$DK_RUN/ctr" -mindepth 1)" ""
t "nor mounts" clean_store
done_testing
