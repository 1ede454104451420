/* SPDX-License-Identifier: ISC */
/*
 * view: COPY and WORKDIR only ever add: they write to the upper directory itself
 * and look at the layers below through a read-only mount. So file data never
 * passes through overlayfs, which can neither clone nor copy ranges from outside,
 * and the upper directory has none of its attributes.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/limits.h>
#include <string.h>
#include <sys/xattr.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"

#include "view.h"

enum { MAX_LINKS = 40 };

static int
stat_in(int root, const char *path, struct stat *st, int *fd, struct err *e)
{
	*fd = path_open_in(root, path, O_PATH | O_NOFOLLOW, 0, e);
	if (*fd < 0)
		return e->code == ENOENT ? 0 : -1;
	return fstat(*fd, st) < 0 ? err_set(e, errno, "stat '%s'", path) : 1;
}

/* The upper layer hides what is below. */
static int
look(const struct view *v, const char *path, struct stat *st, int *fd, struct err *e)
{
	int r = stat_in(v->upper, path, st, fd, e);

	if (r != 0 || v->lower < 0)
		return r;
	return stat_in(v->lower, path, st, fd, e);
}

int
view_stat(const struct view *v, const char *path, struct stat *st, struct err *e)
{
	CLEAN_FD int fd = -1;

	return look(v, path, st, &fd, e);
}

/* The next component of *rest, or NULL at its end; caller frees. */
static char *
next_component(const char **rest)
{
	size_t n;

	*rest += strspn(*rest, "/");
	n = strcspn(*rest, "/");
	*rest += n;
	return n > 0 ? xstrndup(*rest - n, n) : NULL;
}

static void
pop(struct buf *b)
{
	char *slash = b->len > 0 ? strrchr(b->data, '/') : NULL;

	b->len = slash != NULL ? (size_t)(slash - b->data) : 0;
	if (b->data != NULL)
		b->data[b->len] = '\0';
}

int
view_resolve(const struct view *v, const char *path, char **out, struct err *e)
{
	CLEAN_BUF struct buf done = BUF_INIT;
	CLEAN_FREE char *text = xstrdup(path);
	const char *rest = text;
	char link[PATH_MAX], *joined;
	struct stat st;
	size_t before;
	ssize_t n;
	int links = 0, r;

	for (;;) {
		CLEAN_FREE char *name = next_component(&rest);
		CLEAN_FD int fd = -1;

		if (name == NULL)
			break;
		if (strcmp(name, ".") == 0)
			continue;
		if (strcmp(name, "..") == 0) {
			pop(&done);
			continue;
		}
		before = done.len;
		buf_addf(&done, "%s%s", before > 0 ? "/" : "", name);
		r = look(v, done.data, &st, &fd, e);
		if (r < 0)
			return -1;
		if (r == 0 || !S_ISLNK(st.st_mode))
			continue;
		n = readlinkat(fd, "", link, sizeof(link) - 1);
		if (n < 0)
			return err_set(e, errno, "read link '%s'", done.data);
		link[n] = '\0';
		if (++links > MAX_LINKS)
			return err_set(e, ELOOP, "'%s'", path);
		done.len = link[0] == '/' ? 0 : before;
		done.data[done.len] = '\0';
		joined = xasprintf("%s/%s", link, rest);
		free(text);
		rest = text = joined;
	}
	*out = done.len > 0 ? buf_steal(&done) : xstrdup(".");
	return 0;
}

int
resolve_in(int root, const char *path, char **out, struct err *e)
{
	struct view v = { root, -1 };

	return view_resolve(&v, path, out, e);
}

int
view_copy_xattrs(int from, int to, int (*wanted)(const char *name), struct err *e)
{
	char names[4096], value[4096];
	CLEAN_FREE char *large_names = NULL, *large_value = NULL;
	char *p = names, *v;
	ssize_t n, len;
	size_t at;

	n = flistxattr(from, names, sizeof(names));
	if (n < 0 && errno == ERANGE) {
		p = large_names = xmalloc(XATTR_LIST_MAX);
		n = flistxattr(from, p, XATTR_LIST_MAX);
	}
	if (n < 0)
		return errno == ENOTSUP ? 0 : err_set(e, errno, "list extended attributes");
	for (at = 0; at < (size_t)n; at += strlen(p + at) + 1) {
		if (!wanted(p + at))
			continue;
		v = value;
		len = fgetxattr(from, p + at, value, sizeof(value));
		if (len < 0 && errno == ERANGE) {
			free(large_value);
			v = large_value = xmalloc(XATTR_SIZE_MAX);
			len = fgetxattr(from, p + at, v, XATTR_SIZE_MAX);
		}
		if (len < 0 && errno == ENODATA)
			continue;
		if (len < 0 || fsetxattr(to, p + at, v, (size_t)len, 0) < 0)
			return err_set(e, errno, "extended attribute '%s'", p + at);
	}
	return 0;
}

static int
not_overlays(const char *name)
{
	return !str_starts(name, "trusted.overlay.") && !str_starts(name, "user.overlay.");
}

/* upper/name, just made, becomes what lower/name is. */
static int
copy_attributes(int upper, int lower, const char *name, const struct stat *st, struct err *e)
{
	const struct timespec times[2] = { st->st_atim, st->st_mtim };
	CLEAN_FD int from = fd_open(lower, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, e);
	CLEAN_FD int to = -1;

	if (from < 0)
		return -1;
	to = fd_open(upper, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, e);
	if (to < 0)
		return -1;
	if (fchown(to, st->st_uid, st->st_gid) < 0 || fchmod(to, st->st_mode & 07777) < 0)
		return err_set(e, errno, "attributes of '%s'", name);
	if (view_copy_xattrs(from, to, not_overlays, e) < 0)
		return err_wrap(e, "'%s'", name);
	return futimens(to, times) < 0 ? err_set(e, errno, "times of '%s'", name) : 0;
}

/* A directory that is in the image already is nothing new in upper, whose time stays. */
static int
copy_up(int upper, int lower, const char *name, const struct stat *st, struct err *e)
{
	struct timespec times[2];
	struct stat before;

	if (fstat(upper, &before) < 0 || mkdirat(upper, name, 0700) < 0)
		return err_set(e, errno, "mkdir '%s'", name);
	if (copy_attributes(upper, lower, name, st, e) < 0)
		return -1;
	times[0] = before.st_atim;
	times[1] = before.st_mtim;
	return futimens(upper, times) < 0 ? err_set(e, errno, "times above '%s'", name) : 0;
}

int
view_mkdir_at(int upper, int lower, const char *name, struct err *e)
{
	struct stat st;

	if (fstatat(upper, name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		if (!S_ISDIR(st.st_mode))
			return err_setx(e, ENOTDIR, "'%s' is not a directory in the image", name);
		return 0;
	}
	if (errno != ENOENT)
		return err_set(e, errno, "stat '%s'", name);
	if (lower < 0 || fstatat(lower, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		if (lower >= 0 && errno != ENOENT)
			return err_set(e, errno, "stat '%s'", name);
		return mkdirat(upper, name, 0755) < 0 ? err_set(e, errno, "mkdir '%s'", name) : 1;
	}
	if (!S_ISDIR(st.st_mode))
		return err_setx(e, ENOTDIR, "'%s' is not a directory in the image", name);
	return copy_up(upper, lower, name, &st, e);
}

int
view_mkdirs(const struct view *v, const char *path, uid_t uid, gid_t gid, int *made, struct err *e)
{
	CLEAN_FD int up = fd_opendir(v->upper, ".", e);
	CLEAN_FD int low = v->lower >= 0 ? fd_opendir(v->lower, ".", e) : -1;
	const char *rest = path;
	int r, next;

	if (made != NULL)
		*made = 0;
	if (up < 0 || (v->lower >= 0 && low < 0))
		return -1;
	for (;;) {
		CLEAN_FREE char *name = next_component(&rest);

		if (name == NULL)
			return steal_fd(&up);
		if (strcmp(name, ".") == 0)
			continue;
		r = view_mkdir_at(up, low, name, e);
		if (r < 0)
			return err_wrap(e, "'/%s'", path);
		next = fd_open(up, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, e);
		if (next < 0)
			return -1;
		close(up);
		up = next;
		if (r == 1) {
			if (made != NULL)
				(*made)++;
			if (fchown(up, uid, gid) < 0 || fchmod(up, 0755) < 0)
				return err_set(e, errno, "chown '/%s'", path);
		}
		next = low < 0 ? -1
			       : openat(low, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (low >= 0)
			close(low);
		low = next; /* below a new directory there is nothing */
	}
}
