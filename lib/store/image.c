/* SPDX-License-Identifier: ISC */
/*
 * image.c: what a name means here (dk-store(5), Identity). An index in the store
 * may be sparse: of its manifests only those that are there count. Nothing is
 * locked; who goes on to use what was found announces it (writer_want_blob) and
 * looks again.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "blob.h"
#include "image.h"
#include "oci/json.h"
#include "tag.h"

#define PREFIX_MIN 6

/* What a look-up found. */
struct found {
	struct digest root, id;
	struct manifest manifest; /* of id */
	struct ref ref;
};

static void
found_free(struct found *f)
{
	manifest_free(&f->manifest);
}

void
image_free(struct image *i)
{
	manifest_free(&i->manifest);
	image_config_free(&i->config);
	*i = (struct image){ 0 };
}

int
image_manifest(struct store *s, const struct digest *d, struct manifest *m, struct err *e)
{
	CLEAN_BUF struct buf b = BUF_INIT;

	if (blob_load(s, d, JSON_MAX_BYTES, &b, e) < 0)
		return -1;
	if (manifest_parse(m, buf_str(&b), b.len, NULL, e) < 0)
		return err_wrap(e, "manifest %s", d->str);
	return 0;
}

static bool
is_attestation(const struct descriptor *d)
{
	return d->has_platform && str_eq(d->platform.os, "unknown");
}

/*
 * Which of an index's manifests that are in the store: want's, or with want NULL this host's, else
 * the first. 1, 0 none (e says what there is), -1.
 */
static int
choose(struct store *s, const struct manifest *index, const struct platform *want,
	struct digest *id, struct err *e)
{
	CLEAN_FREE struct descriptor *here = xcalloc(index->nmanifests + 1, sizeof(*here));
	struct manifest sparse = { .is_index = true, .manifests = here };
	struct platform host;
	size_t i;
	int n;

	for (i = 0; i < index->nmanifests; i++) {
		const struct descriptor *d = &index->manifests[i];

		if (media_kind(d->media_type) != MEDIA_INDEX && !is_attestation(d) &&
			blob_exists(s, &d->digest))
			here[sparse.nmanifests++] = *d; /* borrowed */
	}
	if (sparse.nmanifests == 0) {
		err_setx(e, ENOENT, "none of the images of this index is in the store");
		return 0;
	}
	platform_host(&host);
	n = manifest_choose(&sparse, want != NULL ? want : &host, e);
	if (n < 0 && want != NULL) {
		e->code = ENOENT;
		return 0;
	}
	*id = here[n < 0 ? 0 : n].digest;
	return 1;
}

/* From root to the manifest for a platform; f->ref stays. 1, 0 not for this platform, -1. */
static int
descend(struct store *s, const struct digest *root, const struct platform *p, struct found *f,
	struct err *e)
{
	CLEAN_MANIFEST struct manifest m = { 0 };
	int r;

	f->root = f->id = *root;
	if (image_manifest(s, root, &m, e) < 0)
		return -1;
	if (m.is_index) {
		if ((r = choose(s, &m, p, &f->id, e)) != 1)
			return r;
		manifest_free(&m);
		if (image_manifest(s, &f->id, &m, e) < 0)
			return -1;
		if (m.is_index)
			return err_setx(
				e, 0, "%s: an index where a manifest was announced", f->id.str);
	}
	f->manifest = m;
	m = (struct manifest){ 0 };
	return 1;
}

/* HOST/PATH@DIGEST: a tag of that repository names it, or an index with it. */
static int
find_digest(struct store *s, const struct ref *r, struct err *e)
{
	CLEAN_TAGS struct tag_list tags = { 0 };
	size_t i, k;

	if (!blob_exists(s, &r->digest))
		return 0;
	if (tag_list(s, &tags, e) < 0)
		return -1;
	for (i = 0; i < tags.n; i++) {
		CLEAN_MANIFEST struct manifest m = { 0 };

		if (!str_eq(tags.v[i].domain, r->domain) || !str_eq(tags.v[i].path, r->path))
			continue;
		if (digest_eq(&tags.v[i].digest, &r->digest))
			return 1;
		if (image_manifest(s, &tags.v[i].digest, &m, e) < 0)
			continue;
		for (k = 0; m.is_index && k < m.nmanifests; k++)
			if (digest_eq(&m.manifests[k].digest, &r->digest))
				return 1;
	}
	return 0;
}

/* 1 with *root set, 0, -1 */
static int
find_ref(struct store *s, const struct ref *r, struct digest *root, struct err *e)
{
	if (!digest_is_set(&r->digest))
		return tag_get(s, r, root, e);
	*root = r->digest;
	return find_digest(s, r, e);
}

struct candidate {
	struct digest root, id;
};

struct candidates {
	struct candidate v[8]; /* more are not listed */
	size_t n;
	struct err why; /* code 0, or why one that has the prefix is none */
};

/* One image can be found twice: of its roots the one that has the prefix itself is kept. */
static void
candidate(struct candidates *c, const struct digest *root, const struct digest *id)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		if (digest_eq(&c->v[i].id, id)) {
			if (digest_eq(root, id))
				c->v[i].root = *root;
			return;
		}
	if (c->n < LEN(c->v))
		c->v[c->n++] = (struct candidate){ *root, *id };
}

/* What of one root has the prefix: itself, or a manifest of an index. */
static int
match_root(struct store *s, const struct digest *root, const char *hex, const struct platform *p,
	struct candidates *c, struct err *e)
{
	CLEAN_MANIFEST struct manifest m = { 0 };
	struct digest id = *root;
	bool hit = str_starts(digest_hex(root), hex);
	struct err why = { 0 };
	size_t i;
	int r;

	if (image_manifest(s, root, &m, &why) < 0) {
		*e = why;
		return hit ? -1 : 0;
	}
	r = m.is_index ? choose(s, &m, p, &id, &why) : 1;
	if (hit && r == 1)
		candidate(c, root, &id);
	else if (hit)
		c->why = why;
	if (hit)
		return 0;
	for (i = 0; m.is_index && i < m.nmanifests; i++) {
		const struct digest *d = &m.manifests[i].digest;

		if (str_starts(digest_hex(d), hex) && blob_exists(s, d))
			candidate(c, r == 1 && digest_eq(d, &id) ? root : d, d);
	}
	return 0;
}

int
image_roots(struct store *s, struct digest_list *out, struct err *e)
{
	CLEAN_TAGS struct tag_list tags = { 0 };
	size_t i;

	if (root_list(s, out, e) < 0)
		return -1;
	if (tag_list(s, &tags, e) < 0) {
		digest_list_free(out);
		return -1;
	}
	for (i = 0; i < tags.n; i++)
		digest_list_add(out, &tags.v[i].digest);
	digest_list_sort(out);
	return 0;
}

static int
ambiguous(const char *hex, const struct candidates *c, struct err *e)
{
	CLEAN_BUF struct buf b = BUF_INIT;
	size_t i;

	for (i = 0; i < c->n; i++)
		buf_addf(&b, "%s %.16s", i > 0 ? "," : "", digest_hex(&c->v[i].id));
	return err_setx(e, EINVAL, "'%s' is the start of several image IDs:%s", hex, buf_str(&b));
}

/* The roots that can have it: one where the digest is whole and a root itself, else all. */
static int
roots_for(struct store *s, const char *hex, struct digest_list *out, struct err *e)
{
	struct digest d;

	if (strlen(hex) == DIGEST_HEX) {
		digest_from_hex(&d, hex);
		if (root_has(s, &d)) {
			*out = (struct digest_list){ 0 };
			digest_list_add(out, &d);
			return 0;
		}
	}
	return image_roots(s, out, e);
}

/* 1 with *out set, 0 with e set where an image is there, but for other platforms, else code 0, -1
 */
static int
find_hex(struct store *s, const char *hex, const struct platform *p, struct candidate *out,
	struct err *e)
{
	CLEAN_DIGESTS struct digest_list roots = { 0 };
	struct candidates c = { .n = 0 };
	size_t i;

	if (roots_for(s, hex, &roots, e) < 0)
		return -1;
	for (i = 0; i < roots.n; i++)
		if (match_root(s, &roots.v[i], hex, p, &c, e) < 0)
			return -1;
	if (c.n > 1)
		return ambiguous(hex, &c, e);
	if (c.n == 1)
		*out = c.v[0];
	else
		*e = c.why;
	return (int)c.n;
}

/* The hex digits of an ID or its prefix, with or without sha256:; NULL where it can be none. */
static const char *
hex_of(const char *name)
{
	const char *hex = str_starts(name, "sha256:") ? name + 7 : name;
	size_t n = strlen(hex);

	return n >= PREFIX_MIN && n <= DIGEST_HEX && str_is_hex(hex, n) ? hex : NULL;
}

static int
absent(const char *name, const struct ref *r, struct err *e)
{
	CLEAN_FREE char *familiar = NULL;

	if (r == NULL)
		err_setx(e, ENOENT, "no image '%s' in the store", name);
	else {
		familiar = ref_familiar(r);
		err_setx(e, ENOENT, "no image '%s' in the store: dk-pull %s gets it", name,
			familiar);
	}
	return 0;
}

static int
find_by_hex(
	struct store *s, const char *name, const struct platform *p, struct found *f, struct err *e)
{
	struct candidate c;
	int r;

	if ((r = find_hex(s, hex_of(name), p, &c, e)) != 1)
		return r == 0 && e->code == 0 ? absent(name, NULL, e) : r;
	if (descend(s, &c.id, NULL, f, e) < 0)
		return -1;
	f->root = c.root;
	return 1;
}

static int
find(struct store *s, const char *name, const struct platform *p, struct found *f, struct err *e)
{
	struct digest root;
	struct err why;
	bool is_ref;
	int r;

	*f = (struct found){ 0 };
	/* "sha256:0123ab" reads as a reference too, and is never meant as one */
	is_ref = !(str_starts(name, "sha256:") && hex_of(name) != NULL) &&
		ref_parse(&f->ref, name, &why) == 0;
	if (is_ref) {
		if ((r = find_ref(s, &f->ref, &root, e)) < 0)
			return -1;
		if (r == 1) {
			if ((r = descend(s, &root, p, f, e)) != 1)
				err_wrap(e, "%s", name);
			return r;
		}
	}
	if (hex_of(name) != NULL) {
		struct ref ref = f->ref;

		f->ref = (struct ref){ 0 };
		r = find_by_hex(s, name, p, f, e);
		return r == 0 && is_ref ? absent(name, &ref, e) : r;
	}
	if (!is_ref) {
		*e = why;
		return -1;
	}
	return absent(name, &f->ref, e);
}

int
image_resolve(struct store *s, const char *name, const struct platform *platform,
	struct digest *root, struct digest *id, struct err *e)
{
	struct found f;
	int r;

	r = find(s, name, platform, &f, e);
	if (r == 1) {
		*root = f.root;
		*id = f.id;
	}
	found_free(&f);
	return r;
}

static int
load_config(struct store *s, const struct manifest *m, struct image_config *c, struct err *e)
{
	CLEAN_BUF struct buf b = BUF_INIT;

	if (blob_load(s, &m->config.digest, JSON_MAX_BYTES, &b, e) < 0)
		return err_wrap(e, "image configuration");
	if (image_config_parse(c, buf_str(&b), b.len, e) < 0)
		return err_wrap(e, "image configuration %s", m->config.digest.str);
	if (c->ndiff_ids != m->nlayers)
		return err_setx(e, 0, "image configuration %s has %zu diff_ids for %zu layers",
			m->config.digest.str, c->ndiff_ids, m->nlayers);
	return 0;
}

/* Takes f over. 1, 0 made for another platform than wanted, -1. */
static int
fill(struct store *s, struct found *f, const struct platform *want, struct image *out,
	struct err *e)
{
	char have[100], wanted[100];

	*out = (struct image){
		.root = f->root, .id = f->id, .manifest = f->manifest, .ref = f->ref
	};
	if (load_config(s, &out->manifest, &out->config, e) < 0) {
		image_free(out);
		return -1;
	}
	if (want == NULL || platform_match(want, &out->config.platform) > 0)
		return 1;
	platform_string(&out->config.platform, have);
	platform_string(want, wanted);
	image_free(out);
	err_setx(e, ENOENT, "the image in the store is for %s, not %s", have, wanted);
	return 0;
}

int
image_find(struct store *s, const char *name, const struct platform *platform, struct image *out,
	struct err *e)
{
	struct found f;
	int r;

	*out = (struct image){ 0 };
	r = find(s, name, platform, &f, e);
	if (r == 1) {
		r = fill(s, &f, platform, out, e);
		if (r != 1)
			err_wrap(e, "%s", name);
		return r;
	}
	found_free(&f);
	return r;
}

int
image_id(struct store *s, const struct digest *root, const struct platform *platform,
	struct digest *id, struct err *e)
{
	struct found f = { 0 };
	int r;

	r = descend(s, root, platform, &f, e);
	*id = f.id;
	found_free(&f);
	return r;
}

int
image_load(struct store *s, const struct digest *root, const struct platform *platform,
	struct image *out, struct err *e)
{
	struct found f = { 0 };
	int r;

	*out = (struct image){ 0 };
	r = descend(s, root, platform, &f, e);
	if (r == 1)
		return fill(s, &f, platform, out, e) == 1 ? 0 : -1;
	found_free(&f);
	return -1;
}
