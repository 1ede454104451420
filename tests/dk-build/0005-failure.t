#!/bin/sh
# SPDX-License-Identifier: ISC
# a build that fails or is ended leaves nothing behind
. "${0%/*}/../lib.sh"
need root overlay busybox

mkrootfs rootfs
t "a base image" sh -c 'tar c -C rootfs . | dk-import - base'
mkdir ctx
settled
find "$DK_ROOT" | sort >before

same()
{
	settled
	find "$DK_ROOT" | sort >after
	t "nothing is left: $1" diff before after
	t "no mounts: $1" sh -c '! grep -q " $T/store" /proc/self/mountinfo'
}
bad()
{
	desc=$1
	shift
	printf '%s\n' "FROM base" "$@" >Dockerfile
	tfail 1 "$desc" dk-build -q -t never -f Dockerfile ctx
	msg=$(cat .err)
	same "$desc"
}

bad "a command fails" 'RUN touch /x' 'RUN true' 'RUN exit 7'
is "message" "$msg" "dk-build: Dockerfile:4: RUN exit 7: exit status 7"
printf 'FROM base\nRUN echo shown; echo too >&2; false\n' >Dockerfile
dk-build -q -f Dockerfile ctx >.out 2>.err
is "-q shows what failed" "$(head -2 .err)" "shown
too"
bad "a command that is not there" 'RUN ["/no/such"]'
like "message" "$msg" "dk-build: Dockerfile:2: RUN *no/such*"
bad "a name no layer can hold" 'RUN mkdir /d && >/d/.wh.x' 'RUN true'
is "message" "$msg" "dk-build: Dockerfile:2: '.wh.x': names that begin with .wh. cannot be in a layer"
bad "no such user" 'USER nobody-here' 'RUN true'
like "message" "$msg" "dk-build: Dockerfile:3: *nobody-here*"
bad "a bad line further down" 'RUN touch /ran' 'VOLUME /x'
is "is found before anything runs" "$msg" "dk-build: Dockerfile:3: VOLUME is not supported yet"
bad "a base image that cannot be had" 'COPY none /'
printf 'FROM 127.0.0.1:1/none\n' >Dockerfile
dk-build -q -f Dockerfile ctx >.out 2>.err
is "exit status" "$?" 1
like "names the line" "$(tail -1 .err)" "dk-build: Dockerfile:1: *"
same "no base image"

# interrupted: while the command sleeps
printf 'FROM base\nRUN echo started; sleep 98765\n' >Dockerfile
for sig in 2 15 1; do
	# a background job of sh ignores INT: perl sets it back
	perl -e '$SIG{INT} = $SIG{HUP} = "DEFAULT"; exec @ARGV' dk-build -f Dockerfile ctx >.out 2>.err &
	pid=$!
	bg $pid
	wait_for grep -qx started .err
	kill -$sig $pid
	wait $pid 2>/dev/null
	is "signal $sig ends it" "$?" "$((128 + sig))"
	like "says so" "$(tail -1 .err)" "dk-build: Dockerfile:2: *interrupted"
	same "signal $sig"
done

# killed: the next build sweeps
dk-build -f Dockerfile ctx >.out 2>.err &
pid=$!
bg $pid
wait_for grep -qx started .err
kill -9 $pid
wait $pid 2>/dev/null
t "after kill -9 the store works" dk-build -q -t ok -f - ctx <<'X'
FROM base
RUN true
X
t "no mount is left" sh -c '! grep -q " $T/store" /proc/self/mountinfo'
t "and nothing runs" sh -c 'sleep 0.2; ! pgrep -f "[s]leep 98765" >/dev/null'

t "what it left is gone" clean_store
dk-rmi ok >/dev/null

# the last step fails, when layers and blobs are there
mount --bind store/images store/images
mount -o remount,bind,ro store/images
printf 'FROM base\nRUN echo x >/x\n' >Dockerfile
tfail 1 "an image that cannot be written" dk-build -q -f Dockerfile ctx
like "says what" "$(cat .err)" "*images/*Read-only file system"
umount store/images
same "read-only images/"

# a full disk, found while the layer is packed
mkdir small
mount -t tmpfs -o size=10m none small
head -c 7000000 /dev/urandom >ctx/large
printf 'FROM scratch\nCOPY large /\nENV a=b\n' >Dockerfile
tfail 1 "a full disk" env DK_ROOT="$T/small/store" dk-build -q -t never -f Dockerfile ctx
like "names the line" "$(cat .err)" "dk-build: the layer of line 2: *No space left on device"
is "nothing is left" "$(find small/store -type f ! -name lock ! -name version)" ""

chmod 755 "$T"
cp "$(command -v dk-build)" "$T/dk-build"
tfail 1 "not root" setpriv --reuid=65534 --clear-groups env DK_ROOT="$T/other" "$T/dk-build" ctx
like "says so" "$(cat .err)" "*needs root*"
done_testing
