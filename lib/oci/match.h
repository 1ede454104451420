/* SPDX-License-Identifier: ISC */
/* match.h: pattern languages: names (COPY sources, references), .dockerignore, ${v#p} */
#ifndef OCI_MATCH_H
#define OCI_MATCH_H

#include <stdbool.h>

struct buf;
struct err;

/*
 * Go's filepath.Match on one name: * and ? stop at a slash, [a-z] [^a-z], \c. 1 matches, 0 not,
 * -1 the pattern is malformed.
 */
int match_name(const char *pattern, const char *name);
/* The same, and a component ** stands for any number of directories (.dockerignore). */
int match_path(const char *pattern, const char *path);

/* The same, compiled once for many paths. */
struct pattern;
struct pattern *pattern_new(const char *pattern); /* NULL: malformed */
bool pattern_matches(const struct pattern *p, const char *path);
void pattern_free(struct pattern *p);

/* Does it hold an unescaped * ? or [ ? */
bool match_has_magic(const char *pattern);

/* Adds value without the shortest or longest prefix (or suffix) that matches; * and ? match slashes
 * too. 0/-1. */
int match_trim(const char *pattern, const char *value, bool suffix, bool longest, struct buf *out,
	struct err *e);
enum { MATCH_MAX = 1 << 20 };
/* Adds value with the first, or each, longest match replaced; out may grow to MATCH_MAX. 0/-1. */
int match_replace(const char *pattern, const char *value, const char *with, bool all,
	struct buf *out, struct err *e);

#endif
