/* SPDX-License-Identifier: ISC */
/* mark.h: sets of digests, and what an image or the whole store reaches */
#ifndef STORE_MARK_H
#define STORE_MARK_H

#include "oci/ref.h"
#include "tag.h"

/* Open addressing; no entry is ever taken out. {0} is empty. */
struct digest_set {
	struct digest *v; /* cap slots, unset ones are free */
	size_t n, cap;
};

#define CLEAN_SET __attribute__((cleanup(digest_set_free)))
void digest_set_free(struct digest_set *s);
bool digest_set_has(const struct digest_set *s, const struct digest *d);
bool digest_set_add(struct digest_set *s, const struct digest *d); /* was it new? */

/* What is reached: blobs, layers by diff_id, fix directories by chain id. */
struct mark {
	struct store *store;
	struct digest_set all;
	struct digest_set images; /* those of all that were followed */
};

#define CLEAN_MARK __attribute__((cleanup(mark_free)))
void mark_free(struct mark *m);

/*
 * An index or manifest and all it names; what is not in the store is no error (a sparse index,
 * discarded blobs). strict: one that cannot be read or parsed is an error, else it is taken for a
 * blob that names nothing. 0/-1.
 */
int mark_image(struct mark *m, const struct digest *d, bool strict, struct err *e);
/* All that tags, images/, containers, mounted images and living writers reach, as if these tags and
 * roots were not there. Needs the exclusive lock. 0/-1. */
int mark_live(struct mark *m, const struct ref *tags, size_t ntags, const struct digest *roots,
	size_t nroots, struct err *e);

#endif
