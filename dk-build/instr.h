/* SPDX-License-Identifier: ISC */
/* instr.h: one instruction of a Dockerfile: its flags and arguments, before anything is expanded */
#ifndef BUILD_INSTR_H
#define BUILD_INSTR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct err;

enum instr_type {
	INSTR_ARG,
	INSTR_CMD,
	INSTR_COPY,
	INSTR_ENTRYPOINT,
	INSTR_ENV,
	INSTR_EXPOSE,
	INSTR_FROM,
	INSTR_LABEL,
	INSTR_RUN,
	INSTR_USER,
	INSTR_WORKDIR,
};

struct heredoc {
	char *name; /* the word that ends it */
	char *body; /* as it stands in the file */
	bool expand; /* the word was not quoted */
	bool chomp; /* <<-: leading tabs don't count */
};

struct instr {
	enum instr_type type;
	const char *name; /* upper case */
	int line; /* first line, from 1 */
	char *text; /* the line, continuations joined */
	struct strv flags; /* "network=none": dashes and quotes are gone */
	bool json; /* exec form */
	/* RUN CMD ENTRYPOINT: the words, or one whole command. ENV LABEL: key, value, key, value.
	 * ARG: "name" or "name=default". FROM COPY EXPOSE: words. USER WORKDIR: one string. */
	struct strv args;
	struct heredoc *docs; /* in the order they begin */
	size_t ndocs;
};

void instr_free(struct instr *i); /* leaves it empty */
/* Name, flags, arguments and their number; here-documents come later. The message has no line.
 * 0/-1. */
int instr_parse(struct instr *i, const char *line, char escape, struct err *e);
/* A flag's value ("" where it has none), NULL where it was not given. */
const char *instr_flag(const struct instr *i, const char *name);
/* Can this line begin here-documents? Adds them (no bodies) to i->docs. */
void instr_find_heredocs(struct instr *i);
/* Is word a here-document's beginning, as COPY has it among its sources? */
bool instr_is_heredoc(const char *word);
/* A body as COPY and the shell get it: with chomp, tabs at the start of lines are cut. Caller
 * frees. */
char *instr_heredoc_text(const struct heredoc *h);

#endif
