/* SPDX-License-Identifier: ISC */
/*
 * ctrremove.c: removing a container. The name goes first: while ctr/ID is there
 * nobody else can take it, so no lock is needed. Then container.json, from when
 * on there is no such container, and the rest. Killed on the way, dk-gc finishes.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/proc.h"
#include "ctrfile.h"
#include "names.h"

#define KILL_WAIT 10000 /* ms; a process in uninterruptible sleep takes its time */

static int
kill_init(const struct ctr *c, struct err *e)
{
	CLEAN_FD int fd = ctr_init_pidfd(c);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int r;

	if (fd < 0)
		return 0;
	if (proc_pidfd_signal(fd, SIGKILL) < 0 && errno != ESRCH)
		return err_set(e, errno, "kill its processes");
	do
		r = poll(&p, 1, KILL_WAIT);
	while (r < 0 && errno == EINTR);
	return r > 0 ? 0 : err_setx(e, EBUSY, "its processes do not end");
}

static int
unmount(const struct ctr *c, struct err *e)
{
	CLEAN_FREE char *path = xasprintf("%s/ctr/%s/rootfs", c->store->path, c->id);

	while (umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
		;
	/* EINVAL: nothing is mounted there; EPERM: not root, who could not have mounted */
	if (errno != EINVAL && errno != ENOENT && errno != EPERM)
		return err_set(e, errno, "unmount '%s'", path);
	return 0;
}

static int
drop_name(const struct ctr *c, struct err *e)
{
	CLEAN_CTR_CONF struct ctr_conf conf = { 0 };
	struct err ignored;

	/* unreadable: its name dangles from then on, and is reclaimed */
	if (ctr_read_conf(c, &conf, &ignored) < 0)
		return 0;
	return name_drop(c->store, conf.name, c->id, e);
}

static int
remove_dirs(struct ctr *c, struct err *e)
{
	char path[80];

	snprintf(path, sizeof(path), "ctr/%s", c->id);
	if (unlinkat(c->dir, "container.json", 0) < 0 && errno != ENOENT)
		return err_set(e, errno, "remove '%s/container.json'", path);
	if (fd_rmtree(c->store->dir, path, e) < 0)
		return -1;
	return c->store->run >= 0 ? fd_rmtree(c->store->run, path, e) : 0;
}

int
ctr_remove(struct ctr *c, struct err *e)
{
	if (ctr_open_dirs(c, e) < 0 || ctr_take_lock(c, e) < 0 || kill_init(c, e) < 0 ||
		unmount(c, e) < 0 || drop_name(c, e) < 0 || remove_dirs(c, e) < 0)
		return err_wrap(e, "remove container %.12s", c->id);
	return 0;
}
