/* SPDX-License-Identifier: ISC */
/* pull.h: one reference from a registry into the store */
#ifndef PULL_H
#define PULL_H

#include <stdbool.h>

#include "layer/unpack.h"
#include "remote/progress.h"
#include "remote/registry.h"
#include "store/tag.h"

struct pull {
	struct store *store;
	struct unpackd *unpackd; /* NULL: layers are not unpacked */
	struct registry_opts remote;
	const struct platform *platform; /* as asked for; NULL: this host's */
	enum progress_mode mode;
	struct registry registry; /* that of the last reference */
	struct digest_list layers; /* unpacked ones of all images, by diff_id: to be synced */
};

/*
 * Fetches what the store lacks, unpacks it, sets the tag (a reference with a digest: a root without
 * a tag). out: the digest that the reference has in the registry. The store shows nothing of an
 * image that was not fetched whole. 0/-1.
 */
int pull_ref(struct pull *p, const char *name, struct digest *out, struct err *e);
void pull_close(struct pull *p);

#endif
