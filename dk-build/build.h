/* SPDX-License-Identifier: ISC */
/* build.h: a build on its way, and what its instructions do to it */
#ifndef BUILD_BUILD_H
#define BUILD_BUILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/str.h"
#include "layer/unpack.h"
#include "oci/config.h"
#include "oci/descriptor.h"
#include "store/store.h"

#include "context.h"
#include "dockerfile.h"

struct err;

struct build {
	struct store *store;
	struct unpackd *unpackd;
	struct writer w;
	struct context ctx;
	struct dockerfile df;
	const struct strv *build_args; /* --build-arg, KEY=VALUE */
	struct strv used_args; /* those an ARG asked for */
	bool quiet;
	bool writing; /* objects of the image are being committed */
	int step, nsteps, line; /* of the instruction that is carried out */
	int64_t epoch; /* $SOURCE_DATE_EPOCH, -1 */

	struct strv global; /* ARG before FROM and what the builder presets: KEY=VALUE */
	struct strv env; /* what variables are in this stage: ENV and ARG */
	struct strv args; /* ARGs of this stage, KEY=VALUE, for the history of RUN */
	bool cmd_set; /* by this Dockerfile */
	struct image_config config; /* of the image as it is so far */
	struct descriptor *layers; /* as many as config.ndiff_ids and pending ones */
	size_t nlayers;
	struct strv lowers; /* directories, top first, relative to the store */
	struct pending *pending; /* layers that are being packed */
	size_t npending;
	int nmade; /* temporary directories, for their names */
};

/* Runs the whole Dockerfile; out: the image's digest. Tags are set last. 0/-1. */
int build_image(struct build *b, const struct strv *tags, struct digest *out, struct err *e);
void build_free(struct build *b);

/* A line of progress on stderr; nothing with -q. */
void build_say(const struct build *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Expands with the stage's variables. The caller frees *out. 0/-1. */
int build_expand(const struct build *b, const char *word, char **out, struct err *e);
/* An entry of the history; created_by as BuildKit words it. */
void build_history(struct build *b, const char *created_by, bool empty);
/* /bin/sh -c text, or with the image's own shell. */
void build_shell(const struct build *b, const char *text, struct strv *out);

/* from.c: the base image */
int from_global_arg(struct build *b, const struct instr *i, struct err *e);
void from_presets(struct build *b);
int from_run(struct build *b, const struct instr *i, struct err *e);

/* meta.c: instructions that change the configuration only */
int meta_run(struct build *b, const struct instr *i, struct err *e);

/* files.c: COPY and WORKDIR */
int files_copy(struct build *b, const struct instr *i, struct err *e);
int files_workdir(struct build *b, const struct instr *i, struct err *e);

/* runstep.c: RUN */
int runstep(struct build *b, const struct instr *i, struct err *e);

#endif
