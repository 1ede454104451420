/* SPDX-License-Identifier: ISC */
/* tag.h: tags/HOST/PATH:TAG, one line each, and images/, the roots */
#ifndef STORE_TAG_H
#define STORE_TAG_H

#include "oci/ref.h"
#include "store.h"

/* The digest a tag names: 1 and *out, 0 no such tag, -1. */
int tag_get(struct store *s, const struct ref *r, struct digest *out, struct err *e);
/* Sets tag r (r->tag must be set) and the image root; the writer must have wanted d and all it
 * needs. old (may be NULL): what it named before. */
int tag_set(struct writer *w, const struct ref *r, const struct digest *d, struct digest *old,
	struct err *e);
int tag_del(struct store *s, const struct ref *r, struct err *e); /* 1 removed, 0 none */

struct tag_entry {
	char *domain, *path, *tag;
	struct digest digest;
};
struct tag_list {
	struct tag_entry *v;
	size_t n;
};
#define CLEAN_TAGS __attribute__((cleanup(tag_list_free)))
/* All tags, sorted by domain, path, tag. A file that is no tag is passed over with no error. */
int tag_list(struct store *s, struct tag_list *out, struct err *e);
void tag_list_free(struct tag_list *l);

/* images/sha256:HEX */
int root_add(struct writer *w, const struct digest *d, struct err *e);
bool root_has(struct store *s, const struct digest *d);
int root_del(struct store *s, const struct digest *d, struct err *e); /* 1 removed, 0 none */
struct digest_list {
	struct digest *v;
	size_t n;
};
#define CLEAN_DIGESTS __attribute__((cleanup(digest_list_free)))
int root_list(struct store *s, struct digest_list *out, struct err *e); /* sorted */
void digest_list_free(struct digest_list *l);
void digest_list_add(struct digest_list *l, const struct digest *d);
void digest_list_sort(struct digest_list *l); /* and drops doubles */

#endif
