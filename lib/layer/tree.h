/* SPDX-License-Identifier: ISC */
/* tree.h: the directory tree that untar fills: open directories along the path where it works, and
 * what became of their attributes */
#ifndef LAYER_TREE_H
#define LAYER_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/str.h"

struct err;

/* What is remembered about a directory, by its real path. */
enum {
	TREE_IMPLIED = 1, /* made because something below it was named */
	TREE_OPAQUE = 2, /* hides what lower layers have there */
};

enum { TREE_NOTED = 32 << 20 };

struct tree_note {
	char *path; /* NULL: free slot */
	unsigned flags; /* 0: forgotten */
};

struct tree_dir {
	int fd;
	char *name;
	bool touched; /* mtime (and setgid) hold what the directory had before its entries changed
		       */
	bool setgid; /* new entries get its group: owners must be set */
	size_t len; /* of its real path, with a slash behind each name */
	struct timespec mtime; /* set again when the directory is left */
};

/*
 * v[0] is the root, v[n - 1] the directory where entries are made. Every step down is one openat(2)
 * of one component with O_NOFOLLOW; links are read and expanded here, ".." in them stops at the
 * root: no path leads out, whatever the kernel's version.
 */
struct tree {
	struct tree_dir *v;
	size_t n, cap;
	char *last; /* path (not real path) of the top, so that its next entry needs no walk; NULL:
		       unknown */
	size_t last_len, last_cap;
	struct tree_note *notes; /* open addressing, nnotes a power of two */
	size_t nnotes, used;
	size_t noted; /* bytes of paths; kept to TREE_NOTED by the caller */
};

#define TREE_INIT                                                                                  \
	{                                                                                          \
		NULL, 0, 0, NULL, 0, 0, NULL, 0, 0, 0                                              \
	}
#define CLEAN_TREE __attribute__((cleanup(tree_close)))

/* root stays the caller's. 0/-1 with errno. */
int tree_open(struct tree *t, int root);
void tree_close(struct tree *t);

/*
 * Goes to the directory of the last component of path (as path_clean gives it, without a leading
 * slash), following links inside the root. make: missing directories are made, 0755, and noted
 * TREE_IMPLIED; one in place of a whiteout hides what was below instead and is noted TREE_OPAQUE.
 * base points to the last component, "" for the root itself. Returns the directory's fd, which
 * stays the tree's; -1 with code ENOENT, ENOTDIR, ELOOP...
 */
int tree_parent(struct tree *t, const char *path, bool make, const char **base, struct err *e);
/* Call before the top directory's entries change. 0/-1 with errno. */
int tree_touch(struct tree *t);
bool tree_setgid(const struct tree *t); /* of the touched top */
/*
 * Goes down into a directory that was just made or given its attributes: fd (the tree's from now
 * on) of name in the top, path as given to tree_parent. mtime becomes the directory's when it is
 * left.
 */
void tree_enter(struct tree *t, const char *path, const char *name, int fd,
	const struct timespec *mtime, bool setgid);
/* Sets the times of the directories that are open; the root alone stays open. 0/-1 with errno. */
int tree_leave(struct tree *t);
/* The real path of name in the top directory; name "" gives the top's own, "." the root. Caller
 * frees. */
char *tree_path(const struct tree *t, const char *name);

void tree_note(struct tree *t, const char *path, unsigned flags);
void tree_forget(struct tree *t, const char *path, unsigned flags);
void tree_forget_below(struct tree *t, const char *path); /* path and all below it */
bool tree_has_notes(const struct tree *t);
/* Paths noted with flag, sorted; added to out. */
void tree_notes(const struct tree *t, unsigned flag, struct strv *out);

#endif
