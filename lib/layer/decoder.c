/* SPDX-License-Identifier: ISC */
/* decoder: gzip (RFC 1952, through ISA-L or zlib) and zstd (RFC 8878) streams to plain bytes. */
#include <errno.h>
#include <stdbool.h>
#if DK_ISAL
#include <isa-l/igzip_lib.h>
#else
#include <zlib.h>
#endif
#if DK_ZSTD
#include <zstd.h>
#include <zstd_errors.h>
#endif

#include "base/err.h"
#include "base/mem.h"

#include "codec.h"

enum {
	IN_SIZE = 128 << 10, /* compressed bytes read at a time */
	MAGIC = 6, /* bytes codec_sniff looks at */
	WINDOW_LOG = 23, /* zstd: memory that a layer can ask for */
};

struct decoder {
	enum compression kind;
	codec_read_fn *fn;
	void *arg;
	unsigned char *in;
	size_t pos, len; /* in[pos..len) is not used yet */
	bool eof; /* fn has said so */
	bool between; /* at the start or between two members or frames */
	bool any; /* a member has been read */
#if DK_ISAL
	struct inflate_state *gz;
#else
	z_stream gz;
	bool gz_open;
#endif
#if DK_ZSTD
	ZSTD_DStream *zstd;
#endif
};

static const struct {
	const char *program; /* NULL: decoded here */
	const char *magic;
	size_t n;
	enum compression kind;
} magics[] = {
	{ NULL, "\x1f\x8b", 2, COMP_GZIP },
	{ NULL, "\x28\xb5\x2f\xfd", 4, COMP_ZSTD },
	{ "bzip2", "BZh", 3, COMP_UNKNOWN },
	{ "xz",
		"\xfd"
		"7zXZ",
		6, COMP_UNKNOWN },
	{ "xz", "\x5d\0\0", 3, COMP_UNKNOWN }, /* .lzma */
	{ "lzip", "LZIP", 4, COMP_UNKNOWN },
	{ "gzip", "\x1f\x9d", 2, COMP_UNKNOWN }, /* compress */
	{ "lz4", "\x04\x22\x4d\x18", 4, COMP_UNKNOWN },
};

enum compression
codec_sniff(const void *p, size_t n, const char **program)
{
	const unsigned char *b = p;
	size_t i;

	if (program != NULL)
		*program = NULL;
	for (i = 0; i < LEN(magics); i++) {
		if (n < magics[i].n || memcmp(b, magics[i].magic, magics[i].n) != 0)
			continue;
		if (program != NULL)
			*program = magics[i].program;
		return magics[i].kind;
	}
	/* a zstd stream may begin with a skippable frame (RFC 8878, 3.1.2) */
	if (n >= 4 && (b[0] & 0xf0) == 0x50 && memcmp(b + 1, "\x2a\x4d\x18", 3) == 0)
		return COMP_ZSTD;
	return COMP_NONE;
}

/* Reads more; what is left unused moves to the front. 0 also at the end. */
static int
fill(struct decoder *d, struct err *e)
{
	ssize_t n;

	if (d->eof)
		return 0;
	if (d->pos > 0) {
		memmove(d->in, d->in + d->pos, d->len - d->pos);
		d->len -= d->pos;
		d->pos = 0;
	}
	n = d->fn(d->arg, d->in + d->len, IN_SIZE - d->len, e);
	if (n < 0)
		return -1;
	if (n == 0)
		d->eof = true;
	d->len += (size_t)n;
	return 0;
}

static int
open_kind(struct decoder *d, struct err *e)
{
	switch (d->kind) {
	case COMP_NONE:
		return 0;
	case COMP_GZIP:
#if DK_ISAL
		d->gz = xcalloc(1, sizeof(*d->gz));
		isal_inflate_init(d->gz);
		d->gz->crc_flag = ISAL_GZIP;
#else
		if (inflateInit2(&d->gz, 15 + 16) != Z_OK)
			return err_setx(e, ENOMEM, "zlib: out of memory");
		d->gz_open = true;
#endif
		return 0;
	case COMP_ZSTD:
#if DK_ZSTD
		d->zstd = ZSTD_createDStream();
		if (d->zstd == NULL)
			return err_setx(e, ENOMEM, "zstd: out of memory");
		ZSTD_DCtx_setParameter(d->zstd, ZSTD_d_windowLogMax, WINDOW_LOG);
		return 0;
#else
		return err_setx(e, ENOTSUP, "zstd compression is not built in");
#endif
	case COMP_UNKNOWN:
		break;
	}
	return err_setx(e, EINVAL, "unknown compression");
}

struct decoder *
decoder_new(enum compression c, codec_read_fn *fn, void *arg, struct err *e)
{
	struct decoder *d = xcalloc(1, sizeof(*d));
	const char *program;

	d->kind = c;
	d->fn = fn;
	d->arg = arg;
	d->between = true;
	d->in = xmalloc(IN_SIZE);
	if (c == COMP_UNKNOWN) {
		while (d->len < MAGIC && !d->eof)
			if (fill(d, e) < 0)
				goto fail;
		d->kind = codec_sniff(d->in, d->len, &program);
		if (d->kind == COMP_UNKNOWN) {
			err_setx(e, ENOTSUP, "compressed for %s, which is not built in", program);
			goto fail;
		}
	}
	if (open_kind(d, e) < 0)
		goto fail;
	return d;
fail:
	decoder_free(d);
	return NULL;
}

void
decoder_free(struct decoder *d)
{
	if (d == NULL)
		return;
#if DK_ISAL
	free(d->gz);
#else
	if (d->gz_open)
		inflateEnd(&d->gz);
#endif
#if DK_ZSTD
	ZSTD_freeDStream(d->zstd);
#endif
	free(d->in);
	free(d);
}

static ssize_t
read_none(struct decoder *d, void *p, size_t n, struct err *e)
{
	if (d->pos == d->len)
		return d->eof ? 0 : d->fn(d->arg, p, n, e);
	if (n > d->len - d->pos)
		n = d->len - d->pos;
	memcpy(p, d->in + d->pos, n);
	d->pos += n;
	return (ssize_t)n;
}

#if DK_ISAL
/* One step: bytes produced, 0 with *done at the end of a member, -1. */
static ssize_t
step_gzip(struct decoder *d, void *p, size_t n, bool *done, struct err *e)
{
	int r;

	d->gz->next_in = d->in + d->pos;
	d->gz->avail_in = (uint32_t)(d->len - d->pos);
	d->gz->next_out = p;
	d->gz->avail_out = (uint32_t)n;
	r = isal_inflate(d->gz);
	d->pos = d->len - d->gz->avail_in;
	if (r == ISAL_INCORRECT_CHECKSUM)
		return err_setx(e, EBADMSG, "gzip: checksum mismatch");
	if (r != ISAL_DECOMP_OK)
		return err_setx(e, EBADMSG, "gzip: damaged data");
	*done = d->gz->block_state == ISAL_BLOCK_FINISH;
	if (*done)
		isal_inflate_reset(d->gz);
	return (ssize_t)(n - d->gz->avail_out);
}
#else
static ssize_t
step_gzip(struct decoder *d, void *p, size_t n, bool *done, struct err *e)
{
	int r;

	d->gz.next_in = d->in + d->pos;
	d->gz.avail_in = (uInt)(d->len - d->pos);
	d->gz.next_out = p;
	d->gz.avail_out = (uInt)n;
	r = inflate(&d->gz, Z_NO_FLUSH);
	d->pos = d->len - d->gz.avail_in;
	if (r != Z_OK && r != Z_STREAM_END && r != Z_BUF_ERROR)
		return err_setx(
			e, EBADMSG, "gzip: %s", d->gz.msg != NULL ? d->gz.msg : "damaged data");
	*done = r == Z_STREAM_END;
	if (*done)
		inflateReset(&d->gz);
	return (ssize_t)(n - d->gz.avail_out);
}
#endif

/*
 * Before a gzip member: 1 one begins, 0 the end, -1. As gzip(1) does it, zero
 * bytes up to the end are padding; anything else is refused (gzip warns).
 */
static int
next_member(struct decoder *d, struct err *e)
{
	bool zeros = false;

	for (;;) {
		while (d->len - d->pos < 2 && !d->eof)
			if (fill(d, e) < 0)
				return -1;
		if (d->pos == d->len) {
			if (!d->any)
				return err_setx(e, EBADMSG, "gzip: no data");
			return 0;
		}
		if (!zeros && d->len - d->pos >= 2 && d->in[d->pos] == 0x1f &&
			d->in[d->pos + 1] == 0x8b)
			return 1;
		if (!d->any)
			return err_setx(e, EBADMSG, "gzip: not gzip data");
		for (; d->pos < d->len; d->pos++)
			if (d->in[d->pos] != 0)
				return err_setx(e, EBADMSG, "gzip: garbage behind the end");
		zeros = true;
	}
}

static ssize_t
read_gzip(struct decoder *d, void *p, size_t n, struct err *e)
{
	size_t before;
	bool done;
	ssize_t got;
	int r;

	if (n > 1 << 30)
		n = 1 << 30;
	for (;;) {
		if (d->between) {
			r = next_member(d, e);
			if (r <= 0)
				return r;
			d->between = false;
			d->any = true;
		}
		done = false;
		before = d->pos;
		got = step_gzip(d, p, n, &done, e);
		if (got < 0)
			return -1;
		d->between = done;
		if (got > 0)
			return got;
		if (done)
			continue;
		if (d->pos == d->len || d->pos == before) {
			if (d->eof)
				return err_setx(e, EBADMSG, "gzip: truncated");
			if (fill(d, e) < 0)
				return -1;
		}
	}
}

#if DK_ZSTD
static ssize_t
read_zstd(struct decoder *d, void *p, size_t n, struct err *e)
{
	ZSTD_outBuffer out = { p, n, 0 };
	ZSTD_inBuffer in;
	size_t r;

	for (;;) {
		if (d->pos == d->len && d->between) {
			if (fill(d, e) < 0)
				return -1;
			if (d->pos == d->len) {
				if (!d->any)
					return err_setx(e, EBADMSG, "zstd: no data");
				return 0;
			}
		}
		in = (ZSTD_inBuffer){ d->in, d->len, d->pos };
		r = ZSTD_decompressStream(d->zstd, &out, &in);
		d->pos = in.pos;
		if (ZSTD_isError(r)) {
			if (ZSTD_getErrorCode(r) == ZSTD_error_frameParameter_windowTooLarge)
				return err_setx(e, EBADMSG,
					"zstd: wants a window of more than %d MiB",
					1 << (WINDOW_LOG - 20));
			return err_setx(e, EBADMSG, "zstd: %s", ZSTD_getErrorName(r));
		}
		d->between = r == 0;
		d->any = true;
		if (out.pos > 0)
			return (ssize_t)out.pos;
		if (d->pos == d->len && !d->between) {
			if (d->eof)
				return err_setx(e, EBADMSG, "zstd: truncated");
			if (fill(d, e) < 0)
				return -1;
		}
	}
}
#endif

ssize_t
decoder_read(struct decoder *d, void *p, size_t n, struct err *e)
{
	if (n == 0)
		return 0;
	switch (d->kind) {
	case COMP_GZIP:
		return read_gzip(d, p, n, e);
#if DK_ZSTD
	case COMP_ZSTD:
		return read_zstd(d, p, n, e);
#endif
	default:
		return read_none(d, p, n, e);
	}
}
