/* SPDX-License-Identifier: ISC */
/* lines.h: test data, a case a line: fields behind tabs, with \r \n \t \\ \xNN for bytes a line
 * cannot hold */
#ifndef LINES_H
#define LINES_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_FIELDS 6

struct line {
	char *text; /* owned by getline */
	size_t cap;
	char *f[LINE_FIELDS];
	size_t len[LINE_FIELDS];
	size_t n;
};

static FILE *
lines_open(const char *path)
{
	FILE *f = fopen(path, "re");

	if (f == NULL) {
		printf("Bail out! cannot open %s\n", path);
		exit(1);
	}
	return f;
}

static int
lines_hex(char c)
{
	return c <= '9' ? c - '0' : (c | 32) - 'a' + 10;
}

/* The next case; false at the end. raw: backslashes are themselves. */
static bool
lines_next(FILE *f, struct line *l, bool raw)
{
	ssize_t n = getline(&l->text, &l->cap, f);
	char *in, *out;

	l->n = 0;
	if (n < 0) {
		free(l->text);
		l->text = NULL;
		l->cap = 0;
		return false;
	}
	l->f[0] = in = out = l->text;
	for (; *in != '\0' && *in != '\n'; in++) {
		if (*in == '\t' && l->n + 1 < LINE_FIELDS) {
			l->len[l->n] = (size_t)(out - l->f[l->n]);
			*out++ = '\0';
			l->f[++l->n] = out;
		} else if (*in != '\\' || raw) {
			*out++ = *in;
		} else if (*++in == 'x') {
			*out++ = (char)(lines_hex(in[1]) << 4 | lines_hex(in[2]));
			in += 2;
		} else {
			*out++ = *in == 'r' ? '\r' : *in == 'n' ? '\n' : *in == 't' ? '\t' : *in;
		}
	}
	*out = '\0';
	l->len[l->n] = (size_t)(out - l->f[l->n]);
	l->n++;
	return true;
}

#endif
