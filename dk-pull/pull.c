/* SPDX-License-Identifier: ISC */
/*
 * pull.c: see pull.h. Manifests, configuration, then layer after layer: the bytes from the socket
 * go to the blob's file and to the pipe of an unpacker in the same pass. Tag and root are set last,
 * when everything they need is there.
 */
#include "pull.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/fmt.h"
#include "base/mem.h"
#include "base/msg.h"
#include "oci/json.h"
#include "oci/manifest.h"
#include "oci/ref.h"
#include "remote/transfer.h"
#include "store/blob.h"
#include "store/events.h"
#include "store/gc.h"
#include "store/image.h"
#include "store/layerdir.h"

/* One reference on its way. */
struct job {
	struct pull *p;
	struct ref ref;
	struct transfer t;
	struct progress progress;
	struct image image; /* all of it but ref */
};

/* The manifest of the image itself: of an index the one for the platform. */
static int
get_manifests(struct job *j, struct err *e)
{
	CLEAN_BUF struct buf bytes = BUF_INIT;
	CLEAN_MANIFEST struct manifest index = { 0 };
	const char *reference = digest_is_set(&j->ref.digest) ? j->ref.digest.str : j->ref.tag;
	char type[128];
	struct platform host;
	const struct descriptor *d;
	int i;

	if (transfer_get_manifest(&j->t, reference, &bytes, type, &j->image.root, e) < 0)
		return -1;
	j->image.id = j->image.root;
	if (manifest_parse(&index, buf_str(&bytes), bytes.len,
		    media_kind(type) != MEDIA_OTHER ? type : NULL, e) < 0)
		return -1;
	if (!index.is_index) {
		j->image.manifest = index;
		index = (struct manifest){ 0 };
		return 0;
	}
	platform_host(&host);
	i = manifest_choose(&index, j->p->platform != NULL ? j->p->platform : &host, e);
	if (i < 0)
		return -1;
	d = &index.manifests[i];
	j->image.id = d->digest;
	buf_clear(&bytes);
	i = writer_want_blob(j->t.writer, &d->digest, e);
	if (i < 0)
		return -1;
	if (i > 0)
		i = blob_load(j->p->store, &d->digest, JSON_MAX_BYTES, &bytes, e);
	else
		i = transfer_get_manifest(&j->t, d->digest.str, &bytes, type, &j->image.id, e);
	if (i < 0)
		return -1;
	if (manifest_parse(&j->image.manifest, buf_str(&bytes), bytes.len, d->media_type, e) < 0)
		return err_wrap(e, "manifest %s", d->digest.str);
	if (j->image.manifest.is_index)
		return err_setx(e, EINVAL, "manifest %s: an index within an index", d->digest.str);
	return 0;
}

/* A single manifest may be for another machine: an error where a platform was asked for. */
static int
check_platform(struct job *j, struct err *e)
{
	const struct platform *have = &j->image.config.platform;
	char want[100], got[100];
	struct platform host;

	platform_string(have, got);
	if (j->p->platform != NULL) {
		platform_string(j->p->platform, want);
		if (have->arch[0] != '\0' && platform_match(j->p->platform, have) == 0)
			return err_setx(e, ENOENT, "the image is for %s, not for %s", got, want);
		return 0;
	}
	platform_host(&host);
	if (have->arch[0] != '\0' && platform_match(&host, have) == 0) {
		platform_string(&host, want);
		warnm("the image is for %s, this machine is %s", got, want);
	}
	return 0;
}

static int
get_config(struct job *j, struct err *e)
{
	CLEAN_BUF struct buf bytes = BUF_INIT;
	const struct descriptor *d = &j->image.manifest.config;

	/* old versions of docker pushed configurations without a type */
	if (media_kind(d->media_type) != MEDIA_CONFIG &&
		!str_eq(d->media_type, "application/octet-stream"))
		return err_setx(e, EINVAL,
			"not a container image: its configuration is of type '%s'", d->media_type);
	if (transfer_get_small(&j->t, d, &bytes, e) < 0 ||
		image_config_parse(&j->image.config, buf_str(&bytes), bytes.len, e) < 0)
		return err_wrap(e, "config %s", d->digest.str);
	if (j->image.config.ndiff_ids != j->image.manifest.nlayers)
		return err_setx(e, EINVAL, "the manifest lists %zu layers, the configuration %zu",
			j->image.manifest.nlayers, j->image.config.ndiff_ids);
	return check_platform(j, e);
}

/* Is the layer unpacked and to be trusted? 1, 0, -1. Announced to the collector either way. */
static int
have_layer(struct job *j, const struct digest *diff_id, struct err *e)
{
	int r = writer_want_layer(j->t.writer, diff_id, e);

	if (r > 0)
		r = layer_get(j->p->store, diff_id, NULL, e);
	return r < 0 ? -1 : r == 1;
}

/* Fetches a layer's blob and, in the same pass, unpacks it. */
static int
fetch_and_unpack(
	struct job *j, const struct descriptor *d, const struct digest *diff_id, struct err *e)
{
	CLEAN_BLOB_OUT struct blob_out b = BLOB_OUT_INIT;
	CLEAN_UNPACK struct unpack u = UNPACK_INIT;
	struct err why;

	if (blob_create(&b, j->t.writer, e) < 0 ||
		unpack_begin(&u, j->p->unpackd, j->t.writer, diff_id, e) < 0)
		return -1;
	if (transfer_get(&j->t, d, &b, u.data, e) < 0) {
		/* the unpacker gave up: it knows why */
		if (e->code == EPIPE && unpack_finish(&u, NULL, &why) < 0)
			*e = why;
		return -1;
	}
	/* the unpacker ends while the blob is being synced */
	mem_clean_fd(&u.data);
	u.data = -1;
	if (blob_commit(&b, &d->digest, d->size, NULL, e) < 0)
		return -1;
	return unpack_finish(&u, NULL, e);
}

static int
fetch(struct job *j, const struct descriptor *d, struct err *e)
{
	CLEAN_BLOB_OUT struct blob_out b = BLOB_OUT_INIT;

	if (blob_create(&b, j->t.writer, e) < 0 || transfer_get(&j->t, d, &b, -1, e) < 0)
		return -1;
	return blob_commit(&b, &d->digest, d->size, NULL, e);
}

static int
get_layer(struct job *j, size_t i, struct err *e)
{
	const struct descriptor *d = &j->image.manifest.layers[i];
	const struct digest *diff_id = &j->image.config.diff_ids[i];
	int64_t before = j->progress.done;
	int blob, layer;

	progress_item(&j->progress, "layer %zu/%zu", i + 1, j->image.manifest.nlayers);
	blob = writer_want_blob(j->t.writer, &d->digest, e);
	layer = blob < 0 ? -1 : have_layer(j, diff_id, e);
	if (layer < 0)
		return -1;
	if (blob) {
		progress_line(&j->progress, "layer %zu/%zu %s: is there already", i + 1,
			j->image.manifest.nlayers, d->digest.str);
		return 0;
	}
	if (!layer && j->p->unpackd != NULL ? fetch_and_unpack(j, d, diff_id, e) : fetch(j, d, e))
		return -1;
	progress_line(&j->progress, "layer %zu/%zu %s: %lld bytes fetched", i + 1,
		j->image.manifest.nlayers, d->digest.str, (long long)(j->progress.done - before));
	return 0;
}

static int
get_layers(struct job *j, struct err *e)
{
	const struct manifest *m = &j->image.manifest;
	int64_t total = 0;
	size_t i;

	for (i = 0; i < m->nlayers; i++)
		if (!blob_exists(j->p->store, &m->layers[i].digest))
			total += m->layers[i].size;
	progress_start(&j->progress, j->p->mode, total);
	for (i = 0; i < m->nlayers; i++)
		if (get_layer(j, i, e) < 0)
			return err_wrap(e, "layer %s", m->layers[i].digest.str);
	/* blobs that were there, of layers that are not */
	if (j->p->unpackd == NULL)
		return 0;
	for (i = 0; i < m->nlayers; i++)
		digest_list_add(&j->p->layers, &j->image.config.diff_ids[i]);
	return unpack_image(j->t.writer, j->p->unpackd, &j->image, e);
}

static int
finish(struct job *j, struct err *e)
{
	CLEAN_FREE char *name = ref_string(&j->ref);
	CLEAN_FREE char *kv = xasprintf("name=%s", name);
	int r;

	if (digest_is_set(&j->ref.digest))
		r = root_add(j->t.writer, &j->image.root, e);
	else
		r = tag_set(j->t.writer, &j->ref, &j->image.root, NULL, e);
	if (r == 0)
		event_log(j->p->store, "image", "pull", j->image.root.str,
			(const char *[]){ kv, NULL });
	return r;
}

/* The registry of the last reference, if it is the same one. */
static int
use_registry(struct pull *p, const struct ref *ref, struct err *e)
{
	if (!str_eq(p->registry.name, ref->domain)) {
		registry_close(&p->registry);
		if (registry_open(&p->registry, ref->domain, &p->remote, e) < 0) {
			registry_close(&p->registry);
			return -1;
		}
	}
	registry_set_repo(&p->registry, ref->path);
	return 0;
}

/* NEEDSWORK: when pulls resume, whole layers should stay for some days. */
static void
drop(struct pull *p, const struct digest *root)
{
	struct gc_result removed = { 0 };
	struct err ignored;

	if (digest_is_set(root))
		(void)gc_run(p->store, NULL, 0, root, 1, false, &removed, &ignored);
	gc_result_free(&removed);
}

int
pull_ref(struct pull *p, const char *name, struct digest *out, struct err *e)
{
	CLEAN_WRITER struct writer w = WRITER_INIT;
	struct job j = { .p = p, .t = { &p->registry, &w, &j.progress } };
	int r = -1;

	if (ref_parse(&j.ref, name, e) < 0)
		return -1;
	if (writer_open(&w, p->store, e) == 0 && use_registry(p, &j.ref, e) == 0 &&
		get_manifests(&j, e) == 0 && get_config(&j, e) == 0) {
		r = get_layers(&j, e);
		progress_end(&j.progress);
		if (r == 0)
			r = finish(&j, e);
	}
	*out = j.image.root;
	image_free(&j.image);
	if (r < 0) {
		/* what came of it is of use to nobody, unless it is part of another image */
		writer_close(&w);
		drop(p, out);
	}
	return r;
}

void
pull_close(struct pull *p)
{
	registry_close(&p->registry);
	digest_list_free(&p->layers);
}
