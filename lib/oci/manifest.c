/* SPDX-License-Identifier: ISC */
/*
 * Manifests and indexes. What kind a document is may be said in three places: by the transport, by
 * its mediaType and by its members; they have to agree, or one set of bytes could be an index to
 * one reader and a manifest to another.
 */
#include "manifest.h"

#include "json.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"

#define MT_SCHEMA1 "application/vnd.docker.distribution.manifest.v1+"

static void
list_free(struct descriptor **v, size_t *n)
{
	size_t i;

	for (i = 0; i < *n; i++)
		descriptor_free(&(*v)[i]);
	free(*v);
	*v = NULL;
	*n = 0;
}

void
manifest_free(struct manifest *m)
{
	descriptor_free(&m->config);
	list_free(&m->layers, &m->nlayers);
	list_free(&m->manifests, &m->nmanifests);
	json_decref(m->annotations);
	memset(m, 0, sizeof(*m));
}

static int
list_from_json(struct descriptor **v, size_t *n, const json_t *a, const char *what, struct err *e)
{
	json_t *j;
	size_t i;

	*v = xcalloc(json_array_size(a) + 1, sizeof(**v));
	json_array_foreach (a, i, j) {
		if (descriptor_from_json(&(*v)[i], j, e) < 0)
			return err_wrap(e, "%s %zu", what, i);
		*n = i + 1;
	}
	return 0;
}

/*
 * The media type of a Content-Type header, lower case, without parameters; "" where it says nothing
 * about the kind.
 */
static void
transport_type(const char *s, char out[128])
{
	size_t n = 0, i;

	if (s != NULL)
		n = strcspn(s, "; \t");
	if (n >= 128)
		n = 0;
	for (i = 0; i < n; i++)
		out[i] = s[i] >= 'A' && s[i] <= 'Z' ? (char)(s[i] + 32) : s[i];
	out[n] = '\0';
	if (media_kind(out) != MEDIA_INDEX && media_kind(out) != MEDIA_MANIFEST &&
		!str_starts(out, MT_SCHEMA1))
		out[0] = '\0';
}

static int
schema_1(struct err *e)
{
	return err_setx(e, 0,
		"a Docker schema 1 manifest, which is not supported: push the image anew with a "
		"current client");
}

/* Settles media_type and is_index. */
static int
find_kind(struct manifest *m, const json_t *j, const char *media_type, struct err *e)
{
	const char *own = NULL;
	char told[128];
	int64_t version = 0;
	bool has_index = json_object_get(j, "manifests") != NULL;
	bool has_image =
		json_object_get(j, "config") != NULL || json_object_get(j, "layers") != NULL;
	enum media_kind kind;

	transport_type(media_type, told);
	if (json_get_int(j, "schemaVersion", &version, e) < 0 ||
		json_get_str(j, "mediaType", &own, e) < 0)
		return -1;
	if (version == 1 || json_object_get(j, "fsLayers") != NULL ||
		str_starts(told, MT_SCHEMA1) || (own != NULL && str_starts(own, MT_SCHEMA1)))
		return schema_1(e);
	if (version != 2)
		return err_setx(e, 0, "'schemaVersion' is not 2");
	if (has_index && has_image)
		return err_setx(e, 0, "has members of a manifest and of an index");
	if (!has_index && !has_image)
		return err_setx(
			e, 0, "neither a manifest (config, layers) nor an index (manifests)");
	if (own != NULL && told[0] != '\0' && strcmp(own, told) != 0)
		return err_setx(e, 0, "calls itself %.127s but was served as %s", own, told);

	if (own != NULL) {
		kind = media_kind(own);
		if (kind != MEDIA_INDEX && kind != MEDIA_MANIFEST)
			return err_setx(
				e, 0, "media type '%.127s' is no image manifest or index", own);
		memcpy(m->media_type, own, strlen(own) + 1);
	} else if (told[0] != '\0') {
		memcpy(m->media_type, told, sizeof(told));
	} else {
		/* Docker's two must name themselves */
		snprintf(m->media_type, sizeof(m->media_type), "%s",
			has_index ? MT_OCI_INDEX : MT_OCI_MANIFEST);
	}
	m->is_index = media_kind(m->media_type) == MEDIA_INDEX;
	if (m->is_index != has_index)
		return err_setx(e, 0, "calls itself %s but has the members of %s", m->media_type,
			has_index ? "an index" : "a manifest");
	return 0;
}

static int
fill(struct manifest *m, const json_t *j, const char *media_type, struct err *e)
{
	json_t *config = NULL, *list = NULL, *annotations = NULL;
	const char *list_key;
	enum media_kind kind;

	if (!json_is_object(j))
		return err_setx(e, 0, "not an object");
	if (find_kind(m, j, media_type, e) < 0)
		return -1;
	list_key = m->is_index ? "manifests" : "layers";
	if (json_get_arr(j, list_key, &list, e) < 0 || json_get_obj(j, "config", &config, e) < 0 ||
		json_get_obj(j, "annotations", &annotations, e) < 0)
		return -1;
	if (list == NULL)
		return err_setx(e, 0, "no '%s'", list_key);
	if (json_check_strings(annotations, "annotation", e) < 0)
		return -1;
	m->annotations = json_incref(annotations);
	if (m->is_index)
		return list_from_json(&m->manifests, &m->nmanifests, list, "entry", e);

	if (config == NULL)
		return err_setx(e, 0, "no 'config'");
	if (json_array_size(list) > MANIFEST_MAX_LAYERS)
		return err_setx(e, 0, "%zu layers, more than %d", json_array_size(list),
			MANIFEST_MAX_LAYERS);
	if (descriptor_from_json(&m->config, config, e) < 0)
		return err_wrap(e, "config");
	kind = media_kind(m->config.media_type);
	if (kind != MEDIA_CONFIG && kind != MEDIA_OTHER)
		return err_setx(
			e, 0, "config: media type %s is no configuration's", m->config.media_type);
	return list_from_json(&m->layers, &m->nlayers, list, "layer", e);
}

int
manifest_parse(struct manifest *m, const void *p, size_t n, const char *media_type, struct err *e)
{
	CLEAN_MANIFEST struct manifest got = { 0 };
	CLEAN_JSON json_t *j = NULL;

	memset(m, 0, sizeof(*m));
	if ((j = json_parse(p, n, "manifest", e)) == NULL)
		return -1;
	if (fill(&got, j, media_type, e) < 0)
		return err_wrap(e, "manifest");
	*m = got;
	got = (struct manifest){ 0 };
	return 0;
}

static void
list_to_json(json_t *j, const char *key, const struct descriptor *v, size_t n)
{
	json_t *a = json_set_newarr(j, key);
	size_t i;

	for (i = 0; i < n; i++)
		if (json_array_append_new(a, descriptor_to_json(&v[i])) < 0)
			abort();
}

void
manifest_write(const struct manifest *m, struct buf *out)
{
	CLEAN_JSON json_t *j = json_object();

	json_set_int(j, "schemaVersion", 2);
	json_set_str(j, "mediaType", m->media_type);
	if (m->is_index) {
		list_to_json(j, "manifests", m->manifests, m->nmanifests);
	} else {
		if (json_object_set_new(j, "config", descriptor_to_json(&m->config)) < 0)
			abort();
		list_to_json(j, "layers", m->layers, m->nlayers);
	}
	if (m->annotations != NULL && json_object_set(j, "annotations", m->annotations) < 0)
		abort();
	json_write(j, out);
}

/*
 * An image manifest for some machine: no nested index, no attestation, no artifact without a place
 * to run.
 */
static bool
is_candidate(const struct descriptor *d)
{
	if (media_kind(d->media_type) != MEDIA_MANIFEST)
		return false;
	if (d->annotations != NULL &&
		json_object_get(d->annotations, "vnd.docker.reference.type") != NULL)
		return false;
	return !d->has_platform || strcmp(d->platform.os, "unknown") != 0 ||
		strcmp(d->platform.arch, "unknown") != 0;
}

int
manifest_choose(const struct manifest *index, const struct platform *want, struct err *e)
{
	CLEAN_BUF struct buf have = BUF_INIT;
	char name[100];
	int score, best = 0, found = -1, bare = -1;
	size_t i, nbare = 0;

	for (i = 0; i < index->nmanifests; i++) {
		const struct descriptor *d = &index->manifests[i];

		if (!is_candidate(d))
			continue;
		if (!d->has_platform) {
			bare = (int)i;
			nbare++;
			continue;
		}
		platform_string(&d->platform, name);
		if (have.len < 400)
			buf_addf(&have, "%s%s", have.len > 0 ? ", " : "", name);
		/* the first of equals: the order of an index is its author's preference */
		if ((score = platform_match(want, &d->platform)) > best) {
			best = score;
			found = (int)i;
		}
	}
	/* tools that write an index around one image leave the platform to its configuration */
	if (found < 0 && nbare == 1 && have.len == 0)
		found = bare;
	if (found >= 0)
		return found;
	platform_string(want, name);
	return err_setx(e, 0, "no image for platform %s (there is: %s)", name,
		have.len > 0 ? buf_str(&have) : "none");
}
