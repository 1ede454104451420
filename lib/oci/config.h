/* SPDX-License-Identifier: ISC */
/* config.h: the image configuration (image-spec config.md; Docker's own members beside it) */
#ifndef OCI_CONFIG_H
#define OCI_CONFIG_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"
#include "digest.h"
#include "platform.h"

struct buf;
struct err;

struct history {
	char *created; /* RFC 3339; each string may be NULL */
	char *created_by;
	char *author;
	char *comment;
	bool empty_layer;
};

struct image_config {
	struct platform platform;
	char *created; /* RFC 3339 or NULL, as are the other strings */
	char *author;
	/* config: what a container of this image gets */
	char *user;
	char *workdir;
	char *stop_signal;
	struct strv env; /* KEY=VALUE */
	struct strv entrypoint;
	struct strv cmd;
	struct strv shell;
	struct strv onbuild;
	struct strv exposed; /* "80/tcp", in document order */
	struct strv volumes; /* paths */
	json_t *labels; /* object of strings, owned; NULL none */
	json_t *healthcheck; /* as in the document, owned; NULL none */
	bool args_escaped;
	/* rootfs */
	struct digest *diff_ids;
	size_t ndiff_ids;
	struct history *history;
	size_t nhistory;
};

#define CLEAN_CONFIG __attribute__((cleanup(image_config_free)))

void image_config_free(struct image_config *c); /* leaves it empty; {0} is empty */
/* Strict in types, lenient in members it does not know. 0/-1. */
int image_config_parse(struct image_config *c, const void *p, size_t n, struct err *e);
/* Canonical bytes, members in the order of image-spec config.md. */
void image_config_write(const struct image_config *c, struct buf *out);
/* The object under "config" as docker inspect shows it; new reference. */
json_t *image_config_container(const struct image_config *c);
void image_config_add_layer(struct image_config *c, const struct digest *diff_id);
/* Strings are copied; NULL leaves a member out. */
void image_config_add_history(struct image_config *c, const char *created, const char *created_by,
	const char *comment, bool empty);
void image_config_set_label(struct image_config *c, const char *key, const char *value);

/*
 * One Dockerfile-style change as dk-import -c and dk-commit -c take it: CMD, ENTRYPOINT, ENV,
 * EXPOSE, LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME, WORKDIR (words quoted as in a Dockerfile, exec
 * and shell forms). 0/-1.
 */
int image_config_change(struct image_config *c, const char *line, struct err *e);

/* ChainIDs (image-spec config.md, Layer ChainID): out[i] is the chain of diff_ids 0..i. */
void image_chain_ids(const struct digest *diff_ids, size_t n, struct digest *out);

#endif
