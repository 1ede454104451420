/* SPDX-License-Identifier: ISC */
/* view.h: a layer that is being made, and the layers below it, as one file system without a mount
 * to write through */
#ifndef BUILD_VIEW_H
#define BUILD_VIEW_H

#include <sys/stat.h>

struct err;

struct view {
	int upper; /* the new layer's directory */
	int lower; /* a read-only mount of those below; -1: there are none */
};

/*
 * All paths are relative to the root and resolved: no links, no dot components, "." is the root.
 * Only view_resolve takes what a Dockerfile says.
 */

/*
 * Where path leads for a process chroot'ed there, with every link followed, the last too. What is
 * missing is taken as it stands. The caller frees *out. 0/-1.
 */
int view_resolve(const struct view *v, const char *path, char **out, struct err *e);
/* The same for one directory. */
int resolve_in(int root, const char *path, char **out, struct err *e);
/* 1 and *st (of a link: its own), 0 there is nothing, -1. */
int view_stat(const struct view *v, const char *path, struct stat *st, struct err *e);
/*
 * The directory in the upper layer, its fd; -1. Directories of the layers below get their
 * attributes there; what is missing is made, 0755 and uid:gid; *made (may be NULL) counts that.
 */
int view_mkdirs(
	const struct view *v, const char *path, uid_t uid, gid_t gid, int *made, struct err *e);
/* One directory: upper and lower are fds of its parent, lower -1 where the layers below don't have
 * that. Its attributes come from below, where it is there. 1 made anew, 0 was there, -1. */
int view_mkdir_at(int upper, int lower, const char *name, struct err *e);
/* Extended attributes from one open file to another: those that layers carry. 0/-1. */
int view_copy_xattrs(int from, int to, int (*wanted)(const char *name), struct err *e);

#endif
