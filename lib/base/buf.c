/* SPDX-License-Identifier: ISC */
/* buf: bytes that grow; doubled in size when full, so adding is linear. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>

#include "buf.h"
#include "err.h"
#include "fd.h"
#include "mem.h"

void
buf_free(struct buf *b)
{
	free(b->data);
	*b = (struct buf)BUF_INIT;
}

void
buf_clear(struct buf *b)
{
	b->len = 0;
	if (b->data != NULL)
		b->data[0] = '\0';
}

void
buf_reserve(struct buf *b, size_t more)
{
	size_t need, cap;

	if (more > SIZE_MAX / 2 - b->len - 1)
		more = SIZE_MAX / 2; /* xrealloc says out of memory */
	need = b->len + more + 1;
	if (need <= b->cap)
		return;
	for (cap = b->cap != 0 ? b->cap : 64; cap < need; cap *= 2)
		;
	b->data = xrealloc(b->data, cap, 1);
	b->cap = cap;
	b->data[b->len] = '\0';
}

void
buf_add(struct buf *b, const void *p, size_t n)
{
	buf_reserve(b, n);
	if (n != 0)
		memcpy(b->data + b->len, p, n);
	b->len += n;
	b->data[b->len] = '\0';
}

void
buf_adds(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void
buf_addc(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void
buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = xvasprintf(fmt, ap);
	va_end(ap);
	buf_adds(b, s);
	free(s);
}

void
buf_drop(struct buf *b, size_t n)
{
	if (n > b->len)
		n = b->len;
	if (n == 0)
		return;
	b->len -= n;
	memmove(b->data, b->data + n, b->len + 1);
}

const char *
buf_str(const struct buf *b)
{
	return b->data != NULL ? b->data : "";
}

char *
buf_steal(struct buf *b)
{
	char *s;

	buf_reserve(b, 0);
	s = b->data;
	*b = (struct buf)BUF_INIT;
	return s;
}

int
buf_read_fd(struct buf *b, int fd, size_t max, struct err *e)
{
	/* most files are small: memory of the allocator's own, not of a mmap */
	size_t got = 0, want, room, block = 4000;
	ssize_t n;

	for (;;) {
		/* what is left of the last block does for the end of the file */
		room = b->cap > b->len ? b->cap - b->len - 1 : 0;
		if (room < 256) {
			room = block;
			block = 65536;
		}
		want = max - got < room ? max - got + 1 : room;
		buf_reserve(b, want);
		n = fd_read(fd, b->data + b->len, want);
		if (n < 0)
			return err_set(e, errno, "read");
		if (n == 0)
			return 0;
		got += (size_t)n;
		b->len += (size_t)n;
		b->data[b->len] = '\0';
		if (got > max)
			return err_setx(e, EFBIG, "larger than %zu bytes", max);
	}
}
