#!/bin/sh
# SPDX-License-Identifier: ISC
# an image that is not here is pulled
. "${0%/*}/../lib.sh"
need root overlay docker-registry
start_registry

mkrootfs rootfs
tar -c -C rootfs . | dk-import - "$REG/bb:1" >/dev/null || exit 1
dk-push -q "$REG/bb:1" >/dev/null || exit 1
dk-rmi "$REG/bb:1" >/dev/null
is "no image is here" "$(dk-images -q)" ""
dk-run --rm "$REG/bb:1" cat /etc/os-release >out 2>err
is "it is pulled and run" "$?: $(cat out)" "0: ID=dk-test"
is "which is said as docker does" "$(head -1 err)" "Unable to find image '$REG/bb:1' locally"
is "once" "$(dk-run --rm "$REG/bb:1" true 2>&1)" ""
dk-run --rm "$REG/nosuch:1" true >out 2>err
is "an image that is nowhere: our failure" "$?: $(cat out)" "125: "
like "dk-pull says why, once" "$(sed 1d err)" "dk-pull: $REG/nosuch:1: *"
is "in one line" "$(wc -l <err)" 2
dk-run --rm 127.0.0.1:1/x true >out 2>err
is "no registry: our failure" "$?: $(cat out)" "125: "
tfail 125 "no reference" dk-run --rm 'A B' true
t "nothing is left" clean_store
done_testing
