/* SPDX-License-Identifier: ISC */
/* copy.h: COPY: sources found in the context, a destination found in the image (Dockerfile
 * reference, COPY) */
#ifndef BUILD_COPY_H
#define BUILD_COPY_H

#include "base/str.h"

#include "ignore.h"
#include "view.h"

struct err;

/* A here-document among the sources. */
struct copy_text {
	const char *name;
	const char *text;
};

struct copy {
	struct view view;
	int context;
	const struct ignore *ignore;
	int store; /* its directory: never copied */
	const char *workdir; /* absolute */
	const char *dest; /* as written, expanded */
	const struct strv *sources; /* the same; no here-documents */
	const struct copy_text *texts;
	size_t ntexts;
};

/*
 * Copies all to view.upper; everything belongs to 0:0. *empty (a pattern that matched nothing)
 * points into sources, else NULL. 0/-1.
 */
int copy_run(const struct copy *c, const char **empty, struct err *e);

#endif
