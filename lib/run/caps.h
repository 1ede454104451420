/* SPDX-License-Identifier: ISC */
/* caps.h: becoming the process's user with the process's capabilities */
#ifndef RUN_CAPS_H
#define RUN_CAPS_H

struct err;
struct spec;

/* The bounding set; needs CAP_SETPCAP still. 0/-1. */
int caps_bound(const struct spec *s, struct err *e);
/* Groups, gid, uid, then the capability sets. Raw system calls of this thread only. 0/-1. */
int caps_become(const struct spec *s, struct err *e);

#endif
