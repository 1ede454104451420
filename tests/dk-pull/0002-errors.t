#!/bin/sh
# SPDX-License-Identifier: ISC
# registries that are not there, have it not, or lie: one line, exit 1, nothing left in the store
. "${0%/*}/../lib.sh"
. "$TOP/tests/remote.sh"
need docker-registry perl

DK_TIMEOUT=2
export DK_TIMEOUT

fails() # DESC GLOB: pulling $REF fails with a line like GLOB and leaves nothing
{
	# shellcheck disable=SC2086
	tfail 1 "$1" dk-pull $OPTS "$REF"
	like "$1: says why" "$(cat .err)" "dk-pull: $REF: $2"
	t "$1: nothing is left" empty_store
}

start_registry
REF=127.0.0.1:$(free_port)/app:1
OPTS=
fails "connection refused" "connect to 127.0.0.1 port *: Connection refused"
REF=nosuchhost.invalid/app:1
fails "unknown host" "*nosuchhost.invalid*"
REF=$REG/app:1
fails "unknown image" "*no such thing*nknown*"

mkdir -p a/etc
head -c 300000 /dev/urandom >a/etc/file
mkoci 1 "$(uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/')" a
start_server answers
REF=$SRV/app:1
OPTS=--plain-http

serve_image 1
t "the server is right at first" dk-pull --plain-http "$REF"
t "and the store holds the image" test -e "$DK_ROOT/tags/$REF"
fresh_store

layer=answers/50-$LAYER
blob=oci/blobs/sha256/$LAYER
size=$(size_of "$blob")
reply() { printf 'HTTP/1.1 200 OK\r\n%b\r\n\r\n' "$1"; }
why="layer sha256:$LAYER:"

{ reply "Content-Length: $size"; head -c $((size - 1)) "$blob"; echo; } >"$layer"
fails "a layer with a changed byte" "$why *"
{ reply "Content-Length: $size"; head -c 100000 "$blob"; } >"$layer"
fails "a layer cut off" "$why the server closed the connection*bytes before the end"
{ reply "Content-Length: $((size - 1))"; cat "$blob"; } >"$layer"
fails "a Content-Length too small" "$why size mismatch*"
{ reply "Content-Length: $((size + 1))"; cat "$blob"; echo; } >"$layer"
fails "a Content-Length too large" "$why size mismatch*"
{ reply "Connection: close"; cat "$blob" "$blob"; } >"$layer"
fails "more than the manifest says" "$why size mismatch*"
{ reply "Connection: close"; head -c 1000 "$blob"; } >"$layer"
fails "less than the manifest says" "$why *"
{ reply "Content-Length: $size\r\nContent-Length: $size"; cat "$blob"; } >"$layer"
fails "two Content-Lengths" "$why *two Content-Length headers"
{ reply "Transfer-Encoding: chunked"; printf '10\r\n'; head -c 16 "$blob"; printf 'xx\r\n'; } >"$layer"
fails "broken chunks" "$why *chunk*"
printf 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n' >"$layer"
fails "a layer that is not there" "$why blob: the registry has no such thing"
body='{"errors":[{"code":"UNKNOWN","message":"out of \u001b[2J order"},{}]}'
printf 'HTTP/1.1 500 Oops\r\nContent-Length: %s\r\n\r\n%s' ${#body} "$body" >"$layer"
fails "an error in JSON, with control bytes" "$why *status 500: UNKNOWN: out of [?][[]2J order"
printf 'HTTP/1.1 500 Oops\r\nContent-Length: 18\r\n\r\n<html>sorry</html>' >"$layer"
fails "an error in HTML" "$why *status 500"
printf 'garbage\r\n\r\n' >"$layer"
fails "no HTTP at all" "$why not a valid HTTP answer: *"
: >"$layer"
fails "no answer at all" "$why the server closed the connection without an answer"
echo 30 >"$layer.stall"
fails "silence" "$why no answer for 2 seconds"
rm "$layer.stall"
echo 30 >"$layer.hang"
{ reply "Content-Length: $size"; head -c 1000 "$blob"; } >"$layer"
fails "silence half way" "$why no answer for 2 seconds"
rm "$layer.hang"

printf 'HTTP/1.1 302 Found\r\nLocation: /v2/app/blobs/sha256:%s\r\nContent-Length: 0\r\n\r\n' "$LAYER" >"$layer"
fails "a redirect to itself" "$why*more than 10 redirects"
printf 'HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n' >"$layer"
fails "a redirect to a file" "$why redirect: URL*neither http nor https"
printf 'HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n' >"$layer"
fails "a redirect to nowhere" "$why redirect (302) that does not say where to"

{ reply "Transfer-Encoding: chunked"; printf '%x\r\n' "$size"; cat "$blob"; printf '\r\n0\r\n\r\n'; } >"$layer"
t "chunks are fine" dk-pull --plain-http "$REF"
fresh_store
{ reply "Connection: close"; cat "$blob"; } >"$layer"
t "so is a body that ends with the connection" dk-pull --plain-http "$REF"
fresh_store
cp "$layer" answers/60-moved
echo 'GET /elsewhere\?a=b%20c$' >answers/60-moved.for
printf 'HTTP/1.1 307 Temporary\r\nLocation: /elsewhere?a=b%%20c\r\nContent-Length: 0\r\n\r\n' >"$layer"
t "and a redirect" dk-pull --plain-http "$REF"
fresh_store

serve_image 1
manifest=oci/blobs/sha256/$MANIFEST
{ reply "Docker-Content-Digest: sha256:$LAYER\r\nContent-Length: $(size_of "$manifest")"; cat "$manifest"; } >answers/50-tag
fails "a manifest that is not what the registry says" "manifest: digest mismatch*"
reply "Content-Length: 5000000000" >answers/50-tag
fails "a huge manifest" "manifest: an answer of 5000000000 bytes*"
{ reply "Content-Length: 2"; printf '{]'; } >answers/50-tag
fails "no JSON" "manifest: *"
{ reply "Content-Length: 19"; printf '{"schemaVersion":1}'; } >answers/50-tag
fails "schema 1" "manifest: *schema*1*"
{ reply "Content-Type: application/vnd.oci.image.index.v1+json\r\nContent-Length: $(size_of "$manifest")"; cat "$manifest"; } >answers/50-tag
fails "a manifest served as an index" "manifest: *"
serve_image 1
{ reply "Content-Length: $(size_of "$manifest")"; cat "$manifest"; } >"$layer"
REF=$SRV/app@sha256:$LAYER
fails "another manifest than the digest says" "manifest sha256:$LAYER: digest mismatch*"

REF=$SRV/app:1
serve_image 1
if [ "$(id -u)" -eq 0 ]; then
	mkdir ro full
	mount -t tmpfs -o size=200k tmpfs full
	tfail 1 "a full disk" env DK_ROOT="$T/full" dk-pull --plain-http "$REF"
	like "says so" "$(cat .err)" "*No space left on device"
	is "nothing is left there" "$(find full -type f ! -name lock ! -name version)" ""
	mount -t tmpfs tmpfs ro
	env DK_ROOT="$T/ro" dk-pull --plain-http "$SRV/nope:1" 2>/dev/null
	mount -o remount,ro ro
	tfail 1 "a read-only store" env DK_ROOT="$T/ro" dk-pull --plain-http "$REF"
	like "says so" "$(cat .err)" "*Read-only file system*"
fi
done_testing
