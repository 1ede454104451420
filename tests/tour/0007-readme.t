#!/bin/sh
# SPDX-License-Identifier: ISC
# The README's tour, line by line as it stands there; only /tmp, the port and what debootstrap fetches are ours.
. "${0%/*}/../lib.sh"
need root overlay docker-registry
debian
port=$(free_port)

mkdir bin
cat >bin/debootstrap <<END
#!/bin/sh
for dir; do :; done
mkdir -p "\$dir" && exec tar -C "\$dir" --xattrs --xattrs-include='*' --numeric-owner -xpf "$DEBIAN"
END
chmod 755 bin/debootstrap
PATH=$T/bin:$PATH

awk '/^A tour in five lines/ { on = 1 } /^Programs, and what/ { on = 0 } on && sub(/^    /, "")' "$TOP/README" |
sed "s|/tmp/|$T/|g; s|127\.0\.0\.1:5000|127.0.0.1:$port|g; s|^PATH=\$PWD/|PATH=$TOP/|" >lines
is "three lines before it, five, and one after" "$(wc -l <lines)" 9

sed -n '2,3p' lines >before
printf 'echo $! >registry.pid\n' >>before
mkdir registry
t "a registry" sh before
bg "$(cat registry.pid)"
t "that answers" wait_port "$port"

line()
{
	sed -n "$1p" lines >line
	t "$2" sh line
}
line 4 "a base image"
like "prints its digest" "$(tail -1 .out)" "sha256:*"
line 5 "an image built on it"
like "prints its digest" "$(cat .out)" "sha256:*"
is "and nothing else" "$(wc -l <.out)" 1
line 6 "a script"
is "is run" "$(cat .out)" "the answer is 42"
line 7 "pushed and removed"
like "the image is gone" "$(cat .out)" "*Deleted: sha256:*"
line 8 "run from the registry"
like "says its version" "$(cat .out)" "Python 3.*"
line 9 "a digest in place of a name"
like "runs the files of a directory" "$(cat .out)" "*Debian GNU/Linux 12*"
is "no container is left" "$(dk-ps -aq)" ""
done_testing
