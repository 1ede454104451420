/* SPDX-License-Identifier: ISC */
/* gc.h: reachability: what tags, images/, containers and live writers need, and removing the rest */
#ifndef STORE_GC_H
#define STORE_GC_H

#include <stdint.h>

#include "store.h"
#include "tag.h"

struct gc_result {
	struct digest_list blobs; /* removed */
	struct digest_list layers; /* removed, by diff_id */
	int64_t bytes;
};
void gc_result_free(struct gc_result *r);

/*
 * Under the exclusive lock: drops the tags and roots named (tags may be NULL; roots too), then removes each blob and layer that was reachable from the dropped ones
 * (all == false) or any (all == true) and that nothing reaches now: tags, images/, ctr/, refs of live writers; sweeps tmp/. Missing children of an index
 * are no corruption. Writers that begin meanwhile wait for the lock.
 */
int gc_run(struct store *s, const struct ref *tags, size_t ntags, const struct digest *roots, size_t nroots, bool all,
	struct gc_result *out, struct err *e);

#endif
