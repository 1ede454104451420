/* SPDX-License-Identifier: ISC */
/* head.h: HTTP/1.1 response heads and chunked bodies (RFC 9112), as pure parsers: bytes in, structs
 * out */
#ifndef REMOTE_HEAD_H
#define REMOTE_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

#define HEAD_MAX 65536 /* bytes of a head */
#define HEAD_FIELDS 200

/* How the body ends. */
enum body {
	BODY_NONE,
	BODY_LENGTH, /* head.length bytes */
	BODY_CHUNKED,
	BODY_CLOSE, /* with the connection */
};

struct head {
	int status; /* 100 to 599 */
	bool keep_alive; /* the connection may be used again */
	enum body body;
	int64_t length;
	char *text; /* owned: the fields, "name\0value\0" each, names in lower case */
	size_t text_len;
};

#define CLEAN_HEAD __attribute__((cleanup(head_free)))

void head_free(struct head *h); /* leaves it empty; {0} is empty */
/* Is a whole head in the n bytes? Its length with the empty line, 0 not yet, -1 it never will (too
 * long). */
int64_t head_find(const char *p, size_t n, struct err *e);
/*
 * Parses exactly one head. for_head: it answers a HEAD request (no body whatever it says). Refused:
 * obs-fold, a bare CR or LF, NUL, blanks before the colon, two Content-Lengths or one beside
 * Transfer-Encoding, a coding other than chunked. 0/-1.
 */
int head_parse(struct head *h, const char *p, size_t n, bool for_head, struct err *e);
/* The value of a field, name in lower case; NULL where it is absent. nth: 0 the first of that name.
 */
const char *head_get(const struct head *h, const char *name, int nth);

/* A chunked body on its way. */
struct chunked {
	int state;
	uint64_t left; /* data bytes of this chunk still to come */
	size_t line; /* bytes of the line, or of the trailer, so far */
	int digits;
};

#define CHUNKED_INIT                                                                               \
	{                                                                                          \
		0, 0, 0, 0                                                                         \
	}

/*
 * Takes framing at p (*used bytes) up to data, of which *data bytes follow in p (left is already
 * less by them). Call again with what is behind; data that the caller read elsewhere is subtracted
 * from left. 1 more to come, 0 the body has ended, -1.
 */
int chunked_next(
	struct chunked *c, const char *p, size_t n, size_t *used, size_t *data, struct err *e);

#endif
