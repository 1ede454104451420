/* SPDX-License-Identifier: ISC */
/* word.h: words of a Dockerfile line: blanks, quotes, escapes and $variables */
#ifndef OCI_WORD_H
#define OCI_WORD_H

#include <stdbool.h>

struct buf;
struct err;

/*
 * NEEDSWORK: dk-build/expand.c does the same and more (# % / modifiers); it should move here and
 * take the place of word_eval().
 *
 * Moves *p over the next word, blanks part words unless quoted or escaped. raw gets it with its
 * quotes and escapes. False at the end of the line. An open quote runs to the end; word_eval() will
 * complain.
 */
bool word_next(const char **p, char escape, struct buf *raw);
/*
 * Appends raw to out with quotes and escapes removed and $v, ${v} (also :- - :+ + :? ?) replaced by
 * get(arg, "v"); get returns NULL for an unset variable. 'single quotes' keep all, "double quotes"
 * keep all but $ and escapes. 0/-1.
 */
int word_eval(const char *raw, char escape, const char *(*get)(void *arg, const char *name),
	void *arg, struct buf *out, struct err *e);

#endif
