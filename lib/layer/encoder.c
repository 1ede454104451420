/* SPDX-License-Identifier: ISC */
/*
 * encoder: plain bytes to gzip and zstd streams. What it writes depends on the
 * plain bytes only: they are gathered to blocks of BLOCK bytes before the library
 * sees them, because ISA-L's output depends on the pieces it is fed.
 */
#include <errno.h>
#include <stdbool.h>
#if DK_ISAL
#include <isa-l/igzip_lib.h>
#else
#include <zlib.h>
#endif

#include "base/err.h"
#include "base/mem.h"

#include "codec.h"
#include "zstdenc.h"

enum {
	OUT_SIZE = 128 << 10, /* compressed bytes written at a time */
	BLOCK = 1 << 20, /* plain bytes compressed at a time */
	ISAL_LEVEL = 1,
	ZLIB_LEVEL = 6,
};

struct encoder {
	enum compression kind;
	codec_write_fn *fn;
	void *arg;
	unsigned char *block; /* plain bytes */
	size_t len;
	unsigned char *out;
#if DK_ISAL
	struct isal_zstream *gz;
	unsigned char *level_buf;
#else
	z_stream gz;
	bool gz_open;
#endif
	void *zstd;
};

#if DK_ISAL
static int
open_gzip(struct encoder *c, int level, struct err *e)
{
	static const uint32_t size[] = {
		ISAL_DEF_LVL0_DEFAULT,
		ISAL_DEF_LVL1_DEFAULT,
		ISAL_DEF_LVL2_DEFAULT,
		ISAL_DEF_LVL3_DEFAULT,
	};

	(void)e;
	if (level <= 0)
		level = ISAL_LEVEL;
	if (level > ISAL_DEF_MAX_LEVEL)
		level = ISAL_DEF_MAX_LEVEL;
	c->gz = xcalloc(1, sizeof(*c->gz));
	c->level_buf = xmalloc(size[level]);
	isal_deflate_init(c->gz);
	c->gz->level = (uint32_t)level;
	c->gz->level_buf = c->level_buf;
	c->gz->level_buf_size = size[level];
	c->gz->gzip_flag = IGZIP_GZIP;
	return 0;
}

static int
deflate_block(struct encoder *c, bool last, struct err *e)
{
	c->gz->next_in = c->block;
	c->gz->avail_in = (uint32_t)c->len;
	c->gz->end_of_stream = last;
	c->gz->flush = NO_FLUSH;
	do {
		c->gz->next_out = c->out;
		c->gz->avail_out = OUT_SIZE;
		if (isal_deflate(c->gz) != COMP_OK)
			return err_setx(e, EIO, "gzip: compression failed");
		if (c->gz->avail_out < OUT_SIZE &&
			c->fn(c->arg, c->out, OUT_SIZE - c->gz->avail_out, e) < 0)
			return -1;
	} while (c->gz->avail_out == 0 || c->gz->avail_in > 0 ||
		(last && c->gz->internal_state.state != ZSTATE_END));
	return 0;
}
#else
static int
open_gzip(struct encoder *c, int level, struct err *e)
{
	if (level <= 0)
		level = ZLIB_LEVEL;
	if (level > 9)
		level = 9;
	if (deflateInit2(&c->gz, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return err_setx(e, ENOMEM, "zlib: out of memory");
	c->gz_open = true;
	return 0;
}

static int
deflate_block(struct encoder *c, bool last, struct err *e)
{
	int r;

	c->gz.next_in = c->block;
	c->gz.avail_in = (uInt)c->len;
	do {
		c->gz.next_out = c->out;
		c->gz.avail_out = OUT_SIZE;
		r = deflate(&c->gz, last ? Z_FINISH : Z_NO_FLUSH);
		if (r == Z_STREAM_ERROR)
			return err_setx(e, EIO, "gzip: compression failed");
		if (c->gz.avail_out < OUT_SIZE &&
			c->fn(c->arg, c->out, OUT_SIZE - c->gz.avail_out, e) < 0)
			return -1;
	} while (c->gz.avail_out == 0 || c->gz.avail_in > 0 || (last && r != Z_STREAM_END));
	return 0;
}
#endif

static int
open_zstd(struct encoder *c, int level, struct err *e)
{
	if (&zstdenc == NULL)
		return err_setx(e, ENOTSUP, "zstd compression is not built in");
	c->zstd = zstdenc.open(level, e);
	return c->zstd != NULL ? 0 : -1;
}

struct encoder *
encoder_new(enum compression k, int level, codec_write_fn *fn, void *arg, struct err *e)
{
	struct encoder *c = xcalloc(1, sizeof(*c));
	int r;

	c->kind = k;
	c->fn = fn;
	c->arg = arg;
	switch (k) {
	case COMP_NONE:
		return c;
	case COMP_GZIP:
		r = open_gzip(c, level, e);
		break;
	case COMP_ZSTD:
		r = open_zstd(c, level, e);
		break;
	default:
		r = err_setx(e, EINVAL, "unknown compression");
	}
	if (r < 0) {
		encoder_free(c);
		return NULL;
	}
	c->block = xmalloc(BLOCK);
	c->out = xmalloc(OUT_SIZE);
	return c;
}

static int
encode_block(struct encoder *c, bool last, struct err *e)
{
	int r;

	if (c->kind == COMP_ZSTD)
		r = zstdenc.block(
			c->zstd, c->block, c->len, last, c->out, OUT_SIZE, c->fn, c->arg, e);
	else
		r = deflate_block(c, last, e);
	c->len = 0;
	return r;
}

int
encoder_write(struct encoder *c, const void *p, size_t n, struct err *e)
{
	const unsigned char *s = p;
	size_t k;

	if (c->kind == COMP_NONE)
		return n > 0 ? c->fn(c->arg, p, n, e) : 0;
	while (n > 0) {
		k = BLOCK - c->len;
		if (k > n)
			k = n;
		memcpy(c->block + c->len, s, k);
		c->len += k;
		s += k;
		n -= k;
		if (c->len == BLOCK && encode_block(c, false, e) < 0)
			return -1;
	}
	return 0;
}

int
encoder_finish(struct encoder *c, struct err *e)
{
	return c->kind == COMP_NONE ? 0 : encode_block(c, true, e);
}

void
encoder_free(struct encoder *c)
{
	if (c == NULL)
		return;
#if DK_ISAL
	free(c->gz);
	free(c->level_buf);
#else
	if (c->gz_open)
		deflateEnd(&c->gz);
#endif
	if (c->zstd != NULL)
		zstdenc.free(c->zstd);
	free(c->block);
	free(c->out);
	free(c);
}

const char *
codec_name(enum compression c)
{
	switch (c) {
	case COMP_NONE:
		return "none";
	case COMP_GZIP:
		return DK_ISAL ? "gzip-isal-1" : "gzip-zlib-6";
	case COMP_ZSTD:
		return "zstd-3";
	case COMP_UNKNOWN:
		break;
	}
	return "unknown";
}
