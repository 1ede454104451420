/* SPDX-License-Identifier: ISC */
/* whiteout.h: deletions as a layer tar and as overlayfs say them, and the extended attributes a
 * layer carries */
#ifndef LAYER_WHITEOUT_H
#define LAYER_WHITEOUT_H

#include <stdbool.h>
#include <sys/stat.h>

#define WHITEOUT_PREFIX ".wh."
#define WHITEOUT_OPAQUE ".wh..wh..opq"

/* What a name (one component) means in a layer tar (image-spec layer.md, Representing Changes). */
enum whiteout {
	WHITEOUT_NONE, /* an ordinary name */
	WHITEOUT_FILE, /* .wh.NAME: NAME is gone */
	WHITEOUT_DIR_OPAQUE, /* .wh..wh..opq: the directory hides what is below it */
	WHITEOUT_META, /* .wh..wh.*: bookkeeping of AUFS, no content */
	WHITEOUT_BAD, /* .wh. alone, or of "." or ".." */
};
enum whiteout whiteout_kind(const char *name);

/* overlayfs: a character device 0:0. */
bool whiteout_is_dev(const struct stat *st);
/* overlayfs: a directory with this attribute, value "y". */
const char *whiteout_opaque_xattr(bool userxattr);
int whiteout_set_opaque(int dirfd, bool userxattr); /* 0/-1 with errno */
int whiteout_is_opaque(int dirfd, bool userxattr); /* 1/0, -1 with errno */

/*
 * Is it an attribute that belongs to a layer's content: security.capability, user.*, trusted.* and
 * POSIX ACLs. Never what overlayfs keeps its own state in (trusted.overlay.*, user.overlay.*), nor
 * host policy (security.selinux, security.ima).
 */
bool xattr_is_content(const char *name);

#endif
