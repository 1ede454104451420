/* SPDX-License-Identifier: ISC */
/* life.h: a container from its directory to its end, with this process as its monitor */
#ifndef DK_RUN_LIFE_H
#define DK_RUN_LIFE_H

#include "plan.h"
#include "store/ctr.h"
#include "store/image.h"
#include "store/store.h"

struct life {
	struct store *store;
	struct writer writer;
	const struct options *o;
	const struct image *image;
	const char *image_name; /* as the user wrote it */
	struct ctr_conf conf;
	struct ctr ctr;
	struct ctr_state state;
	int rootfs; /* mounted overlay */
	bool said; /* dk-pull or dk-mount failed for us and said why */
};

/* Layers, overlay, runtime configuration, ctr/ID. 0/-1. */
int life_create(struct life *l, struct spec *s, struct err *e);
/* Runs it to its end, and removes it with --rm. 0 and *code, or -1 with *code one of enum run_fail.
 */
int life_run(struct life *l, const struct spec *s, int *code, struct err *e);
/* What a container that never ran leaves: nothing with --rm, else one that is there, created. */
void life_failed(struct life *l, int code, const struct err *e);
/* Lets the overlay go; without --rm in a child, as that syncs the store's file system. */
void life_detach(struct life *l);

#endif
