/* SPDX-License-Identifier: ISC */
/* seccomp.h: the default system call filter, compiled when dk is built */
#ifndef RUN_SECCOMP_H
#define RUN_SECCOMP_H

struct err;
struct spec;

/* linux.seccomp of the default profile (default capability set), as other runtimes read it; for
 * spec->seccomp_text. */
const char *seccomp_default_text(void);
/* Has the spec no profile, or the default one? Others are refused. 0/-1. */
int seccomp_check(const struct spec *s, struct err *e);
/* Installs what was checked. 0/-1. */
int seccomp_enter(const struct spec *s, struct err *e);

#endif
