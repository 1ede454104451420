/* SPDX-License-Identifier: ISC */
/* codec.h: gzip, zstd or nothing, as streams, both ways */
#ifndef LAYER_CODEC_H
#define LAYER_CODEC_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "oci/descriptor.h"

struct err;

/* Decoder: pulls compressed bytes from a callback, hands out plain ones. Concatenated gzip members
 * and zstd frames are read through; trailing garbage and truncation are errors. The zstd window is
 * capped at 8 MiB. */
typedef ssize_t codec_read_fn(void *arg, void *p, size_t n, struct err *e); /* bytes, 0 end, -1 */
struct decoder;
/* COMP_UNKNOWN: found from the first bytes; bzip2, xz, lzip and compress are refused by name (code
 * ENOTSUP). */
struct decoder *decoder_new(enum compression c, codec_read_fn *fn, void *arg, struct err *e);
ssize_t decoder_read(struct decoder *d, void *p, size_t n, struct err *e); /* bytes, 0 end, -1 */
void decoder_free(struct decoder *d);
/* What the first n (at least 6) bytes are; name (may be NULL) is set to a program that can
 * decompress it for refused ones. */
enum compression codec_sniff(const void *p, size_t n, const char **program);

/* Encoder: takes plain bytes in any chunks (they are gathered to fixed 1 MiB blocks, so the output
 * depends on the bytes only), hands compressed ones to a callback. */
typedef int codec_write_fn(void *arg, const void *p, size_t n, struct err *e); /* 0/-1 */
struct encoder;
struct encoder *encoder_new(enum compression c, int level /* 0: default */, codec_write_fn *fn,
	void *arg, struct err *e);
int encoder_write(struct encoder *c, const void *p, size_t n, struct err *e);
int encoder_finish(struct encoder *c, struct err *e);
void encoder_free(struct encoder *c);
const char *codec_name(enum compression c); /* "gzip-isal-1", ...: what the output depends on */

#endif
