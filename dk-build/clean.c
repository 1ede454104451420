/* SPDX-License-Identifier: ISC */
/*
 * clean: overlayfs marks what it copies up with where that came from, and each
 * directory that is new in a merged one as opaque. The first means nothing
 * elsewhere; the second would become a whiteout in the layer's tar.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"

#include "clean.h"
#include "stop.h"

#define PREFIX "trusted.overlay."
#define OPAQUE PREFIX "opaque"

struct state {
	const struct clean *c;
	struct buf path; /* of the directory, "" at the root */
	int lower;
	bool asked;
};

/* Is there a directory below that an opaque one at this path hides? 1/0/-1 */
static int
hides(struct state *s, const char *path, struct err *e)
{
	CLEAN_FD int fd = -1;
	int r = 0;

	if (!s->asked) {
		s->lower = s->c->lower(s->c->arg, &r, e);
		if (r < 0)
			return -1;
		s->asked = true;
	}
	if (s->lower < 0)
		return 0;
	fd = path_open_in(s->lower, path, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0, e);
	if (fd >= 0)
		return 1;
	return e->code == ENOENT || e->code == ENOTDIR || e->code == ELOOP ? 0 : -1;
}

static int
clean_xattrs(struct state *s, int dir, const char *name, bool is_dir, struct err *e)
{
	char list[XATTR_LIST_MAX < 4096 ? XATTR_LIST_MAX : 4096], path[NAME_MAX + 40];
	CLEAN_FREE char *large = NULL;
	char *p = list;
	ssize_t n, at;
	int r;

	/* there is no flistxattrat(2) before 6.13, and no open(2) of a link or device */
	snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", dir, name);
	n = llistxattr(path, list, sizeof(list));
	if (n < 0 && errno == ERANGE) {
		p = large = xmalloc(XATTR_LIST_MAX);
		n = llistxattr(path, p, XATTR_LIST_MAX);
	}
	if (n < 0)
		return errno == ENOTSUP ? 0 : err_set(e, errno, "attributes of '%s'", name);
	for (at = 0; at < n; at += (ssize_t)strlen(p + at) + 1) {
		if (!str_starts(p + at, PREFIX))
			continue;
		if (is_dir && strcmp(p + at, OPAQUE) == 0) {
			r = hides(s, buf_str(&s->path), e);
			if (r < 0)
				return -1;
			if (r > 0)
				continue;
		}
		if (lremovexattr(path, p + at) < 0 && errno != ENODATA)
			return err_set(e, errno, "attribute '%s' of '%s'", p + at, name);
	}
	return 0;
}

static int clean_dir(struct state *s, int parent, const char *name, struct err *e);

static int
clean_entry(struct state *s, int dir, const char *name, struct err *e)
{
	struct stat st;
	size_t before = s->path.len;
	int r;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_set(e, errno, "stat '%s'", name);
	if (S_ISSOCK(st.st_mode))
		return unlinkat(dir, name, 0) < 0 ? err_set(e, errno, "remove '%s'", name) : 0;
	if (str_starts(name, ".wh."))
		return err_setx(
			e, EINVAL, "'%s': names that begin with .wh. cannot be in a layer", name);
	if (S_ISCHR(st.st_mode) && st.st_rdev == 0)
		return 0; /* a whiteout */
	if (before > 0)
		buf_addc(&s->path, '/');
	buf_adds(&s->path, name);
	r = clean_xattrs(s, dir, name, S_ISDIR(st.st_mode), e);
	if (r == 0 && S_ISDIR(st.st_mode))
		r = clean_dir(s, dir, name, e);
	s->path.len = before;
	s->path.data[before] = '\0';
	return r;
}

/* A socket's removal changes its directory's time: that is put back. */
static int
clean_dir(struct state *s, int parent, const char *name, struct err *e)
{
	CLEAN_DIR DIR *d = NULL;
	struct dirent *ent;
	struct timespec times[2];
	struct stat before, after;
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), r = 0;

	if (fd < 0 || fstat(fd, &before) < 0 || (d = fdopendir(fd)) == NULL) {
		err_set(e, errno, "read '%s'", name);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	if (stop_check(e) < 0)
		return -1;
	while (r == 0) {
		errno = 0;
		ent = readdir(d);
		if (ent == NULL && errno != 0)
			return err_set(e, errno, "read '%s'", name);
		if (ent == NULL)
			break;
		if (strcmp(ent->d_name, ".") != 0 && strcmp(ent->d_name, "..") != 0)
			r = clean_entry(s, fd, ent->d_name, e);
	}
	if (r == 0 && fstat(fd, &after) == 0 &&
		(after.st_mtim.tv_sec != before.st_mtim.tv_sec ||
			after.st_mtim.tv_nsec != before.st_mtim.tv_nsec)) {
		times[0] = before.st_atim;
		times[1] = before.st_mtim;
		if (futimens(fd, times) < 0)
			return err_set(e, errno, "times of '%s'", name);
	}
	return r;
}

int
clean_upper(int upper, const struct clean *c, struct err *e)
{
	struct state s = { .c = c, .lower = -1 };
	int r = clean_xattrs(&s, upper, ".", false, e);

	if (r == 0)
		r = clean_dir(&s, upper, ".", e);
	if (s.lower >= 0)
		close(s.lower);
	buf_free(&s.path);
	return r;
}
