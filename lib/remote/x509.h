/* SPDX-License-Identifier: ISC */
/* x509.h: what this library reads in a certificate itself (RFC 5280): names, validity, addresses,
 * constraints; no signatures */
#ifndef REMOTE_X509_H
#define REMOTE_X509_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

/* Bytes of a certificate; p is NULL where there are none. */
struct der {
	const unsigned char *p;
	size_t n;
};

struct x509 {
	struct der whole; /* without what stood behind the certificate */
	struct der issuer; /* tag and length included, as is subject */
	struct der subject;
	int64_t not_before; /* seconds since 1970 */
	int64_t not_after;
	struct der names; /* inside of SubjectAltName's sequence */
	int pathlen; /* intermediate CAs allowed below this one; -1: as many as there are */
	bool no_server; /* its extended key usage names other purposes only */
};

/* Parses DER; the spans point into p. 0/-1. */
int x509_parse(struct x509 *x, const void *p, size_t n);
bool der_eq(const struct der *a, const struct der *b);
/* Is there an iPAddress of exactly these 4 or 16 bytes in SubjectAltName? */
bool x509_has_ip(const struct x509 *x, const unsigned char *ip, size_t n);
/* Appends for people: the subject alternative names ("a.example, 10.0.0.1"), else the subject's
 * common name, else "nobody". */
void x509_describe(const struct x509 *x, struct buf *out);
/* Appends the common name (else the organisation) of an issuer or subject; "unnamed" where there is
 * neither. */
void x509_name(const struct der *name, struct buf *out);

#endif
