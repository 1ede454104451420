/* SPDX-License-Identifier: ISC */
/* targets.h: mount points that an image lacks, in a directory of their own under what a RUN writes
 * to */
#ifndef BUILD_TARGETS_H
#define BUILD_TARGETS_H

#include <stdbool.h>

#include "build.h"

struct target {
	const char *path;
	bool is_dir;
};

/* Are all there, in the mounted root? 1/0/-1 */
int targets_there(int root, const struct target *t, size_t n, struct err *e);
/*
 * Makes the missing ones in tmp/ID/targets-N, which is to be mounted as the topmost lower layer: so
 * nothing of them shows in the upper one. Its directories look like the ones below. *path is
 * relative to the store; the caller frees it. 0/-1.
 */
int targets_make(struct build *b, const struct target *t, size_t n, char **path, struct err *e);

#endif
