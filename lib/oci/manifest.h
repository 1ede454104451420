/* SPDX-License-Identifier: ISC */
/* manifest.h: image-spec manifest.md and image-index.md, and Docker's v2s2 of both */
#ifndef OCI_MANIFEST_H
#define OCI_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>

#include "descriptor.h"

struct buf;
struct err;

#define MANIFEST_MAX_LAYERS 500

/* Either an image manifest (config, layers) or an index (manifests). */
struct manifest {
	char media_type[128]; /* as the document says, else as found from its members */
	bool is_index;
	struct descriptor config;
	struct descriptor *layers;
	size_t nlayers;
	struct descriptor *manifests;
	size_t nmanifests;
	json_t *annotations; /* owned; NULL none */
};

#define CLEAN_MANIFEST __attribute__((cleanup(manifest_free)))

void manifest_free(struct manifest *m); /* leaves it empty; {0} is empty */
/*
 * Parses either kind. media_type (may be NULL): what the transport said; a mediaType member that
 * says otherwise is an error (image-spec: confusion of manifest and index). Docker schema 1 is
 * refused by name. 0/-1.
 */
int manifest_parse(
	struct manifest *m, const void *p, size_t n, const char *media_type, struct err *e);
/* Canonical bytes: schemaVersion, mediaType, config, layers or manifests, annotations. */
void manifest_write(const struct manifest *m, struct buf *out);
/*
 * The best entry for a platform, -1 with a message that lists what there is. Attestations
 * (unknown/unknown) are passed over.
 */
int manifest_choose(const struct manifest *index, const struct platform *want, struct err *e);

#endif
