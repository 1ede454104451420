/* SPDX-License-Identifier: ISC */
/* context.h: what a build is made from: a directory or a tar, its Dockerfile and its .dockerignore
 */
#ifndef BUILD_CONTEXT_H
#define BUILD_CONTEXT_H

#include "base/buf.h"

#include "ignore.h"

struct err;
struct writer;

struct context {
	int dir; /* -1: there is only a Dockerfile */
	char *file; /* the Dockerfile's name for messages */
	struct buf text; /* and its bytes */
	struct ignore ignore;
};

#define CONTEXT_INIT                                                                               \
	{                                                                                          \
		-1, NULL, BUF_INIT,                                                                \
		{                                                                                  \
			NULL, 0, false                                                             \
		}                                                                                  \
	}
#define CLEAN_CONTEXT __attribute__((cleanup(context_close)))

void context_close(struct context *c);
/*
 * where: a directory, or "-": standard input, a tar (plain or compressed, unpacked into the
 * writer's directory) or a Dockerfile, told apart by content. file: the Dockerfile (NULL:
 * "Dockerfile" in the context; "-": standard input), relative to the current directory, in a tar to
 * its root. 0/-1.
 */
int context_open(
	struct context *c, struct writer *w, const char *where, const char *file, struct err *e);

#endif
