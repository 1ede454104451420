/* SPDX-License-Identifier: ISC */
/* untar.h: a tar stream of a layer into a directory, whiteouts in overlayfs form (image-spec
 * layer.md, Applying Changesets) */
#ifndef LAYER_UNTAR_H
#define LAYER_UNTAR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "codec.h"

struct untar_opts {
	bool whiteouts; /* .wh. names are whiteouts (a layer); false: plain tar (a build context):
			   such names are refused */
	bool userxattr; /* user.overlay.opaque in place of trusted.overlay.opaque */
	bool chown; /* false: files belong to the caller (not root) */
	bool defer_opaque; /* only list opaque directories: marking them needs CAP_SYS_ADMIN, which
			      a confined unpacker has not */
	int64_t max_bytes; /* of file content; 0: none */
	int64_t max_entries;
};

struct untar_result {
	int64_t bytes; /* of regular files' content */
	int64_t entries;
	struct strv implied; /* see layerdir.h */
	struct strv opaque; /* directories that hide what is below them; relative, sorted */
};

/*
 * Reads plain tar from fn and unpacks below fs. Hostile input: no name, link or order of entries
 * makes it touch anything outside fs (in-root opens, no following of links in the last component);
 * refuses char device 0:0, hard links to what is not in the layer, overlay xattrs are dropped.
 * "x/../y", absolute names are resolved lexically inside. 0/-1; what was unpacked stays for the
 * caller to remove.
 */
int untar(int fs, codec_read_fn *fn, void *arg, const struct untar_opts *o, struct untar_result *r,
	struct err *e);
/* Reads a tar through without making anything: 0 where it is whole, -1. */
int untar_check(codec_read_fn *fn, void *arg, struct err *e);
void untar_result_free(struct untar_result *r); /* the lists */
#define CLEAN_UNTAR_RESULT __attribute__((cleanup(untar_result_free)))
/* Marks directories below fs opaque, after defer_opaque. 0/-1. */
int untar_set_opaque(int fs, const struct strv *opaque, bool userxattr, struct err *e);

#endif
