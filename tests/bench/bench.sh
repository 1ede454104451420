# SPDX-License-Identifier: ISC
# shellcheck shell=sh
# Sourced by the benchmarks: hyperfine for each command in turn, then medians as ratios of one run.
. "$(dirname "$0")/../lib.sh"
command -v hyperfine >/dev/null || {
	echo "bench: hyperfine is missing" >&2
	exit 1
}
RUNS=${RUNS:-10}
PREPARE=

need_root()
{
	[ "$(id -u)" -eq 0 ] || {
		echo "bench: needs root" >&2
		exit 1
	}
	# peers refuse a hybrid cgroup tree: in a mount namespace of our own the v2 part is not there
	if [ -z "$BENCH_NS" ] && mountpoint -q /sys/fs/cgroup/unified; then
		cd "$TOP" && rm -rf "$T"
		BENCH_NS=1 exec unshare -m sh -c 'umount /sys/fs/cgroup/unified; exec "$@"' sh "$TOP/tests/bench/${0##*/}"
	fi
}

have()
{
	command -v "$1" >/dev/null && return 0
	echo "bench: no $1 here, left out"
	return 1
}

# podman_conf: podman in directories of its own
podman_conf()
{
	mkdir -p "$T/podman"
	printf '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]\n[engine]\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n' \
		>"$T/podman/containers.conf"
	printf '[storage]\ndriver = "overlay"\nrunroot = "%s/podman/run"\ngraphroot = "%s/podman/graph"\n' "$T" "$T" \
		>"$T/podman/storage.conf"
	export CONTAINERS_CONF="$T/podman/containers.conf" CONTAINERS_STORAGE_CONF="$T/podman/storage.conf"
}

# bundle RUNTIME ROOTFS: an OCI bundle for `true`, by the runtime's own template
bundle()
{
	rm -rf "$T/bundle"
	mkdir "$T/bundle"
	(cd "$T/bundle" && "$1" spec)
	jq --arg root "$2" '.process.args = ["true"] | .process.terminal = false | .root.path = $root' \
		"$T/bundle/config.json" >"$T/bundle/new" && mv "$T/bundle/new" "$T/bundle/config.json"
}

# measure NAME COMMAND: its median goes to $T/times
measure()
{
	if ! hyperfine -N --style none --warmup 2 --runs "$RUNS" ${PREPARE:+--prepare "$PREPARE"} \
		--export-json "$T/hf.json" "$2" >"$T/hf.log" 2>&1; then
		echo "bench: $1 failed: $(tail -1 "$T/hf.log")"
		return 0
	fi
	printf '%s\t%s\n' "$(jq '.results[0].median * 1000' "$T/hf.json")" "$1" >>"$T/times"
}

# report NAME: every median, and NAME's as a ratio of it
report()
{
	awk -F '\t' -v name="$1" '
		{ ms[$2] = $1; order[NR] = $2 }
		END { for (i = 1; i <= NR; i++)
			printf "%-20s %9.1f ms   %s takes %.2f of it\n", order[i], ms[order[i]], name, ms[name] / ms[order[i]] }' "$T/times"
}
