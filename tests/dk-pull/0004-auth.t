#!/bin/sh
# SPDX-License-Identifier: ISC
# Basic credentials and bearer tokens: sent where they belong, and nowhere else
. "${0%/*}/../lib.sh"
. "$TOP/tests/remote.sh"
need skopeo docker-registry htpasswd perl

DK_TIMEOUT=5
export DK_TIMEOUT
mkdir a
echo hello >a/file
mkoci 1 "$(uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/')" a

config() # HOST USER:PASSWORD
{
	mkdir -p "$HOME/.docker"
	printf '{"auths":{"%s":{"auth":"%s"}}}' "$1" "$(printf %s "$2" | base64 -w0)" >"$HOME/.docker/config.json"
}

pull=dk-pull
fails() # DESC GLOB
{
	# shellcheck disable=SC2086
	tfail 1 "$1" $pull "$REF"
	like "$1: says why" "$(cat .err)" "dk-pull: $REF: $2"
	t "$1: nothing is left" empty_store
	t "$1: no password in the message" sh -c '! grep -q sesame .err'
}

htpasswd -Bbn bob open:sesame >htpasswd 2>/dev/null
cat >auth.yml <<X
auth: {htpasswd: {realm: test, path: $T/htpasswd}}
X
start_registry auth.yml
upload 1 "$REG/app:1" --dest-creds bob:open:sesame
d=$(cat "$REG_DIR/docker/registry/v2/repositories/app/_manifests/tags/1/current/link")
REF=$REG/app:1
fails "no credentials" "the registry wants credentials, and config.json has none for $REG"
config "$REG" bob:sesame
fails "wrong ones" "manifest: the registry refuses the credentials of user 'bob'*"
config other.example bob:open:sesame
fails "those of another host" "the registry wants credentials*"
config "$REG" bob
fails "an entry that is none" "*config.json: auths '$REG': auth is not base64 of user:password"
echo '{"credsStore":"pass"}' >"$HOME/.docker/config.json"
fails "a helper" "*docker-credential-pass*"
echo '{' >"$HOME/.docker/config.json"
fails "a broken file" "*config.json*"
config "$REG" bob:open:sesame
is "the right ones" "$(dk-pull "$REF")" "$d"
fresh_store
config "https://$REG/v1/" bob:open:sesame
is "under a URL" "$(dk-pull "$REF")" "$d"
fresh_store
mkdir elsewhere
mv "$HOME/.docker/config.json" elsewhere/
is "\$DOCKER_CONFIG" "$(DOCKER_CONFIG=$T/elsewhere dk-pull "$REF")" "$d"
is "\$DOCKER_AUTH_CONFIG" "$(DOCKER_AUTH_CONFIG=$(cat elsewhere/config.json) dk-pull "$REF")" "$d"
fresh_store

# a registry that wants a bearer token, and another host that it sends us to for layers
start_server other
OTHER=$SRV
start_server answers
serve_image 1
d=sha256:$MANIFEST
REF=$SRV/app:1
for f in answers/50-*.for; do
	echo "$(sed 's/\$$//' "$f") [\\s\\S]*\\nAuthorization: Bearer secret-token\\r" >new && mv new "$f"
done
answer answers/60-deny 'GET /v2/' "HTTP/1.1 401 Unauthorized
WWW-Authenticate: Bearer realm=\"http://$SRV/token?x=1\",service=\"the service\",scope=\"repository:app:pull\"
Content-Length: 45" '{"errors":[{"code":"DENIED","message":"no"}]}'
answer answers/20-token 'GET /token\?x=1&service=the%20service&scope=repository%3Aapp%3Apull HTTP' 'HTTP/1.1 200 OK
Content-Length: 51' '{"token":"secret-token","expires_in":60,"extra":[]}'
mv "answers/50-$LAYER" other/blob
echo 'GET /there$' >other/blob.for
printf 'HTTP/1.1 307 Temporary Redirect\r\nLocation: http://%s/there\r\nContent-Length: 0\r\n\r\n' "$OTHER" >"answers/50-$LAYER"

pull="dk-pull --plain-http"
is "a token, without credentials" "$($pull "$REF")" "$d"
is "one token for all" "$(grep -c '^GET /token' answers.log)" 1
t "it went to the registry" grep -q 'Authorization: Bearer secret-token' answers.log
t "the other host was asked" grep -q '^GET /there' other.log
is "without the token" "$(grep -ci authorization other.log)" 0
fresh_store

config "$SRV" bob:open:sesame
answer answers/20-token 'GET /token\?x=1&service=the%20service&scope=repository%3Aapp%3Apull&account=bob [\s\S]*\nAuthorization: Basic Ym9iOm9wZW46c2VzYW1l\r' 'HTTP/1.1 200 OK
Content-Length: 31' '{"access_token":"secret-token"}'
: >other.log
: >answers.log
is "a token for credentials" "$($pull "$REF")" "$d"
is "they go to the token's service only" "$(grep -c 'Authorization: Basic' answers.log)" 1
is "and not to the other host" "$(grep -ci authorization other.log)" 0
fresh_store

# the other host asks for credentials, to be sent to a service of its own
mv other/blob other/blob.bytes
mv other/blob.for other/blob.was
answer other/blob 'GET /there$' "HTTP/1.1 401 Unauthorized
WWW-Authenticate: Bearer realm=\"http://$OTHER/token\",service=\"x\"
Content-Length: 0"
: >other.log
fails "a challenge by the other host" "layer *: blob: the server that the registry sends us to, 127.0.0.1, wants credentials"
is "it gets no credentials" "$(grep -ci 'authorization\|token' other.log)" 0
answer other/blob 'GET /there$' 'HTTP/1.1 401 Unauthorized
WWW-Authenticate: Basic realm="x"
Content-Length: 0'
fails "and by Basic" "layer *: blob: the server that the registry sends us to, 127.0.0.1, wants credentials"
is "neither" "$(grep -ci authorization other.log)" 0
mv other/blob.bytes other/blob
mv other/blob.was other/blob.for

mkdir -p "$HOME/.docker"
echo "{\"auths\":{\"$SRV\":{\"identitytoken\":\"refresh me\"}}}" >"$HOME/.docker/config.json"
answer answers/20-token 'POST /token\?x=1 ' 'HTTP/1.1 200 OK
Content-Length: 31' '{"access_token":"secret-token"}'
is "a token for an identity token" "$($pull "$REF")" "$d"
fresh_store
echo "{\"auths\":{\"$SRV\":{\"registrytoken\":\"secret-token\"}}}" >"$HOME/.docker/config.json"
: >answers.log
is "a token that is there already" "$($pull "$REF")" "$d"
is "no service is asked" "$(grep -c /token answers.log)" 0
fresh_store "$HOME/.docker"

token='GET /token'
answer answers/20-token "$token" 'HTTP/1.1 200 OK
Content-Length: 15' '{"token":"bad"}'
fails "a token that does not help" "manifest: the registry wants credentials: DENIED: no"
answer answers/20-token "$token" 'HTTP/1.1 200 OK
Content-Length: 2' '{}'
fails "no token" "the authorization service's answer holds no token"
answer answers/20-token "$token" 'HTTP/1.1 200 OK
Content-Length: 28' '{"token":"a\r\nX-Evil: yes"}'
fails "a token with line ends" "the authorization service's answer holds no token"
answer answers/20-token "$token" 'HTTP/1.1 401 Unauthorized
Content-Length: 0'
fails "the service refuses" "the registry wants credentials, and config.json has none*"
answer answers/20-token "$token" 'HTTP/1.1 503 Unavailable
Content-Length: 0'
fails "the service is ill" "the registry's authorization service answers with status 503"
challenge() # VALUE GLOB
{
	answer answers/60-deny 'GET /v2/' "HTTP/1.1 401 Unauthorized
WWW-Authenticate: $1
Content-Length: 0"
	fails "$1" "$2"
}
challenge 'Bearer service="x"' "*does not say where*"
challenge 'Bearer realm="file:///etc/passwd"' "authorization service: URL*neither http nor https"
challenge 'Bearer realm="' "*WWW-Authenticate*"
challenge 'Digest realm="x",nonce="y"' "*'digest', which dk does not know"
done_testing
