/* SPDX-License-Identifier: ISC */
/* transfer.h: blobs and manifests between a registry and the store, each in a single pass and
 * constant memory */
#ifndef REMOTE_TRANSFER_H
#define REMOTE_TRANSFER_H

#include <stdbool.h>
#include <stdint.h>

#include "oci/descriptor.h"
#include "progress.h"
#include "registry.h"
#include "store/blob.h"

/* What a connection of one program needs; progress may be NULL. */
struct transfer {
	struct registry *registry;
	struct writer *writer;
	struct progress *progress;
};

/*
 * Fetches blob d into b (blob_create was called; the caller commits it, which verifies digest and
 * size) and, where pipe is not -1, writes the same bytes to it as they come. Stops when more bytes
 * come than d says. Code EPIPE: nobody reads pipe any more. 0/-1.
 */
int transfer_get(struct transfer *t, const struct descriptor *d, struct blob_out *b, int pipe,
	struct err *e);
/* A small blob (a configuration) into memory and the store, from the store where it is there. 0/-1.
 */
int transfer_get_small(
	struct transfer *t, const struct descriptor *d, struct buf *out, struct err *e);
/* A manifest or index by tag or digest, verified, into memory and the store as it was served. 0/-1.
 */
int transfer_get_manifest(struct transfer *t, const char *reference, struct buf *out,
	char media_type[128], struct digest *digest, struct err *e);
/* Sends a blob of the store unless the registry has it. 1 sent, 0 it was there, -1. */
int transfer_put(struct transfer *t, const struct descriptor *d, struct err *e);

#endif
