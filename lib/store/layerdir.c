/* SPDX-License-Identifier: ISC */
/*
 * layerdir.c: unpacked layers. A layer appears whole by one rename(2), but its
 * files are not synced then: after a crash they may lack bytes. So meta has the
 * boot id, and a layer is trusted while that is this boot's or once a syncfs(2)
 * came after it ("synced"). meta itself need not be on disk: what cannot be read
 * is not trusted.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/proc.h"
#include "layerdir.h"
#include "layermeta.h"
#include "oci/json.h"
#include "paths.h"

int
layer_get(struct store *s, const struct digest *diff_id, struct layer_meta *m, struct err *e)
{
	struct layer_meta own = { 0 };
	char path[PATH_LAYER];
	int r;

	r = layer_meta_read(s, path_layer(diff_id, path), m != NULL ? m : &own, e);
	layer_meta_free(&own);
	return r;
}

static int
open_dirs(struct layer_new *l, struct err *e)
{
	if ((l->dir = fd_opendir(l->w->dir, l->name, e)) < 0)
		return -1;
	return (l->fs = fd_opendir(l->dir, "fs", e)) < 0 ? -1 : 0;
}

/* The root of a layer whose tar does not say what it is like. */
static int
make_fs(int dir, struct err *e)
{
	if (mkdirat(dir, "fs", 0755) < 0 || fchmodat(dir, "fs", 0755, 0) < 0 ||
		fchownat(dir, "fs", geteuid(), getegid(), AT_SYMLINK_NOFOLLOW) < 0)
		return err_set(e, errno, "make a layer's directory");
	return 0;
}

int
layer_begin(struct layer_new *l, struct writer *w, struct err *e)
{
	CLEAN_FD int dir = -1;
	char id[17];

	*l = (struct layer_new)LAYER_NEW_INIT;
	l->w = w;
	str_random_hex(8, id);
	snprintf(l->name, sizeof(l->name), "layer-%s", id);
	if (mkdirat(w->dir, l->name, 0700) < 0)
		return err_set(e, errno, "make a layer in '%s/tmp'", w->store->path);
	if ((dir = fd_opendir(w->dir, l->name, e)) < 0 || make_fs(dir, e) < 0 ||
		open_dirs(l, e) < 0) {
		layer_new_close(l);
		return -1;
	}
	return 0;
}

int
layer_adopt(struct layer_new *l, struct writer *w, const char *name, struct err *e)
{
	*l = (struct layer_new)LAYER_NEW_INIT;
	l->w = w;
	if ((size_t)snprintf(l->name, sizeof(l->name), "%s", name) >= sizeof(l->name))
		return err_set(e, ENAMETOOLONG, "layer directory '%s'", name);
	if (open_dirs(l, e) < 0) {
		l->name[0] = '\0'; /* stays with who made it */
		layer_new_close(l);
		return -1;
	}
	return 0;
}

/* Takes the place of an untrusted layer; path keeps a layer at any time. What was there comes to
 * name. */
static int
exchange(struct writer *w, const char *name, const char *path, struct err *e)
{
	int root = w->store->dir;
	char old[48];

	if (syscall(SYS_renameat2, w->dir, name, root, path, RENAME_EXCHANGE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return err_set(e, errno, "replace '%s/%s'", w->store->path, path);
	snprintf(old, sizeof(old), "old-%.40s", name);
	if (renameat(root, path, w->dir, old) < 0 || renameat(w->dir, name, root, path) < 0)
		return err_set(e, errno, "replace '%s/%s'", w->store->path, path);
	return 0; /* goes with the writer's directory */
}

int
layer_place(struct writer *w, const char *name, const char *path, struct err *e)
{
	CLEAN_LAYER_META struct layer_meta m = { 0 };
	CLEAN_FD int lock = -1;
	int r;

	if ((r = path_place(w, name, path, e)) != 0)
		return r;
	/* exclusively: of two that replace it the second finds the first's */
	if ((lock = store_lock(w->store, true, e)) < 0)
		return -1;
	switch (layer_meta_read(w->store, path, &m, e)) {
	case 0:
		return path_place(w, name, path, e);
	case 1:
		return 0;
	case 2:
		return exchange(w, name, path, e);
	default:
		return -1;
	}
}

int
layer_commit(struct layer_new *l, const struct digest *diff_id, struct layer_meta *m, struct err *e)
{
	char path[PATH_LAYER];
	int r;

	snprintf(m->boot_id, sizeof(m->boot_id), "%s", proc_boot_id());
	m->synced = false;
	if (layer_meta_write(l->dir, l->dir, m, false, e) < 0 ||
		writer_want_layer(l->w, diff_id, e) < 0)
		return -1;
	if ((r = layer_place(l->w, l->name, path_layer(diff_id, path), e)) < 0)
		return err_wrap(e, "layer %s", diff_id->str);
	if (r == 1)
		l->name[0] = '\0';
	layer_new_close(l);
	return 0;
}

void
layer_new_close(struct layer_new *l)
{
	struct err ignored; /* what cannot be removed goes with the writer, or is swept */

	if (l->fs >= 0)
		close(l->fs);
	if (l->dir >= 0)
		close(l->dir);
	if (l->name[0] != '\0')
		(void)fd_rmtree(l->w->dir, l->name, &ignored);
	*l = (struct layer_new)LAYER_NEW_INIT;
}
