/* SPDX-License-Identifier: ISC */
/* seccomp.h: the default system call filter, compiled when dk is built */
#ifndef RUN_SECCOMP_H
#define RUN_SECCOMP_H

#include <jansson.h>
#include <stdbool.h>

struct err;
struct spec;

/* linux.seccomp of the default profile (default capability set), as other runtimes read it; new reference. */
json_t *seccomp_default(void);
/* Installs what spec->seccomp says: nothing where it is NULL, the default profile; another one is refused. 0/-1. */
int seccomp_enter(const struct spec *s, struct err *e);

#endif
