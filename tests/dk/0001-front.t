#!/bin/sh
# SPDX-License-Identifier: ISC
# dk execs dk-X, found beside it or in PATH
. "${0%/*}/../lib.sh"

mkdir bin
cp "$(command -v dk)" bin/dk
cat >bin/dk-show <<'END'
#!/bin/sh
echo "${0##*/}" "$@"
END
chmod +x bin/dk-show
cp bin/dk-show bin/dk-images
printf 'not a program' >bin/dk-broken
chmod +x bin/dk-broken

is "arguments go through" "$(bin/dk show -x 'a b' --help)" "dk-show -x a b --help"
is "image X is X" "$(bin/dk image show y)" "dk-show y"
is "image ls is images" "$(bin/dk image ls -q)" "dk-images -q"
tfail 127 "no such tool" bin/dk nosuchtool
tfail 127 "the nearest is named" bin/dk shwo
like "as a suggestion" "$(cat .err)" "*did you mean 'show'?"
tfail 126 "not executable" bin/dk broken
tfail 125 "no tool given" bin/dk
tfail 125 "unknown option" bin/dk --frobnicate
tfail 125 "a path is no tool" bin/dk ../bin/sh
t "--help" bin/dk --help
like "prints the synopsis" "$(cat .out)" "usage: dk TOOL*"
t "--version" bin/dk --version
tfail 1 "a full disk is noticed" sh -c 'bin/dk --help >/dev/full'
done_testing
