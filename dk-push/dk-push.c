/* SPDX-License-Identifier: ISC */
/*
 * dk-push: sends an image of the store to the registry that its reference names. Bytes are moved as
 * they are: blobs that the registry lacks, then the configuration, then the manifest, so that what
 * can be seen there is complete.
 */
#include <stdio.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/opt.h"
#include "oci/json.h"
#include "oci/manifest.h"
#include "oci/ref.h"
#include "remote/net.h"
#include "remote/remoteopt.h"
#include "remote/transfer.h"
#include "store/events.h"
#include "store/image.h"
#include "store/tag.h"

enum { OPT_PLATFORM = 256 };

static const struct opt opts[] = {
	{ "platform", OPT_PLATFORM, "OS/ARCH", "of an index, push the manifest for this platform" },
	REMOTEOPTS,
	{ NULL, 0, NULL, NULL },
};

static const struct opt_cmd cmd = {
	.synopsis = "[OPTION ...] REF ...",
	.about = "Sends images to a registry; prints the digest each has there.",
	.opts = opts,
	.usage_status = 2,
};

struct push {
	struct store *store;
	struct registry_opts remote;
	const struct platform *platform; /* NULL: this host's */
	enum progress_mode mode;
	/* of the reference being pushed */
	struct registry registry;
	struct writer *writer; /* NULL: the store cannot be written, so nothing goes away from it */
	struct progress progress;
};

/* Keeps a blob from being removed while it is needed. 0, -1 where it is not there. */
static int
hold(struct push *p, const struct digest *d, struct err *e)
{
	int there;

	if (p->writer == NULL)
		return 0;
	there = writer_want_blob(p->writer, d, e);
	if (there == 0)
		return err_setx(e, ENOENT, "blob %s is not in the store", d->str);
	return there < 0 ? -1 : 0;
}

static int
push_blob(struct push *p, const struct descriptor *d, const char *what, struct err *e)
{
	struct transfer t = { &p->registry, p->writer, &p->progress };
	int r;

	progress_item(&p->progress, "%s %.12s", what, digest_hex(&d->digest));
	r = hold(p, &d->digest, e) < 0 ? -1 : transfer_put(&t, d, e);
	if (r < 0)
		return err_wrap(e, "%s %s", what, d->digest.str);
	progress_line(&p->progress, "%s %s: %s", what, d->digest.str,
		r > 0 ? "sent" : "is there already");
	return 0;
}

/* Layers that a registry may not hand out stay where they are. */
static bool
is_foreign(struct push *p, const struct descriptor *d)
{
	return (strstr(d->media_type, ".foreign.") != NULL ||
		       strstr(d->media_type, ".nondistributable.") != NULL) &&
		!blob_exists(p->store, &d->digest);
}

static int
load(struct push *p, const struct digest *d, struct buf *bytes, struct manifest *m, struct err *e)
{
	if (hold(p, d, e) < 0 || blob_load(p->store, d, JSON_MAX_BYTES, bytes, e) < 0)
		return -1;
	return manifest_parse(m, buf_str(bytes), bytes->len, NULL, e);
}

/* An image manifest with all it needs, under a tag or its digest. */
static int
push_manifest(struct push *p, const struct digest *d, const char *reference, struct err *e)
{
	CLEAN_MANIFEST struct manifest m = { 0 };
	CLEAN_BUF struct buf bytes = BUF_INIT;
	size_t i;

	if (load(p, d, &bytes, &m, e) < 0)
		return -1;
	if (m.is_index)
		return err_setx(e, EINVAL, "%s is an index within an index", d->str);
	progress_start(&p->progress, p->mode, m.config.size);
	for (i = 0; i < m.nlayers; i++)
		p->progress.total += m.layers[i].size;
	for (i = 0; i < m.nlayers; i++)
		if (!is_foreign(p, &m.layers[i]) && push_blob(p, &m.layers[i], "layer", e) < 0)
			return -1;
	if (push_blob(p, &m.config, "config", e) < 0)
		return -1;
	return registry_put_manifest(
		&p->registry, reference, m.media_type, bytes.data, bytes.len, e);
}

static bool
is_complete(struct push *p, const struct manifest *index)
{
	size_t i;

	for (i = 0; i < index->nmanifests; i++)
		if (!blob_exists(p->store, &index->manifests[i].digest))
			return false;
	return true;
}

/*
 * The tag's image: an index whose manifests are all here goes as it is, of a sparse one the
 * manifest for the platform (DESIGN Identity). out: the digest that the tag has there now.
 */
static int
push_image(struct push *p, const struct ref *ref, const struct digest *root, struct digest *out,
	struct err *e)
{
	CLEAN_MANIFEST struct manifest m = { 0 };
	CLEAN_BUF struct buf bytes = BUF_INIT;
	struct digest unused;
	size_t i;
	int r;

	*out = *root;
	if (load(p, root, &bytes, &m, e) < 0)
		return -1;
	if (!m.is_index)
		return push_manifest(p, root, ref->tag, e);
	if (p->platform != NULL || !is_complete(p, &m)) {
		r = image_resolve(p->store, root->str, p->platform, &unused, out, e);
		return r > 0 ? push_manifest(p, out, ref->tag, e) : -1;
	}
	for (i = 0; i < m.nmanifests; i++)
		if (push_manifest(p, &m.manifests[i].digest, m.manifests[i].digest.str, e) < 0)
			return -1;
	return registry_put_manifest(
		&p->registry, ref->tag, m.media_type, bytes.data, bytes.len, e);
}

static int
push_ref(struct push *p, const char *name, struct err *e)
{
	CLEAN_WRITER struct writer w = WRITER_INIT;
	CLEAN_FREE char *full = NULL;
	CLEAN_FREE char *kv = NULL;
	struct digest root, pushed;
	struct ref ref;
	int r;

	if (ref_parse(&ref, name, e) < 0)
		return -1;
	if (digest_is_set(&ref.digest))
		return err_setx(e, EINVAL,
			"a reference with a digest cannot be pushed: give it a tag with dk-tag");
	r = tag_get(p->store, &ref, &root, e);
	if (r == 0)
		return err_setx(
			e, ENOENT, "no such image here; dk-tag gives one of this store that name");
	if (r < 0)
		return -1;
	if (!p->store->readonly) {
		if (writer_open(&w, p->store, e) < 0)
			return -1;
		p->writer = &w;
	}
	r = registry_open(&p->registry, ref.domain, &p->remote, e);
	if (r == 0) {
		registry_set_repo(&p->registry, ref.path);
		r = push_image(p, &ref, &root, &pushed, e);
		progress_end(&p->progress);
	}
	registry_close(&p->registry);
	p->writer = NULL;
	if (r < 0)
		return -1;
	full = ref_string(&ref);
	kv = xasprintf("name=%s", full);
	event_log(p->store, "image", "push", pushed.str, (const char *[]){ kv, NULL });
	printf("%s\n", pushed.str);
	fflush(stdout);
	return 0;
}

int
main(int argc, char **argv)
{
	CLEAN_STORE struct store store = STORE_INIT;
	struct push p = { .store = &store, .mode = PROGRESS_AUTO };
	struct platform platform;
	struct err e, stop;
	int c, status = 0;

	msg_init(argv[0]);
	while ((c = opt_next(argc, argv, &cmd)) != -1) {
		switch (c) {
		case OPT_PLATFORM:
			if (platform_parse(&platform, optarg, &e) < 0)
				opt_usage(&cmd, "--platform: %s", e.msg);
			p.platform = &platform;
			break;
		default:
			if (remoteopt(&p.remote, &p.mode, c, optarg, &e) < 0)
				opt_usage(&cmd, "%s", e.msg);
			break;
		}
	}
	if (optind == argc)
		opt_usage(&cmd, "no reference given");
	if (store_open(&store, &e) < 0)
		die_err(1, &e);
	net_catch_signals();
	for (; optind < argc && net_interrupted(&e) == 0; optind++) {
		if (push_ref(&p, argv[optind], &e) == 0)
			continue;
		status = 1;
		err_wrap(&e, "%s", argv[optind]);
		if (net_interrupted(&stop) == 0)
			warn_err(&e);
	}
	net_end_by_signal();
	msg_fshut(1);
	return status;
}
