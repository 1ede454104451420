/* SPDX-License-Identifier: ISC */
/*
 * writer.c: a writer's directory tmp/ID, and the lock between writers and what
 * removes (dk-store(5), Writers). An object is safe from removal from the moment
 * its digest stands in the refs of a writer whose lock is held; whoever removes
 * holds DK_ROOT/lock exclusively, so that "written down, then looked" cannot
 * fall between its reading of refs and its last unlink.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/str.h"
#include "paths.h"
#include "store.h"

int
store_lock(struct store *s, bool exclusive, struct err *e)
{
	CLEAN_FD int fd = -1;

	if ((fd = fd_open(s->dir, "lock", O_RDWR | O_CREAT, 0600, e)) < 0 ||
		fd_lock(fd, exclusive, true, e) < 0)
		return err_wrap(e, "lock the store '%s'", s->path);
	return steal_fd(&fd);
}

static int
make_dir(struct writer *w, const char *path, struct err *e)
{
	if (mkdirat(w->store->dir, path, 0700) == 0)
		return 0;
	/* somebody tidied up the empty directories of the store */
	if (errno == ENOENT && store_make_tree(w->store, e) == 0 &&
		mkdirat(w->store->dir, path, 0700) == 0)
		return 0;
	return err_set(e, errno, "make directory '%s'", path);
}

static int
begin(struct writer *w, struct err *e)
{
	CLEAN_FD int lock = -1;
	char path[PATH_TMP];

	snprintf(path, sizeof(path), "tmp/%s", w->id);
	/* the sweep, which takes it exclusively, never sees a directory without its lock */
	if ((lock = store_lock(w->store, false, e)) < 0 || make_dir(w, path, e) < 0 ||
		(w->dir = fd_opendir(w->store->dir, path, e)) < 0)
		return -1;
	w->lock = fd_open(w->dir, "lock", O_RDWR | O_CREAT | O_EXCL, 0600, e);
	if (w->lock < 0 || fd_lock(w->lock, true, false, e) < 0)
		return -1;
	w->refs = fd_open(w->dir, "refs", O_WRONLY | O_CREAT | O_EXCL | O_APPEND, 0600, e);
	return w->refs < 0 ? -1 : 0;
}

int
writer_open(struct writer *w, struct store *s, struct err *e)
{
	*w = (struct writer)WRITER_INIT;
	w->store = s;
	str_random_hex(16, w->id);
	if (begin(w, e) < 0) {
		writer_close(w);
		return err_wrap(e, "write to the store '%s'", s->path);
	}
	return 0;
}

void
writer_close(struct writer *w)
{
	char path[PATH_TMP];
	struct err e;

	if (w->dir >= 0) {
		snprintf(path, sizeof(path), "tmp/%s", w->id);
		(void)fd_rmtree(w->store->dir, path, &e); /* what is left is swept */
		close(w->dir);
	}
	if (w->refs >= 0)
		close(w->refs);
	if (w->lock >= 0)
		close(w->lock);
	*w = (struct writer)WRITER_INIT;
}

int
writer_ref(struct writer *w, const struct digest *d, struct err *e)
{
	char line[DIGEST_STR + 2];

	snprintf(line, sizeof(line), "%s\n", d->str);
	if (fd_write_all(w->refs, line, strlen(line)) < 0)
		return err_set(e, errno, "write '%s/tmp/%s/refs'", w->store->path, w->id);
	return 0;
}

static int
want(struct writer *w, const struct digest *d, const char *path, struct err *e)
{
	CLEAN_FD int lock = -1;
	struct stat st;

	if ((lock = store_lock(w->store, false, e)) < 0 || writer_ref(w, d, e) < 0)
		return -1;
	if (fstatat(w->store->dir, path, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return 1;
	return errno == ENOENT ? 0 : err_set(e, errno, "look for '%s'", path);
}

int
writer_want_blob(struct writer *w, const struct digest *d, struct err *e)
{
	char path[PATH_BLOB];

	return want(w, d, path_blob(d, path), e);
}

int
writer_want_layer(struct writer *w, const struct digest *diff_id, struct err *e)
{
	char path[PATH_LAYER];

	return want(w, diff_id, path_layer(diff_id, path), e);
}

int
writer_want_fix(struct writer *w, const struct digest *chain_id, struct err *e)
{
	char path[PATH_LAYER];

	return want(w, chain_id, path_fix(chain_id, path), e);
}
