/* SPDX-License-Identifier: ISC */
/* Descriptors: media type, digest, size. A parsed one has all three, within bounds. */
#include "descriptor.h"

#include "json.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"

void
descriptor_free(struct descriptor *d)
{
	json_decref(d->annotations);
	memset(d, 0, sizeof(*d));
}

void
descriptor_copy(struct descriptor *to, const struct descriptor *from)
{
	*to = *from;
	if (from->annotations != NULL &&
		(to->annotations = json_deep_copy(from->annotations)) == NULL)
		abort();
}

/* type "/" subtype of RFC 6838's characters */
static bool
media_type_is_valid(const char *s)
{
	size_t i, slashes = 0;

	for (i = 0; s[i] != '\0'; i++) {
		if (s[i] <= ' ' || s[i] > '~' || strchr("\"\\()<>@,;:?=[]", s[i]) != NULL)
			return false;
		slashes += s[i] == '/';
	}
	return slashes == 1 && s[0] != '/' && s[i - 1] != '/';
}

static int
fill(struct descriptor *d, const json_t *j, struct err *e)
{
	const char *type = NULL, *digest = NULL;
	json_t *platform = NULL, *annotations = NULL;

	if (!json_is_object(j))
		return err_setx(e, 0, "not an object");
	d->size = -1;
	if (json_get_str(j, "mediaType", &type, e) < 0 ||
		json_get_str(j, "digest", &digest, e) < 0 ||
		json_get_obj(j, "platform", &platform, e) < 0 ||
		json_get_obj(j, "annotations", &annotations, e) < 0)
		return -1;
	if (type == NULL)
		return err_setx(e, 0, "no 'mediaType'");
	if (digest == NULL)
		return err_setx(e, 0, "no 'digest'");
	if (json_object_get(j, "size") == NULL)
		return err_setx(e, 0, "no 'size'");
	if (json_get_int(j, "size", &d->size, e) < 0)
		return -1;
	if (d->size < 0)
		return err_setx(e, 0, "'size' is not a number of bytes");
	if (strlen(type) >= sizeof(d->media_type) || !media_type_is_valid(type))
		return err_setx(e, 0, "bad media type '%.130s'", type);
	if (digest_parse(&d->digest, digest, e) < 0)
		return -1;
	if (platform != NULL && platform_from_json(&d->platform, platform, e) < 0)
		return err_wrap(e, "platform");
	if (json_check_strings(annotations, "annotation", e) < 0)
		return -1;
	memcpy(d->media_type, type, strlen(type) + 1);
	d->has_platform = platform != NULL;
	d->annotations = json_incref(annotations);
	return 0;
}

int
descriptor_from_json(struct descriptor *d, const json_t *j, struct err *e)
{
	memset(d, 0, sizeof(*d));
	if (fill(d, j, e) == 0)
		return 0;
	memset(d, 0, sizeof(*d));
	return -1;
}

json_t *
descriptor_to_json(const struct descriptor *d)
{
	json_t *j = json_object();

	if (j == NULL)
		abort();
	json_set_str(j, "mediaType", d->media_type);
	json_set_str(j, "digest", d->digest.str);
	json_set_int(j, "size", d->size);
	if (d->annotations != NULL && json_object_set(j, "annotations", d->annotations) < 0)
		abort();
	if (d->has_platform &&
		json_object_set_new(j, "platform", platform_to_json(&d->platform)) < 0)
		abort();
	return j;
}

static const struct {
	const char *type;
	enum media_kind kind;
	enum compression comp;
} types[] = {
	{ MT_OCI_INDEX, MEDIA_INDEX, COMP_UNKNOWN },
	{ MT_DOCKER_LIST, MEDIA_INDEX, COMP_UNKNOWN },
	{ MT_OCI_MANIFEST, MEDIA_MANIFEST, COMP_UNKNOWN },
	{ MT_DOCKER_MANIFEST, MEDIA_MANIFEST, COMP_UNKNOWN },
	{ MT_OCI_CONFIG, MEDIA_CONFIG, COMP_UNKNOWN },
	{ MT_DOCKER_CONFIG, MEDIA_CONFIG, COMP_UNKNOWN },
	{ MT_OCI_LAYER, MEDIA_LAYER, COMP_NONE },
	{ MT_OCI_LAYER_GZIP, MEDIA_LAYER, COMP_GZIP },
	{ MT_OCI_LAYER_ZSTD, MEDIA_LAYER, COMP_ZSTD },
	/*
	 * layers with a licence on where they may be copied: deprecated by OCI, of Windows base
	 * images in Docker's
	 */
	{ "application/vnd.oci.image.layer.nondistributable.v1.tar", MEDIA_LAYER, COMP_NONE },
	{ "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", MEDIA_LAYER, COMP_GZIP },
	{ "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd", MEDIA_LAYER, COMP_ZSTD },
	{ "application/vnd.docker.image.rootfs.foreign.diff.tar", MEDIA_LAYER, COMP_NONE },
	{ "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", MEDIA_LAYER, COMP_GZIP },
	{ MT_DOCKER_LAYER, MEDIA_LAYER, COMP_NONE },
	{ MT_DOCKER_LAYER_GZIP, MEDIA_LAYER, COMP_GZIP },
	{ MT_DOCKER_LAYER ".zstd", MEDIA_LAYER, COMP_ZSTD },
};

enum media_kind
media_kind(const char *media_type)
{
	size_t i;

	for (i = 0; i < LEN(types); i++)
		if (strcmp(types[i].type, media_type) == 0)
			return types[i].kind;
	return MEDIA_OTHER;
}

enum compression
media_compression(const char *media_type)
{
	size_t i;

	for (i = 0; i < LEN(types); i++)
		if (strcmp(types[i].type, media_type) == 0)
			return types[i].comp;
	return COMP_UNKNOWN;
}
