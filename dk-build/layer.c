/* SPDX-License-Identifier: ISC */
/*
 * layer: layers stay in the writer's directory until the build is good; the
 * instructions behind mount them there. At most two are being packed at a time.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"
#include "run/rootfs.h"

#include "layer.h"
#include "pack.h"
#include "stop.h"

enum { MAX_PACKERS = 2 };

struct pending {
	char name[40]; /* tmp/ID/name/fs */
	int line; /* of its instruction */
	struct packer packer;
	struct packed packed; /* once packer.pid is -1 */
};

int
layer_open(struct layer *l, struct build *b, struct err *e)
{
	l->b = b;
	l->dir = (struct layer_new)LAYER_NEW_INIT;
	if (stop_check(e) < 0 || layer_begin(&l->dir, &b->w, e) < 0)
		return -1;
	return rootfs_init_upper(b->store, &b->lowers, l->dir.fs, e);
}

void
layer_drop(struct layer *l)
{
	layer_new_close(&l->dir);
}

static int
not_empty(void *arg, const char *name, unsigned char type)
{
	(void)arg;
	(void)name;
	(void)type;
	return 1;
}

/* Nothing in it, and the root is as it was. */
static int
is_empty(struct layer *l, struct err *e)
{
	struct stat below, st;
	int r = fd_each(l->dir.fs, ".", not_empty, NULL, e);

	if (r != 0)
		return r < 0 ? -1 : 0;
	if (fstat(l->dir.fs, &st) < 0)
		return err_set(e, errno, "stat a layer");
	if (l->b->lowers.n == 0)
		return (st.st_mode & 07777) == 0755;
	if (fstatat(l->b->store->dir, l->b->lowers.v[0], &below, 0) < 0)
		return err_set(e, errno, "stat '%s'", l->b->lowers.v[0]);
	return st.st_mode == below.st_mode && st.st_uid == below.st_uid &&
		st.st_gid == below.st_gid;
}

static void
push_lower(struct build *b, const char *name)
{
	CLEAN_STRV struct strv old = b->lowers;
	size_t i;

	b->lowers = (struct strv){ NULL, 0 };
	strv_addf(&b->lowers, "tmp/%s/%s/fs", b->w.id, name);
	for (i = 0; i < old.n; i++)
		strv_add(&b->lowers, old.v[i]);
}

static int
wait_one(struct pending *p, struct err *e)
{
	if (p->packer.pid < 0)
		return 0;
	if (pack_wait(&p->packer, &p->packed, e) < 0)
		return err_wrap(e, "the layer of line %d", p->line);
	return 0;
}

/* Before one more starts. */
static int
throttle(struct build *b, struct err *e)
{
	size_t i, running = 0;

	for (i = b->npending; i > 0; i--)
		if (b->pending[i - 1].packer.pid >= 0 && ++running >= MAX_PACKERS &&
			wait_one(&b->pending[i - 1], e) < 0)
			return -1;
	return 0;
}

int
layer_take(struct layer *l, const char *created_by, struct err *e)
{
	struct build *b = l->b;
	struct pending *p;
	int r = is_empty(l, e);

	if (r < 0 || stop_check(e) < 0)
		return -1;
	build_history(b, created_by, r == 1);
	if (r == 1)
		return 0;
	if (throttle(b, e) < 0)
		return -1;
	b->pending = xrealloc(b->pending, b->npending + 1, sizeof(*b->pending));
	p = &b->pending[b->npending++];
	*p = (struct pending){ .line = b->line, .packer = { -1, -1 } };
	snprintf(p->name, sizeof(p->name), "%s", l->dir.name);
	l->dir.name[0] = '\0'; /* it goes with the writer now */
	push_lower(b, p->name);
	return pack_start(&p->packer, &b->w, p->name, b->epoch, e);
}

static int
commit(struct build *b, struct pending *p, struct err *e)
{
	CLEAN_LAYER_NEW struct layer_new dir = LAYER_NEW_INIT;
	struct layer_meta meta = { .size = p->packed.bytes };
	struct descriptor *d;
	struct digest blob;

	if (pack_commit(&b->w, &p->packed, &blob, e) < 0 ||
		layer_adopt(&dir, &b->w, p->name, e) < 0 ||
		layer_commit(&dir, &p->packed.diff_id, &meta, e) < 0)
		return -1;
	image_config_add_layer(&b->config, &p->packed.diff_id);
	b->layers = xrealloc(b->layers, b->nlayers + 1, sizeof(*b->layers));
	d = &b->layers[b->nlayers++];
	*d = (struct descriptor){ .digest = blob, .size = p->packed.size };
	snprintf(d->media_type, sizeof(d->media_type), "%s", MT_OCI_LAYER_GZIP);
	return 0;
}

int
layer_finish(struct build *b, struct err *e)
{
	size_t i;

	for (i = 0; i < b->npending; i++)
		if (wait_one(&b->pending[i], e) < 0 || commit(b, &b->pending[i], e) < 0)
			return -1;
	return 0;
}

void
layer_abandon(struct build *b)
{
	size_t i;

	for (i = 0; i < b->npending; i++)
		pack_kill(&b->pending[i].packer);
	free(b->pending);
	b->pending = NULL;
	b->npending = 0;
}

int
layer_lower_mount(struct build *b, int *r, struct err *e)
{
	const struct rootfs_opts o = {
		.lowers = &b->lowers, .upper = -1, .work = -1, .readonly = true
	};
	int fd = -1;

	*r = 0;
	if (b->lowers.n > 0) {
		fd = rootfs_mount(b->store, &o, e);
		*r = fd < 0 ? -1 : 0;
	}
	return fd;
}
