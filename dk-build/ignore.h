/* SPDX-License-Identifier: ISC */
/* ignore.h: .dockerignore: which files of the context are none (Docker's build context,
 * .dockerignore files) */
#ifndef BUILD_IGNORE_H
#define BUILD_IGNORE_H

#include <stdbool.h>
#include <stddef.h>

struct err;
struct pattern;

struct ignore {
	struct ignore_rule {
		struct pattern *pattern;
		bool keep; /* !pattern */
	} * v;
	size_t n;
	bool any_keep;
};

#define CLEAN_IGNORE __attribute__((cleanup(ignore_free)))

void ignore_free(struct ignore *g); /* leaves it empty; {0} is empty and ignores nothing */
/* file names it in messages, which have its line. 0/-1. */
int ignore_parse(struct ignore *g, const char *file, const char *p, size_t n, struct err *e);

/*
 * path is clean and relative; a rule that matches a directory holds for all in it, the last rule
 * that matches decides. parent and own hold one flag a rule: which of them matched; parent is what
 * the directory's call left in own (all false for the context's root).
 */
bool ignore_match(const struct ignore *g, const char *path, const bool *parent, bool *own);
/* The same from the root, one component after the other. own has the flags of path. */
bool ignore_path(const struct ignore *g, const char *path, bool *own);

#endif
