/* SPDX-License-Identifier: ISC */
/* zstdenc.h: the zstd side of the encoder, which most programs don't link: it is larger than all
 * else of them */
#ifndef LAYER_ZSTDENC_H
#define LAYER_ZSTDENC_H

#include <stdbool.h>
#include <stddef.h>

#include "codec.h"

struct zstdenc {
	void *(*open)(int level, struct err *e); /* NULL on error */
	/* Compresses n bytes to the end; room is for pieces on their way to fn. 0/-1. */
	int (*block)(void *z, const void *p, size_t n, bool last, void *room, size_t size,
		codec_write_fn *fn, void *arg, struct err *e);
	void (*free)(void *z);
};

/* In a program linked with -u,zstdenc (ZSTD_WRITE in the Makefile), else its address is NULL. */
extern const struct zstdenc zstdenc __attribute__((weak));

#endif
