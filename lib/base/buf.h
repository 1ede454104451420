/* SPDX-License-Identifier: ISC */
/* buf.h: a growable byte buffer that is always NUL-terminated behind its bytes */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stddef.h>

struct err;

struct buf {
	char *data; /* NULL while empty; else data[len] == '\0' */
	size_t len;
	size_t cap;
};

#define CLEAN_BUF __attribute__((cleanup(buf_free)))
#define BUF_INIT                                                                                   \
	{                                                                                          \
		NULL, 0, 0                                                                         \
	}

void buf_free(struct buf *b); /* leaves BUF_INIT */
void buf_clear(struct buf *b); /* len = 0, keeps the memory */
void buf_reserve(struct buf *b, size_t more);
void buf_add(struct buf *b, const void *p, size_t n);
void buf_adds(struct buf *b, const char *s);
void buf_addc(struct buf *b, char c);
void buf_addf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Drops the first n bytes. */
void buf_drop(struct buf *b, size_t n);
/* The string (never NULL); owned by the buffer. */
const char *buf_str(const struct buf *b);
/* Hands the string over to the caller, who frees it; leaves BUF_INIT. */
char *buf_steal(struct buf *b);
/* Reads fd to its end, at most max bytes: more is EFBIG. 0/-1. */
int buf_read_fd(struct buf *b, int fd, size_t max, struct err *e);

#endif
