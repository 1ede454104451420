/* SPDX-License-Identifier: ISC */
/*
 * x509.c: a walker over DER (X.690): definite lengths only, every length checked against what
 * encloses it. It never decides about trust: signatures, constraints and key usage are the TLS
 * library's part.
 */
#include <sys/socket.h>

#include <arpa/inet.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/mem.h"
#include "x509.h"

enum {
	DER_BOOLEAN = 0x01,
	DER_INTEGER = 0x02,
	DER_OCTETS = 0x04,
	DER_OID = 0x06,
	DER_UTCTIME = 0x17,
	DER_GENTIME = 0x18,
	DER_SEQUENCE = 0x30,
	DER_SET = 0x31,
	DER_VERSION = 0xa0,
	DER_EXTENSIONS = 0xa3,
	NAME_DNS = 0x82, /* GeneralName, context tags 2 and 7 */
	NAME_IP = 0x87,
	EXT_NAMES = 17, /* last number of 2.5.29.N */
	EXT_CONSTRAINTS = 19,
	EXT_PURPOSES = 37
};

/* Takes the next element off in: its content, and (whole may be NULL) all of it. The tag, or -1. */
static int
next(struct der *in, struct der *content, struct der *whole)
{
	const unsigned char *p = in->p;
	size_t left = in->n, n, k;
	int tag;

	if (left < 2 || (p[0] & 0x1f) == 0x1f)
		return -1;
	tag = p[0];
	n = p[1];
	p += 2;
	left -= 2;
	if (n >= 0x80) {
		k = n & 0x7f;
		if (k == 0 || k > 4 || k > left)
			return -1;
		for (n = 0; k > 0; k--, left--)
			n = n << 8 | *p++;
	}
	if (n > left)
		return -1;
	content->p = p;
	content->n = n;
	if (whole != NULL) {
		whole->p = in->p;
		whole->n = (size_t)(p - in->p) + n;
	}
	in->n = left - n;
	in->p = p + n;
	return tag;
}

/* The next element, which must have this tag. 0/-1. */
static int
want(struct der *in, int tag, struct der *content, struct der *whole)
{
	struct der c;

	return next(in, content != NULL ? content : &c, whole) == tag ? 0 : -1;
}

static bool
is_bytes(const struct der *d, const unsigned char *p, size_t n)
{
	return d->n == n && memcmp(d->p, p, n) == 0;
}

/* UTCTime YYMMDDHHMMSSZ, GeneralizedTime YYYYMMDDHHMMSSZ (RFC 5280, 4.1.2.5). 0/-1. */
static int
get_time(struct der *in, int64_t *out)
{
	struct tm tm = { 0 };
	int v[7] = { 0 }, tag, i, year;
	struct der c;
	size_t k, ndigits;

	tag = next(in, &c, NULL);
	if (tag != DER_UTCTIME && tag != DER_GENTIME)
		return -1;
	ndigits = tag == DER_UTCTIME ? 12 : 14;
	if (c.n != ndigits + 1 || c.p[ndigits] != 'Z')
		return -1;
	for (k = 0; k < ndigits; k++) {
		if (c.p[k] < '0' || c.p[k] > '9')
			return -1;
		i = (int)(k + 14 - ndigits) / 2; /* v[0] stays empty in UTCTime */
		v[i] = v[i] * 10 + (c.p[k] - '0');
	}
	year = tag == DER_UTCTIME ? v[1] + (v[1] < 50 ? 2000 : 1900) : v[0] * 100 + v[1];
	tm.tm_year = year - 1900;
	tm.tm_mon = v[2] - 1;
	tm.tm_mday = v[3];
	tm.tm_hour = v[4];
	tm.tm_min = v[5];
	tm.tm_sec = v[6];
	if (v[2] < 1 || v[2] > 12 || v[3] < 1 || v[3] > 31 || v[4] > 23 || v[5] > 59 || v[6] > 60)
		return -1;
	*out = timegm(&tm);
	return 0;
}

/* BasicConstraints: SEQUENCE { cA BOOLEAN OPTIONAL, pathLenConstraint INTEGER OPTIONAL }. 0/-1. */
static int
get_pathlen(struct x509 *x, struct der in)
{
	struct der seq, c;
	int tag;

	if (want(&in, DER_SEQUENCE, &seq, NULL) < 0)
		return -1;
	while (seq.n > 0) {
		tag = next(&seq, &c, NULL);
		if (tag < 0)
			return -1;
		if (tag == DER_INTEGER && c.n > 0) /* no chain here has 127 certificates */
			x->pathlen = c.n == 1 && c.p[0] < 0x80 ? c.p[0] : 127;
	}
	return 0;
}

/* ExtKeyUsage: SEQUENCE OF OID. 0/-1. */
static int
get_purposes(struct x509 *x, struct der in)
{
	static const unsigned char server[] = { 0x2b, 6, 1, 5, 5, 7, 3, 1 };
	static const unsigned char any[] = { 0x55, 0x1d, 0x25, 0 };
	struct der seq, oid;

	if (want(&in, DER_SEQUENCE, &seq, NULL) < 0)
		return -1;
	x->no_server = true;
	while (seq.n > 0) {
		if (want(&seq, DER_OID, &oid, NULL) < 0)
			return -1;
		if (is_bytes(&oid, server, sizeof(server)) || is_bytes(&oid, any, sizeof(any)))
			x->no_server = false;
	}
	return 0;
}

/* The extensions that matter here: SubjectAltName, BasicConstraints, ExtKeyUsage. 0/-1. */
static int
get_extensions(struct x509 *x, struct der in)
{
	struct der list, ext, oid, value, names;

	if (want(&in, DER_SEQUENCE, &list, NULL) < 0)
		return -1;
	while (list.n > 0) {
		if (want(&list, DER_SEQUENCE, &ext, NULL) < 0 ||
			want(&ext, DER_OID, &oid, NULL) < 0)
			return -1;
		if (ext.n > 0 && ext.p[0] == DER_BOOLEAN && next(&ext, &value, NULL) < 0)
			return -1;
		if (want(&ext, DER_OCTETS, &value, NULL) < 0)
			return -1;
		if (oid.n != 3 || oid.p[0] != 0x55 || oid.p[1] != 0x1d) /* 2.5.29 */
			continue;
		switch (oid.p[2]) {
		case EXT_NAMES:
			if (x->names.p != NULL || want(&value, DER_SEQUENCE, &names, NULL) < 0)
				return -1;
			x->names = names;
			break;
		case EXT_CONSTRAINTS:
			if (get_pathlen(x, value) < 0)
				return -1;
			break;
		case EXT_PURPOSES:
			if (get_purposes(x, value) < 0)
				return -1;
			break;
		}
	}
	return 0;
}

int
x509_parse(struct x509 *x, const void *p, size_t n)
{
	struct der in = { p, n }, cert, tbs, validity, content;
	int tag;

	memset(x, 0, sizeof(*x));
	x->pathlen = -1;
	if (want(&in, DER_SEQUENCE, &cert, &x->whole) < 0 ||
		want(&cert, DER_SEQUENCE, &tbs, NULL) < 0)
		return -1;
	tag = next(&tbs, &content, NULL);
	if (tag == DER_VERSION)
		tag = next(&tbs, &content, NULL);
	if (tag != DER_INTEGER || /* serial number */
		want(&tbs, DER_SEQUENCE, NULL, NULL) < 0 || /* signature algorithm */
		want(&tbs, DER_SEQUENCE, NULL, &x->issuer) < 0 ||
		want(&tbs, DER_SEQUENCE, &validity, NULL) < 0 ||
		get_time(&validity, &x->not_before) < 0 || get_time(&validity, &x->not_after) < 0 ||
		want(&tbs, DER_SEQUENCE, NULL, &x->subject) < 0 ||
		want(&tbs, DER_SEQUENCE, NULL, NULL) < 0) /* public key */
		return -1;
	while (tbs.n > 0) {
		tag = next(&tbs, &content, NULL);
		if (tag < 0 || (tag == DER_EXTENSIONS && get_extensions(x, content) < 0))
			return -1;
	}
	return 0;
}

bool
der_eq(const struct der *a, const struct der *b)
{
	return a->n == b->n && (a->n == 0 || memcmp(a->p, b->p, a->n) == 0);
}

bool
x509_has_ip(const struct x509 *x, const unsigned char *ip, size_t n)
{
	struct der in = x->names, name;
	int tag;

	while (in.n > 0) {
		tag = next(&in, &name, NULL);
		if (tag < 0)
			return false;
		if (tag == NAME_IP && name.n == n && memcmp(name.p, ip, n) == 0)
			return true;
	}
	return false;
}

void
x509_name(const struct der *name, struct buf *out)
{
	static const unsigned char cn[] = { 0x55, 0x04, 0x03 }, org[] = { 0x55, 0x04, 0x0a };
	struct der in = *name, rdns, set, pair, oid, value, best = { NULL, 0 };

	if (want(&in, DER_SEQUENCE, &rdns, NULL) < 0)
		rdns.n = 0;
	while (rdns.n > 0) {
		if (want(&rdns, DER_SET, &set, NULL) < 0 ||
			want(&set, DER_SEQUENCE, &pair, NULL) < 0 ||
			want(&pair, DER_OID, &oid, NULL) < 0 || next(&pair, &value, NULL) < 0)
			break;
		if (oid.n == sizeof(cn) && memcmp(oid.p, cn, sizeof(cn)) == 0) {
			best = value;
			break;
		}
		if (oid.n == sizeof(org) && memcmp(oid.p, org, sizeof(org)) == 0)
			best = value;
	}
	if (best.n == 0)
		buf_adds(out, "unnamed");
	else
		buf_addf(out, "%.*s", best.n > 100 ? 100 : (int)best.n, (const char *)best.p);
}

void
x509_describe(const struct x509 *x, struct buf *out)
{
	struct der in = x->names, name;
	size_t start = out->len;
	char text[INET6_ADDRSTRLEN];
	int tag;

	while (in.n > 0 && (tag = next(&in, &name, NULL)) >= 0) {
		if (tag != NAME_DNS && tag != NAME_IP)
			continue;
		if (out->len - start > 200) {
			buf_adds(out, ", ...");
			break;
		}
		if (out->len > start)
			buf_adds(out, ", ");
		if (tag == NAME_DNS)
			buf_addf(out, "%.*s", name.n > 100 ? 100 : (int)name.n,
				(const char *)name.p);
		else if ((name.n == 4 || name.n == 16) &&
			inet_ntop(name.n == 4 ? AF_INET : AF_INET6, name.p, text, sizeof(text)) !=
				NULL)
			buf_adds(out, text);
	}
	if (out->len == start)
		x509_name(&x->subject, out);
}
