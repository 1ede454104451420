#!/bin/sh
# SPDX-License-Identifier: ISC
# signals, the end, the death of the monitor; nothing is left behind
. "${0%/*}/../lib.sh"
need root overlay

mkrootfs rootfs
cp rootfs/bin/busybox rootfs/bin/busybox-suid
chmod 4755 rootfs/bin/busybox-suid
tar -c -C rootfs . | dk-import - bb:1 >/dev/null || exit 1
trap_and_wait='trap "echo got $0; exit 42" $0; echo ready; while :; do sleep 0.1; done'

up() { [ -n "$(dk-ps -q)" ]; }
ready() { grep -q ready "$1"; }

for sig in TERM INT HUP QUIT USR1 USR2; do
	perl -e '$SIG{$_} = "DEFAULT" for qw(INT QUIT HUP); exec @ARGV' \
		dk-run --rm bb:1 sh -c "$trap_and_wait" $sig >"out.$sig" &
	pid=$!
	wait_for ready "out.$sig"
	kill -s $sig $pid
	wait $pid
	is "SIG$sig is passed on" "$?: $(tail -1 "out.$sig")" "42: got $sig"
done

# one without a handler in the container's first process does nothing, as in every PID namespace
dk-run --rm --name deaf bb:1 sleep 30 &
pid=$!
wait_for up
kill -TERM $pid
sleep 0.2
t "SIGTERM without a handler" kill -0 $pid
dk-rm -f deaf >/dev/null
wait $pid
is "dk-rm -f ends it" $? 137

# in a process group of its own, whose leader's parent is in the same session: an orphaned one is not stopped
perl -e 'my $pid = fork // die; if (!$pid) { setpgrp; exec @ARGV }
	open my $f, ">", "pid"; print $f $pid; close $f; waitpid $pid, 0; exit $? >> 8' \
	dk-run --rm bb:1 sleep 8 &
job=$!
wait_for up
pid=$(cat pid)
kill -TSTP $pid
stopped() { grep -q '^State:.T' /proc/$pid/status; }
t "SIGTSTP stops us, as it does others" wait_for stopped
kill -CONT $pid
wait $job
is "and it goes on" $? 0

start=$(date +%s)
dk-run --rm bb:1 sh -c 'sleep 60 & sleep 60 & exit 5' | cat
[ $(($(date +%s) - start)) -lt 30 ] && ok "what is left is killed with the first process" ||
	not_ok "what is left is killed with the first process"

dk-run --name lost bb:1 sh -c 'sleep 61.5 & sleep 61.5' &
pid=$!
wait_for up
kill -9 $pid
wait $pid 2>/dev/null
shown() { dk-ps -a | grep -q 'Exited (255).*lost'; }
t "dk-ps shows that a killed monitor takes its container along" wait_for shown
t "all of it" sh -c '! pgrep -f "sleep 61\.[5]"'
t "dk-rm removes it" dk-rm lost
is "and its cgroups" "$(find /sys/fs/cgroup -maxdepth 2 -name "dk-$(sed -n 's/.*create \([0-9a-f]*\) .*name=lost.*/\1/p' "$DK_RUN/events")")" ""

# executing a set-user-ID program clears the parent death signal
dk-run --name orphan -u 1000 bb:1 busybox-suid sleep 62.5 &
pid=$!
started() { pgrep -f 'sleep 62\.[5]' >/dev/null; }
wait_for up && wait_for started
sleep 0.2
kill -9 $pid
wait $pid 2>/dev/null
like "one that lives on is dead to dk-ps" "$(dk-ps -a)" "*Dead (monitor lost)*orphan*"
is "and does not run" "$(dk-ps -q)" ""
tfail 1 "dk-rm refuses it" dk-rm orphan
t "dk-rm -f does not" dk-rm -f orphan
t "its processes are gone" sh -c '! pgrep -f "sleep 62\.[5]"'

t "a container stays" dk-run --name stay bb:1 sh -c 'echo kept >/kept; exit 0'
is "with what it wrote" "$(cat "$DK_ROOT"/ctr/*/upper/kept)" kept
t "and its runtime configuration" test -s "$DK_ROOT"/ctr/*/config.json
is "state" "$(sed -n 's/^status=//p' "$DK_ROOT"/ctr/*/state)" exited
dk-rm stay >/dev/null
dk-run --name never bb:1 nosuch 2>/dev/null
like "one that never ran is there, created" "$(dk-ps -a)" "*Created*never*"
dk-rm never >/dev/null
dk-run --rm --name never bb:1 nosuch 2>/dev/null
is "with --rm it is not" "$(dk-ps -aq)" ""

is "events" "$(sed -n 's/^[^ ]* container \([a-z]*\) .*name=stay.*/\1/p' "$DK_RUN/events" | tr '\n' ' ')" \
	"create start die destroy "
like "with the status" "$(grep 'die.*name=stay' "$DK_RUN/events")" "*exitCode=0*"

# many at once
i=0

while [ $i -lt 8 ]; do
	dk-run --rm bb:1 sh -c "exit $i" &
	eval "pid_$i=$!"
	i=$((i + 1))
done
i=0
bad=
while [ $i -lt 8 ]; do
	eval "wait \$pid_$i"
	[ $? -eq $i ] || bad="$bad $i"
	i=$((i + 1))
done
is "eight at once" "$bad" ""
is "no containers are left" "$(dk-ps -aq)" ""
is "nor run-time files" "$(ls "$DK_RUN/ctr")" ""
t "nor anything unfinished" clean_store
is "nor mounts" "$(grep -c "$T" /proc/mounts)" 0
done_testing
