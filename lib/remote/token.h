/* SPDX-License-Identifier: ISC */
/* token.h: bearer tokens from a registry's authorization service (distribution/spec/auth/token.md)
 */
#ifndef REMOTE_TOKEN_H
#define REMOTE_TOKEN_H

#include <stddef.h>

#include "auth.h"

struct err;
struct http;

/* Fetches a token for a Bearer challenge, anonymously where creds is NULL: "Bearer ..." as the
 * value of Authorization. Caller frees; NULL on error. tls: the registry is spoken to over TLS, and
 * then so must the service. */
char *token_fetch(struct http *h, const struct challenge *ch, const struct creds *creds, bool tls,
	struct err *e);
/* The token in an answer of such a service: the same value. */
char *token_parse(const void *p, size_t n, struct err *e);
/* Whether a string can be the value of a header: visible ASCII only. */
bool token_is_clean(const char *s);

#endif
