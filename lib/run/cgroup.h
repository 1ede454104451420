/* SPDX-License-Identifier: ISC */
/* cgroup.h: the cgroups of one container: v1, v2 and both beside each other (hybrid) */
#ifndef RUN_CGROUP_H
#define RUN_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct err;
struct spec;

enum { CGROUP_MAX = 2 };

struct cgroup_dir {
	char name[16]; /* as below /sys/fs/cgroup: devices, unified; "" is v2 alone */
	int parent; /* the directory that holds it */
	int dir;
	int view; /* detached clone for the container's /sys/fs/cgroup; v1 only, else -1 */
	bool v2;
};

struct cgroup {
	char leaf[256]; /* its name in each parent */
	struct cgroup_dir d[CGROUP_MAX];
	size_t n;
};

#define CGROUP_INIT                                                                                \
	{                                                                                          \
		"", { { "", -1, -1, -1, false } }, 0                                               \
	}
#define CLEAN_CGROUP __attribute__((cleanup(cgroup_close)))
void cgroup_close(struct cgroup *c); /* descriptors only */

/*
 * Makes the container's cgroups (spec->cgroups_path below the root of each hierarchy, /dk-ID where
 * it is NULL) and sets the device rules: v1 device lists, else a BPF program. One of that name left
 * by a killed monitor is killed and made anew. Limits (linux.resources) are refused. 0/-1, nothing
 * is left behind on -1.
 */
int cgroup_make(struct cgroup *c, const struct spec *s, const char *id, struct err *e);
/* Is v2 all there is, with each container in a cgroup namespace of its own? */
bool cgroup_v2_only(void);
/* The descriptor for CLONE_INTO_CGROUP, -1 where there is no v2. */
int cgroup_v2(const struct cgroup *c);
/* Moves the calling process into those clone3(2) did not put it into. 0/-1. */
int cgroup_enter(const struct cgroup *c, bool v2_too, struct err *e);
/* Kills whatever is in them; returns when they are empty. */
int cgroup_kill(const struct cgroup *c, struct err *e);
/* Removes them; processes that are just ending are waited for (2 s at most). */
int cgroup_remove(const struct cgroup *c, struct err *e);
/* The same for a container whose monitor is gone: opens by name, kills, removes. None there is
 * success. */
int cgroup_clear(const char *path, const char *id, struct err *e);

/* Removes empty cgroups of the form /dk-ID on which no monitor holds its lock: killed ones have
 * left them. */
void cgroup_sweep(void);

#endif
