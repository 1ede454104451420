/* SPDX-License-Identifier: ISC */
/* init.h: the child's way from clone3(2) to execve(2) */
#ifndef RUN_INIT_H
#define RUN_INIT_H

#include <stdbool.h>

#include "base/err.h"

struct cgroup;
struct run_opts;

/* On the parent's stack. While the child runs, the parent waits in read(2); see clone.h. */
struct init {
	const struct run_opts *o;
	const struct cgroup *cgroup;
	bool enter_v2; /* clone3(2) did not put it into the v2 cgroup */
	int rootfs; /* detached mount */
	int *binds; /* as in struct view */
	int ready_wr, ready_rd; /* child to parent: one byte when all is done but execve(2) */
	int go_rd, go_wr; /* parent to child: one byte, or the end of the file when it gives up or
			     is dead */
	/* what the child leaves behind when it fails */
	int code; /* enum run_fail; 0 while it has not failed */
	struct err err;
};

/* clone_start()'s function; arg is a struct init. Returns only when it failed. */
int init_main(void *arg);

#endif
