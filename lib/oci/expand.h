/* SPDX-License-Identifier: ISC */
/* expand.h: variables and quotes in the words of a Dockerfile */
#ifndef OCI_EXPAND_H
#define OCI_EXPAND_H

#include <stdbool.h>

#include "base/str.h"

struct err;

/* How to read a word. {0} with escape set is what instructions get. */
struct expand {
	const struct strv *env; /* KEY=VALUE; NULL: nothing is set */
	char escape; /* '\\' or '`' */
	bool keep_quotes; /* quotes stay where they stand */
	bool keep_escapes; /* so do escape characters */
	bool no_quotes; /* ' and " are characters like others (bodies of here-documents) */
	bool keep_unset; /* $v of an unset variable stays as it is written */
};

/*
 * Quotes and escapes are removed, $v and ${v} with one of :- - :+ + :? ? # ## % %% / // replaced
 * (Dockerfile reference, Environment replacement). The caller frees *out. 0/-1.
 */
int expand_word(const struct expand *x, const char *word, char **out, struct err *e);
/* The same, then split at blanks that were not quoted; words are added to out. 0/-1. */
int expand_split(const struct expand *x, const char *word, struct strv *out, struct err *e);

#endif
