/* SPDX-License-Identifier: ISC */
/* mounts.h: what a container sees of file systems: mounts, device nodes, masks; every place is
 * resolved inside its root */
#ifndef RUN_MOUNTS_H
#define RUN_MOUNTS_H

#include <stdbool.h>

struct cgroup;
struct err;
struct spec;

/* The root being furnished, in a mount namespace of its own before pivot_root(2), and the mounts in
 * it that are trusted. */
struct view {
	int root; /* O_PATH or mount descriptor */
	int proc, sys, dev; /* roots of the mounts of that kind at /proc, /sys, /dev; -1: none */
	const struct cgroup *cgroup;
	int *binds; /* a detached mount for each of spec->mounts that binds something, else -1;
		       calloc'ed by the caller */
};

#define VIEW_INIT                                                                                  \
	{                                                                                          \
		-1, -1, -1, -1, NULL, NULL                                                         \
	}

/* Clones the sources of bind mounts; before the root is attached, which covers a place of the
 * host's. 0/-1. */
int mounts_clone_binds(struct view *v, const struct spec *s, struct err *e);

/* All of spec->mounts in their order; destinations are made where they are missing. 0/-1. */
int mounts_make(struct view *v, const struct spec *s, struct err *e);
/* A host's file on path, bind-mounted. 0/-1. */
int mounts_bind_file(struct view *v, const char *source, const char *path, struct err *e);
/* /dev: default nodes, spec->devices, links. Without a tmpfs of ours at /dev nothing is made but
 * spec->devices. 0/-1. */
int mounts_devices(struct view *v, const struct spec *s, struct err *e);
/* linux.sysctl, of namespaces that are the container's own only. 0/-1. */
int mounts_sysctl(struct view *v, const struct spec *s, struct err *e);
/* Masked and read-only paths; those that are not there are passed over. 0/-1. */
int mounts_masks(struct view *v, const struct spec *s, struct err *e);

#endif
