/* SPDX-License-Identifier: ISC */
/* clean.h: what overlayfs and a container leave in an upper directory that is nothing of the layer
 */
#ifndef BUILD_CLEAN_H
#define BUILD_CLEAN_H

struct err;

struct clean {
	/* The merged layers below, asked for when it is first needed: their fd, or -1 where there
	 * are none (and *r == 0). */
	int (*lower)(void *arg, int *r, struct err *e);
	void *arg;
};

/*
 * Removes sockets, overlayfs's own attributes, and the opaque mark of directories that hide
 * nothing. The upper directory is mounted nowhere. 0/-1.
 */
int clean_upper(int upper, const struct clean *c, struct err *e);

#endif
