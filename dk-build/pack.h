/* SPDX-License-Identifier: ISC */
/* pack.h: a layer's directory into a blob, in a process of its own, while the build goes on */
#ifndef BUILD_PACK_H
#define BUILD_PACK_H

#include <stdint.h>
#include <sys/types.h>

#include "oci/hash.h"
#include "store/store.h"

struct err;

struct packed {
	struct digest diff_id;
	int64_t bytes; /* of the files */
	char blob[40]; /* the blob is tmp/ID/blob, on disk */
	struct hash hash; /* of the blob */
	int64_t size;
};

struct packer {
	pid_t pid; /* -1: none */
	int fd; /* its result comes here */
};

/* The tree tmp/ID/name/fs. epoch: as mktar's clamp_mtime. 0/-1. */
int pack_start(struct packer *p, struct writer *w, const char *name, int64_t epoch, struct err *e);
int pack_wait(struct packer *p, struct packed *out, struct err *e);
void pack_kill(struct packer *p);
/* Puts the blob to its place. 0/-1. */
int pack_commit(struct writer *w, const struct packed *p, struct digest *out, struct err *e);

#endif
