#!/bin/sh
# SPDX-License-Identifier: ISC
# registries that answer uploads in odd ways, and a push that is interrupted
. "${0%/*}/../lib.sh"
. "$TOP/tests/remote.sh"
need perl

DK_TIMEOUT=2
export DK_TIMEOUT
mkdir a
echo hello >a/file
mkoci 1 "$(uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/')" a
start_server answers
serve_image 1
REF=$SRV/app:1
dk-pull -q --plain-http "$REF" >/dev/null
start_server other
OTHER=$SRV
rm -f answers/* answers.log

fails() # DESC GLOB
{
	tfail 1 "$1" dk-push --plain-http "$REF"
	like "$1: says why" "$(cat .err)" "dk-push: $REF: $2"
	t "$1: tmp is clean" clean_store
}
answer answers/10-head 'HEAD ' 'HTTP/1.1 404 Not Found'
answer answers/20-post 'POST ' 'HTTP/1.1 202 Accepted
Content-Length: 0'
fails "no Location" "layer sha256:$LAYER: upload: the registry does not say where to"
answer answers/20-post 'POST ' 'HTTP/1.1 202 Accepted
Location: gopher://x/
Content-Length: 0'
fails "a strange Location" "layer sha256:$LAYER: URL*neither http nor https"
answer answers/20-post 'POST ' 'HTTP/1.1 403 Forbidden
Content-Length: 45' '{"errors":[{"code":"DENIED","message":"no"}]}'
fails "refused" "layer sha256:$LAYER: upload: access denied: DENIED: no"
answer answers/20-post 'POST ' "HTTP/1.1 202 Accepted
Location: http://$OTHER/upload?state=1
Content-Length: 0"
answer other/put 'PUT /upload\?state=1&digest=sha256:' 'HTTP/1.1 201 Created
Content-Length: 0'
answer answers/30-manifest 'PUT /v2/app/manifests/1 ' 'HTTP/1.1 201 Created
Docker-Content-Digest: sha256:0000000000000000000000000000000000000000000000000000000000000000
Content-Length: 0'
fails "another digest than ours" "manifest: the registry stored it as sha256:0*"
answer answers/30-manifest 'PUT /v2/app/manifests/1 ' 'HTTP/1.1 400 Bad
Content-Length: 60' '{"errors":[{"code":"MANIFEST_INVALID","message":"it is bad"}]}'
fails "a manifest it does not like" "manifest: the registry answers with status 400*"
answer answers/30-manifest 'PUT /v2/app/manifests/1 ' 'HTTP/1.1 201 Created
Content-Length: 0'
# credentials do not follow an upload to another host
mkdir "$HOME/.docker"
printf '{"auths":{"%s":{"auth":"%s"}}}' "${REF%/*}" "$(printf bob:sesame | base64)" >"$HOME/.docker/config.json"
for f in 20-post 30-manifest; do
	echo "$(cat answers/$f.for)[\\s\\S]*\\nAuthorization: Basic Ym9iOnNlc2FtZQ==\\r" >new && mv new answers/$f.for
done
answer answers/90-deny '(POST|PUT)' 'HTTP/1.1 401 Unauthorized
WWW-Authenticate: Basic realm="x"
Content-Length: 0'
: >other.log
is "an upload elsewhere" "$(dk-push --plain-http "$REF")" "sha256:$MANIFEST"
is "all of it was sent" "$(grep -c '^PUT /upload' other.log)" 2
is "without credentials" "$(grep -ci authorization other.log)" 0

echo 30 >answers/20-post.stall
fails "silence" "layer sha256:$LAYER: no answer for 2 seconds"
: >answers.log
DK_TIMEOUT=30 perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV' dk-push --plain-http "$REF" >.out 2>.err &
pid=$!
bg $pid
wait_for grep -q '^POST' answers.log
kill -INT $pid
wait $pid
is "SIGINT: ended by it" "$?" 130
is "silently" "$(cat .out .err)" ""
t "tmp is clean" clean_store
done_testing
