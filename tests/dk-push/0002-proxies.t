#!/bin/sh
# SPDX-License-Identifier: ISC
# push through TLS, credentials, and nginx in front of the registry that limits the size of a request
. "${0%/*}/../lib.sh"
. "$TOP/tests/remote.sh"
need skopeo docker-registry openssl htpasswd nginx

DK_TIMEOUT=10
export DK_TIMEOUT
mkca ca
mkcert ca good DNS:localhost,IP:127.0.0.1 -days 5
htpasswd -Bbn bob open:sesame >htpasswd 2>/dev/null
mkdir -p a b
echo one >a/one
head -c 20000000 /dev/urandom >b/big
mkoci 1 "$(uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/')" a b
start_registry
upload 1 "$REG/app:1"
d=$(dk-pull "$REG/app:1")
stored=$DK_ROOT/tags/$REG/app:1
retag() { mkdir -p "$DK_ROOT/tags/${1%/*}" && cp "$stored" "$DK_ROOT/tags/$1"; }
digest() { skopeo inspect --tls-verify=false --raw "$@" | sha256sum | sed 's/ .*//; s/^/sha256:/'; }
PLAIN=$REG

{
	tls_yaml good
	echo "auth: {htpasswd: {realm: test, path: $T/htpasswd}}"
} >tls.yml
start_registry tls.yml
retag "$REG/app:1"
tfail 1 "no credentials" dk-push --ca-file ca.crt "$REG/app:1"
like "says so" "$(cat .err)" "*wants credentials*"
mkdir "$HOME/.docker"
printf '{"auths":{"%s":{"auth":"%s"}}}' "$REG" "$(printf bob:sesame | base64)" >"$HOME/.docker/config.json"
tfail 1 "wrong ones" dk-push --ca-file ca.crt "$REG/app:1"
like "says so" "$(cat .err)" "*refuses the credentials of user 'bob'*"
printf '{"auths":{"%s":{"auth":"%s"}}}' "$REG" "$(printf bob:open:sesame | base64)" >"$HOME/.docker/config.json"
tfail 1 "no CA" dk-push "$REG/app:1"
is "TLS and the right ones" "$(dk-push --ca-file ca.crt "$REG/app:1")" "$d"
is "it is there" "$(digest --creds bob:open:sesame "docker://$REG/app:1")" "$d"
is "and comes back" "$(DK_ROOT=$T/second dk-pull --ca-file ca.crt "$REG/app:1")" "$d"

# nginx in front: over TLS, with and without a limit
port=$(free_port)
small=$(free_port)
while [ "$small" = "$port" ]; do small=$(free_port); done
cat >nginx.conf <<X
daemon off;
pid $T/nginx.pid;
error_log $T/nginx.log;
worker_processes 1;
events {}
http {
	access_log $T/access.log;
	client_body_temp_path $T/n1; proxy_temp_path $T/n2; fastcgi_temp_path $T/n3; uwsgi_temp_path $T/n4; scgi_temp_path $T/n5;
	ssl_certificate $T/good.crt;
	ssl_certificate_key $T/good.key;
	proxy_set_header Host \$http_host;
	proxy_set_header X-Forwarded-Proto \$scheme;
	server {
		listen 127.0.0.1:$port ssl;
		client_max_body_size 0;
		location / { proxy_pass http://$PLAIN; }
	}
	server {
		listen 127.0.0.1:$small;
		client_max_body_size 1m;
		location / { proxy_pass http://$PLAIN; }
	}
}
X
chmod 755 "$T"
nginx -p "$T" -c nginx.conf -e "$T/nginx.log" 2>/dev/null &
bg $!
wait_port "$port" || tell nginx.log
NGINX=localhost:$port
retag "$NGINX/proxied:1"
is "through nginx with TLS" "$(dk-push --ca-file ca.crt "$NGINX/proxied:1")" "$d"
is "it is there" "$(digest "docker://$NGINX/proxied:1")" "$d"
is "and comes back" "$(DK_ROOT=$T/third dk-pull --ca-file ca.crt "$NGINX/proxied:1")" "$d"
is "on one connection each" "$(sort -u access.log | grep -c 'HEAD /v2/proxied')" 3

retag "127.0.0.1:$small/toobig:1"
start=$(date +%s)
tfail 1 "nginx refuses a large upload" dk-push --plain-http "127.0.0.1:$small/toobig:1"
like "says so" "$(cat .err)" "*layer sha256:*: upload: the registry answers with status 413"
t "without waiting" test $(($(date +%s) - start)) -lt 5
done_testing
