/* SPDX-License-Identifier: ISC */
/* layerdir.h: layers/sha256/HEX/{fs,meta}, unpacked layers by diff_id, and the fix directories over
 * implied ones */
#ifndef STORE_LAYERDIR_H
#define STORE_LAYERDIR_H

#include <stdint.h>

#include "base/str.h"
#include "store.h"

/* layers/.../meta, JSON; zeroed is empty */
struct layer_meta {
	int64_t size; /* bytes of file content, as du --apparent-size of regular files */
	struct strv
		implied; /* directories the tar only implied, relative, sorted; "." is the root */
	char boot_id[40];
	bool synced;
};

#define CLEAN_LAYER_META __attribute__((cleanup(layer_meta_free)))
void layer_meta_free(struct layer_meta *m);

/* 1 there and to be trusted (synced, or of this boot), 2 there but neither, 0 absent, -1. m may be
 * NULL. */
int layer_get(struct store *s, const struct digest *diff_id, struct layer_meta *m, struct err *e);

/* A new layer: tmp/ID/layer-N/fs, mode 0755, root-owned; fs is its fd. */
struct layer_new {
	struct writer *w;
	char name[40];
	int dir; /* tmp/ID/layer-N */
	int fs; /* tmp/ID/layer-N/fs */
};
#define LAYER_NEW_INIT                                                                             \
	{                                                                                          \
		NULL, "", -1, -1                                                                   \
	}
#define CLEAN_LAYER_NEW __attribute__((cleanup(layer_new_close)))
int layer_begin(struct layer_new *l, struct writer *w, struct err *e);
/* Adopts a directory of the writer's own (w->dir/name/fs exists). */
int layer_adopt(struct layer_new *l, struct writer *w, const char *name, struct err *e);
/* Writes meta (boot id of now, synced false) and renames to its place; one that is there and
 * trusted wins, one that is not is replaced. 0/-1. */
int layer_commit(
	struct layer_new *l, const struct digest *diff_id, struct layer_meta *m, struct err *e);
void layer_new_close(struct layer_new *l); /* removes what was not committed */

/* syncfs(2), then marks these layers synced; nothing where all are. Ones that are not there or not
 * to be trusted are passed over. 0/-1. */
int layer_sync(struct store *s, const struct digest *diff_ids, size_t n, struct err *e);
/*
 * The same in a child that outlives the caller and keeps none of its descriptors but the store's.
 * Where it fails nothing is lost: a layer of an earlier boot is unpacked again. Call it last, with
 * no writer open.
 */
void layer_sync_later(struct store *s, const struct digest *diff_ids, size_t n);

/*
 * The lower directories of a chain, top first, as paths relative to s->dir
 * ("layers/sha256/HEX/fs"), with the chain's fix directory on top where a layer of it implies
 * directories; makes that where it is missing. All layers must be there. 0/-1.
 */
int layer_chain(struct writer *w, const struct digest *diff_ids, size_t n, struct strv *lowers,
	struct err *e);

#endif
