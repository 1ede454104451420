/* SPDX-License-Identifier: ISC */
/* image.c: an image as docker inspect shows it */
#include <stdbool.h>

#include "base/err.h"
#include "base/mem.h"
#include "inspect.h"
#include "oci/json.h"
#include "store/image.h"
#include "store/tag.h"

static void
add_once(json_t *list, const char *s)
{
	json_t *v;
	size_t i;

	json_array_foreach (list, i, v)
		if (str_eq(json_string_value(v), s))
			return;
	if (json_array_append_new(list, json_str(s)) < 0)
		abort();
}

/* The names of all roots that are this image: an index of it has it too. */
static int
set_names(json_t *j, struct store *s, const struct image *i, struct err *e)
{
	CLEAN_TAGS struct tag_list tags = { 0 };
	json_t *names = json_set_newarr(j, "RepoTags"),
	       *digests = json_set_newarr(j, "RepoDigests");
	size_t k;

	if (tag_list(s, &tags, e) < 0)
		return -1;
	for (k = 0; k < tags.n; k++) {
		const struct tag_entry *t = &tags.v[k];
		CLEAN_FREE char *full = xasprintf("%s/%s:%s", t->domain, t->path, t->tag);
		CLEAN_FREE char *name = NULL, *familiar = NULL, *digest = NULL;
		struct digest id;
		struct err ignored;
		struct ref r;

		if (image_id(s, &t->digest, NULL, &id, &ignored) != 1 || !digest_eq(&id, &i->id) ||
			ref_parse(&r, full, &ignored) < 0)
			continue;
		familiar = ref_familiar(&r);
		name = ref_familiar_name(&r);
		digest = xasprintf("%s@%s", name, t->digest.str);
		add_once(names, familiar);
		add_once(digests, digest);
	}
	return 0;
}

static void
set_rootfs(json_t *j, const struct image_config *c)
{
	json_t *rootfs = json_set_newobj(j, "RootFS"), *layers;
	size_t k;

	json_set_str(rootfs, "Type", "layers");
	layers = json_set_newarr(rootfs, "Layers");
	for (k = 0; k < c->ndiff_ids; k++)
		if (json_array_append_new(layers, json_str(c->diff_ids[k].str)) < 0)
			abort();
}

static const char *
or_empty(const char *s)
{
	return s != NULL ? s : "";
}

int
inspect_image(struct store *s, const char *name, json_t **out, struct err *e)
{
	CLEAN_IMAGE struct image i = { 0 };
	CLEAN_JSON json_t *j = json_object();
	const struct image_config *c = &i.config;
	const char *comment = NULL;
	int r;

	if ((r = image_find(s, name, NULL, &i, e)) != 1)
		return r;
	json_set_str(j, "Id", i.id.str);
	if (set_names(j, s, &i, e) < 0)
		return -1;
	if (c->nhistory > 0)
		comment = c->history[c->nhistory - 1].comment;
	json_set_str(j, "Comment", or_empty(comment));
	json_set_str(j, "Created", or_empty(c->created));
	json_set_str(j, "Author", or_empty(c->author));
	if (json_object_set_new(j, "Config", image_config_container(c)) < 0)
		abort();
	json_set_str(j, "Architecture", c->platform.arch);
	if (c->platform.variant[0] != '\0')
		json_set_str(j, "Variant", c->platform.variant);
	json_set_str(j, "Os", c->platform.os);
	json_set_int(j, "Size", image_size(s, &i));
	set_rootfs(j, c);
	*out = steal_ptr(&j);
	return 1;
}
