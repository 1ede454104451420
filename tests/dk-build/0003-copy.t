#!/bin/sh
# SPDX-License-Identifier: ISC
# COPY: sources, destinations, attributes, ignored files, and what may not get out
. "${0%/*}/../lib.sh"
need root overlay

# tree: the top layer's entries with mode and owner; content FILE: what is in it
blob()
{
	perl -MJSON::PP -e '
		local $/;
		my $root = `cat $ENV{T}/.out`; $root =~ s/sha256:|\n//g;
		open(my $f, "<", "$ENV{DK_ROOT}/blobs/sha256/$root") or die;
		my $d = decode_json(<$f>)->{layers}[-1]{digest}; $d =~ s/sha256://;
		print "$ENV{DK_ROOT}/blobs/sha256/$d"'
}
tree()
{
	zcat <"$(blob)" | tar tv --numeric-owner | awk '{ print $1, $2, $6, $7, $8, $9 }' | sed 's/ *$//'
}
names()
{
	zcat <"$(blob)" | tar t | tr '\n' ' '
}
content()
{
	zcat <"$(blob)" | tar xO "$1"
}
# copy DESC LINE...: builds FROM ${from:-scratch} with these lines
copy()
{
	desc=$1
	shift
	printf '%s\n' "FROM ${from:-scratch}" "$@" >Dockerfile
	t "$desc" dk-build -q -f Dockerfile ctx
}
bad()
{
	desc=$1
	why=$2
	shift 2
	printf '%s\n' "FROM ${from:-scratch}" "$@" >Dockerfile
	tfail 1 "$desc" dk-build -q -f Dockerfile ctx
	like "says why" "$(cat .err)" "dk-build: Dockerfile:*: *$why*"
}

mkdir -p ctx/dir/sub ctx/dir/empty ctx/other
echo a >ctx/a.txt
echo b >ctx/b.txt
echo d >ctx/dir/d
echo s >ctx/dir/sub/s
echo h >ctx/dir/h1
ln ctx/dir/h1 ctx/dir/sub/h2
ln -s d ctx/dir/link
ln -s /etc/passwd ctx/dir/absolute
ln -s dir ctx/dirlink
ln -s dir/d ctx/filelink
ln -s /dir/sub ctx/rooted
ln -s ../../../../../../etc ctx/escape
chmod 4755 ctx/a.txt
chmod 640 ctx/b.txt
chmod 700 ctx/dir/sub
chown -R 1234:1234 ctx/dir
touch -d '2001-02-03 04:05:06.789' ctx/a.txt
touch -d '2002-02-02' ctx/dir/empty ctx/dir/sub
chmod 700 ctx

copy "a file to a name" 'COPY a.txt /x/y'
is "makes parents" "$(tree)" "drwxr-xr-x 0/0 ./
drwxr-xr-x 0/0 x/
-rwsr-xr-x 0/0 x/y"
is "content" "$(content x/y)" a
like "time" "$(zcat <"$(blob)" | tar tv --full-time | tail -1)" '*2001-02-03 04:05:06.789*'
copy "a file to a directory" 'COPY a.txt /x/'
is "keeps its name" "$(names)" "./ x/ x/a.txt "
copy "several" 'COPY a.txt b.txt /x/'
is "files" "$(names)" "./ x/ x/a.txt x/b.txt "
copy "to the working directory" 'WORKDIR /w/d' 'COPY a.txt b.txt .' ''
is "." "$(names)" "./ w/ w/d/ w/d/a.txt w/d/b.txt "
copy "relative" 'WORKDIR /w/d' 'COPY a.txt ../e'
is "to it" "$(names)" "./ w/ w/e "
copy "with dots" 'COPY ./dir/../../../a.txt /../../x'
is "inside the roots" "$(names)" "./ x "
copy "the JSON form" 'COPY ["a.txt", "/with space"]'
is "takes blanks" "$(zcat <"$(blob)" | tar t)" "./
with space"
copy "variables" 'ENV F=a.txt D=/y' 'COPY $F ${D}/${F%.txt}'
is "are expanded" "$(names)" "./ y/ y/a "

copy "a directory" 'COPY dir /t'
is "gives its contents" "$(tree)" "drwxr-xr-x 0/0 ./
drwxr-xr-x 0/0 t/
lrwxrwxrwx 0/0 t/absolute -> /etc/passwd
-rw-r--r-- 0/0 t/d
drwxr-xr-x 0/0 t/empty/
-rw-r--r-- 0/0 t/h1
lrwxrwxrwx 0/0 t/link -> d
drwx------ 0/0 t/sub/
hrw-r--r-- 0/0 t/sub/h2 link to t/h1
-rw-r--r-- 0/0 t/sub/s"
like "time of a directory" "$(zcat <"$(blob)" | tar tv --full-time | grep sub/$)" '*2002-02-02 00:00:00*'
mkdir ctx/over
ln ctx/dir/h1 ctx/over/h2
echo other >ctx/over/h1
copy "a link to what another source replaced" 'COPY dir/h1 over/h1 over/h2 /t/'
is "has its own content" "$(content t/h1) $(content t/h2)" "other h"
rm -r ctx/over
copy "the context" 'COPY . /c'
is "in a directory for all" "$(tree | grep ' c/$')" "drwxr-xr-x 0/0 c/"
copy "to the root" 'COPY dir /'
is "lands there" "$(names)" "./ absolute d empty/ h1 link sub/ sub/h2 sub/s "

copy "a link to a file" 'COPY filelink /f'
is "is followed" "$(tree | tail -1)" "-rw-r--r-- 0/0 f"
copy "a link to a directory" 'COPY dirlink/sub dirlink/d /f/'
is "is followed" "$(names)" "./ f/ f/d f/h2 f/s "
copy "an absolute link" 'COPY rooted /r'
is "starts at the context" "$(names)" "./ r/ r/h2 r/s "
bad "a link out of it" "'escape/passwd' is not in the build context" 'COPY escape/passwd /p'

copy "a pattern" 'COPY *.txt /p/'
is "matches names" "$(names)" "./ p/ p/a.txt p/b.txt "
copy "in the middle" 'COPY d?r/*/[s-t] /p/'
is "of a path" "$(names)" "./ p/ p/s "
copy "a matched directory" 'COPY dir/s* /p/'
is "gives its contents too" "$(names)" "./ p/ p/h2 p/s "
printf 'FROM scratch\nCOPY *.none /p/\n' >Dockerfile
t "no match is no error" dk-build -f Dockerfile ctx
like "but a warning" "$(cat .err)" "*nothing matches '[*].none'*"
echo x >'ctx/arr[0].txt'
copy "a bracket" 'COPY arr[[]0].txt /b'
is "in brackets" "$(names)" "./ b "
bad "a bad pattern" "malformed pattern" 'COPY a[ /b'
bad "a missing file" "'none' is not in the build context" 'COPY none /b'
bad "several to a file" "must be a directory" 'COPY a.txt b.txt /x'
bad "a pattern to a file" "must be a directory" 'COPY *.txt /x'
bad "a directory on a file" "not a directory" 'COPY a.txt /x' 'COPY dir /x'
bad "a file on a directory" "is a directory in the image" 'COPY dir /x' 'COPY <<sub /x/' 's' 'sub'
bad "a directory on a file" "not a directory in the image" 'COPY b.txt /y/sub' 'COPY dir /y/'

# here-documents
cat >Dockerfile <<'X'
FROM scratch
ENV V=value
COPY <<one <<"two" a.txt /h/
$V \$V "quoted"
one
$V
two
COPY <<-tabs /t
		indented
	tabs
X
t "here-documents" dk-build -q -f Dockerfile ctx
is "tabs" "$(content t)" indented
sed -i '$d' Dockerfile && sed -i '$d' Dockerfile && sed -i '$d' Dockerfile
t "of several words" dk-build -q -f Dockerfile ctx
is "expanded" "$(content h/one)" 'value $V "quoted"'
is "not when quoted" "$(content h/two)" '$V'
is "beside files" "$(names)" "./ h/ h/a.txt h/one h/two "

# onto an image
mkdir -p img/etc/d img/real img/tmp
echo old >img/etc/file
echo keep >img/etc/keep
chmod 1777 img/tmp
chmod 750 img/etc
chown 5:6 img/etc
ln -s /real img/slink
ln -s nowhere/deep img/dangling
ln -s etc/keep img/flink
mkdir -p img/way/deep
touch -d 2001-01-01 img/way/deep img/way img
t "a base image" sh -c 'tar c -C img . | dk-import - img'
from=img
copy "over a file" 'COPY a.txt /etc/file'
is "the directory keeps its attributes" "$(tree)" "drwxr-xr-x 0/0 ./
drwxr-x--- 5/6 etc/
-rwsr-xr-x 0/0 etc/file"
for i in 'COPY a.txt /way/deep/f' 'WORKDIR /way/deep/f' 'COPY a.txt b.txt /way/deep/'; do
	copy "below others" "$i"
	is "only the directory it is in has a new time" "$(zcat <"$(blob)" |
		tar tv --full-time | awk '$4 ~ /^2001/ && /\/$/ { print $6 }' | tr '\n' ' ')" "./ way/ "
done
copy "through a link" 'COPY a.txt /slink/new'
is "inside the image" "$(names)" "./ real/ real/new "
copy "a directory through a link" 'COPY dir/sub /slink'
is "too" "$(names)" "./ real/ real/h2 real/s "
copy "a dangling link" 'COPY a.txt /dangling/x'
is "is made" "$(names)" "./ nowhere/ nowhere/deep/ nowhere/deep/x "
copy "a link at the end" 'COPY a.txt /flink'
is "is followed" "$(names)" "./ etc/ etc/keep "
mkdir ctx/slink
echo x >ctx/slink/x
bad "a directory on a link" "not a directory in the image" 'COPY . /'
rm -r ctx/slink
mkdir -m 711 ctx/etc
echo n >ctx/etc/n
copy "into a directory" 'COPY etc /etc'
is "that keeps its mode" "$(tree | grep etc/$)" "drwxr-x--- 5/6 etc/"
mkdir ctx/up
mv ctx/etc ctx/up
copy "one level up" 'COPY up /'
is "it gets the new one" "$(tree | grep etc/$)" "drwx--x--x 0/0 etc/"
copy "multiple" 'COPY up /' 'COPY a.txt /etc/file' 'COPY b.txt /etc/file'
is "instructions" "$(content etc/file)" b
from=scratch

# ignored files
cat >ctx/.dockerignore <<'X'
# comment
*.txt
!b.txt
dir/*
!dir/sub
**/h2
X
copy "ignored" 'COPY . /i'
is "files are none" "$(names)" "./ i/ i/.dockerignore i/b.txt i/dir/ i/dir/sub/ i/dir/sub/s i/dirlink i/escape i/filelink i/other/ i/rooted i/up/ i/up/etc/ i/up/etc/n "
bad "ignored by name" "or .dockerignore leaves it out" 'COPY a.txt /a'
copy "patterns" 'COPY *.txt /i/'
is "pass over them" "$(names)" "./ i/ i/b.txt "
echo 'up' >Dockerfile.dockerignore
copy "Dockerfile.dockerignore" 'COPY a.txt other up* /i/'
is "wins" "$(names)" "./ i/ i/a.txt "
echo '[' >Dockerfile.dockerignore
tfail 1 "a bad rule" dk-build -q -f Dockerfile ctx
like "names its line" "$(cat .err)" "*Dockerfile.dockerignore:1: malformed*"
rm Dockerfile.dockerignore ctx/.dockerignore

# odd files
mkfifo ctx/fifo
copy "a fifo" 'COPY fifo /'
is "is one" "$(tree | tail -1)" "prw-r--r-- 0/0 fifo"
rm ctx/fifo
touch ctx/.wh.x
bad ".wh. names" "cannot be in a layer" 'COPY . /'
rm ctx/.wh.x
mknod ctx/zero c 0 0
bad "a whiteout device" "cannot be in a layer" 'COPY zero /'
rm ctx/zero
perl -e 'use Socket; socket(my $s, PF_UNIX, SOCK_STREAM, 0); bind($s, sockaddr_un("ctx/sock"))'
copy "a socket" 'COPY a.txt sock /s/'
is "is left out" "$(names)" "./ s/ s/a.txt "
rm ctx/sock
i=0
while [ $i -lt 100 ]; do
	mkdir "ctx/other/$i"
	head -c $((i * 4000)) /dev/urandom >"ctx/other/$i/f"
	i=$((i + 1))
done
copy "many files" 'COPY other /m'
mkdir out
zcat <"$(blob)" | tar x -C out
t "are the same" diff -r ctx/other out/m
t "layers are put on disk" synced

mkdir within
printf 'FROM scratch\nCOPY . /\n' >within/Dockerfile
tfail 1 "a store in the context" env DK_ROOT="$T/within/store" dk-build -q within
like "is not copied into itself" "$(cat .err)" "*'store' in the build context is the store*"
echo store >within/.dockerignore
t "unless it is ignored" env DK_ROOT="$T/within/store" dk-build -q within

# a hostile tar
mkdir evil
perl -e '
	sub entry { my ($name, $type, $link, $data) = @_;
		my $h = pack("a100 a8 a8 a8 a12 a12 A8 a a100 a6 a2 a32 a32 a8 a8 a155 x12", $name,
			"0000644", "0000000", "0000000", sprintf("%011o", length $data), "0" x 11, "",
			$type, $link, "ustar", "00", "", "", "", "", "");
		substr($h, 148, 8) = sprintf("%06o\0 ", unpack("%32C*", $h));
		$h . $data . "\0" x (-length($data) % 512) }
	print entry("Dockerfile", 0, "", "FROM scratch\nCOPY . /\n"), entry("l", 2, "/", ""),
		entry("l$ENV{T}/evil/pwned", 0, "", "x"), entry("../../pwned", 0, "", "x"), "\0" x 1024' >evil.tar
dk-build -q - <evil.tar >.out 2>.err
is "a hostile tar writes nothing outside" "$(ls evil)$(ls -d pwned ../pwned 2>/dev/null)" ""
t "the store is clean" clean_store
done_testing
