/* SPDX-License-Identifier: ISC */
/* path.h: paths that come from outside, resolved inside a root they cannot leave */
#ifndef BASE_PATH_H
#define BASE_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct err;

/*
 * Opens path below root as a process chroot'ed there would: absolute links and ".." stay inside
 * (openat2(2) RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS; before Linux 5.6 a checked walk).
 * O_CLOEXEC is added. fd/-1.
 */
int path_open_in(int root, const char *path, int flags, mode_t mode, struct err *e);
/*
 * The directory of path's last component, made with mkdir -p inside root where it is missing
 * (mode, owner uid:gid for what is made); base is set to the component, "" for the root itself;
 * *base points into path. made (may be NULL) counts directories created. fd/-1.
 */
int path_parent_in(int root, const char *path, mode_t mode, uid_t uid, gid_t gid, const char **base,
	int *made, struct err *e);
/* The same for a whole directory path. fd/-1. */
int path_mkdirs_in(
	int root, const char *path, mode_t mode, uid_t uid, gid_t gid, int *made, struct err *e);

/* Lexical: "a//b/./c/.." gives "a/b"; ".." above the start is dropped; absolute stays absolute ("/"
 * for the root), an empty result is ".". Caller frees. */
char *path_clean(const char *path);
/* a/b; b absolute gives b. Not cleaned. Caller frees. */
char *path_join(const char *a, const char *b);
const char *path_base(const char *path); /* behind the last slash; points into path */

#endif
