/* SPDX-License-Identifier: ISC */
/*
 * Digests as text. A struct digest is either all zero or exactly "sha256:" and 64 lower-case hex
 * digits.
 */
#include "digest.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"

#define PREFIX "sha256:"
#define PREFIX_LEN (sizeof(PREFIX) - 1)

int
digest_parse(struct digest *d, const char *s, struct err *e)
{
	const char *colon = strchr(s, ':');

	memset(d, 0, sizeof(*d));
	if (colon == NULL || colon == s)
		return err_setx(e, 0, "'%.80s' is no digest (sha256: and 64 hex digits)", s);
	if (!str_starts(s, PREFIX))
		return err_setx(e, 0, "digest algorithm '%.*s' is not supported, only sha256",
			colon - s > 32 ? 32 : (int)(colon - s), s);
	if (!str_is_hex(s + PREFIX_LEN, DIGEST_HEX))
		return err_setx(e, 0, "'%.80s': a sha256 digest has 64 lower-case hex digits", s);
	memcpy(d->str, s, DIGEST_STR + 1);
	return 0;
}

void
digest_from_hex(struct digest *d, const char *hex64)
{
	if (!str_is_hex(hex64, DIGEST_HEX))
		abort();
	memcpy(d->str, PREFIX, PREFIX_LEN);
	memcpy(d->str + PREFIX_LEN, hex64, DIGEST_HEX + 1);
}

const char *
digest_hex(const struct digest *d)
{
	return digest_is_set(d) ? d->str + PREFIX_LEN : "";
}

bool
digest_eq(const struct digest *a, const struct digest *b)
{
	return memcmp(a->str, b->str, sizeof(a->str)) == 0;
}

bool
digest_is_set(const struct digest *d)
{
	return d->str[0] != '\0';
}

int
digest_cmp(const void *a, const void *b)
{
	const struct digest *x = a, *y = b;

	return memcmp(x->str, y->str, sizeof(x->str));
}
