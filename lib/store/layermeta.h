/* SPDX-License-Identifier: ISC */
/* layermeta.h: the file meta of a layer's or fix directory, and putting such a directory in its
 * place */
#ifndef STORE_LAYERMETA_H
#define STORE_LAYERMETA_H

#include "layerdir.h"

/* Of the directory path of the store: 1 trusted, 2 there but neither synced nor of this boot, nor
 * readable, 0 absent, -1. m is filled as far as it can be. */
int layer_meta_read(struct store *s, const char *path, struct layer_meta *m, struct err *e);
/* The same of an open directory; never 0. */
int layer_meta_read_at(int dir, struct layer_meta *m, struct err *e);
int layer_meta_write(int tmp, int dir, const struct layer_meta *m, bool sync, struct err *e);
bool layer_meta_implies(const struct layer_meta *m, const char *path);

/* Moves name of the writer to path of the store; a trusted one there wins. 1 it is name that is
 * there now, 0 name is left for the caller to remove, -1. */
int layer_place(struct writer *w, const char *name, const char *path, struct err *e);

#endif
