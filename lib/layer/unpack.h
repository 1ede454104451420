/* SPDX-License-Identifier: ISC */
/* unpack.h: unpackers in confined processes: compressed layer bytes in, a layer directory out */
#ifndef LAYER_UNPACK_H
#define LAYER_UNPACK_H

#include <stdint.h>
#include <sys/types.h>

#include "oci/descriptor.h"
#include "store/layerdir.h"

/*
 * The zygote: forked while the process is still small and before it touches the network. Each layer
 * gets a child of it that chroots into the new layer's directory, keeps only the capabilities it
 * unpacks with, and enters Landlock and seccomp where the kernel has them. Closing ends it.
 */
struct unpackd {
	pid_t pid;
	int sock;
};
#define UNPACKD_INIT                                                                               \
	{                                                                                          \
		-1, -1                                                                             \
	}
#define CLEAN_UNPACKD __attribute__((cleanup(unpackd_close)))
int unpackd_open(struct unpackd *u, struct err *e);
void unpackd_close(struct unpackd *u);

/* One layer on its way. Write the blob's bytes to data as they come, then call unpack_finish. */
struct unpack {
	struct layer_new layer;
	struct digest diff_id; /* unset: any, filled by unpack_finish */
	int data; /* write end; EPIPE when the child gave up: unpack_finish tells why */
	int status;
};
#define UNPACK_INIT                                                                                \
	{                                                                                          \
		LAYER_NEW_INIT, { "" }, -1, -1                                                     \
	}
#define CLEAN_UNPACK __attribute__((cleanup(unpack_close)))
int unpack_begin(struct unpack *u, struct unpackd *d, struct writer *w,
	const struct digest *diff_id, struct err *e);
/* Writes all of it to data; SIGPIPE does not come. 0, -1 (code EPIPE: the child gave up). */
int unpack_write(struct unpack *u, const void *p, size_t n, struct err *e);
/* Closes data, waits, checks the diff_id, commits the layer. size (may be NULL): unpacked bytes.
 * 0/-1. */
int unpack_finish(struct unpack *u, int64_t *size, struct err *e);
void unpack_close(struct unpack *u); /* gives up; removes the half-made layer */

/*
 * Makes every layer of an image usable: absent ones, and ones that are neither synced nor of this
 * boot, are unpacked from their blobs. 0/-1 (a blob that is not there: which).
 */
struct image;
int unpack_image(struct writer *w, struct unpackd *d, const struct image *i, struct err *e);

#endif
