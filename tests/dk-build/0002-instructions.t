#!/bin/sh
# SPDX-License-Identifier: ISC
# what instructions do to the configuration and its history
. "${0%/*}/../lib.sh"
need root overlay

# field PATH: of the configuration of the image whose digest is in .out
field()
{
	perl -MJSON::PP -e '
		sub load { my $d = shift; $d =~ s/sha256:// or die; local $/;
			open(my $f, "<", "$ENV{DK_ROOT}/blobs/sha256/$d") or die; decode_json(<$f>) }
		my $root = `cat $ENV{T}/.out`; chomp $root;
		my $j = load(load($root)->{config}{digest});
		for (split m{/}, $ARGV[0]) { $j = ref $j eq "ARRAY" ? $j->[$_] : $j->{$_} }
		print JSON::PP->new->canonical->allow_nonref->encode($j)' "$1"
}
history()
{
	perl -MJSON::PP -e '
		sub load { my $d = shift; $d =~ s/sha256:// or die; local $/;
			open(my $f, "<", "$ENV{DK_ROOT}/blobs/sha256/$d") or die; decode_json(<$f>) }
		my $root = `cat $ENV{T}/.out`; chomp $root;
		print $_->{created_by}, $_->{empty_layer} ? "" : " (layer)", "\n"
			for @{load(load($root)->{config}{digest})->{history}}'
}
build()
{
	desc=$1
	shift
	cat >Dockerfile
	t "$desc" dk-build -q -t base "$@" -f Dockerfile .
}

build "scratch" <<'X'
FROM scratch
X
is "has a PATH" "$(field config/Env/0)" \
	'"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"'
is "starts in /" "$(field config/WorkingDir)" '"/"'
is "has no layer" "$(field rootfs/diff_ids)" '[]'
is "is for Linux" "$(field os)" '"linux"'

build "all of them" --build-arg NEW=given --build-arg FIRST=1 <<'X'
ARG FIRST=0
ARG SECOND=${FIRST}2
FROM scratch
ARG FIRST
ARG SECOND NEW=old NONE PLAIN=${SECOND}x
ENV A=1 B="two words"
ENV A=$B B=$A PLAIN=
ENV C legacy   form
LABEL org.example/x=$A "y z"='$A'
WORKDIR work
WORKDIR ../other/./dir
USER ${NEW:-nobody}:grp
EXPOSE 80 $FIRST-3/UDP 80/tcp
CMD ["a", "b\tc"]
ENTRYPOINT exec $A
X
is "expansions see the values before" "$(field config/Env)" \
	'["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin","A=two words","B=1","PLAIN=","C=legacy   form"]'
is "LABEL" "$(field config/Labels)" '{"org.example/x":"two words","y z":"$A"}'
is "USER" "$(field config/User)" '"given:grp"'
is "WORKDIR" "$(field config/WorkingDir)" '"/other/dir"'
is "EXPOSE" "$(field config/ExposedPorts)" '{"1/udp":{},"2/udp":{},"3/udp":{},"80/tcp":{}}'
is "CMD" "$(field config/Cmd)" '["a","b\tc"]'
is "ENTRYPOINT" "$(field config/Entrypoint)" '["/bin/sh","-c","exec $A"]'
is "history" "$(history)" 'ARG FIRST=1
ARG SECOND=12 NEW=given NONE PLAIN=12x
ENV A=1 B=two words
ENV A=two words B=1 PLAIN=
ENV C=legacy   form
LABEL org.example/x=two words y z=$A
WORKDIR /work (layer)
WORKDIR /other/dir (layer)
USER given:grp
EXPOSE map[1/udp:{} 2/udp:{} 3/udp:{} 80/tcp:{}]
CMD ["a" "b\tc"]
ENTRYPOINT ["/bin/sh" "-c" "exec $A"]'

build "an image from an image" <<'X'
FROM base AS next
ENV A=3
ENTRYPOINT ["new"]
X
is "keeps what it does not change" "$(field config/Labels)" '{"org.example/x":"two words","y z":"$A"}'
is "replaces in place" "$(field config/Env/1)" '"A=3"'
is "a new ENTRYPOINT drops the base image's CMD" "$(field config/Cmd)" null
is "WORKDIR that is there makes no layer" "$(history | tail -2)" 'ENV A=3
ENTRYPOINT ["new"]'
build "CMD in the same file stays" <<'X'
FROM base
CMD ["x"]
ENTRYPOINT ["new"]
X
is "as it is" "$(field config/Cmd)" '["x"]'

build "platforms" <<'X'
FROM --platform=linux/arm64 scratch
ARG TARGETOS
ARG BUILDPLATFORM
LABEL os=$TARGETOS build=$BUILDPLATFORM
X
is "of FROM" "$(field architecture)" '"arm64"'
is "of the builder" "$(field config/Labels/os)" '"linux"'

SOURCE_DATE_EPOCH=1000000000
export SOURCE_DATE_EPOCH
build "a date" <<'X'
FROM scratch
WORKDIR /a
COPY <<f /b
x
f
X
first=$(cat .out)
is "is created" "$(field created)" '"2001-09-09T01:46:40Z"'
is "is in the history" "$(field history/0/created)" '"2001-09-09T01:46:40Z"'
sleep 1
build "again" <<'X'
FROM scratch
WORKDIR /a
COPY <<f /b
x
f
X
is "is the same image" "$(cat .out)" "$first"
unset SOURCE_DATE_EPOCH
tfail 2 "a bad one" dk-build --build-arg SOURCE_DATE_EPOCH=x .

t "unused variables" sh -c 'printf "FROM scratch\n" | dk-build --build-arg NOBODY=1 -'
like "are warned of" "$(cat .err)" "*NOBODY*no ARG*"
for bad in 'EXPOSE 0' 'EXPOSE 70000' 'EXPOSE 80/ip' 'EXPOSE 90-80' 'ENV ${X?no}=1' 'LABEL a=${A' \
	'ENV a="b'; do
	tfail 1 "$bad" sh -c "printf 'FROM scratch\n%s\n' '$bad' | dk-build -q -"
	like "names the line" "$(cat .err)" "dk-build: Dockerfile:2: *"
done
tfail 1 "an empty name" sh -c 'printf "ARG X\nFROM \$X\n" | dk-build -q -'
tfail 1 "two stages" sh -c 'printf "FROM scratch\nFROM scratch\n" | dk-build -q -'
t "the store is clean" clean_store
done_testing
