/* SPDX-License-Identifier: ISC */
/* registry.h: a repository of a registry over the OCI distribution API (distribution-spec spec.md),
 * as a client */
#ifndef REMOTE_REGISTRY_H
#define REMOTE_REGISTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "auth.h"
#include "http.h"
#include "oci/digest.h"
#include "trust.h"

struct buf;
struct err;

struct registry_opts {
	bool plain_http; /* http, not https */
	bool no_verify; /* any certificate will do */
	const char *ca_file; /* trusted beside the system's bundle; NULL none */
};

/* One registry; the repository in it can be changed, connections and credentials stay. Not to be
 * copied or moved. */
struct registry {
	struct registry_opts opts;
	struct http http;
	struct trust trust;
	char *name; /* HOST[:PORT] as in references */
	char *api; /* "https://host" */
	char *repo;
	char *auth; /* value of Authorization; NULL: none yet */
	struct creds creds;
	int have_creds; /* -1: not looked for yet */
};

#define CLEAN_REGISTRY __attribute__((cleanup(registry_close)))

/*
 * name: the domain of a reference. A registry on a loopback address that does not speak TLS is
 * spoken to in plain http, as docker does (this opens a connection to find out); others need
 * opts->plain_http. 0/-1.
 */
int registry_open(
	struct registry *r, const char *name, const struct registry_opts *opts, struct err *e);
void registry_close(struct registry *r); /* {0} is fine */
void registry_set_repo(struct registry *r, const char *path);

/*
 * GET of a manifest or index by tag or digest (spec.md, Pulling manifests). digest is of the bytes
 * received; it is compared with Docker-Content-Digest and, if reference is one, with reference.
 * media_type: of Content-Type, without parameters. 0, -1 (ENOENT: the registry has no such thing).
 */
int registry_get_manifest(struct registry *r, const char *reference, struct buf *out,
	char media_type[128], struct digest *digest, struct err *e);
/* HEAD: 1 and *size (-1: not said), 0 it is not there, -1. */
int registry_has_blob(struct registry *r, const struct digest *d, int64_t *size, struct err *e);
/* Starts a GET of a blob; the caller reads res with http_read and ends it with http_done; nothing
 * is verified here. 0/-1. */
int registry_get_blob(
	struct registry *r, const struct digest *d, struct http_res *res, struct err *e);
/* POST, then PUT of the whole blob (spec.md, POST then PUT) from a file. progress as in struct
 * http_req. 0/-1. */
int registry_put_blob(struct registry *r, const struct digest *d, int fd, int64_t size,
	void (*progress)(void *arg, int64_t bytes), void *arg, struct err *e);
int registry_put_manifest(struct registry *r, const char *reference, const char *media_type,
	const void *p, size_t n, struct err *e);

#endif
