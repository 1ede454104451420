/* SPDX-License-Identifier: ISC */
/*
 * sweep.c: what killed writers left in tmp/. A directory whose lock nobody holds
 * is stale for good: its name is random and never used again, so it may be
 * removed after DK_ROOT/lock was let go.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/str.h"
#include "sweep.h"

#define PART_DAYS 7

struct sweep {
	int tmp;
	struct strv *stale;
};

/* Is the lock at path held? A missing one is not. */
static bool
held(int tmp, const char *path)
{
	CLEAN_FD int fd = openat(tmp, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	/* in doubt it is: EACCES, EMFILE */
	return fd < 0 ? errno != ENOENT : fd_is_locked(fd) != 0;
}

static int
look(void *arg, const char *name, unsigned char type)
{
	struct sweep *s = arg;
	CLEAN_FREE char *lock = NULL;
	struct stat st;

	(void)type;
	if (fstatat(s->tmp, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	if (S_ISDIR(st.st_mode)) {
		lock = xasprintf("%s/lock", name);
		if (held(s->tmp, lock))
			return 0;
	} else if (str_starts(name, "blob-") && str_ends(name, ".part")) {
		if (st.st_mtime > time(NULL) - PART_DAYS * 24 * 3600 || held(s->tmp, name))
			return 0;
	}
	strv_add(s->stale, name);
	return 0;
}

int
sweep_find(struct store *s, struct strv *stale, struct err *e)
{
	CLEAN_FD int tmp = -1;

	if ((tmp = fd_opendir(s->dir, "tmp", e)) < 0)
		return e->code == ENOENT ? 0 : -1;
	return fd_each(tmp, ".", look, &(struct sweep){ tmp, stale }, e);
}

int
sweep_remove(struct store *s, const struct strv *stale, struct err *e)
{
	CLEAN_FD int tmp = -1;
	struct err first;
	int ret = 0;
	size_t i;

	if (stale->n == 0)
		return 0;
	if ((tmp = fd_opendir(s->dir, "tmp", e)) < 0)
		return -1;
	for (i = 0; i < stale->n; i++)
		if (fd_rmtree(tmp, stale->v[i], ret == 0 ? e : &first) < 0 && ret == 0)
			ret = err_wrap(e, "sweep '%s/tmp'", s->path);
	return ret;
}

void
store_tidy(struct store *s)
{
	CLEAN_STRV struct strv stale = { 0 };
	struct err ignored;
	int lock = store_lock(s, true, &ignored);

	if (lock < 0)
		return;
	(void)sweep_find(s, &stale, &ignored);
	close(lock);
	(void)sweep_remove(s, &stale, &ignored);
}
