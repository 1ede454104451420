/* SPDX-License-Identifier: ISC */
/* inspect.h: images and containers as the JSON of docker inspect */
#ifndef INSPECT_INSPECT_H
#define INSPECT_INSPECT_H

#include <jansson.h>

#include "store/store.h"

struct err;

/* Each: 1 and a new reference in *out, 0 there is none of that name, -1. */
int inspect_image(struct store *s, const char *name, json_t **out, struct err *e);
int inspect_container(struct store *s, const char *name, json_t **out, struct err *e);

#endif
