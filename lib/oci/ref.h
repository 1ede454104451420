/* SPDX-License-Identifier: ISC */
/* ref.h: image references, [domain/]path[:tag][@digest] (dk-ref(7)) */
#ifndef OCI_REF_H
#define OCI_REF_H

#include "digest.h"

struct err;

/* Fixed arrays: no freeing. Names are at most 255 bytes, tags 128. */
struct ref {
	char domain[256]; /* docker.io where none was given; index.docker.io becomes docker.io */
	char path[256]; /* with library/ added on docker.io */
	char tag[129]; /* "" where none was given and there is a digest; else latest */
	struct digest digest; /* unset where none was given */
};

/*
 * Normalises; 64 bare hex digits are refused as a name. 0/-1, the message says what is wrong with
 * s.
 */
int ref_parse(struct ref *r, const char *s, struct err *e);
/* host/path:tag or host/path@digest, complete; caller frees. */
char *ref_string(const struct ref *r);
/* host/path, complete; caller frees. */
char *ref_name(const struct ref *r);
/* host/path without docker.io/ and library/, as docker shows it; caller frees. */
char *ref_familiar_name(const struct ref *r);
char *ref_familiar(const struct ref *r); /* the same with :tag or @digest */

#endif
