/* SPDX-License-Identifier: ISC */
/* teststore.h: temporary stores for the unit tests of what works on one */
#ifndef TESTSTORE_H
#define TESTSTORE_H

#include <fcntl.h>
#include <stdbool.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"

/* A test file defines top, the directory that its stores are in. */
extern char top[];
static struct err e;

/* DK_ROOT and DK_RUN for the store of that name. */
__attribute__((unused)) static void
use_root(const char *name)
{
	CLEAN_FREE char *root = xasprintf("%s/%s", top, name);
	CLEAN_FREE char *run = xasprintf("%s/%s-run", top, name);

	setenv("DK_ROOT", root, 1);
	setenv("DK_RUN", run, 1);
}

__attribute__((unused)) static bool
exists(int dir, const char *path)
{
	return faccessat(dir, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static int
count(void *arg, const char *name, unsigned char type)
{
	(void)name;
	(void)type;
	(*(int *)arg)++;
	return 0;
}

/* How many entries a directory has; -1 on error. */
__attribute__((unused)) static int
entries(int dir, const char *path)
{
	int n = 0;

	return fd_each(dir, path, count, &n, &e) < 0 ? -1 : n;
}

#endif
