/* SPDX-License-Identifier: ISC */
/* zstdenc: libzstd's compressor */
#include <errno.h>
#include <zstd.h>

#include "base/err.h"

#include "zstdenc.h"

enum {
	WINDOW_LOG = 23, /* as decoders here take it */
	ZSTD_LEVEL = 3,
};

static void *
zstd_open(int level, struct err *e)
{
	ZSTD_CStream *z = ZSTD_createCStream();

	if (z == NULL) {
		err_setx(e, ENOMEM, "zstd: out of memory");
		return NULL;
	}
	ZSTD_CCtx_setParameter(z, ZSTD_c_compressionLevel, level <= 0 ? ZSTD_LEVEL : level);
	ZSTD_CCtx_setParameter(z, ZSTD_c_checksumFlag, 1);
	if (level > 16) /* their windows grow beyond what a decoder here takes */
		ZSTD_CCtx_setParameter(z, ZSTD_c_windowLog, WINDOW_LOG);
	return z;
}

static int
zstd_block(void *z, const void *p, size_t n, bool last, void *room, size_t size, codec_write_fn *fn,
	void *arg, struct err *e)
{
	ZSTD_inBuffer in = { p, n, 0 };
	ZSTD_outBuffer out;
	size_t r;

	do {
		out = (ZSTD_outBuffer){ room, size, 0 };
		r = ZSTD_compressStream2(z, &out, &in, last ? ZSTD_e_end : ZSTD_e_continue);
		if (ZSTD_isError(r))
			return err_setx(e, EIO, "zstd: %s", ZSTD_getErrorName(r));
		if (out.pos > 0 && fn(arg, room, out.pos, e) < 0)
			return -1;
	} while (last ? r > 0 : in.pos < in.size);
	return 0;
}

static void
zstd_free(void *z)
{
	ZSTD_freeCStream(z);
}

const struct zstdenc zstdenc = { zstd_open, zstd_block, zstd_free };
