#!/bin/sh
# SPDX-License-Identifier: ISC
# https: whose certificates are taken, and what is said of the others
. "${0%/*}/../lib.sh"
. "$TOP/tests/remote.sh"
need skopeo docker-registry openssl

DK_TIMEOUT=5
SSL_CERT_FILE=$T/none.crt
export DK_TIMEOUT SSL_CERT_FILE
mkca ca
mkca other
: >none.crt
mkdir a
echo hello >a/file
arch=$(uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/')
mkoci 1 "$arch" a

fails() # DESC GLOB [OPTION ...]: pulling $REF fails with a line like GLOB and leaves nothing
{
	desc=$1
	glob=$2
	shift 2
	tfail 1 "$desc" dk-pull "$@" "$REF"
	like "$desc: says why" "$(cat .err)" "dk-pull: $REF: $glob"
	t "$desc: nothing is left" empty_store
}

# serve CERT: a registry with that certificate; REG by address, NAMED by name
serve()
{
	tls_yaml "$1" >tls.yml
	start_registry tls.yml
	NAMED=localhost:${REG#*:}
}

mkcert ca good DNS:localhost,IP:127.0.0.1 -days 5
serve good
upload 1 "$REG/app:1"
d=$(skopeo inspect --tls-verify=false --raw "docker://$REG/app:1" | sha256sum | cut -d' ' -f1)
REF=$REG/app:1
fails "no CA" "the server's certificate is not from a trusted CA*'ca'*--ca-file*"
fails "another CA" "the server's certificate is not from a trusted CA*" --ca-file other.crt
is "--ca-file, by address" "$(dk-pull --ca-file ca.crt "$REF")" "sha256:$d"
is "by name" "$(dk-pull --ca-file ca.crt "$NAMED/app:1")" "sha256:$d"
is "\$SSL_CERT_FILE" "$(SSL_CERT_FILE=ca.crt dk-pull "$REF")" "sha256:$d"
is "a bundle" "$(cat other.crt ca.crt other.crt >bundle.crt; dk-pull --ca-file bundle.crt "$REF")" "sha256:$d"
is "--tls-verify=false" "$(dk-pull --tls-verify=false "$REF")" "sha256:$d"
fresh_store
fails "a CA file that is not there" "trusted certificates: *nowhere.crt*No such file*" --ca-file nowhere.crt
fails "a CA file without certificates" "none.crt holds no PEM certificate" --ca-file none.crt
fails "http to a server of https" "manifest: the registry answers with status 400" --plain-http
if [ "$(id -u)" -eq 0 ] && unshare -m true 2>/dev/null; then
	cat >certsd <<-'X'
	mkdir -p /etc/docker && mount -t tmpfs tmpfs /etc/docker && mkdir -p "/etc/docker/certs.d/$1" &&
	cp ca.crt "/etc/docker/certs.d/$1/my.crt" && cp good.key "/etc/docker/certs.d/$1/my.key" && exec dk-pull "$1/app:1"
	X
	is "/etc/docker/certs.d/HOST:PORT" "$(unshare -m sh certsd "$REG")" "sha256:$d"
	fresh_store
fi

mkcert ca named DNS:localhost,DNS:registry.example -days 5
serve named
REF=$REG/app:1
fails "a certificate without addresses" "the server's certificate is not for '127.0.0.1' but for localhost, registry.example" --ca-file ca.crt
mkcert ca address IP:127.0.0.2,IP:::1,DNS:127.0.0.1 -days 5
serve address
REF=$REG/app:1
fails "one of other addresses, and a name that looks like ours" "the server's certificate is not for '127.0.0.1'*" --ca-file ca.crt
REF=$NAMED/app:1
fails "another name" "the server's certificate is not for 'localhost' but for 127.0.0.2, ::1, 127.0.0.1" --ca-file ca.crt
mkcert ca old DNS:localhost,IP:127.0.0.1 -days -1
serve old
REF=$REG/app:1
fails "expired" "the server's certificate expired at 20*" --ca-file ca.crt
openssl req -x509 -newkey rsa:2048 -nodes -days 5 -keyout self.key -out self.crt -subj /CN=self \
	-addext subjectAltName=IP:127.0.0.1 2>/dev/null
serve self
upload 1 "$REG/app:1"
REF=$REG/app:1
fails "self-signed" "the server's certificate is self-signed*" --ca-file ca.crt
is "self-signed and trusted" "$(dk-pull --ca-file self.crt "$REF")" "sha256:$d"
fresh_store
openssl req -newkey rsa:1024 -nodes -keyout weak.key -subj /CN=weak -out .csr 2>/dev/null
echo subjectAltName=IP:127.0.0.1 >.ext
openssl x509 -req -in .csr -CA ca.crt -CAkey ca.key -CAcreateserial -extfile .ext -out weak.crt 2>/dev/null

# openssl s_server for what Go refuses to be
s_server() # OPTION ...: sets REG
{
	port=$(free_port)
	REG=127.0.0.1:$port
	openssl s_server -accept "$port" -www -quiet "$@" >s_server.log 2>&1 </dev/null &
	bg $!
	wait_port "$port"
	REF=$REG/app:1
}
s_server -cert good.crt -key good.key -tls1_3
fails "TLS 1.3 only" "the server does not speak TLS 1.2*" --ca-file ca.crt
s_server -cert good.crt -key good.key -cipher AES128-SHA256 -no_tls1_3
fails "no common cipher suite" "the server found no cipher suite*" --ca-file ca.crt
s_server -cert weak.crt -key weak.key -cipher DEFAULT:@SECLEVEL=0
fails "1024 bits" "the server's certificate has too short a key" --ca-file ca.crt
s_server -cert good.crt -key good.key -tls1_1 -cipher DEFAULT:@SECLEVEL=0
fails "TLS 1.1 only" "the server * TLS *1.2*" --ca-file ca.crt
for suite in ECDHE-RSA-AES128-GCM-SHA256 ECDHE-RSA-AES256-GCM-SHA384 ECDHE-RSA-CHACHA20-POLY1305; do
	s_server -cert good.crt -key good.key -cipher $suite -no_tls1_3
	fails "$suite: s_server is no registry" "manifest: *" --ca-file ca.crt
done
openssl ecparam -genkey -name secp384r1 -noout -out ec.key 2>/dev/null
openssl req -new -key ec.key -subj /CN=ec -out .csr 2>/dev/null
echo subjectAltName=IP:127.0.0.1 >.ext
openssl x509 -req -in .csr -CA ca.crt -CAkey ca.key -CAcreateserial -extfile .ext -out ec.crt 2>/dev/null
s_server -cert ec.crt -key ec.key -no_tls1_3
fails "a P-384 key: s_server is no registry" "manifest: *" --ca-file ca.crt

# an intermediate CA, sent along and not
openssl req -newkey rsa:2048 -nodes -keyout inter.key -subj /CN=inter -out .csr 2>/dev/null
printf 'basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign\n' >.ext
openssl x509 -req -in .csr -CA ca.crt -CAkey ca.key -CAcreateserial -extfile .ext -out inter.crt 2>/dev/null
mkcert inter leaf IP:127.0.0.1 -days 5
cat leaf.crt inter.crt >chain.crt
cp leaf.key chain.key
serve chain
upload 1 "$REG/app:1"
is "through an intermediate CA" "$(dk-pull --ca-file ca.crt "$REG/app:1")" "sha256:$d"
fresh_store
serve leaf
REF=$REG/app:1
fails "the intermediate is not sent" "the server's certificate is not from a trusted CA (the chain ends at 'inter')*" --ca-file ca.crt
mkcert good forged IP:127.0.0.1 -days 5
cat forged.crt good.crt >forgedchain.crt
cp forged.key forgedchain.key
serve forgedchain
REF=$REG/app:1
fails "signed by what is no CA" "the server's certificate comes from a certificate that may not sign others" --ca-file ca.crt

# what an authority may do is in its own certificate: validity, and how many others stand below it
strict() # NAME DAYS CONSTRAINTS: a CA with ca's key, another name
{
	openssl req -new -key ca.key -subj "/CN=$1" -out .csr 2>/dev/null
	echo "basicConstraints=critical,$3" >.ext
	openssl x509 -req -in .csr -signkey ca.key -days "$2" -extfile .ext -out "$1.crt" 2>/dev/null
	cp ca.key "$1.key"
}
strict past -1 CA:TRUE
mkcert past young IP:127.0.0.1 -days 5
s_server -cert young.crt -key young.key -no_tls1_3
fails "an authority that has expired" "the server's certificate comes from a CA whose certificate has expired*" --ca-file past.crt
strict short 5 CA:TRUE,pathlen:0
mkcert short direct IP:127.0.0.1 -days 5
s_server -cert direct.crt -key direct.key -no_tls1_3
fails "pathlen:0, its own certificate" "manifest: *" --ca-file short.crt
openssl req -new -key inter.key -subj /CN=inter -out inter.csr 2>/dev/null
printf 'basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign\n' >inter.ext
openssl x509 -req -in inter.csr -CA short.crt -CAkey ca.key -CAcreateserial -extfile inter.ext -out below.crt 2>/dev/null
s_server -cert leaf.crt -key leaf.key -cert_chain below.crt -no_tls1_3
fails "pathlen:0, and an intermediate CA" "the server's certificate comes from a CA that allows fewer*" --ca-file short.crt
strict long 5 CA:TRUE,pathlen:1
openssl x509 -req -in inter.csr -CA long.crt -CAkey ca.key -CAcreateserial -extfile inter.ext -out below.crt 2>/dev/null
cat long.crt >>below.crt
s_server -cert leaf.crt -key leaf.key -cert_chain below.crt -no_tls1_3
fails "pathlen:1, and the root sent along" "manifest: *" --ca-file long.crt
cat long.crt ca.crt inter.crt >order.crt
s_server -cert leaf.crt -key leaf.key -cert_chain order.crt -no_tls1_3
fails "a chain that is none" "the server's certificate comes with a chain that is not in order" --ca-file other.crt
for use in clientAuth:"the server's certificate is not meant for servers" clientAuth,serverAuth:"manifest: *"; do
	mkcert ca purpose "IP:127.0.0.1
extendedKeyUsage=${use%%:*}" -days 5
	s_server -cert purpose.crt -key purpose.key -no_tls1_3
	fails "a certificate for ${use%%:*}" "${use#*:}" --ca-file ca.crt
done
done_testing
