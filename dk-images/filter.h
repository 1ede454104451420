/* SPDX-License-Identifier: ISC */
/* filter.h: which images dk-images shows: -f KEY=VALUE and the operand */
#ifndef IMAGES_FILTER_H
#define IMAGES_FILTER_H

#include <stdbool.h>
#include <time.h>

#include "store/image.h"
#include "store/tag.h"

struct filter {
	struct strv references; /* patterns; one of them must fit */
	struct strv labels; /* KEY or KEY=VALUE; all must be there */
	int dangling; /* 1 only images without a name, 0 only such with one, -1 both */
	bool has_before, has_since;
	struct timespec before, since;
};

#define FILTER_INIT                                                                                \
	{                                                                                          \
		.dangling = -1                                                                     \
	}

#define CLEAN_FILTER __attribute__((cleanup(filter_free)))
void filter_free(struct filter *f);
/* One -f: 0, -1 with a message. before and since look into the store: the result is 1 where the
 * image is missing. */
int filter_add(struct filter *f, struct store *s, const char *arg, struct err *e);
/* Does an image under one of its names (NULL: it has none) fit? */
bool filter_match(const struct filter *f, const struct tag_entry *name, const struct image *i);
/* When it was made; false where it does not say. */
bool image_created(const struct image *i, struct timespec *out);

#endif
