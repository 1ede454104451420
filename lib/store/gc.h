/* SPDX-License-Identifier: ISC */
/* gc.h: reachability: what tags, images/, containers and live writers need, and removing the rest
 */
#ifndef STORE_GC_H
#define STORE_GC_H

#include <stdint.h>

#include "base/str.h"
#include "store.h"
#include "tag.h"

struct gc_result {
	struct digest_list blobs; /* removed */
	struct digest_list layers; /* removed, by diff_id */
	int64_t bytes;
};
#define CLEAN_GC_RESULT __attribute__((cleanup(gc_result_free)))
void gc_result_free(struct gc_result *r);

/* DK_ROOT/lock held exclusively, and where removed layers are moved to, so that deleting them is
 * not waited for. */
struct gc {
	struct store *store;
	struct writer trash; /* not open on a full disk: then they are deleted in their place */
	struct strv stale; /* in tmp/ */
	int lock;
};

#define GC_INIT                                                                                    \
	{                                                                                          \
		NULL, WRITER_INIT, { NULL, 0 }, -1                                                 \
	}
#define CLEAN_GC __attribute__((cleanup(gc_end)))

/* Takes the lock; from here to gc_end() what is in the store changes by the caller alone. 0/-1. */
int gc_begin(struct gc *g, struct store *s, struct err *e);
/*
 * Drops the tags and roots named (tags may be NULL; roots too), then removes each blob and layer
 * that was reachable from the dropped ones (all == false) or any (all == true) and that nothing
 * reaches now: tags, images/, ctr/, refs of live writers. all also takes away what killed programs
 * left in ctr/, names/ and $DK_RUN/ctr. Missing children of an index are no corruption; a live
 * image that cannot be read is an error, and nothing was dropped or removed then. 0/-1.
 */
int gc_collect(struct gc *g, const struct ref *tags, size_t ntags, const struct digest *roots,
	size_t nroots, bool all, struct gc_result *out, struct err *e);
/* Lets the lock go, then deletes what was moved aside and sweeps tmp/. */
void gc_end(struct gc *g);

/* The three at once. Writers that begin meanwhile wait for the lock. */
int gc_run(struct store *s, const struct ref *tags, size_t ntags, const struct digest *roots,
	size_t nroots, bool all, struct gc_result *out, struct err *e);

/* After a writer that failed when it had already committed objects, and is closed: removes what
 * nothing reaches. */
void gc_unreached(struct store *s);

#endif
