/* SPDX-License-Identifier: ISC */
/* sweep.h: what killed writers left in tmp/ */
#ifndef STORE_SWEEP_H
#define STORE_SWEEP_H

#include "base/str.h"
#include "store.h"

/* Names in tmp/ whose writer is gone; the caller holds DK_ROOT/lock exclusively. 0/-1. */
int sweep_find(struct store *s, struct strv *stale, struct err *e);
/* Removes them, with or without the lock; goes on after an error and returns the first. 0/-1. */
int sweep_remove(struct store *s, const struct strv *stale, struct err *e);

#endif
