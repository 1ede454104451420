/* SPDX-License-Identifier: ISC */
/* imagesize.c: how big an image is: its layers unpacked, or what is there of them */
#include "base/err.h"
#include "base/mem.h"
#include "blob.h"
#include "image.h"
#include "layerdir.h"

static int64_t
layer_size(struct store *s, const struct digest *diff_id, const struct descriptor *blob)
{
	CLEAN_LAYER_META struct layer_meta m = { 0 };
	struct err ignored;
	int64_t size;

	if (layer_get(s, diff_id, &m, &ignored) > 0)
		return m.size;
	size = blob_size(s, &blob->digest);
	return size >= 0 ? size : blob->size;
}

int64_t
image_size(struct store *s, const struct image *i)
{
	int64_t sum = 0;
	size_t k;

	for (k = 0; k < i->manifest.nlayers; k++)
		sum += layer_size(s, &i->config.diff_ids[k], &i->manifest.layers[k]);
	return sum;
}
