#!/bin/sh
# SPDX-License-Identifier: ISC
# Without privilege: images work on the user's own store, what needs root says so.
. "${0%/*}/../lib.sh"
need root overlay busybox jq docker-registry setpriv
mkrootfs root
tar -C root --numeric-owner -cf root.tar .
start_registry
t "an image in the registry, made by root" \
	sh -c "dk-import root.tar $REG/box:1 && dk-push -q $REG/box:1"
id=$(dk-images -q --no-trunc "$REG/box")
chmod 755 "$T"
mkdir user
chown 1000:1000 user
cp root.tar user
chmod 644 user/root.tar
as_user()
{
	(
		cd user || exit 1
		unset DK_ROOT DK_RUN
		HOME=$T/user XDG_RUNTIME_DIR=$T/user/run setpriv --reuid 1000 --regid 1000 --clear-groups "$@"
	)
}
mkdir user/run
chown 1000:1000 user/run
chmod 700 user/run

t "images of an empty store" as_user dk-images -q
is "there are none" "$(cat .out)" ""
is "it is the user's own" "$(stat -c '%a %u' user/.local/share/dk)" "700 1000"
t "pull" as_user dk-pull -q "$REG/box:1"
is "the same digest" "$(cat .out)" "$id"
t "tag" as_user dk-tag "$REG/box:1" "$REG/mine:2"
t "push" as_user dk-push -q "$REG/mine:2"
t "inspect" as_user dk-inspect "$REG/mine:2"
is "import" "$(as_user dk-import root.tar own:1 | cut -c1-7)" sha256:
is "three names" "$(as_user dk-images | wc -l)" 4
t "rmi" as_user dk-rmi "$REG/mine:2"
for cmd in "dk-run --rm own:1 true" "dk-build -q ." "dk-mount own:1"; do
	set -- $cmd
	code=1
	[ "$1" != dk-run ] || code=125
	echo FROM scratch >user/Dockerfile
	tfail "$code" "$1 needs root" as_user "$@"
	like "and says so" "$(cat .err)" "*root*"
done
is "nothing is left in tmp" "$(ls user/.local/share/dk/tmp)" ""
done_testing
