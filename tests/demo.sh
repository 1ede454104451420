#!/bin/sh
# SPDX-License-Identifier: ISC
# The tour: a Debian is imported, an image is built on it from a Dockerfile, pushed to a
# real registry on loopback, removed, pulled back and run. `make demo` calls it.
set -e
TOP=$(cd "$(dirname "$0")/.." && pwd -P)
PATH=$TOP/build/bin:$PATH
T=$(mktemp -d "${TMPDIR:-/tmp}/dk-demo-XXXXXX")
DK_ROOT=$T/store DK_RUN=$T/run LC_ALL=C
export PATH DK_ROOT DK_RUN LC_ALL
registry=

[ "$(id -u)" -eq 0 ] || {
	echo "demo: needs root: it builds and runs containers" >&2
	exit 1
}

cleanup()
{
	trap - EXIT
	[ -z "$registry" ] || kill "$registry" 2>/dev/null || :
	rm -rf "$T"
}
trap cleanup EXIT
trap 'exit 1' HUP INT TERM

# shows a command, then runs it
show()
{
	printf '\n$ %s\n' "$*"
	eval "$*"
}

cd "$T"
port=$(perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(LocalAddr => "127.0.0.1", Listen => 1)->sockport')
mkdir registry
cat >registry.yml <<END
version: 0.1
log: {level: error, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: $T/registry}}
http: {addr: 127.0.0.1:$port}
END
OTEL_TRACES_EXPORTER=none docker-registry serve registry.yml >registry.log 2>&1 &
registry=$!
REG=127.0.0.1:$port

echo "A registry runs on $REG; the store is $DK_ROOT."
echo "A base image, made by debootstrap (this takes a minute) and imported from a pipe:"
debootstrap --variant=minbase bookworm rootfs >debootstrap.log 2>&1 || {
	tail -3 debootstrap.log >&2
	exit 1
}
show 'tar -c -C rootfs --numeric-owner . | dk-import - debian:12'

mkdir app
cat >app/Dockerfile <<'END'
FROM debian:12
RUN apt-get update && apt-get install -y --no-install-recommends python3-minimal
WORKDIR /app
COPY hello.py .
ENTRYPOINT ["python3", "hello.py"]
CMD ["world"]
END
cat >app/hello.py <<'END'
import os, sys
print("hello", *sys.argv[1:], "from Python", sys.version.split()[0], "as process", os.getpid())
END
show cat app/Dockerfile
show "dk-build -t $REG/hello app 2>build.log || { tail -5 build.log >&2; exit 1; }"
show dk-images
show dk-push "$REG/hello"
show "dk-rmi $REG/hello debian:12 >/dev/null"
show dk-images
show dk-pull "$REG/hello"
show dk-images
show dk-run --rm "$REG/hello"
show dk-run --rm "$REG/hello" again
show "ls $DK_ROOT $DK_ROOT/tags/$REG"
printf '\nThat was the tour.\n'
