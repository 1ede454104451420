/* SPDX-License-Identifier: ISC */
/* dockerfile.h: the bytes of a Dockerfile as a list of checked instructions */
#ifndef BUILD_DOCKERFILE_H
#define BUILD_DOCKERFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "instr.h"

struct err;

struct dockerfile {
	const char *file; /* as messages name it; borrowed */
	char escape; /* '\\', or '`' by directive */
	struct instr *v;
	size_t n;
};

#define CLEAN_DOCKERFILE __attribute__((cleanup(dockerfile_free)))

void dockerfile_free(struct dockerfile *d); /* leaves it empty; {0} is empty */
/*
 * Reads it to the end: directives, comments, continued lines, here-documents (Dockerfile
 * reference). Every instruction is checked, so that a build never stops half-way at one it does
 * not know. Messages begin with FILE:LINE. d->file must be set. 0/-1.
 */
int dockerfile_parse(struct dockerfile *d, const char *p, size_t n, struct err *e);
/* The same for the text of a base image's ONBUILD trigger: no FROM is needed or allowed. */
int dockerfile_parse_trigger(struct dockerfile *d, const char *text, struct err *e);

#endif
