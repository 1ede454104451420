#!/bin/sh
# SPDX-License-Identifier: ISC
# what a container is: namespaces, capabilities, filter, file systems, devices, network
. "${0%/*}/../lib.sh"
need root overlay

mkrootfs rootfs
cp "$TOP/build/unit/test-inside" rootfs/bin/ || skip_all "make units first"
# places for mounts that lead elsewhere
mkdir -p rootfs/away
rm -rf rootfs/sys
ln -s /away rootfs/sys
ln -s ../run/gone/resolv.conf rootfs/etc/resolv.conf
tar -c -C rootfs . | dk-import - bb:1 >/dev/null || exit 1
run='dk-run --rm'

$run bb:1 test-inside inside >inside.tap 2>inside.err
if [ "$(grep -c '^ok' inside.tap)" -gt 50 ] && ! grep -q '^not ok' inside.tap; then
	ok "$(grep -c '^ok' inside.tap) things a container must not be able to do"
else
	not_ok "things a container must not be able to do"
	grep -A1 '^not ok' inside.tap | sed 's/^/# /'
	tell inside.err
fi

for ns in mnt pid net uts ipc; do
	mine=$(readlink /proc/self/ns/$ns)
	its=$($run bb:1 readlink /proc/self/ns/$ns)
	like "$ns namespace" "$its" "$ns:*"
	[ "$mine" != "$its" ] && ok "of its own" || not_ok "of its own"
done
is "network host is ours" "$($run --network host bb:1 readlink /proc/self/ns/net)" \
	"$(readlink /proc/self/ns/net)"
is "network none: lo alone" "$($run bb:1 ls /sys/class/net)" lo
like "lo is up" "$($run bb:1 ip link show lo)" "*<*UP*>*"
is "network host keeps the host's name" "$($run --network host bb:1 hostname)" "$(uname -n)"
is "capabilities" "$($run bb:1 sed -n 's/^Cap\(Prm\|Eff\|Bnd\):\t//p' /proc/self/status | sort -u)" 00000000a80425fb
is "none are inherited" "$($run bb:1 sed -n 's/^Cap\(Inh\|Amb\):\t//p' /proc/self/status | sort -u)" 0000000000000000
is "another user has none" "$($run -u 1000 bb:1 sed -n 's/^Cap\(Prm\|Eff\):\t//p' /proc/self/status | sort -u)" 0000000000000000
is "system call filter" "$($run bb:1 sed -n 's/^Seccomp:\t//p' /proc/self/status)" 2
is "host name" "$($run -h box.example bb:1 hostname)" box.example
dk-run --cidfile cid bb:1 hostname >name
is "the ID by default" "$(cat name)" "$(cut -c1-12 cid)"
dk-rm "$(cat name)" >/dev/null
is "/etc/hostname" "$($run -h box bb:1 cat /etc/hostname)" box
like "/etc/hosts" "$($run -h box bb:1 cat /etc/hosts)" "127.0.0.1*localhost*box"
t "a dangling /etc/resolv.conf is no obstacle" $run bb:1 cat /etc/resolv.conf
is "with the host's network it is the host's" "$($run --network host bb:1 cat /etc/resolv.conf)" "$(cat /etc/resolv.conf)"
t "a linked mount target stays inside" $run bb:1 test -d /away/class/net
is "nothing was made outside" "$(find rootfs/away | wc -l | tr -d ' ')" 1

is "devices" "$($run bb:1 sh -c 'cd /dev && echo *')" \
	"core fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero"
is "null" "$($run bb:1 stat -c '%t:%T %a' /dev/null)" "1:3 666"
is "pts" "$($run bb:1 sh -c 'stat -c %t:%T /dev/pts/ptmx; stat -c %a /dev/pts/ptmx')" "5:2
666"
is "shm" "$($run bb:1 stat -c %a /dev/shm)" 1777
t "shm can be written" $run bb:1 touch /dev/shm/x
is "another user opens /dev/stdout, a pipe of root's" "$($run -u 1000 bb:1 sh -c 'echo x >/dev/stdout' | cat)" x
t "the root can be written" $run bb:1 touch /x
t "--read-only: it cannot" $run --read-only bb:1 sh -c '! touch /x 2>/dev/null'
t "but shm" $run --read-only bb:1 touch /dev/shm/x
t "and /etc/hosts" $run --read-only bb:1 test -s /etc/hosts
is "PIDs" "$($run bb:1 sh -c 'echo /proc/[0-9]*')" /proc/1
is "a session of its own" "$($run bb:1 sh -c 'cut -d" " -f6 /proc/1/stat')" 1
is "descriptors" "$($run bb:1 sh -c 'ls /proc/1/fd; true' 5</dev/null 9</)" "0
1
2"
# first into a variable: a redirection of the shell's own would be what is looked at
is "what is closed is not filled with files of ours" \
	"$($run -i bb:1 sh -c 'stat -L -c %t:%T /proc/1/fd/0' <&-)" 1:3
is "nor stdout" "$($run bb:1 sh -c 'x=$(stat -L -c %t:%T /proc/1/fd/1); echo $x >&2' 2>&1 >&-)" 1:3
is "the host's null device stays outside" \
	"$($run -i bb:1 sh -c 'x=$(stat -L -c %D /dev/null /proc/1/fd/0 /proc/1/fd/1); echo "$x" >&2' \
		2>&1 </dev/null >/dev/null | sort -u | wc -l)" 1
is "signals are not ignored" "$(trap '' HUP PIPE; $run bb:1 sed -n 's/^SigIgn:\t//p' /proc/1/status)" 0000000000000000
ignoring() # CMD...: with signals 32 and 33 ignored, which libraries keep for themselves
{
	perl -e 'my $n = `uname -m` =~ /x86_64/ ? 13 : 134; # rt_sigaction(2), SIG_IGN
		my $ign = pack "Q4", 1, 0, 0, 0; for my $sig (32, 33) { my $s = $sig; syscall $n, $s, $ign, 0, 8 } exec @ARGV' -- "$@"
}
is "nor those that libraries keep for themselves" \
	"$(ignoring $run bb:1 sed -n 's/^SigIgn:\t//p' /proc/1/status)" 0000000000000000
is "none are blocked" "$($run bb:1 sed -n 's/^SigBlk:\t//p' /proc/1/status)" 0000000000000000
is "umask" "$(umask 077; $run bb:1 sh -c umask)" 0022
t "files of /etc are readable under any umask" sh -c "umask 077; $run -u 1000 bb:1 cat /etc/hosts"
is "the host's mounts are not seen" "$($run bb:1 grep -c " $T" /proc/mounts)" 0
tfail 125 "a working directory through a magic link" $run -w /proc/self/fd/5 bb:1 pwd

is "sysctl: ports" "$($run bb:1 cat /proc/sys/net/ipv4/ip_unprivileged_port_start)" 0
is "nothing is left" "$(dk-ps -aq)" ""
t "nor files" clean_store
done_testing
