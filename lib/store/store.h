/* SPDX-License-Identifier: ISC */
/* store.h: the store's directory: opening it, and writers with their temporary directory
 * (dk-store(5)) */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>

#include "oci/digest.h"

struct err;

struct store {
	char *path; /* absolute */
	int dir; /* $DK_ROOT */
	char *run_path; /* absolute */
	int run; /* $DK_RUN; made on demand */
	bool readonly; /* opened on a read-only file system or without write permission */
	bool privileged; /* effective uid 0 with CAP_SYS_ADMIN in this user namespace */
};

#define CLEAN_STORE __attribute__((cleanup(store_close)))
#define STORE_INIT                                                                                 \
	{                                                                                          \
		NULL, -1, NULL, -1, false, false                                                   \
	}

/*
 * $DK_ROOT, else /var/lib/dk for root and $XDG_DATA_HOME/dk (~/.local/share/dk) for others; $DK_RUN
 * likewise. Makes the tree (0700) and writes version where it is missing; another version than 1 is
 * an error that says so. A reader of a store that does not exist yet gets an empty one; where it
 * cannot be made the message says which directory and why.
 */
int store_open(struct store *s, struct err *e);
void store_close(struct store *s);
/* Makes what is missing of the tree's directories and the files lock and version. 0/-1. */
int store_make_tree(struct store *s, struct err *e);
/* Makes and opens $DK_RUN where s->run is -1 (a store_open that found none). 0/-1. */
int store_run_dir(struct store *s, struct err *e);

/*
 * A writer: tmp/ID/ with its lock held while it lives. Closing removes the directory, killing the
 * process leaves it to the next sweep. A forked child shares the lock and must end by _exit(2) or
 * exec, not by closing the writer. Lock order: DK_ROOT/lock before any ctr lock; nothing is waited
 * for while lock is held but file I/O.
 */
struct writer {
	struct store *store;
	char id[33];
	int dir; /* tmp/ID */
	int lock; /* tmp/ID/lock, OFD write lock held */
	int refs; /* tmp/ID/refs, O_APPEND */
};

#define CLEAN_WRITER __attribute__((cleanup(writer_close)))
#define WRITER_INIT                                                                                \
	{                                                                                          \
		NULL, "", -1, -1, -1                                                               \
	}

int writer_open(struct writer *w, struct store *s, struct err *e);
void writer_close(struct writer *w);
/*
 * Announces that this writer will use an object (blob digest or layer diff_id), then looks whether
 * it is there, both under a shared lock on DK_ROOT/lock: what was seen there stays until the writer
 * closes. 1 there, 0 not, -1.
 */
int writer_want_blob(struct writer *w, const struct digest *d, struct err *e);
int writer_want_layer(struct writer *w, const struct digest *diff_id, struct err *e);
int writer_want_fix(
	struct writer *w, const struct digest *chain_id, struct err *e); /* layers/fix-CHAINID */
/* Only the announcement; DK_ROOT/lock is the caller's matter. 0/-1. */
int writer_ref(struct writer *w, const struct digest *d, struct err *e);

/* DK_ROOT/lock. fd/-1; closing it unlocks. */
int store_lock(struct store *s, bool exclusive, struct err *e);
/*
 * Removes tmp/ entries whose writer is gone (blob-*.part: older than 7 days), for a program about
 * to write much. Takes the exclusive lock, and removes when it has let it go. What goes wrong is
 * the next one's to say.
 */
void store_tidy(struct store *s);

#endif
