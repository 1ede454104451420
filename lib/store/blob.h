/* SPDX-License-Identifier: ISC */
/* blob.h: blobs/sha256/HEX, named by the digest of their bytes */
#ifndef STORE_BLOB_H
#define STORE_BLOB_H

#include <stdbool.h>
#include <stdint.h>

#include "oci/hash.h"
#include "store.h"

struct buf;

int blob_open(struct store *s, const struct digest *d,
	struct err *e); /* fd/-1; code ENOENT where absent */
bool blob_exists(struct store *s, const struct digest *d);
int64_t blob_size(struct store *s, const struct digest *d); /* -1 where absent */
/* The whole of a small blob (manifest, config), verified against d. 0/-1. */
int blob_load(struct store *s, const struct digest *d, size_t max, struct buf *out, struct err *e);

/* Writing: temporary file in the writer's directory, hashed as it grows, fsync, rename, fsync of
 * the directory. */
struct blob_out {
	struct writer *w;
	int fd;
	char name[40];
	struct hash hash;
	int64_t size;
};

#define BLOB_OUT_INIT                                                                              \
	{                                                                                          \
		NULL, -1, "", { { { 0 }, 0, 0, { 0 } } }, 0                                        \
	}
#define CLEAN_BLOB_OUT __attribute__((cleanup(blob_out_close)))

int blob_create(struct blob_out *b, struct writer *w, struct err *e);
int blob_write(struct blob_out *b, const void *p, size_t n, struct err *e);
/* Checks against expect (NULL: any) and size (-1: any); out (may be NULL) is the digest. Already
 * there is success. 0/-1. */
int blob_commit(struct blob_out *b, const struct digest *expect, int64_t size, struct digest *out,
	struct err *e);
void blob_out_close(struct blob_out *b); /* drops what was not committed */
/* A whole small blob at once. */
int blob_put(struct writer *w, const void *p, size_t n, struct digest *out, struct err *e);

#endif
