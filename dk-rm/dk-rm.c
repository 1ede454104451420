/* SPDX-License-Identifier: ISC */
/* dk-rm: removes containers: what they wrote, their name, what a killed monitor left of them. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/opt.h"
#include "base/proc.h"
#include "run/cgroup.h"
#include "store/ctr.h"
#include "store/ctrfile.h"
#include "store/events.h"
#include "store/store.h"

enum { TRIES = 1000, NAP = 10 /* ms */ };

static const struct opt opts[] = {
	{ "force", 'f', NULL, "kill running ones first; unknown ones are no error" },
	{ NULL, 0, NULL, NULL },
};

static const struct opt_cmd cmd = {
	.synopsis = "[-f] CONTAINER ...",
	.about = "Removes containers.",
	.opts = opts,
	.usage_status = 2,
};

static void
kill_init(const struct ctr *c)
{
	CLEAN_FD int fd = ctr_init_pidfd(c);

	if (fd >= 0)
		proc_pidfd_signal(fd, SIGKILL);
}

/*
 * The monitor holds the lock until it has written how the container ended. With
 * --rm it removes the container itself, and says so in the events. 1 removed
 * here, 0 gone by others, -1.
 */
static int
remove_forced(struct ctr *c, struct err *e)
{
	const struct timespec nap = { 0, NAP * 1000000L };
	int i;

	for (i = 0; i < TRIES; i++) {
		if (ctr_remove(c, e) == 0)
			return 1;
		if (e->code != EBUSY)
			return e->code == ENOENT ? 0 : -1;
		if (i == 0 && ctr_write_want(c, "remove", e) < 0)
			return e->code == ENOENT ? 0 : -1;
		kill_init(c);
		nanosleep(&nap, NULL);
	}
	return -1;
}

static int
remove_stopped(struct ctr *c, struct err *e)
{
	return ctr_remove(c, e) < 0 ? -1 : 1;
}

static void
log_destroy(struct store *s, const struct ctr *c, const struct ctr_conf *conf)
{
	CLEAN_FREE char *image = xasprintf("image=%s", conf->image != NULL ? conf->image : "");
	CLEAN_FREE char *name = xasprintf("name=%s", conf->name != NULL ? conf->name : "");

	event_log(s, "container", "destroy", c->id, (const char *const[]){ image, name, NULL });
}

static int
check_stopped(const struct ctr *c, const char *name, struct err *e)
{
	struct ctr_state st;

	if (ctr_status(c, &st, e) < 0)
		return -1;
	if (st.status == CTR_RUNNING)
		return err_setx(e, EBUSY, "container '%s' is running: stop it, or use -f", name);
	if (st.status == CTR_DEAD)
		return err_setx(e, EBUSY,
			"container '%s' has lost its monitor but not its processes: use -f", name);
	return 0;
}

static int
remove_one(struct store *s, const char *name, bool force, struct err *e)
{
	CLEAN_CTR struct ctr c = CTR_INIT;
	CLEAN_CTR_CONF struct ctr_conf conf = { 0 };
	struct err ignored;
	int r = ctr_find(s, name, &c, e);

	if (r == 0 && force) {
		warn_err(e);
		return 0;
	}
	if (r != 1)
		return -1;
	if (!force && check_stopped(&c, name, e) < 0)
		return -1;
	(void)ctr_read_conf(&c, &conf, &ignored);
	r = force ? remove_forced(&c, e) : remove_stopped(&c, e);
	if (r < 0)
		return -1;
	/* left where the monitor was killed */
	if (cgroup_clear(NULL, c.id, e) < 0 && e->code == EBUSY)
		return -1;
	if (r == 1)
		log_destroy(s, &c, &conf);
	puts(name);
	return 0;
}

int
main(int argc, char **argv)
{
	struct store s = STORE_INIT;
	struct err e;
	bool force = false;
	int c, ret = 0;

	msg_init(argv[0]);
	while ((c = opt_next(argc, argv, &cmd)) != -1)
		if (c == 'f')
			force = true;
	if (optind == argc)
		opt_usage(&cmd, "which container?");
	if (store_open(&s, &e) < 0)
		die_err(1, &e);
	for (; optind < argc; optind++) {
		if (remove_one(&s, argv[optind], force, &e) < 0) {
			warn_err(&e);
			ret = 1;
		}
	}
	cgroup_sweep();
	msg_fshut(1);
	return ret;
}
