/* SPDX-License-Identifier: ISC */
/*
 * layersync.c: unpacked layers to disk. Nobody waits for that when a layer is
 * made; once it has been done the layer is good on the next boot too.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"
#include "layerdir.h"
#include "layermeta.h"
#include "paths.h"
#include "tag.h"

enum { BATCH = 128 }; /* descriptors */

/* dir was open before the sync: the layer itself is marked, not one that took its place since. */
static int
mark_synced(struct writer *w, int dir, struct err *e)
{
	CLEAN_LAYER_META struct layer_meta m = { 0 };

	if (layer_meta_read_at(dir, &m, e) != 1 || m.synced)
		return 0;
	m.synced = true;
	if (layer_meta_write(w->dir, dir, &m, true, e) < 0)
		return e->code == ENOENT ? 0 : -1; /* removed meanwhile */
	return 0;
}

static int
sync_batch(struct writer *w, const struct digest *diff_ids, size_t n, struct err *e)
{
	char path[PATH_LAYER];
	int dirs[BATCH], r = 0;
	size_t i, opened = 0;

	for (; r == 0 && opened < n; opened++) {
		dirs[opened] = fd_opendir(w->store->dir, path_layer(&diff_ids[opened], path), e);
		if (dirs[opened] < 0 && e->code != ENOENT)
			r = -1;
	}
	if (r == 0 && syncfs(w->store->dir) < 0)
		r = err_set(e, errno, "sync the store '%s'", w->store->path);
	for (i = 0; i < opened; i++) {
		if (r == 0 && dirs[i] >= 0 && (r = mark_synced(w, dirs[i], e)) < 0)
			err_wrap(e, "layer %s", diff_ids[i].str);
		mem_clean_fd(&dirs[i]);
	}
	return r;
}

/* Those of the layers that are there, to be trusted and not synced. */
static void
find_unsynced(struct store *s, const struct digest *diff_ids, size_t n, struct digest_list *out)
{
	struct err ignored;
	size_t i;

	for (i = 0; i < n; i++) {
		CLEAN_LAYER_META struct layer_meta m = { 0 };

		if (layer_get(s, &diff_ids[i], &m, &ignored) == 1 && !m.synced)
			digest_list_add(out, &diff_ids[i]);
	}
}

static int
sync_all(struct store *s, const struct digest_list *l, struct err *e)
{
	CLEAN_WRITER struct writer w = WRITER_INIT;
	size_t i;

	if (writer_open(&w, s, e) < 0)
		return -1;
	for (i = 0; i < l->n; i += BATCH)
		if (sync_batch(&w, l->v + i, l->n - i < BATCH ? l->n - i : BATCH, e) < 0)
			return -1;
	return 0;
}

int
layer_sync(struct store *s, const struct digest *diff_ids, size_t n, struct err *e)
{
	CLEAN_DIGESTS struct digest_list todo = { 0 };

	find_unsynced(s, diff_ids, n, &todo);
	return todo.n > 0 ? sync_all(s, &todo, e) : 0;
}

/* Only the store stays open: somebody may wait for the end of a pipe, or want to unmount where we
 * were started. */
static int
let_go(struct store *s)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0 ||
		chdir("/") < 0 || (s->dir = fcntl(s->dir, F_DUPFD_CLOEXEC, 3)) < 0)
		return -1;
	s->run = -1;
	if (s->dir > 3)
		(void)syscall(SYS_close_range, 3, s->dir - 1, 0); /* Linux 5.9 */
	(void)syscall(SYS_close_range, s->dir + 1, UINT_MAX, 0);
	(void)setsid();
	return 0;
}

void
layer_sync_later(struct store *s, const struct digest *diff_ids, size_t n)
{
	CLEAN_DIGESTS struct digest_list todo = { 0 };
	struct err ignored;

	find_unsynced(s, diff_ids, n, &todo);
	if (todo.n == 0 || fork() != 0)
		return;
	_exit(let_go(s) < 0 || sync_all(s, &todo, &ignored) < 0);
}
