/* SPDX-License-Identifier: ISC */
/* volume.h: -v SOURCE:DESTINATION[:OPTIONS] */
#ifndef DK_RUN_VOLUME_H
#define DK_RUN_VOLUME_H

struct err;
struct spec;

/* Adds the bind mount to the spec; a source that is not there is made, a directory, as docker does.
 * 0/-1. */
int volume_add(struct spec *s, const char *arg, struct err *e);

#endif
