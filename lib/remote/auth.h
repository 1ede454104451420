/* SPDX-License-Identifier: ISC */
/* auth.h: what a registry asks for (RFC 9110, 11.6.1) and what the user has: Docker's config.json
 */
#ifndef REMOTE_AUTH_H
#define REMOTE_AUTH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct buf;
struct err;
struct head;

#define AUTH_CHALLENGES 16

struct challenge {
	char scheme[32]; /* lower case */
	struct strv params; /* "name=value", names in lower case, values unquoted */
};

struct challenges {
	struct challenge v[AUTH_CHALLENGES];
	size_t n;
};

#define CLEAN_CHALLENGES __attribute__((cleanup(challenges_free)))

void challenges_free(struct challenges *c); /* leaves it empty; {0} is empty */
/* Adds the challenges of one WWW-Authenticate value. 0/-1. */
int challenges_parse(struct challenges *c, const char *value, struct err *e);
/* Of all WWW-Authenticate fields of a head. 0/-1. */
int challenges_of(struct challenges *c, const struct head *h, struct err *e);
/* The challenge of a scheme (in lower case) or NULL. */
const struct challenge *challenges_find(const struct challenges *c, const char *scheme);

/* A user's credentials for one registry; members are NULL where there is none. */
struct creds {
	char *user;
	char *password;
	char *identity_token; /* a refresh token, in place of a password */
	char *registry_token; /* a ready bearer token */
	char *helper; /* not there, but docker-credential-HELPER would know */
};

#define CLEAN_CREDS __attribute__((cleanup(creds_free)))

void creds_free(struct creds *c); /* overwrites them first */
/*
 * Looks in $DOCKER_AUTH_CONFIG (the document itself), then in $DOCKER_CONFIG/config.json or
 * ~/.docker/config.json; host is HOST[:PORT] as in references, docker.io being
 * https://index.docker.io/v1/ there. 1 found, 0 none, -1 (a broken file).
 */
int creds_find(struct creds *c, const char *host, struct err *e);
/* From the document's text; the same returns. what names it in messages. */
int creds_parse(struct creds *c, const char *host, const void *p, size_t n, const char *what,
	struct err *e);
/* "Basic ..." as the value of Authorization; caller frees. */
char *creds_basic(const struct creds *c);

#endif
