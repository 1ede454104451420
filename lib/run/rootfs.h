/* SPDX-License-Identifier: ISC */
/* rootfs.h: overlay mounts over the store's layers */
#ifndef RUN_ROOTFS_H
#define RUN_ROOTFS_H

#include <stdbool.h>

#include "base/str.h"

struct err;
struct store;

struct rootfs_opts {
	const struct strv *lowers; /* relative to the store, top first (layer_chain) */
	int upper, work; /* directory fds; -1: a read-only mount of the lowers (at least two are
			    needed by overlayfs: an empty one is added) */
	bool is_volatile; /* no syncing at umount: RUN steps and --rm */
	bool readonly;
};

/*
 * A detached overlay mount of up to 500 layers; index=off, metacopy=off, redirect_dir=nofollow
 * (userxattr in a user namespace). lowerdir+ of the new mount API (6.8), before that fsconfig or
 * mount(2) from a directory of numbered fds. Returns a mount fd to move with move_mount(2), or -1.
 */
int rootfs_mount(struct store *s, const struct rootfs_opts *o, struct err *e);
/* Attaches a mount fd at a directory. 0/-1. */
int rootfs_attach(int mnt, int dir, const char *path, struct err *e);
/* upper/ takes mode, owner and mtime of the merged root of these lowers. */
int rootfs_init_upper(const struct store *s, const struct strv *lowers, int upper, struct err *e);

#endif
