/* SPDX-License-Identifier: ISC */
/* digest.h: content digests "sha256:HEX" (image-spec descriptor.md, Digests) as values */
#ifndef OCI_DIGEST_H
#define OCI_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

struct err;

#define DIGEST_HEX 64
#define DIGEST_STR (7 + DIGEST_HEX)

/* "" is no digest. Only sha256 is stored and verified; parse refuses other algorithms by name. */
struct digest {
	char str[DIGEST_STR + 1];
};

/* Exactly sha256: and 64 lower-case hex digits. 0/-1. */
int digest_parse(struct digest *d, const char *s, struct err *e);
void digest_from_hex(struct digest *d, const char *hex64);
const char *digest_hex(const struct digest *d); /* points into d */
bool digest_eq(const struct digest *a, const struct digest *b);
bool digest_is_set(const struct digest *d);
int digest_cmp(const void *a, const void *b); /* for qsort of struct digest */

#endif
