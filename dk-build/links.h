/* SPDX-License-Identifier: ISC */
/* links.h: which source file with several names became which file of the layer */
#ifndef BUILD_LINKS_H
#define BUILD_LINKS_H

#include <sys/types.h>

struct links;

/* The path given when this file came first, or NULL: then path is kept. *l may be NULL at first. */
const char *links_find(struct links **l, dev_t dev, ino_t ino, const char *path);
void links_free(struct links *l);

#endif
