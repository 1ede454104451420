/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/path.h"
#include "run/rootfs.h"

#include "layer.h"
#include "targets.h"
#include "view.h"

int
targets_there(int root, const struct target *t, size_t n, struct err *e)
{
	size_t i;
	int fd;

	for (i = 0; i < n; i++) {
		fd = path_open_in(root, t[i].path, O_PATH, 0, e);
		if (fd < 0)
			return e->code == ENOENT ? 0 : -1;
		close(fd);
	}
	return 1;
}

/* The directories on the way to path keep the times they have below. */
static int
keep_times(const struct view *v, const char *path, struct err *e)
{
	CLEAN_FREE char *prefix = xstrdup(path);
	char *slash;

	while ((slash = strrchr(prefix, '/')) != NULL) {
		CLEAN_FD int fd = -1;
		struct timespec times[2];
		struct stat st;

		*slash = '\0';
		if (v->lower < 0)
			continue;
		fd = path_open_in(v->lower, prefix, O_PATH | O_NOFOLLOW, 0, e);
		if (fd < 0 && e->code == ENOENT)
			continue;
		if (fd < 0 || fstat(fd, &st) < 0)
			return -1;
		times[0] = st.st_atim;
		times[1] = st.st_mtim;
		if (utimensat(v->upper, prefix, times, AT_SYMLINK_NOFOLLOW) < 0)
			return err_set(e, errno, "times of '/%s'", prefix);
	}
	return 0;
}

static int
make_one(const struct view *v, const struct target *t, struct err *e)
{
	CLEAN_FREE char *path = NULL, *parent = NULL;
	CLEAN_FD int dir = -1, fd = -1;
	const char *base;
	struct stat st;
	int r;

	if (view_resolve(v, t->path, &path, e) < 0)
		return -1;
	r = view_stat(v, path, &st, e);
	if (r != 0)
		return r < 0 ? -1 : 0;
	base = path_base(path);
	parent = xstrndup(path, base > path ? (size_t)(base - path) - 1 : 0);
	dir = view_mkdirs(v, t->is_dir ? path : parent, 0, 0, NULL, e);
	if (dir < 0)
		return -1;
	if (!t->is_dir) {
		fd = fd_open(dir, base, O_WRONLY | O_CREAT | O_EXCL, 0644, e);
		if (fd < 0)
			return -1;
	}
	return keep_times(v, path, e);
}

int
targets_make(struct build *b, const struct target *t, size_t n, char **path, struct err *e)
{
	CLEAN_FREE char *name = xasprintf("targets-%d", b->nmade++);
	CLEAN_FD int upper = -1, lower = -1;
	struct view v;
	size_t i;
	int r;

	if (mkdirat(b->w.dir, name, 0755) < 0)
		return err_set(e, errno, "mkdir '%s'", name);
	upper = fd_opendir(b->w.dir, name, e);
	if (upper < 0)
		return -1;
	lower = layer_lower_mount(b, &r, e);
	if (r < 0)
		return -1;
	v = (struct view){ upper, lower };
	for (i = 0; i < n; i++)
		if (make_one(&v, &t[i], e) < 0)
			return err_wrap(e, "mount point '%s'", t[i].path);
	if (rootfs_init_upper(b->store, &b->lowers, upper, e) < 0)
		return -1;
	*path = xasprintf("tmp/%s/%s", b->w.id, name);
	return 0;
}
