/* SPDX-License-Identifier: ISC */
/* layer.h: what an instruction wrote becomes the image's next layer */
#ifndef BUILD_LAYER_H
#define BUILD_LAYER_H

#include "build.h"

/* tmp/ID/layer-N/fs, being written to. */
struct layer {
	struct build *b;
	struct layer_new dir;
};

#define CLEAN_LAYER __attribute__((cleanup(layer_drop)))

int layer_open(struct layer *l, struct build *b, struct err *e);
void layer_drop(struct layer *l); /* unless it was taken */
/*
 * Ends it with a line of history. One with nothing in it is no layer. Else it is the top of
 * b->lowers at once, and a process of its own packs it: nothing in it may change any more. 0/-1.
 */
int layer_take(struct layer *l, const char *created_by, struct err *e);

/* Waits for all packing, and puts layers and descriptors in their places. 0/-1. */
int layer_finish(struct build *b, struct err *e);
/* Ends it. */
void layer_abandon(struct build *b);

/* A read-only mount of the layers so far, -1 with *r == 0 where there are none, *r == -1 on error.
 */
int layer_lower_mount(struct build *b, int *r, struct err *e);

#endif
