/* SPDX-License-Identifier: ISC */
/* trust.h: the certificates of authorities that a user trusts, found by name; read once, on the
 * first TLS connection */
#ifndef REMOTE_TRUST_H
#define REMOTE_TRUST_H

#include <stddef.h>

#include "x509.h"

struct err;

struct trust {
	struct x509 *v; /* spans of the owned memory below */
	size_t n;
	void **mem;
	size_t nmem;
};

#define TRUST_INIT                                                                                 \
	{                                                                                          \
		NULL, 0, NULL, 0                                                                   \
	}

/* Adds the certificates of a PEM file (other PEM objects and broken certificates are passed over).
 * How many, -1. */
int trust_add_file(struct trust *t, const char *path, struct err *e);
/* The same from memory; how many. */
int trust_add_pem(struct trust *t, const char *p, size_t n);
/*
 * $SSL_CERT_FILE, else the first that exists of the places where systems keep their bundle. A
 * machine without a bundle trusts nobody: that is no error here. A file named by $SSL_CERT_FILE
 * that cannot be read is one. 0/-1.
 */
int trust_add_system(struct trust *t, struct err *e);
/* The *.crt files of /etc/docker/certs.d/NAME, NAME being HOST or HOST:PORT. 0/-1. */
int trust_add_host(struct trust *t, const char *name, struct err *e);
/* The next certificate whose subject this is; *i is 0 at first and kept by the caller. NULL at the
 * end. */
const struct x509 *trust_find(const struct trust *t, const struct der *subject, size_t *i);
void trust_free(struct trust *t);

#endif
