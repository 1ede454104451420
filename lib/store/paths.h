/* SPDX-License-Identifier: ISC */
/* paths.h: names inside the store that several of its files build, and moving finished things to
 * them */
#ifndef STORE_PATHS_H
#define STORE_PATHS_H

#include "oci/digest.h"

struct err;
struct writer;

#define PATH_TMP 40
#define PATH_BLOB 96
#define PATH_LAYER 96

/* Each returns out. */
char *path_blob(const struct digest *d, char out[PATH_BLOB]); /* blobs/sha256/HEX */
char *path_layer(const struct digest *diff_id, char out[PATH_LAYER]); /* layers/sha256/HEX */
char *path_fix(const struct digest *chain, char out[PATH_LAYER]); /* layers/fix-HEX */

/*
 * rename(2) of name in the writer's directory to path of the store, never over something. 1 moved,
 * 0 path exists, -1. Where the file system cannot rename without replacing, a file replaces (it has
 * the same bytes), a directory fails on one that is not empty.
 */
int path_place(struct writer *w, const char *name, const char *path, struct err *e);

#endif
