/* SPDX-License-Identifier: ISC */
/* url.h: http and https URLs (RFC 3986), strictly: no user names, no fragments, nothing that a
 * request line cannot carry */
#ifndef REMOTE_URL_H
#define REMOTE_URL_H

#include <stdbool.h>

struct err;

#define URL_MAX 8192

struct url {
	bool tls;
	char host[256]; /* lower case; an IPv6 address without its brackets */
	char port[6];
	char *target; /* path and query, begins with a slash; owned */
};

#define CLEAN_URL __attribute__((cleanup(url_free)))

void url_free(struct url *u); /* leaves it empty; {0} is empty */
/* 0/-1; the message does not repeat the query, which may hold a signature. */
int url_parse(struct url *u, const char *s, struct err *e);
/* A Location as seen from base: absolute, //host/path, /path, or ?query. A path that does not begin
 * with a slash is taken below base's directory. */
int url_resolve(struct url *u, const struct url *base, const char *location, struct err *e);
bool url_same_origin(const struct url *a, const struct url *b);
/* "https://host[:port]" without a default port; caller frees. */
char *url_origin(const struct url *u);
/* host[:port] for a Host header; caller frees. */
char *url_authority(const struct url *u);

/*
 * HOST[:PORT] as references have it ("registry.example:5000", "[::1]:5000"), split; *port is ""
 * where there is none. 0/-1.
 */
int url_split_host(const char *s, char host[256], char port[6]);

#endif
