/* SPDX-License-Identifier: ISC */
/* mktar.h: a directory into a deterministic tar: sorted, ustar with pax records where ustar cannot
 * say it */
#ifndef LAYER_MKTAR_H
#define LAYER_MKTAR_H

#include <stdbool.h>
#include <stdint.h>

#include "codec.h"

struct mktar_opts {
	bool whiteouts; /* overlayfs whiteouts and opaque directories become .wh. entries; a file
			   named .wh.* is an error */
	bool userxattr;
	bool root_entry; /* write an entry "./" for the root itself */
	int64_t clamp_mtime; /* seconds; times after it become it; -1: none (SOURCE_DATE_EPOCH) */
};

/* Sockets are left out, trusted.overlay.* and user.overlay.* never written; hard links within the
 * tree are kept. bytes (may be NULL): content of regular files. 0/-1. */
int mktar(int fs, const struct mktar_opts *o, codec_write_fn *fn, void *arg, int64_t *bytes,
	struct err *e);

#endif
