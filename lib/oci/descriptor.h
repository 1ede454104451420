/* SPDX-License-Identifier: ISC */
/* descriptor.h: image-spec descriptor.md, and the media types of OCI and Docker */
#ifndef OCI_DESCRIPTOR_H
#define OCI_DESCRIPTOR_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "digest.h"
#include "platform.h"

struct err;

enum media_kind {
	MEDIA_OTHER,
	MEDIA_INDEX,
	MEDIA_MANIFEST,
	MEDIA_CONFIG,
	MEDIA_LAYER,
};

enum compression {
	COMP_NONE,
	COMP_GZIP,
	COMP_ZSTD,
	COMP_UNKNOWN, /* sniff */
};

#define MT_OCI_INDEX "application/vnd.oci.image.index.v1+json"
#define MT_OCI_MANIFEST "application/vnd.oci.image.manifest.v1+json"
#define MT_OCI_CONFIG "application/vnd.oci.image.config.v1+json"
#define MT_OCI_LAYER "application/vnd.oci.image.layer.v1.tar"
#define MT_OCI_LAYER_GZIP MT_OCI_LAYER "+gzip"
#define MT_OCI_LAYER_ZSTD MT_OCI_LAYER "+zstd"
#define MT_DOCKER_LIST "application/vnd.docker.distribution.manifest.list.v2+json"
#define MT_DOCKER_MANIFEST "application/vnd.docker.distribution.manifest.v2+json"
#define MT_DOCKER_CONFIG "application/vnd.docker.container.image.v1+json"
#define MT_DOCKER_LAYER "application/vnd.docker.image.rootfs.diff.tar"
#define MT_DOCKER_LAYER_GZIP MT_DOCKER_LAYER ".gzip"

struct descriptor {
	char media_type[128];
	struct digest digest;
	int64_t size; /* bytes; never negative */
	bool has_platform;
	struct platform platform;
	json_t *annotations; /* owned; NULL none */
};

void descriptor_free(struct descriptor *d);
void descriptor_copy(struct descriptor *to, const struct descriptor *from); /* to uninitialised */
/* Digest, size and mediaType are required and checked. 0/-1. */
int descriptor_from_json(struct descriptor *d, const json_t *j, struct err *e);
json_t *descriptor_to_json(const struct descriptor *d); /* new reference */

enum media_kind media_kind(const char *media_type);
/* Of a layer media type; foreign (non-distributable) layers too. */
enum compression media_compression(const char *media_type);

#endif
