/* SPDX-License-Identifier: ISC */
/* imagewrite.c: a new image out of layers that are in the store: configuration, manifest, root,
 * tag, in this order */
#include <errno.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "blob.h"
#include "image.h"
#include "tag.h"

static int
want_layers(struct writer *w, const struct descriptor *layers, size_t n, struct err *e)
{
	size_t i;
	int r;

	for (i = 0; i < n; i++) {
		if ((r = writer_want_blob(w, &layers[i].digest, e)) < 0)
			return -1;
		if (r == 0)
			return err_setx(e, ENOENT, "layer blob %s is not in the store",
				layers[i].digest.str);
	}
	return 0;
}

static int
write_config(struct writer *w, const struct image_config *c, struct descriptor *out, struct err *e)
{
	CLEAN_BUF struct buf b = BUF_INIT;

	*out = (struct descriptor){ .media_type = MT_OCI_CONFIG };
	image_config_write(c, &b);
	out->size = (int64_t)b.len;
	return blob_put(w, buf_str(&b), b.len, &out->digest, e);
}

static int
write_manifest(struct writer *w, const struct descriptor *config, const struct descriptor *layers,
	size_t n, struct digest *out, struct err *e)
{
	CLEAN_BUF struct buf b = BUF_INIT;
	struct manifest m = { .media_type = MT_OCI_MANIFEST, .config = *config, .nlayers = n };

	/* borrowed and only read: m is not freed */
	m.layers = (struct descriptor *)layers;
	manifest_write(&m, &b);
	return blob_put(w, buf_str(&b), b.len, out, e);
}

int
image_write(struct writer *w, const struct image_config *c, const struct descriptor *layers,
	size_t n, const struct ref *ref, struct digest *out, struct err *e)
{
	struct descriptor config;
	struct digest d;

	if (n != c->ndiff_ids)
		return err_setx(
			e, EINVAL, "an image of %zu layers with %zu diff_ids", n, c->ndiff_ids);
	if (want_layers(w, layers, n, e) < 0 || write_config(w, c, &config, e) < 0 ||
		write_manifest(w, &config, layers, n, &d, e) < 0)
		return -1;
	if (ref != NULL ? tag_set(w, ref, &d, NULL, e) < 0 : root_add(w, &d, e) < 0)
		return -1;
	if (out != NULL)
		*out = d;
	return 0;
}
