/* SPDX-License-Identifier: ISC */
/* ctr.h: containers: ctr/ID/, names/NAME, run-time locks (dk-store(5), Liveness) */
#ifndef STORE_CTR_H
#define STORE_CTR_H

#include <stdint.h>
#include <sys/types.h>

#include "base/str.h"
#include "oci/digest.h"
#include "store.h"

/* container.json: what does not change over a container's life */
struct ctr_conf {
	char id[65];
	char *name;
	char *image; /* as the user wrote it */
	struct digest manifest; /* IMAGE ID */
	struct digest *diff_ids;
	size_t ndiff_ids;
	struct strv command; /* entrypoint and cmd as run */
	struct strv labels; /* KEY=VALUE */
	char *created; /* RFC 3339 */
	bool remove; /* --rm */
};

enum ctr_status { CTR_CREATED, CTR_RUNNING, CTR_EXITED, CTR_DEAD };
const char *ctr_status_name(enum ctr_status s); /* created running exited dead */

/* state: written by the monitor only; lines KEY=VALUE */
struct ctr_state {
	enum ctr_status status;
	pid_t pid; /* container's init while running */
	int exit_code;
	char started[40], finished[40]; /* RFC 3339, "" not yet */
	char error[256];
};

#define CLEAN_CTR_CONF __attribute__((cleanup(ctr_conf_free)))
void ctr_conf_free(struct ctr_conf *c);

/* A container that is being used: its directory and, for its monitor, the lock. */
struct ctr {
	struct store *store;
	char id[65];
	int dir; /* ctr/ID */
	int run; /* $DK_RUN/ctr/ID, -1 where there is none (reader, after reboot) */
	int lock; /* $DK_RUN/ctr/ID/lock held by this process (monitor), else -1 */
};
#define CTR_INIT                                                                                   \
	{                                                                                          \
		NULL, "", -1, -1, -1                                                               \
	}
#define CLEAN_CTR __attribute__((cleanup(ctr_close)))
void ctr_close(struct ctr *c);

/*
 * Makes tmp/ID with container.json and config.json (spec bytes), upper/ work/ rootfs/, renames it
 * to ctr/ID, then claims the name (symlink(2); c->name NULL: a generated adjective_noun). A name in
 * use: code EEXIST, the message names its container. Takes the run-time lock (caller is the
 * monitor). Fills conf->id where it is "" (the spec may need it before), conf->name, and
 * conf->created where it is NULL. With conf->remove nothing is synced and there is no rootfs/.
 * Directories upper/ and work/ in the writer's own are taken. 0/-1, nothing left behind on -1.
 */
int ctr_create(struct writer *w, struct ctr_conf *conf, const void *spec, size_t nspec,
	struct ctr *out, struct err *e);
/* Name, full ID or unique ID prefix. 1 found, 0 no such container (e set), -1. */
int ctr_find(struct store *s, const char *name, struct ctr *out, struct err *e);
int ctr_read_conf(const struct ctr *c, struct ctr_conf *conf, struct err *e);
/*
 * What the container is: reads state and probes the monitor's lock. A free lock on a running state
 * is a lost monitor: processes left in its PID namespace make it CTR_DEAD ("monitor lost"), none
 * CTR_EXITED with 255. Code ENOENT: it was removed meanwhile.
 */
int ctr_status(const struct ctr *c, struct ctr_state *out, struct err *e);
int ctr_write_state(const struct ctr *c, const struct ctr_state *st,
	struct err *e); /* monitor only; written new, renamed, not synced */
/* $DK_RUN/ctr/ID/pid: "PID STARTTIME" */
int ctr_write_pid(const struct ctr *c, pid_t pid, struct err *e);
int ctr_read_pid(const struct ctr *c, pid_t *pid, uint64_t *start, struct err *e);
/* Tells the monitor: writes want ("stop", "remove"), then the caller signals it. */
int ctr_write_want(const struct ctr *c, const char *want, struct err *e);
/* Kills what is left of it (by pidfd after checking the start time), unmounts ctr/ID/rootfs,
 * removes directory and name. Takes the lock; EBUSY while its monitor lives. c stays to be closed.
 */
int ctr_remove(struct ctr *c, struct err *e);

struct ctr_list {
	struct ctr *v;
	size_t n;
};
#define CLEAN_CTRS __attribute__((cleanup(ctr_list_free)))
/* Newest first. dir and run of each are -1, lest a thousand containers need two thousand
 * descriptors; ctr_read_*, ctr_status and ctr_remove do without. */
int ctr_list(struct store *s, struct ctr_list *out, struct err *e);
void ctr_list_free(struct ctr_list *l);

#endif
