/* SPDX-License-Identifier: ISC */
/*
 * ctrfile.c: a container's two directories, its lock and its init process. Readers
 * that list many containers keep none of them open.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/proc.h"
#include "ctrfile.h"

#define CTR_PATH 128

static int
open_dir(int at, const char *id)
{
	char path[CTR_PATH];

	if (at < 0) {
		errno = ENOENT;
		return -1;
	}
	snprintf(path, sizeof(path), "ctr/%s", id);
	return openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

bool
ctr_exists(struct store *s, const char *id)
{
	char path[CTR_PATH];

	/* removal takes container.json first: without it a container is on its way out */
	snprintf(path, sizeof(path), "ctr/%s/container.json", id);
	return faccessat(s->dir, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

int
ctr_open_dirs(struct ctr *c, struct err *e)
{
	if (c->dir < 0 && (c->dir = open_dir(c->store->dir, c->id)) < 0)
		return err_set(e, errno, "open container %.12s", c->id);
	if (c->run < 0 && (c->run = open_dir(c->store->run, c->id)) < 0 && errno != ENOENT)
		return err_set(e, errno, "open '%s/ctr/%s'", c->store->run_path, c->id);
	return 0;
}

int
ctr_open(struct store *s, const char *id, struct ctr *out, struct err *e)
{
	*out = (struct ctr)CTR_INIT;
	if (!str_is_hex(id, 64) || !ctr_exists(s, id))
		return 0;
	out->store = s;
	snprintf(out->id, sizeof(out->id), "%s", id);
	if (ctr_open_dirs(out, e) < 0) {
		ctr_close(out);
		return e->code == ENOENT ? 0 : -1;
	}
	return 1;
}

void
ctr_close(struct ctr *c)
{
	if (c->lock >= 0)
		close(c->lock);
	if (c->run >= 0)
		close(c->run);
	if (c->dir >= 0)
		close(c->dir);
	*c = (struct ctr)CTR_INIT;
}

int
ctr_take_lock(struct ctr *c, struct err *e)
{
	CLEAN_FD int fd = -1;
	char path[CTR_PATH];

	if (c->lock >= 0)
		return 0;
	if (store_run_dir(c->store, e) < 0)
		return -1;
	if (c->run < 0) {
		snprintf(path, sizeof(path), "ctr/%s", c->id);
		if (fd_mkdirs(c->store->run, path, 0700, e) < 0 ||
			(c->run = fd_opendir(c->store->run, path, e)) < 0)
			return err_wrap(e, "'%s'", c->store->run_path);
	}
	if ((fd = fd_open(c->run, "lock", O_RDWR | O_CREAT, 0600, e)) < 0)
		return err_wrap(e, "'%s/ctr/%s'", c->store->run_path, c->id);
	if (fd_lock(fd, true, false, e) < 0) {
		if (e->code == EAGAIN)
			err_setx(e, EBUSY, "its monitor is alive");
		return -1;
	}
	c->lock = steal_fd(&fd);
	return 0;
}

static int
load(int dir, int top, const char *id, const char *name, size_t max, struct buf *out, struct err *e)
{
	char path[CTR_PATH + 32];

	if (dir >= 0)
		return fd_load(dir, name, max, out, e);
	if (top < 0)
		return err_set(e, ENOENT, "open '%s'", name);
	snprintf(path, sizeof(path), "ctr/%s/%s", id, name);
	return fd_load(top, path, max, out, e);
}

int
ctr_load(const struct ctr *c, const char *name, size_t max, struct buf *out, struct err *e)
{
	return load(c->dir, c->store->dir, c->id, name, max, out, e);
}

int
ctr_load_run(const struct ctr *c, const char *name, size_t max, struct buf *out, struct err *e)
{
	return load(c->run, c->store->run, c->id, name, max, out, e);
}

bool
ctr_monitored(const struct ctr *c)
{
	CLEAN_FD int fd = -1;
	char path[CTR_PATH];

	if (c->run >= 0) {
		fd = openat(c->run, "lock", O_RDONLY | O_CLOEXEC);
	} else if (c->store->run >= 0) {
		snprintf(path, sizeof(path), "ctr/%s/lock", c->id);
		fd = openat(c->store->run, path, O_RDONLY | O_CLOEXEC);
	}
	return fd >= 0 && fd_is_locked(fd) == 1;
}

int
ctr_init_pidfd(const struct ctr *c)
{
	CLEAN_FD int fd = -1;
	struct pollfd p;
	struct err ignored;
	uint64_t want, start;
	pid_t pid;

	if (ctr_read_pid(c, &pid, &want, &ignored) < 0 || (fd = proc_pidfd_open(pid)) < 0)
		return -1;
	/* checked after the pidfd was opened: from here on it cannot become another's */
	if (proc_start_time(pid, &start) < 0 || start != want)
		return -1;
	p = (struct pollfd){ .fd = fd, .events = POLLIN };
	if (poll(&p, 1, 0) != 0) /* a zombie that nobody waits for */
		return -1;
	return steal_fd(&fd);
}
