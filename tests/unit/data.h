/* SPDX-License-Identifier: ISC */
/*
 * data.h: tests/data/good/DIR/ and tests/data/bad/DIR/, the latter with a LIST of file names and
 * parts of the message expected
 */
#ifndef DATA_H
#define DATA_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"
#include "tap.h"

static void
data_load(const char *kind, const char *dir, const char *name, struct buf *out)
{
	CLEAN_FREE char *path = xasprintf("tests/data/%s/%s/%s", kind, dir, name);
	struct err e;

	buf_clear(out);
	if (fd_load(AT_FDCWD, path, 1 << 20, out, &e) < 0) {
		printf("Bail out! %s\n", e.msg);
		exit(1);
	}
}

struct data_each {
	const char *dir;
	void (*fn)(const char *name, const struct buf *b);
};

static int
data_one(void *arg, const char *name, unsigned char type)
{
	CLEAN_BUF struct buf b = BUF_INIT;
	const struct data_each *a = arg;

	(void)type;
	data_load("good", a->dir, name, &b);
	a->fn(name, &b);
	return 0;
}

/* Every file of good/DIR. */
__attribute__((unused)) static void
data_good(const char *dir, void (*fn)(const char *name, const struct buf *b))
{
	struct data_each a = { dir, fn };
	CLEAN_FREE char *path = xasprintf("tests/data/good/%s", dir);
	struct err e;

	if (fd_each(AT_FDCWD, path, data_one, &a, &e) < 0)
		ok(0, "%s", e.msg);
}

/* Every file that bad/DIR/LIST names; fn is the parser. */
__attribute__((unused)) static void
data_bad(const char *dir, int (*fn)(const struct buf *b, struct err *e))
{
	CLEAN_BUF struct buf list = BUF_INIT, b = BUF_INIT;
	char *line, *tab, *save = NULL;
	struct err e;

	data_load("bad", dir, "LIST", &list);
	for (line = strtok_r(list.data, "\n", &save); line != NULL;
		line = strtok_r(NULL, "\n", &save)) {
		if ((tab = strchr(line, '\t')) == NULL) {
			ok(0, "LIST: %s", line);
			continue;
		}
		*tab++ = '\0';
		data_load("bad", dir, line, &b);
		e.msg[0] = '\0';
		if (!ok(fn(&b, &e) == -1 && strstr(e.msg, tab) != NULL, "bad %s", line))
			printf("# %s\n", e.msg);
	}
}

#endif
