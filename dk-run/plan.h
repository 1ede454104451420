/* SPDX-License-Identifier: ISC */
/* plan.h: what to run: the options of dk-run and an image's configuration made into an OCI runtime
 * configuration */
#ifndef DK_RUN_PLAN_H
#define DK_RUN_PLAN_H

#include <stdbool.h>

#include "base/str.h"

struct err;
struct image_config;
struct spec;

struct options {
	bool rm, interactive, read_only;
	const char *name, *entrypoint, *workdir, *user, *network, *hostname, *cidfile;
	struct strv env; /* KEY=VALUE, or KEY: of our own environment */
	struct strv volumes; /* as given */
	struct strv args; /* behind the image */
};

/*
 * root: the container's mounted root (passwd, group). id: 64 hex digits. dir: the absolute path of
 * ctr/ID, where etc_files() puts hosts, hostname and resolv.conf. Missing sources of volumes are
 * made. 0/-1.
 */
int plan_spec(struct spec *s, const struct options *o, const struct image_config *c, int root,
	const char *id, const char *dir, struct err *e);
/* hosts, hostname and resolv.conf of a planned container into its directory. 0/-1. */
int plan_etc(const struct spec *s, const struct options *o, int dir, struct err *e);

#endif
