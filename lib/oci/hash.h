/* SPDX-License-Identifier: ISC */
/* hash.h: SHA-256 while bytes pass by */
#ifndef OCI_HASH_H
#define OCI_HASH_H

#include <nettle/sha2.h>
#include <stddef.h>

#include "digest.h"

struct hash {
	struct sha256_ctx ctx;
};

void hash_init(struct hash *h);
void hash_update(struct hash *h, const void *p, size_t n);
void hash_final(struct hash *h, struct digest *out);
void hash_bytes(const void *p, size_t n, struct digest *out);

#endif
