/* SPDX-License-Identifier: ISC */
/* SHA-256 by nettle, which picks the CPU's own instructions at run time. */
#include "hash.h"

#include "base/mem.h"
#include "base/str.h"

void
hash_init(struct hash *h)
{
	sha256_init(&h->ctx);
}

void
hash_update(struct hash *h, const void *p, size_t n)
{
	if (n > 0)
		sha256_update(&h->ctx, n, p);
}

void
hash_final(struct hash *h, struct digest *out)
{
	unsigned char sum[SHA256_DIGEST_SIZE];
	char hex[DIGEST_HEX + 1];

	sha256_digest(&h->ctx, sizeof(sum), sum);
	str_hex(sum, sizeof(sum), hex);
	digest_from_hex(out, hex);
}

void
hash_bytes(const void *p, size_t n, struct digest *out)
{
	struct hash h;

	hash_init(&h);
	hash_update(&h, p, n);
	hash_final(&h, out);
}
