/* SPDX-License-Identifier: ISC */
/* ctrfile.h: files of ctr/ID and $DK_RUN/ctr/ID, whether their directories are open in struct ctr
 * or not */
#ifndef STORE_CTRFILE_H
#define STORE_CTRFILE_H

#include "ctr.h"

struct buf;

/* Opens ctr/ID, and $DK_RUN/ctr/ID where it is there: 1, 0 there is no such container (e
 * untouched), -1. */
int ctr_open(struct store *s, const char *id, struct ctr *out, struct err *e);
bool ctr_exists(struct store *s, const char *id);
/* Opens what of the directories is not open and there; -1 with code ENOENT where ctr/ID is gone. */
int ctr_open_dirs(struct ctr *c, struct err *e);
/* $DK_RUN/ctr/ID made where it is missing, and its lock taken; EBUSY where somebody has it. 0/-1.
 */
int ctr_take_lock(struct ctr *c, struct err *e);

int ctr_load(const struct ctr *c, const char *name, size_t max, struct buf *out, struct err *e);
int ctr_load_run(const struct ctr *c, const char *name, size_t max, struct buf *out, struct err *e);
/* Is the monitor's lock held? */
bool ctr_monitored(const struct ctr *c);
/* A pidfd of the container's init if that is alive, else -1. */
int ctr_init_pidfd(const struct ctr *c);

void ctr_conf_write(const struct ctr_conf *c, struct buf *out);

#endif
