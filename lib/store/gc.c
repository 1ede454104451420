/* SPDX-License-Identifier: ISC */
/*
 * gc.c: removing what nothing reaches (dk-store(5), Writers). First everything
 * that stays is marked, then tags and roots are dropped, then objects go: an
 * error before the last step leaves the store as it was, and killed in the last
 * one it leaves objects that nothing names, for the next time.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"
#include "blob.h"
#include "ctrfile.h"
#include "gc.h"
#include "layermeta.h"
#include "mark.h"
#include "names.h"
#include "paths.h"
#include "sweep.h"

void
gc_result_free(struct gc_result *r)
{
	digest_list_free(&r->blobs);
	digest_list_free(&r->layers);
	*r = (struct gc_result){ 0 };
}

int
gc_begin(struct gc *g, struct store *s, struct err *e)
{
	*g = (struct gc)GC_INIT;
	g->store = s;
	/* before the lock, which a new writer takes too */
	if (writer_open(&g->trash, s, e) < 0 && e->code != ENOSPC && e->code != EDQUOT)
		return -1;
	if ((g->lock = store_lock(s, true, e)) < 0) {
		gc_end(g);
		return -1;
	}
	return 0;
}

void
gc_end(struct gc *g)
{
	struct err ignored; /* what is left is swept the next time */

	if (g->lock >= 0)
		close(g->lock);
	g->lock = -1;
	if (g->store != NULL) {
		writer_close(&g->trash);
		(void)sweep_remove(g->store, &g->stale, &ignored);
	}
	strv_free(&g->stale);
	*g = (struct gc)GC_INIT;
}

/* ---- removing objects */

struct removal {
	struct gc *gc;
	const struct mark *live;
	struct gc_result *out;
	struct err *e;
};

static int
remove_blob(struct removal *r, const struct digest *d)
{
	int64_t size = blob_size(r->gc->store, d);
	char path[PATH_BLOB];

	if (size < 0)
		return 0;
	if (unlinkat(r->gc->store->dir, path_blob(d, path), 0) < 0)
		return errno == ENOENT ? 0 : err_set(r->e, errno, "remove blob %s", d->str);
	digest_list_add(&r->out->blobs, d);
	r->out->bytes += size;
	return 0;
}

/* A directory of layers/, out of sight at once. 1 it was there, 0 not, -1. */
static int
remove_dir(struct gc *g, const char *path, struct err *e)
{
	CLEAN_FREE char *meta = NULL;
	char name[24] = "dead-";

	str_random_hex(8, name + 5);
	if (g->trash.dir >= 0 && renameat(g->store->dir, path, g->trash.dir, name) == 0)
		return 1;
	if (faccessat(g->store->dir, path, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : err_set(e, errno, "remove '%s'", path);
	/* killed half way, it must not be taken for a layer */
	meta = xasprintf("%s/meta", path);
	if (unlinkat(g->store->dir, meta, 0) < 0 && errno != ENOENT)
		return err_set(e, errno, "remove '%s'", meta);
	return fd_rmtree(g->store->dir, path, e) < 0 ? -1 : 1;
}

static int
remove_layer(struct removal *r, const struct digest *diff_id)
{
	CLEAN_LAYER_META struct layer_meta m = { 0 };
	char path[PATH_LAYER];
	struct err ignored;
	int was;

	path_layer(diff_id, path);
	(void)layer_meta_read(r->gc->store, path, &m, &ignored);
	if ((was = remove_dir(r->gc, path, r->e)) <= 0)
		return was;
	digest_list_add(&r->out->layers, diff_id);
	r->out->bytes += m.size;
	return 0;
}

/* All that has this digest: which of the three it is does not matter. */
static int
remove_object(struct removal *r, const struct digest *d)
{
	char path[PATH_LAYER];

	if (digest_set_has(&r->live->all, d))
		return 0;
	if (remove_blob(r, d) < 0 || remove_layer(r, d) < 0)
		return -1;
	return remove_dir(r->gc, path_fix(d, path), r->e) < 0 ? -1 : 0;
}

static int
visit(void *arg, const char *name, unsigned char type)
{
	struct removal *r = arg;
	struct digest d;

	(void)type;
	if (str_starts(name, "fix-"))
		name += 4;
	if (!str_is_hex(name, DIGEST_HEX))
		return 0;
	digest_from_hex(&d, name);
	return remove_object(r, &d);
}

static int
remove_all(struct removal *r)
{
	static const char *const dirs[] = { "blobs/sha256", "layers/sha256", "layers" };
	size_t i;

	for (i = 0; i < LEN(dirs); i++)
		if (fd_each(r->gc->store->dir, dirs[i], visit, r, r->e) < 0 && r->e->code != ENOENT)
			return -1;
	return 0;
}

static int
remove_reached(struct removal *r, const struct mark *dropped)
{
	size_t i;

	for (i = 0; i < dropped->all.cap; i++)
		if (digest_is_set(&dropped->all.v[i]) && remove_object(r, &dropped->all.v[i]) < 0)
			return -1;
	return 0;
}

/* ---- what killed programs left of containers */

static int
tidy_name(void *arg, const char *name, unsigned char type)
{
	struct gc *g = arg;
	CLEAN_FREE char *path = xasprintf("names/%s", name);
	struct err ignored;
	char id[65];

	(void)type;
	if (name_is_valid(name) && name_get(g->store, name, id, &ignored) == 0)
		(void)unlinkat(g->store->dir, path, 0);
	return 0;
}

/* Half removed, and nobody at it. */
static int
tidy_ctr(void *arg, const char *name, unsigned char type)
{
	struct gc *g = arg;
	struct ctr c = CTR_INIT;
	struct err ignored;
	char path[80];

	(void)type;
	if (!str_is_hex(name, 64) || ctr_exists(g->store, name))
		return 0;
	c.store = g->store;
	memcpy(c.id, name, sizeof(c.id));
	if (ctr_monitored(&c))
		return 0;
	snprintf(path, sizeof(path), "ctr/%s", name);
	if (ctr_open_dirs(&c, &ignored) == 0)
		(void)ctr_remove(&c, &ignored); /* unmounts too */
	if (g->store->run >= 0)
		(void)fd_rmtree(g->store->run, path, &ignored);
	ctr_close(&c);
	return 0;
}

static void
tidy(struct gc *g)
{
	struct err ignored;

	(void)fd_each(g->store->dir, "ctr", tidy_ctr, g, &ignored);
	if (g->store->run >= 0)
		(void)fd_each(g->store->run, "ctr", tidy_ctr, g, &ignored);
	(void)fd_each(g->store->dir, "names", tidy_name, g, &ignored);
}

/* ---- */

/* What the tags and roots to be dropped reach; a damaged one as far as it can be read. */
static int
mark_dropped(struct mark *m, const struct ref *tags, size_t ntags, const struct digest *roots,
	size_t nroots, struct err *e)
{
	struct digest d;
	size_t i;
	int r;

	for (i = 0; i < ntags; i++) {
		if ((r = tag_get(m->store, &tags[i], &d, e)) < 0 && e->code != 0)
			return -1;
		if (r == 1)
			(void)mark_image(m, &d, false, e);
	}
	for (i = 0; i < nroots; i++)
		(void)mark_image(m, &roots[i], false, e);
	return 0;
}

static int
drop(struct store *s, const struct ref *tags, size_t ntags, const struct digest *roots,
	size_t nroots, struct err *e)
{
	size_t i;

	for (i = 0; i < ntags; i++)
		if (tag_del(s, &tags[i], e) < 0)
			return -1;
	for (i = 0; i < nroots; i++)
		if (root_del(s, &roots[i], e) < 0)
			return -1;
	/* before what they name is gone */
	return nroots > 0 ? fd_sync_parent(s->dir, "images/.", e) : 0;
}

int
gc_collect(struct gc *g, const struct ref *tags, size_t ntags, const struct digest *roots,
	size_t nroots, bool all, struct gc_result *out, struct err *e)
{
	CLEAN_MARK struct mark live = { .store = g->store }, dropped = { .store = g->store };
	struct removal r = { g, &live, out, e };

	*out = (struct gc_result){ 0 };
	if (all)
		tidy(g);
	if (mark_live(&live, tags, ntags, roots, nroots, e) < 0 ||
		mark_dropped(&dropped, tags, ntags, roots, nroots, e) < 0 ||
		sweep_find(g->store, &g->stale, e) < 0 ||
		drop(g->store, tags, ntags, roots, nroots, e) < 0)
		return -1;
	if ((all ? remove_all(&r) : remove_reached(&r, &dropped)) < 0)
		return -1;
	digest_list_sort(&out->blobs);
	digest_list_sort(&out->layers);
	return 0;
}

int
gc_run(struct store *s, const struct ref *tags, size_t ntags, const struct digest *roots,
	size_t nroots, bool all, struct gc_result *out, struct err *e)
{
	CLEAN_GC struct gc g = GC_INIT;

	*out = (struct gc_result){ 0 };
	if (gc_begin(&g, s, e) < 0)
		return -1;
	return gc_collect(&g, tags, ntags, roots, nroots, all, out, e);
}

void
gc_unreached(struct store *s)
{
	CLEAN_GC_RESULT struct gc_result removed = { 0 };
	struct err ignored;

	(void)gc_run(s, NULL, 0, NULL, 0, true, &removed, &ignored);
}
