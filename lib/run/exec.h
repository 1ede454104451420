/* SPDX-License-Identifier: ISC */
/* exec.h: finding and executing a container's command as docker words it: 127 not found, 126 found
 * but not executable */
#ifndef RUN_EXEC_H
#define RUN_EXEC_H

#include <limits.h>

struct err;
struct spec;

/* As the process's user, in its root and working directory. 0 and the path to execute, or enum
 * run_fail with e. */
int exec_find(const struct spec *s, char path[PATH_MAX], struct err *e);
/* execve(2); returns enum run_fail with e. */
int exec_run(const struct spec *s, const char *path, struct err *e);

#endif
