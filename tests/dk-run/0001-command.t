#!/bin/sh
# SPDX-License-Identifier: ISC
# what is run: command, entrypoint, environment, streams, exit status
. "${0%/*}/../lib.sh"
need root overlay

mkrootfs rootfs
img=$(tar -c -C rootfs . | dk-import - bb:1) || exit 1
ep=$(tar -c -C rootfs . | dk-import -c 'ENTRYPOINT ["/bin/echo","entry"]' -c 'CMD ["cmd"]' \
	-c 'ENV FROM=image TWO=image' -c 'WORKDIR /deep/down' - ep:1) || exit 1
run='dk-run --rm'

t "true" $run bb:1 true
is "nothing on stdout" "$(cat .out)" ""
is "nothing on stderr" "$(cat .err)" ""
is "by image ID" "$($run "$img" echo hi)" hi
is "by a prefix of it" "$($run "$(echo "${ep#sha256:}" | cut -c1-12)")" "entry cmd"

for code in 0 1 3 42 255; do
	$run bb:1 sh -c "exit $code"
	is "exit status $code" $? $code
done
$run bb:1 sh -c 'sh -c "kill -9 \$\$"; exit $?'
is "a child that is killed" $? 137

is "entrypoint and command of the image" "$($run ep:1)" "entry cmd"
is "arguments replace the command" "$($run ep:1 a b)" "entry a b"
is "--entrypoint drops the command" "$($run --entrypoint /bin/echo ep:1)" ""
is "--entrypoint with arguments" "$($run --entrypoint echo ep:1 x y)" "x y"
is "an empty --entrypoint" "$($run --entrypoint '' ep:1 echo plain)" plain
is "the image's working directory, made" "$($run --entrypoint pwd ep:1)" /deep/down

is "PATH by default" "$($run bb:1 sh -c 'echo $PATH')" \
	/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
is "variables of the image" "$($run --entrypoint sh ep:1 -c 'echo $FROM$TWO')" imageimage
is "-e wins" "$($run -e TWO=mine --entrypoint sh ep:1 -c 'echo $FROM$TWO')" imagemine
is "-e passes ours on" "$(THREE=3 $run -e THREE bb:1 sh -c 'echo $THREE')" 3
is "-e of one that is not set removes it" "$(unset TWO; $run -e TWO --entrypoint sh ep:1 -c 'echo ${TWO-none}')" none
is "our environment stays here" "$(SECRET=1 $run bb:1 sh -c 'echo ${SECRET-none}')" none
is "HOME" "$($run bb:1 sh -c 'echo $HOME')" /root
is "HOSTNAME" "$($run -h box bb:1 sh -c 'echo $HOSTNAME')" box

is "without -i stdin is empty" "$(echo text | $run bb:1 cat)" ""
is "with -i it is passed on" "$(echo text | $run -i bb:1 cat)" text
is "a megabyte through it" "$(head -c 1000000 /dev/zero | $run -i bb:1 wc -c)" 1000000
is "stderr stays stderr" "$($run bb:1 sh -c 'echo no >&2; echo yes' 2>/dev/null)" yes
t "stdin closed" sh -c "$run bb:1 true <&-"
t "all closed" sh -c "$run bb:1 true <&- >&- 2>&-"
$run bb:1 sh -c 'echo x' >/dev/full 2>.err
is "a full disk is the command's failure" $? 1

tfail 127 "a missing command" $run bb:1 nosuch
like "is named" "$(cat .err)" "dk-run: *nosuch*"
tfail 127 "a missing path" $run bb:1 /no/such
tfail 126 "a directory" $run bb:1 /etc
tfail 126 "a file that is not executable" $run bb:1 /etc/passwd
chmod 644 rootfs/bin/busybox
cp rootfs/bin/busybox rootfs/bin/plain
chmod 755 rootfs/bin/busybox
printf 'not a program' >rootfs/bin/garbage
printf '#!/no/such\n' >rootfs/bin/script
printf '\177ELF\002\001\001\000\000\000\000\000\000\000\000\000\002\000\267\000\001\000\000\000' >rootfs/bin/foreign
head -c 200 /dev/zero >>rootfs/bin/foreign
chmod 755 rootfs/bin/garbage rootfs/bin/script rootfs/bin/foreign
tar -c -C rootfs . | dk-import - bad:1 >/dev/null
tfail 126 "found in PATH, not executable" $run bad:1 plain
tfail 126 "neither program nor script" $run bad:1 garbage
tfail 127 "a script whose interpreter is missing" $run bad:1 script
like "says so" "$(cat .err)" "*interpreter*"
tfail 126 "a program for another machine" $run bad:1 foreign

tfail 125 "no image" dk-run
tfail 125 "unknown option" dk-run --nmae x bb:1
like "the nearest is named" "$(cat .err)" "*--name*"
tfail 125 "-t is not there yet" dk-run -t bb:1 true
tfail 125 "-d is not there yet" dk-run -d bb:1 true
tfail 125 "no command" dk-run --entrypoint '' --rm ep:1
tfail 125 "a bad name" dk-run --name 'a b' bb:1 true
tfail 125 "a bad network" dk-run --network bridge bb:1 true
tfail 125 "a bad host name" dk-run -h 'a b' bb:1 true
tfail 125 "a relative working directory" dk-run -w x bb:1 true
tfail 125 "a working directory that is a file" $run -w /etc/passwd bb:1 true
tfail 125 "an unknown user" $run -u nobody-here bb:1 true
like "is named" "$(cat .err)" "*nobody-here*"

t "--cidfile" dk-run --cidfile cid --name keep bb:1 true
is "holds the ID" "$(wc -c <cid | tr -d ' ')" 64
is "of the container" "$(dk-ps -aq --no-trunc)" "$(cat cid)"
tfail 125 "a cidfile that exists" $run --cidfile cid bb:1 true
tfail 125 "a cidfile that cannot be made" $run --cidfile /no/such/dir/cid bb:1 true
tfail 125 "a name in use" dk-run --name keep bb:1 true
like "names its container" "$(cat .err)" "*$(cut -c1-12 cid)*"
tfail 125 "its cidfile goes" dk-run --cidfile cid2 --name keep bb:1 true
t "is gone" test ! -e cid2
t "dk-rm" dk-rm keep

is "no containers are left" "$(dk-ps -aq)" ""
t "nor files" clean_store
is "nor cgroups" "$(find /sys/fs/cgroup -maxdepth 2 -name "dk-$(cat cid)")" ""
done_testing
