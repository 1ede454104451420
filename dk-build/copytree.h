/* SPDX-License-Identifier: ISC */
/* copytree.h: a file or tree of the build context into a new layer */
#ifndef BUILD_COPYTREE_H
#define BUILD_COPYTREE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"

#include "ignore.h"
#include "view.h"

/* What one COPY goes through the trees with. Paths are "" at the root. */
struct copytree {
	struct view view;
	const struct ignore *ignore;
	dev_t store_dev; /* the store, which must not be copied into itself */
	ino_t store_ino;
	uid_t uid; /* whose the copies are */
	gid_t gid;
	struct buf rel; /* where in the context: for messages and for ignore */
	struct buf dst; /* where in the layer */
	struct links *links; /* files of this source that have several names */
	bool no_clone, no_range; /* the file systems can't */
};

/* Where a copy goes: fds of the parent directory, lower -1 where the layers below don't have it. */
struct copytree_to {
	int upper, lower;
	const char *name;
};

/* Before each source; dst is the path of the parent it goes to. */
void copytree_start(struct copytree *c, const char *dst);
void copytree_free(struct copytree *c);
/*
 * The entry name of sdir; c->rel and c->dst are the paths of both parents. keep: a directory that
 * is in the image already keeps its own attributes. state: the ignore rules that match the source's
 * parent. 0/-1.
 */
int copytree_entry(struct copytree *c, int sdir, const char *name, const struct copytree_to *to,
	bool keep, const bool *state, struct err *e);
/* All in the open directory sdir; the paths are those of sdir and upper. */
int copytree_children(
	struct copytree *c, int sdir, int upper, int lower, const bool *state, struct err *e);
/* A new file, mode 0600, where nothing is or a file is replaced. Its fd; -1. */
int copytree_create(const struct copytree_to *to, struct err *e);
/* Does the ignored directory name of sdir hold something that a later rule keeps? 1/0/-1. */
int copytree_keeps(
	struct copytree *c, int sdir, const char *name, const bool *state, struct err *e);

#endif
