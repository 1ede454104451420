/* SPDX-License-Identifier: ISC */
/*
 * mark.c: reachability. Whatever it cannot read it must not guess about: a live
 * image that is damaged ends the collection, for what it names is unknown.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"
#include "blob.h"
#include "ctr.h"
#include "image.h"
#include "mark.h"
#include "mnt.h"
#include "oci/json.h"

#define REFS_MAX (64u << 20)

void
digest_set_free(struct digest_set *s)
{
	free(s->v);
	*s = (struct digest_set){ 0 };
}

/* Its slot, or the free one where it belongs; cap is a power of two and never full. */
static struct digest *
slot(const struct digest_set *s, const struct digest *d)
{
	const char *p = digest_hex(d);
	size_t h = 0, i;

	/* a digest is random enough */
	for (i = 0; i < 16; i++)
		h = h << 4 ^ (size_t)p[i];
	for (i = h & (s->cap - 1); digest_is_set(&s->v[i]); i = (i + 1) & (s->cap - 1))
		if (digest_eq(&s->v[i], d))
			break;
	return &s->v[i];
}

bool
digest_set_has(const struct digest_set *s, const struct digest *d)
{
	return s->n > 0 && digest_is_set(slot(s, d));
}

static void
grow(struct digest_set *s)
{
	struct digest_set old = *s;
	size_t i;

	s->cap = old.cap == 0 ? 64 : old.cap * 2;
	s->v = xcalloc(s->cap, sizeof(*s->v));
	for (i = 0; i < old.cap; i++)
		if (digest_is_set(&old.v[i]))
			*slot(s, &old.v[i]) = old.v[i];
	free(old.v);
}

bool
digest_set_add(struct digest_set *s, const struct digest *d)
{
	struct digest *p;

	if ((s->n + 1) * 2 > s->cap)
		grow(s);
	p = slot(s, d);
	if (digest_is_set(p))
		return false;
	*p = *d;
	s->n++;
	return true;
}

void
mark_free(struct mark *m)
{
	digest_set_free(&m->all);
	digest_set_free(&m->images);
}

/* Layers, and the fix directory of each part of the chain: a build mounts the lower ones too. */
static void
mark_chain(struct mark *m, const struct digest *diff_ids, size_t n)
{
	CLEAN_FREE struct digest *chain = xcalloc(n + 1, sizeof(*chain));
	size_t i;

	image_chain_ids(diff_ids, n, chain);
	for (i = 0; i < n; i++) {
		digest_set_add(&m->all, &diff_ids[i]);
		digest_set_add(&m->all, &chain[i]);
	}
}

static int
mark_config(struct mark *m, const struct digest *d, bool strict, struct err *e)
{
	CLEAN_CONFIG struct image_config c = { 0 };
	CLEAN_BUF struct buf b = BUF_INIT;

	digest_set_add(&m->all, d);
	if (blob_load(m->store, d, JSON_MAX_BYTES, &b, e) < 0)
		return strict && e->code != ENOENT ? -1 : 0;
	if (image_config_parse(&c, buf_str(&b), b.len, e) < 0)
		return strict ? err_wrap(e, "image configuration %s", d->str) : 0;
	mark_chain(m, c.diff_ids, c.ndiff_ids);
	return 0;
}

/* Spares the look into layers, which may be big. */
static bool
may_be_manifest(struct store *s, const struct digest *d)
{
	struct err ignored;
	CLEAN_FD int fd = blob_open(s, d, &ignored);
	char c;

	return fd >= 0 && blob_size(s, d) <= JSON_MAX_BYTES && fd_read(fd, &c, 1) == 1 && c == '{';
}

int
mark_image(struct mark *m, const struct digest *d, bool strict, struct err *e)
{
	CLEAN_MANIFEST struct manifest doc = { 0 };
	size_t i;

	digest_set_add(&m->all, d);
	if (!strict && !may_be_manifest(m->store, d))
		return 0;
	if (!digest_set_add(&m->images, d))
		return 0;
	if (image_manifest(m->store, d, &doc, e) < 0)
		return strict && e->code != ENOENT ? -1 : 0;
	for (i = 0; i < doc.nmanifests; i++)
		if (mark_image(m, &doc.manifests[i].digest, strict, e) < 0)
			return err_wrap(e, "index %s", d->str);
	if (doc.is_index)
		return 0;
	for (i = 0; i < doc.nlayers; i++)
		digest_set_add(&m->all, &doc.layers[i].digest);
	if (mark_config(m, &doc.config.digest, strict, e) < 0)
		return err_wrap(e, "manifest %s", d->str);
	return 0;
}

static bool
among(const struct digest *v, size_t n, const struct digest *d)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (digest_eq(&v[i], d))
			return true;
	return false;
}

static bool
tag_among(const struct ref *v, size_t n, const struct tag_entry *t)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (str_eq(v[i].domain, t->domain) && str_eq(v[i].path, t->path) &&
			str_eq(v[i].tag, t->tag))
			return true;
	return false;
}

static int
mark_roots(struct mark *m, const struct ref *tags, size_t ntags, const struct digest *roots,
	size_t nroots, struct err *e)
{
	CLEAN_DIGESTS struct digest_list kept = { 0 };
	CLEAN_TAGS struct tag_list all = { 0 };
	size_t i;

	if (root_list(m->store, &kept, e) < 0 || tag_list(m->store, &all, e) < 0)
		return -1;
	for (i = 0; i < kept.n; i++)
		if (!among(roots, nroots, &kept.v[i]) && mark_image(m, &kept.v[i], true, e) < 0)
			return -1;
	for (i = 0; i < all.n; i++)
		if (!tag_among(tags, ntags, &all.v[i]) &&
			mark_image(m, &all.v[i].digest, true, e) < 0)
			return err_wrap(
				e, "%s/%s:%s", all.v[i].domain, all.v[i].path, all.v[i].tag);
	return 0;
}

static int
mark_containers(struct mark *m, struct err *e)
{
	CLEAN_CTRS struct ctr_list l = { 0 };
	size_t i;

	if (ctr_list(m->store, &l, e) < 0)
		return -1;
	for (i = 0; i < l.n; i++) {
		CLEAN_CTR_CONF struct ctr_conf conf = { 0 };

		if (ctr_read_conf(&l.v[i], &conf, e) < 0) {
			if (e->code == ENOENT) /* removed just now */
				continue;
			return -1;
		}
		mark_chain(m, conf.diff_ids, conf.ndiff_ids);
		/* its layers' blobs too: after a crash they are unpacked again */
		if (digest_is_set(&conf.manifest) && mark_image(m, &conf.manifest, true, e) < 0)
			return err_wrap(e, "container %.12s", l.v[i].id);
	}
	return 0;
}

static int
mark_mounted(struct mark *m, struct err *e)
{
	CLEAN_DIGESTS struct digest_list l = { 0 };
	size_t i;

	if (mnt_list_images(m->store, &l, e) < 0)
		return -1;
	for (i = 0; i < l.n; i++)
		if (mark_image(m, &l.v[i], true, e) < 0)
			return err_wrap(e, "mounted image %s", l.v[i].str);
	return 0;
}

static void
mark_refs(struct mark *m, char *text)
{
	struct digest d;
	struct err ignored;
	char *p = text, *end;

	for (; p != NULL && (end = strchr(p, '\n')) != NULL; p = end) {
		*end++ = '\0';
		if (digest_parse(&d, p, &ignored) == 0)
			(void)mark_image(m, &d, false, &ignored);
	}
}

static int
mark_writer(void *arg, const char *name, unsigned char type)
{
	struct mark *m = arg;
	CLEAN_FREE char *lock = xasprintf("tmp/%s/lock", name);
	CLEAN_FREE char *refs = xasprintf("tmp/%s/refs", name);
	CLEAN_FD int fd = openat(m->store->dir, lock, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	CLEAN_BUF struct buf b = BUF_INIT;
	struct err e;

	(void)type;
	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : errno;
	if (fd_is_locked(fd) == 0)
		return 0;
	if (fd_load(m->store->dir, refs, REFS_MAX, &b, &e) < 0)
		return e.code == ENOENT ? 0 : e.code;
	if (b.data != NULL)
		mark_refs(m, b.data);
	return 0;
}

int
mark_live(struct mark *m, const struct ref *tags, size_t ntags, const struct digest *roots,
	size_t nroots, struct err *e)
{
	int r;

	if (mark_roots(m, tags, ntags, roots, nroots, e) < 0 || mark_containers(m, e) < 0 ||
		mark_mounted(m, e) < 0)
		return -1;
	r = fd_each(m->store->dir, "tmp", mark_writer, m, e);
	if (r > 0)
		return err_set(e, r, "read the refs of a writer in '%s/tmp'", m->store->path);
	return r < 0 && e->code != ENOENT ? -1 : 0;
}
