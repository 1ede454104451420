/* SPDX-License-Identifier: ISC */
/* tarbuf.h: tars by hand, good and hostile, for unit tests */
#ifndef TARBUF_H
#define TARBUF_H

#include <stdint.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"

/* What a header says; zero members are left at sensible values. */
struct tarhdr {
	const char *name;
	char type; /* 0: '0' */
	unsigned mode; /* 0: 0644, 0755 of directories */
	unsigned uid, gid;
	const char *link;
	const char *data; /* content, NUL-terminated */
	int64_t size; /* 0: strlen(data) */
	int64_t mtime;
	unsigned major, minor;
};

__attribute__((unused)) static void
tar_pad(struct buf *b, size_t n)
{
	while (n++ % 512 != 0)
		buf_addc(b, '\0');
}

__attribute__((unused)) static void
tar_raw(struct buf *b, const struct tarhdr *h, const void *data, size_t n)
{
	char block[512] = { 0 };
	unsigned sum = 0, mode = h->mode & 07777;
	size_t i, len = strlen(h->name);

	if (mode == 0)
		mode = h->type == '5' ? 0755 : 0644;
	memcpy(block, h->name, len < 100 ? len : 100);
	snprintf(block + 100, 8, "%07o", mode & 07777);
	snprintf(block + 108, 8, "%07o", h->uid & 07777777);
	snprintf(block + 116, 8, "%07o", h->gid & 07777777);
	snprintf(block + 124, 12, "%011llo",
		077777777777ull & (unsigned long long)(h->size != 0 ? h->size : (int64_t)n));
	snprintf(block + 136, 12, "%011llo", 077777777777ull & (unsigned long long)h->mtime);
	memset(block + 148, ' ', 8);
	block[156] = h->type != 0 ? h->type : '0';
	if (h->link != NULL)
		memcpy(block + 157, h->link, strlen(h->link) < 100 ? strlen(h->link) : 100);
	memcpy(block + 257, "ustar\00000", 8);
	snprintf(block + 329, 8, "%07o", h->major & 07777777);
	snprintf(block + 337, 8, "%07o", h->minor & 07777777);
	for (i = 0; i < sizeof(block); i++)
		sum += (unsigned char)block[i];
	snprintf(block + 148, 8, "%06o", sum & 0777777);
	buf_add(b, block, sizeof(block));
	buf_add(b, data, n);
	tar_pad(b, n);
}

__attribute__((unused)) static void
tar_add(struct buf *b, const struct tarhdr *h)
{
	tar_raw(b, h, h->data != NULL ? h->data : "", h->data != NULL ? strlen(h->data) : 0);
}

/* One record of a pax header, "LEN KEY=VALUE\n". */
__attribute__((unused)) static void
tar_pax_record(struct buf *b, const char *key, const void *value, size_t n)
{
	char digits[24];
	size_t rest = strlen(key) + n + 3, len = rest;

	while ((size_t)snprintf(digits, sizeof(digits), "%zu", len) + rest != len)
		len = rest + strlen(digits);
	buf_addf(b, "%zu %s=", len, key);
	buf_add(b, value, n);
	buf_addc(b, '\n');
}

/* A pax header with one record, for the entry that comes next. */
__attribute__((unused)) static void
tar_pax(struct buf *b, const char *key, const void *value, size_t n)
{
	CLEAN_BUF struct buf rec = BUF_INIT;

	tar_pax_record(&rec, key, value, n);
	tar_raw(b, &(struct tarhdr){ .name = "PaxHeader", .type = 'x' }, rec.data, rec.len);
}

/* GNU: type 'L' a long name, 'K' a long link target, for the entry that comes next. */
__attribute__((unused)) static void
tar_gnu_long(struct buf *b, char type, const char *s)
{
	tar_raw(b, &(struct tarhdr){ .name = "././@LongLink", .type = type }, s, strlen(s) + 1);
}

__attribute__((unused)) static void
tar_end(struct buf *b)
{
	char zero[1024] = { 0 };

	buf_add(b, zero, sizeof(zero));
}

struct tarsrc {
	const struct buf *b;
	size_t pos, chunk;
};

__attribute__((unused)) static ssize_t
tar_read(void *arg, void *p, size_t n, struct err *e)
{
	struct tarsrc *s = arg;

	(void)e;
	if (n > s->b->len - s->pos)
		n = s->b->len - s->pos;
	if (s->chunk > 0 && n > s->chunk)
		n = s->chunk;
	memcpy(p, buf_str(s->b) + s->pos, n);
	s->pos += n;
	return (ssize_t)n;
}

__attribute__((unused)) static int
tar_collect(void *arg, const void *p, size_t n, struct err *e)
{
	(void)e;
	buf_add(arg, p, n);
	return 0;
}

#endif
