#!/bin/sh
# SPDX-License-Identifier: ISC
# dk-inspect: JSON with docker's names
. "${0%/*}/../lib.sh"
need perl
. "$TOP/tests/store.sh"

# get PATH NAME...: a member of what dk-inspect prints, as in get 0.Config.Cmd.0
get()
{
	path=$1
	shift
	dk-inspect "$@" | perl -MJSON::PP -e '
		my $v = JSON::PP->new->canonical->allow_nonref->decode(join "", <STDIN>);
		$v = ref $v eq "ARRAY" ? $v->[$_] : $v->{$_} for split /\./, shift;
		print ref $v && !JSON::PP::is_bool($v) ? JSON::PP->new->canonical->encode($v) : JSON::PP::is_bool($v) ? ($v ? "true" : "false") : $v' "$path"
}

one=$(mkimage -t docker.io/library/one:1 -l color=red first)
put_tag reg.example/team/one:2 "$one"
is "Id" "$(get 0.Id one:1)" "$one"
is "RepoTags" "$(get 0.RepoTags one:1)" '["one:1","reg.example/team/one:2"]'
is "RepoDigests" "$(get 0.RepoDigests one:1)" "[\"one@$one\",\"reg.example/team/one@$one\"]"
is "Created" "$(get 0.Created one:1)" 2020-01-02T03:04:05Z
is "Architecture, Os" "$(get 0.Architecture one:1) $(get 0.Os one:1)" "$ARCH linux"
is "Config" "$(get 0.Config.Cmd one:1) $(get 0.Config.Labels.color one:1)" '["sh"] red'
like "RootFS" "$(get 0.RootFS one:1)" '{"Layers":\["sha256:*"\],"Type":"layers"}'
is "Size" "$(get 0.Size one:1)" 10240
is "by ID" "$(get 0.Id "$(echo "$one" | cut -c8-19)")" "$one"

native=$(mkimage -r native)
index=$(mkindex reg.example/multi:1 "$native/$ARCH")
is "an index: the Id is this platform's" "$(get 0.Id reg.example/multi:1)" "$native"
is "RepoDigests are the index's" "$(get 0.RepoDigests.0 reg.example/multi:1)" "reg.example/multi@$index"

id=$(mkctr box "$one")
is "a container: Id" "$(get 0.Id box)" "$id"
is "Name" "$(get 0.Name box)" /box
is "Image" "$(get 0.Image box)" "$one"
is "Path and Args" "$(get 0.Path box) $(get 0.Args box)" 'sh ["-c","exit"]'
is "State" "$(get 0.State box)" \
	'{"Dead":false,"Error":"","ExitCode":3,"FinishedAt":"2021-01-02T03:04:07Z","Paused":false,"Pid":0,"Restarting":false,"Running":false,"StartedAt":"2021-01-02T03:04:06Z","Status":"exited"}'
is "Config" "$(get 0.Config box)" \
	'{"Cmd":["sh","-c","exit"],"Env":["A=b"],"Hostname":"box","Image":"img","Labels":{"k":"v"},"Tty":false,"User":"1:2","WorkingDir":"/srv"}'
is "Mounts" "$(get 0.Mounts box)" \
	'[{"Destination":"/data","Mode":"ro","RW":false,"Source":"/var/data","Type":"bind"}]'
is "by the start of its ID" "$(get 0.Name "$(echo "$id" | cut -c1-8)")" /box
sed -i 's/exited/running/' "store/ctr/$id/state"
is "a lost monitor" "$(get 0.State.Status box) $(get 0.State.ExitCode box)" "exited 255"

mkimage -t docker.io/library/box:latest box >/dev/null
is "a container goes before an image" "$(get 0.Name box)" /box
like "--type image" "$(get 0.RepoTags.0 --type image box)" box:latest
is "two names" "$(get 1.Name one:1 box)" /box
tfail 1 "--type container of an image" dk-inspect --type container one:1
like "says so" "$(cat .err)" "dk-inspect: no such container: one:1"
tfail 1 "nothing of that name" dk-inspect nosuch
like "says so" "$(cat .err)" "dk-inspect: no such image or container: nosuch"
dk-inspect nosuch one:1 >out 2>err
is "one of two: status" $? 1
like "the other is shown" "$(cat out)" "*$one*"
tfail 1 "not a name at all" dk-inspect 'A B'
tfail 2 "no operand" dk-inspect
tfail 2 "another type" dk-inspect --type volume x
dk-inspect one:1 >/dev/full 2>err
is "a full stdout is a failure" $? 1
is "in one line" "$(wc -l <err | tr -d ' ')" 1

mkimage -t docker.io/library/esc:1 -l "x=$(printf '\\u001b[31m')" esc >/dev/null
like "control bytes stay encoded" "$(dk-inspect esc:1)" '*\\u001[bB]\[31m*'
done_testing
