/* SPDX-License-Identifier: ISC */
/* run.h: runs one process in a container described by an OCI runtime configuration, and waits for
 * it */
#ifndef RUN_RUN_H
#define RUN_RUN_H

#include <stdbool.h>
#include <sys/types.h>

#include "oci/spec.h"

struct err;

struct run_opts {
	const struct spec *spec;
	const char *id; /* 64 hex digits: cgroup and messages */
	int rootfs; /* mount fd (rootfs_mount) or an O_PATH directory fd that is bind-mounted */
	int in, out, err; /* what becomes 0, 1, 2; -1: /dev/null */
	const char *resolv_conf, *hosts,
		*hostname_file; /* host paths bind-mounted on /etc/...; NULL: not */
	bool forward_signals; /* INT TERM HUP QUIT USR1 USR2 WINCH CONT ... go to the process; else
				 INT TERM HUP QUIT kill it first and then do to the caller what they
				 do */
	/* Called in the parent when the process exists but has not run yet (state and pid files are
	 * written here); non-zero gives up. */
	int (*started)(void *arg, pid_t pid, struct err *e);
	void *arg;
};

enum run_fail { /* run_container() returns -1: whose fault, for the exit code */
	RUN_OWN = 125,
	RUN_CANNOT_EXEC = 126,
	RUN_NOT_FOUND = 127,
};

/*
 * clone3 with the spec's namespaces, mounts, masks, devices, capabilities, seccomp, exec; waits;
 * when it returns no process of the container is left and its cgroup is gone. Returns 0 with *code
 * = exit status or 128 + signal; -1 with *code = one of enum run_fail.
 */
int run_container(const struct run_opts *o, int *code, struct err *e);

/* passwd(5) and group(5) of an image: "user", "uid", "user:group", numbers; "" is root. Files are
 * opened inside root and bounded. */
struct run_user {
	uid_t uid;
	gid_t gid;
	gid_t *groups; /* caller frees */
	size_t ngroups;
	char *home; /* caller frees; "/" where unknown */
};
int run_user_resolve(int root, const char *user, struct run_user *out, struct err *e);

#endif
