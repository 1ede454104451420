/* SPDX-License-Identifier: ISC */
/* image.h: from what a user typed to a manifest and configuration in the store */
#ifndef STORE_IMAGE_H
#define STORE_IMAGE_H

#include "oci/config.h"
#include "oci/manifest.h"
#include "oci/ref.h"
#include "store.h"

struct image {
	struct digest root; /* what the tag or images/ names: index or manifest */
	struct digest id; /* the manifest for the platform: IMAGE ID */
	struct manifest manifest;
	struct image_config config;
	struct ref ref; /* as resolved; ref.path is "" where it was found by hex prefix */
};

#define CLEAN_IMAGE __attribute__((cleanup(image_free)))

void image_free(struct image *i); /* leaves it empty; {0} is empty */
/*
 * Local look-up (DESIGN Identity): a tag; HOST/PATH@DIGEST where a tag of that repository names it
 * (or the index it names holds it); sha256:HEX; a prefix of 6 hex digits or more of an IMAGE ID or
 * root, ambiguous prefixes listed. platform NULL: this host's. 1 found, 0 no such image (e is set
 * with a line that says what to do), -1.
 */
int image_find(struct store *s, const char *name, const struct platform *platform,
	struct image *out, struct err *e);
/* Only the digests: root and manifest; no configuration is read. Same returns. */
int image_resolve(struct store *s, const char *name, const struct platform *platform,
	struct digest *root, struct digest *id, struct err *e);
/* The IMAGE ID of a root: 1, 0 an index with none for the platform (e set), -1. */
int image_id(struct store *s, const struct digest *root, const struct platform *platform,
	struct digest *id, struct err *e);
/* Loads by root digest. 0/-1. */
int image_load(struct store *s, const struct digest *root, const struct platform *platform,
	struct image *out, struct err *e);
/* All that is to be kept: images/ and what tags name, sorted, without doubles. 0/-1. */
struct digest_list;
int image_roots(struct store *s, struct digest_list *out, struct err *e);
/* The manifest or index d, verified. 0/-1 (ENOENT: not in the store). */
int image_manifest(struct store *s, const struct digest *d, struct manifest *m, struct err *e);
/* Bytes of the layer blobs as unpacked where layers are unpacked, else of the blobs. */
int64_t image_size(struct store *s, const struct image *i);

/*
 * Writes config and manifest of a new image whose layer blobs are in the store; sets root, and tag
 * if ref is not NULL. layers: descriptors in order, as many as config has diff_ids. out: the
 * manifest's digest. 0/-1.
 */
int image_write(struct writer *w, const struct image_config *c, const struct descriptor *layers,
	size_t n, const struct ref *ref, struct digest *out, struct err *e);

#endif
