# SPDX-License-Identifier: ISC
# shellcheck shell=sh
# Sourced by every test script, which ends with done_testing. Run by prove from
# the top directory, or by hand; output is TAP.

TOP=$(cd "$(dirname "$0")/../.." && pwd -P) || exit 1
umask 022
LC_ALL=C
TZ=UTC
PATH=${DK_BIN:-$TOP/build/bin}:$PATH
unset DK_CONFIG DK_TIMEOUT SOURCE_DATE_EPOCH DOCKER_CONFIG DOCKER_AUTH_CONFIG \
	HTTP_PROXY HTTPS_PROXY http_proxy https_proxy NO_PROXY no_proxy \
	SSL_CERT_FILE XDG_DATA_HOME XDG_RUNTIME_DIR
T=$(mktemp -d "${TMPDIR:-/tmp}/dk-test-XXXXXX") || exit 1
HOME=$T/home
DK_ROOT=$T/store
DK_RUN=$T/run
export LC_ALL TZ PATH HOME DK_ROOT DK_RUN TOP T
mkdir "$HOME"
cd "$T" || exit 1

tests=0
failed=0
pids=

# Mounts below $T, deepest first.
umount_all()
{
	awk -v t="$T/" 'index($5, t) == 1 { print $5 }' /proc/self/mountinfo |
	sort -r | while read -r m; do
		umount -l "$(printf '%b' "$m")" 2>/dev/null
	done
}

cleanup()
{
	status=$?
	trap - EXIT
	for pid in $pids; do
		kill "$pid" 2>/dev/null || continue
		# what does not end in 2 s is killed
		(
			sleep 2
			kill -9 "$pid"
		) 2>/dev/null &
		wait "$pid" 2>/dev/null
		kill $! 2>/dev/null
	done
	cd / || exit 1
	umount_all
	# a pull's child may still be marking layers in the store
	rm -rf "$T" 2>/dev/null || {
		sleep 0.3
		rm -rf "$T"
	}
	exit "$status"
}
trap cleanup EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

ok()
{
	tests=$((tests + 1))
	echo "ok $tests - $1"
}

not_ok()
{
	tests=$((tests + 1))
	failed=$((failed + 1))
	echo "not ok $tests - $1"
}

# a file's lines as TAP comments
tell()
{
	[ ! -s "$1" ] || sed 's/^/# /' "$1"
}

# t DESC CMD...: the command succeeds
t()
{
	desc=$1
	shift
	if "$@" >"$T/.out" 2>"$T/.err"; then
		ok "$desc"
	else
		echo "# exit $?: $*"
		not_ok "$desc"
		tell "$T/.out"
		tell "$T/.err"
	fi
}

# tfail CODE DESC CMD...: it fails with that code, says one line, and prints nothing else
tfail()
{
	want=$1
	desc=$2
	shift 2
	"$@" >"$T/.out" 2>"$T/.err"
	code=$?
	if [ "$code" -eq "$want" ] && [ ! -s "$T/.out" ] &&
		[ "$(wc -l <"$T/.err")" -eq 1 ]; then
		ok "$desc"
	else
		echo "# exit $code, wanted $want: $*"
		not_ok "$desc"
		tell "$T/.out"
		tell "$T/.err"
	fi
}

# is DESC GOT WANT
is()
{
	if [ "$2" = "$3" ]; then
		ok "$1"
	else
		not_ok "$1"
		printf '%s\n' "got:  $2" "want: $3" | sed 's/^/# /'
	fi
}

# like DESC GOT GLOB
like()
{
	# shellcheck disable=SC2254
	case $2 in
	$3) ok "$1" ;;
	*)
		not_ok "$1"
		printf '%s\n' "got:  $2" "want: $3" | sed 's/^/# /'
		;;
	esac
}

done_testing()
{
	echo "1..$tests"
	[ "$failed" -eq 0 ] || exit 1
	exit 0
}

skip_all()
{
	if [ -n "$DK_TEST_NOSKIP" ]; then
		echo "not ok 1 - may not be skipped: $1"
		echo 1..1
		exit 1
	fi
	echo "1..0 # SKIP $1"
	exit 0
}

# is_chroot: / is no mount point, so unshare(1) cannot make mounts private, nor other runtimes pivot_root(2)
is_chroot()
{
	! mountpoint -q /
}

# need THING...: root, userns, overlay, no-chroot, or a program
need()
{
	for thing; do
		case $thing in
		no-chroot)
			! is_chroot || {
				echo "1..0 # SKIP in a chroot unshare(1) cannot make mounts private"
				exit 0
			} ;;
		root) [ "$(id -u)" -eq 0 ] || skip_all "needs root" ;;
		userns)
			unshare -Ur true 2>/dev/null ||
				skip_all "needs user namespaces" ;;
		overlay)
			grep -qw overlay /proc/filesystems || modprobe overlay 2>/dev/null ||
				skip_all "needs overlayfs" ;;
		*)
			command -v "$thing" >/dev/null 2>&1 ||
				skip_all "needs $thing" ;;
		esac
	done
}

# bg PID...: killed at the end
bg()
{
	pids="$pids $*"
}

# a TCP port on loopback that nothing listens on
free_port()
{
	perl -MIO::Socket::INET -e '
		my $s = IO::Socket::INET->new(LocalAddr => "127.0.0.1", Listen => 1) or die;
		print $s->sockport, "\n"'
}

# wait_port PORT: until something listens, 10 s at most
wait_port()
{
	perl -MIO::Socket::INET -e '
		for (1 .. 200) {
			exit 0 if IO::Socket::INET->new(PeerAddr => "127.0.0.1:$ARGV[0]");
			select undef, undef, undef, 0.05;
		}
		die "nothing listens on port $ARGV[0]\n"' "$1"
}

# wait_for CMD...: until it succeeds, 10 s at most
wait_for()
{
	tries=0
	until "$@" >/dev/null 2>&1; do
		tries=$((tries + 1))
		[ "$tries" -lt 200 ] || return 1
		sleep 0.05
	done
}

# start_registry [YAML-FILE]: Debian's docker-registry on loopback; sets REG and REG_DIR.
# The file's lines go to the end of the configuration's http section.
start_registry()
{
	reg_port=$(free_port)
	REG=127.0.0.1:$reg_port
	REG_DIR=$T/registry-$reg_port
	mkdir -p "$REG_DIR"
	{
		echo 'version: 0.1'
		echo 'log: {level: error, accesslog: {disabled: true}}'
		echo "storage: {filesystem: {rootdirectory: $REG_DIR}, delete: {enabled: true}}"
		echo 'http:'
		echo "  addr: $REG"
		[ -z "$1" ] || cat "$1"
	} >"$REG_DIR.yml"
	OTEL_TRACES_EXPORTER=none docker-registry serve "$REG_DIR.yml" \
		>"$REG_DIR.log" 2>&1 &
	bg $!
	wait_port "$reg_port" || {
		tell "$REG_DIR.log"
		exit 1
	}
}

# mkrootfs DIR: a small root file system around Debian's static busybox
mkrootfs()
{
	mkdir -p "$1/bin" "$1/etc" "$1/tmp" "$1/root" "$1/home/user" "$1/usr/bin" "$1/var" "$1/proc" "$1/sys" "$1/dev"
	chmod 1777 "$1/tmp"
	chmod 700 "$1/root"
	cp "$(command -v busybox)" "$1/bin/busybox"
	for applet in sh cat echo ls id env pwd sleep true false mkdir rm cp mv ln touch \
		chmod chown stat grep sed head tail wc hostname mount umount kill tr cut \
		sort test od dd find ps ip printf readlink uname unshare wget nc mknod tee; do
		ln -sf busybox "$1/bin/$applet"
	done
	printf '%s\n' 'root:x:0:0:root:/root:/bin/sh' \
		'user:x:1000:1000::/home/user:/bin/sh' >"$1/etc/passwd"
	printf '%s\n' 'root:x:0:' 'user:x:1000:' 'extra:x:2000:user' >"$1/etc/group"
	chown -R 1000:1000 "$1/home/user" 2>/dev/null || :
	echo 'ID=dk-test' >"$1/etc/os-release"
}

# settled: no writer is at work, the one that syncs unpacked layers included; 10 s at most
settled()
{
	wait_for sh -c '! ls -d "$DK_ROOT"/tmp/*'
}

# synced: all unpacked layers are on disk, or will be within 10 s
synced()
{
	wait_for sh -c '[ -n "$(ls "$DK_ROOT/layers/sha256")" ] &&
		! grep -L "\"synced\": *true" "$DK_ROOT"/layers/sha256/*/meta | grep -q .'
}

# the store is left as it should be: nothing in tmp/, no mounts below it
clean_store()
{
	settled || {
		echo "left: $(ls -d "$DK_ROOT"/tmp/*)" >&2
		return 1
	}
	! grep -q " $DK_ROOT/" /proc/self/mountinfo
}

# fresh_store [PATH...]: an empty one; removes the paths too
fresh_store()
{
	settled
	rm -rf "$DK_ROOT" "$@"
}

# debian: sets DEBIAN to a tar of a real Debian (debootstrap minbase, made once), with
# what archives get wrong added to it under /opt/odd
debian()
{
	need root debootstrap
	DEBIAN=$TOP/build/cache/debian.tar
	mkdir -p "$TOP/build/cache"
	exec 8>"$TOP/build/cache/lock"
	flock 8
	[ -e "$DEBIAN" ] || make_debian "$T/debian" || {
		tell "$T/debian.log"
		echo "Bail out! debootstrap failed"
		exit 1
	}
	exec 8>&-
}

make_debian()
{
	debootstrap --variant=minbase bookworm "$1" >"$1.log" 2>&1 || return 1
	rm -rf "$1"/var/cache/apt/archives/*.deb "$1"/var/log/*.log
	odd=$1/opt/odd
	mkdir -p "$odd/setgid" "$odd/empty" &&
	chmod 2755 "$odd/setgid" && chmod 0711 "$odd/empty" &&
	printf 'content' >"$odd/file" && ln "$odd/file" "$odd/hardlink" &&
	ln -s ../odd/file "$odd/symlink" && ln -s /nowhere/at/all "$odd/dangling" &&
	printf 'x' >"$odd/setuid" && chown 1234:4321 "$odd/setuid" && chmod 4755 "$odd/setuid" &&
	mkfifo "$odd/fifo" && mknod "$odd/null" c 1 3 && mknod "$odd/block" b 7 0 &&
	printf 'n' >"$odd/$(printf 'latin-\351')" &&
	printf 'u' >"$odd/$(printf 'utf8-\303\251 with blanks')" &&
	printf 'cap' >"$odd/capability" && setcap cap_net_raw+ep "$odd/capability" &&
	printf 'attr' >"$odd/attr" && setfattr -n user.dk.test -v value "$odd/attr" &&
	deep=$odd/$(printf '%0100d/%0100d/%0100d' 1 2 3) && mkdir -p "$deep" &&
	printf 'deep' >"$deep/$(printf '%0200d' 4)" &&
	truncate -s 8M "$odd/sparse" && printf 'end' >>"$odd/sparse" &&
	touch -d '2001-02-03 04:05:06.123456789' "$odd/file" "$odd/empty" || return 1
	tar --xattrs --xattrs-include='*' --numeric-owner --format=pax -C "$1" -cf "$DEBIAN.new" . &&
	mv "$DEBIAN.new" "$DEBIAN" && rm -rf "$1"
}

# tree_list DIR: every path with type, mode, owner, size, time, link target, then contents, then xattrs
tree_list()
{
	(
		cd "$1" || exit 1
		find . -printf '%P\t%y\t%m\t%U:%G\t%T@\t%l\n' | sort
		find . -type f -printf '%P\t%s\t%n\n' | sort
		find . \( -type c -o -type b \) -exec stat -c '%n %t:%T' {} + | sort
		find . -type f -print0 | sort -z | xargs -0 sha256sum
		getfattr -R -h -d -m '^(user|security|trusted)\.' -e hex . 2>/dev/null
	)
}
