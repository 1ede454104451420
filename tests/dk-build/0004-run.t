#!/bin/sh
# SPDX-License-Identifier: ISC
# RUN: what the command sees, and what of it becomes a layer
. "${0%/*}/../lib.sh"
need root overlay busybox

mkrootfs rootfs
t "a base image" sh -c 'tar c -C rootfs . | dk-import - base'
mkdir ctx

blobs()
{
	perl -MJSON::PP -e '
		local $/;
		my $root = `cat $ENV{T}/.out`; $root =~ s/sha256:|\n//g;
		open(my $f, "<", "$ENV{DK_ROOT}/blobs/sha256/$root") or die;
		for (@{decode_json(<$f>)->{layers}}) { my $d = $_->{digest}; $d =~ s/sha256://;
			print "$ENV{DK_ROOT}/blobs/sha256/$d\n" }'
}
names()
{
	zcat <"$(blobs | tail -1)" | tar t | tr '\n' ' '
}
content()
{
	zcat <"$(blobs | tail -1)" | tar xO "$1"
}
run()
{
	desc=$1
	shift
	printf '%s\n' "FROM ${from:-base}" "$@" >Dockerfile
	t "$desc" dk-build -f Dockerfile ctx
}

run "shell form" 'RUN echo $HOME "$PATH" >/out; pwd >>/out; id -u >>/out'
is "output" "$(content out)" '/root /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
/
0'
is "only what it wrote" "$(names)" "./ out "
run "exec form" 'RUN ["/bin/sh", "-c", "echo $0 $1 >/out", "a", "$HOME"]'
is "is not expanded" "$(content out)" 'a $HOME'
run "user, directory, variables" 'ARG A=1' 'ENV B="x y"' 'USER user:extra' 'WORKDIR /home/user/w' \
	'RUN id -u >out; id -g >>out; echo $A $B $HOME >>out; pwd >>out'
is "are the image's" "$(content home/user/w/out)" '1000
2000
1 x y /home/user
/home/user/w'
is "WORKDIR belongs to the user" "$(zcat <"$(blobs | tail -2 | head -1)" | tar tv | awk '/w\/$/ { print $2 }')" \
	"1000/2000"
run "several layers" 'RUN echo 1 >/a; echo 1 >/b; mkdir /d; echo x >/d/x' \
	'RUN echo 2 >/a; rm /b; rm -r /d; mkdir /d; echo y >/d/y' 'RUN cat /a; ls /d /; test ! -e /b'
is "the second removes and replaces" "$(names)" "./ .wh.b a d/ d/.wh..wh..opq d/y "
is "the last changes nothing: no layer" "$(blobs | wc -l)" 3
like "its output is on stderr" "$(cat .err)" "*
2
*"
run "a directory that is new" 'RUN mkdir -p /n/m && echo >/n/m/f' 
is "is not opaque" "$(names)" "./ n/ n/m/ n/m/f "
run "a changed mode" 'RUN chmod 711 /tmp'
is "is a layer" "$(zcat <"$(blobs | tail -1)" | tar tv | awk '{ print $1, $6 }')" "drwxr-xr-x ./
drwx--x--x tmp/"
run "the root's own mode" 'RUN chmod 700 /'
is "too" "$(zcat <"$(blobs | tail -1)" | tar tv | awk '{ print $1, $6 }')" "drwx------ ./"
run "a socket" 'RUN (timeout 1 nc -l -p 1 || :) 2>/dev/null; touch /t; mknod /p p'
run "hard links" 'RUN echo x >/l1; ln /l1 /l2'
is "are kept" "$(zcat <"$(blobs | tail -1)" | tar tv | grep -c 'link to')" 1
layers=$DK_ROOT/layers/sha256
is "no attributes of overlayfs stay" "$(getfattr -R -h -d -m trusted.overlay "$layers" 2>/dev/null | grep -v opaque | grep -c '^trusted')" 0

cat >Dockerfile <<'X'
FROM base
RUN <<EOF
echo one >/out
echo $HOME >>/out
EOF
RUN cat <<A >>/out && cat <<-'B' >>/out
$HOME
A
	$HOME
	B
RUN <<script
#!/bin/sed 1d
# a script
script
RUN <<script
#!/bin/sh
echo $0 >>/out
script
X
t "here-documents" dk-build -f Dockerfile ctx
zcat <"$(blobs | sed -n 3p)" | tar xO out >two
is "in the shell, and as a script" "$(cat two)" 'one
/root
/root
$HOME'
is "a script's name" "$(content out | tail -1)" /dev/pipes/script
is "leave nothing behind" "$(names)" "./ out "

# the container
run "its world" 'RUN ps | wc -l >/out; hostname >>/out; cat /proc/1/comm >>/out; ls /dev | tr "\n" " " >>/out'
like "is small" "$(content out)" "*
dk-build
sh
*null*"
run "no network" 'RUN --network=none ls /sys/class/net >/out'
is "is loopback alone" "$(content out)" lo
run "the host's network" 'RUN ls /sys/class/net | sort >/out'
is "is the default" "$(content out)" "$(ls /sys/class/net | sort)"
cp /etc/resolv.conf before 2>/dev/null
run "names" 'RUN echo nameserver 192.0.2.1 >/etc/resolv.conf; echo 192.0.2.1 x >/etc/hosts; echo >/out'
is "are a copy" "$(cat before 2>/dev/null)" "$(cat /etc/resolv.conf 2>/dev/null)"
is "and no part of the layer" "$(names)" "./ out "
run "system calls are filtered" 'RUN unshare -n true 2>/dev/null || echo no >/out'
is "as in dk-run" "$(content out)" no
run "no left processes" 'RUN sleep 1000 & :'

mkdir -p bare/bin
cp "$(command -v busybox)" bare/bin/sh
t "an image with nothing" sh -c 'tar c -C bare . | dk-import - bare'
from=bare
run "runs" 'RUN echo >/f'
is "mount points are not in its layers" "$(names)" "./ f "
run "a changed directory on the way" 'RUN echo >/etc/x'
is "is there" "$(names)" "./ etc/ etc/x "
mkdir bare/etc
ln -s ../run/resolv.conf bare/etc/resolv.conf
chmod 711 bare/etc
touch -d 2001-01-01 bare/etc
t "with a link to nowhere" sh -c 'tar c -C bare . | dk-import - bare'
run "is followed" 'RUN echo >/f'
is "and not in the layer" "$(names)" "./ f "
from=base

# triggers of the base image
t "ONBUILD" sh -c 'tar c -C rootfs . |
	dk-import -c "ONBUILD RUN echo trigger >/t" -c "ONBUILD ENV T=1" - onbuild'
from=onbuild
run "are run" 'RUN cat /t >/out; echo $T >>/out'
is "before the rest" "$(content out)" "trigger
1"
from=base

i=0
{
	echo FROM base
	while [ $i -lt 40 ]; do
		echo "RUN echo $i >>/n"
		i=$((i + 1))
	done
} >Dockerfile
t "many steps" dk-build -q -f Dockerfile ctx
is "in order" "$(content n | tr '\n' ' ')" "$(seq 0 39 | tr '\n' ' ')"
is "a layer each" "$(blobs | wc -l)" 41
t "proxies" sh -c 'printf "FROM base\nRUN echo \$http_proxy \$HTTP_PROXY >/out\n" |
	dk-build -q --build-arg HTTP_PROXY=http://p -'
is "reach RUN" "$(content out)" "http://p http://p"
t "the store is clean" clean_store
done_testing
