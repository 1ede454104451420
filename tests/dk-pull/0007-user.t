#!/bin/sh
# SPDX-License-Identifier: ISC
# an ordinary user pulls and pushes with a store of his own
. "${0%/*}/../lib.sh"
. "$TOP/tests/remote.sh"
need root setpriv skopeo docker-registry

start_registry
mkdir -p a b
echo one >a/one
head -c 300000 /dev/urandom >b/two
mkoci 1 "$(uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/')" a b
upload 1 "$REG/app:1"
d=$(skopeo inspect --tls-verify=false --raw "docker://$REG/app:1" | sha256sum | cut -d' ' -f1)
chmod 755 "$T"
mkdir "$T/user"
chown 12345:12345 "$T/user"
# the tree may lie where only root gets
mkdir bin
cp "$(command -v dk-pull)" "$(command -v dk-push)" bin/
user() { env -u DK_ROOT -u DK_RUN HOME="$T/user" XDG_RUNTIME_DIR="$T/user/run" PATH="$T/bin:$PATH" setpriv --reuid 12345 --regid 12345 --clear-groups "$@"; }
store=$T/user/.local/share/dk

is "pull" "$(user dk-pull "$REG/app:1")" "sha256:$d"
is "his own store" "$(stat -c '%u %a' "$store")" "12345 700"
is "manifest, config and layers" "$(find "$store/blobs" -type f | wc -l)" 4
is "no layer is half unpacked" "$(find "$store/tmp" -mindepth 1)" ""
is "once more" "$(user dk-pull "$REG/app:1")" "sha256:$d"
user mkdir -p "$store/tags/$REG/user"
user cp "$store/tags/$REG/app:1" "$store/tags/$REG/user/app:2"
is "push" "$(user dk-push "$REG/user/app:2")" "sha256:$d"
is "it is there" "$(skopeo inspect --tls-verify=false --raw "docker://$REG/user/app:2" | sha256sum | cut -d' ' -f1)" "$d"
tfail 1 "root's store is not his" user env DK_ROOT="$DK_ROOT" dk-pull "$REG/app:1"
done_testing
