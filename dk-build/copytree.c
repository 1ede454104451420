/* SPDX-License-Identifier: ISC */
/*
 * copytree: source and destination are walked by descriptor, no link is followed
 * on either side. A directory that is already in the image gets the source's
 * attributes like a new one, unless it is the destination itself.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/str.h"

#include "copytree.h"
#include "links.h"
#include "stop.h"

enum {
	SMALL = 256 << 10, /* up to here read(2) and write(2) are quickest */
};

/* Returns the length to go back to. */
static size_t
push(struct buf *path, const char *name)
{
	size_t before = path->len;

	if (before > 0)
		buf_addc(path, '/');
	buf_adds(path, name);
	return before;
}

static void
pop(struct buf *path, size_t before)
{
	path->len = before;
	path->data[before] = '\0';
}

void
copytree_start(struct copytree *c, const char *dst)
{
	buf_clear(&c->rel);
	buf_clear(&c->dst);
	buf_adds(&c->dst, dst);
	links_free(c->links); /* another source may replace what they name */
	c->links = NULL;
}

void
copytree_free(struct copytree *c)
{
	buf_free(&c->rel);
	buf_free(&c->dst);
	links_free(c->links);
	c->links = NULL;
}

static int
src_error(const struct copytree *c, int code, struct err *e)
{
	return err_set(e, code, "copy '%s'", buf_str(&c->rel));
}

static int
dst_error(int code, const struct copytree_to *to, struct err *e)
{
	return err_set(e, code, "write '%s'", to->name);
}

/* A file may take the place of anything but a directory. */
static int
make_way(const struct copytree_to *to, struct err *e)
{
	struct stat st;

	if (fstatat(to->upper, to->name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		if (!S_ISDIR(st.st_mode))
			return unlinkat(to->upper, to->name, 0) < 0 ? dst_error(errno, to, e) : 0;
	} else if (errno != ENOENT) {
		return dst_error(errno, to, e);
	} else if (to->lower < 0 || fstatat(to->lower, to->name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		!S_ISDIR(st.st_mode)) {
		return 0;
	}
	return err_setx(
		e, EISDIR, "'%s' is a directory in the image, but not in the context", to->name);
}

int
copytree_create(const struct copytree_to *to, struct err *e)
{
	int fd;

	if (make_way(to, e) < 0)
		return -1;
	fd = openat(to->upper, to->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return fd < 0 ? dst_error(errno, to, e) : fd;
}

/* Through a buffer; from is where the offsets of both files are. */
static int
copy_plain(struct copytree *c, int in, int out, struct err *e)
{
	static char buf[SMALL];
	ssize_t n;

	while ((n = fd_read(in, buf, sizeof(buf))) > 0) {
		if (fd_write_all(out, buf, (size_t)n) < 0)
			return err_set(e, errno, "write the copy of '%s'", buf_str(&c->rel));
		if (n == (ssize_t)sizeof(buf) && stop_check(e) < 0)
			return -1;
	}
	return n < 0 ? src_error(c, errno, e) : 0;
}

static int
copy_data(struct copytree *c, int in, int out, off_t size, struct err *e)
{
	ssize_t n;

	if (size == 0)
		return 0;
	if (size <= SMALL)
		return copy_plain(c, in, out, e);
	if (!c->no_clone) {
		if (ioctl(out, FICLONE, in) == 0)
			return 0;
		c->no_clone = true;
	}
	while (!c->no_range) {
		n = copy_file_range(in, NULL, out, NULL, 64 << 20, 0);
		if (n == 0)
			return 0;
		if (n < 0) {
			if (errno != EXDEV && errno != EINVAL && errno != ENOSYS &&
				errno != EOPNOTSUPP)
				return src_error(c, errno, e);
			c->no_range = true;
		}
		if (stop_check(e) < 0)
			return -1;
	}
	return copy_plain(c, in, out, e);
}

/* Capabilities and what users keep there; the rest belongs to the host. */
static int
wanted_xattr(const char *name)
{
	return strcmp(name, "security.capability") == 0 ||
		(str_starts(name, "user.") && !str_starts(name, "user.overlay."));
}

/* out is the copy; the ownership first, because it takes setuid bits and capabilities away. */
static int
copy_attributes(struct copytree *c, int in, int out, const struct stat *st, struct err *e)
{
	const struct timespec times[2] = { st->st_atim, st->st_mtim };

	if (fchown(out, c->uid, c->gid) < 0 || fchmod(out, st->st_mode & 07777) < 0)
		return err_set(e, errno, "attributes of the copy of '%s'", buf_str(&c->rel));
	if (view_copy_xattrs(in, out, wanted_xattr, e) < 0)
		return err_wrap(e, "'%s'", buf_str(&c->rel));
	if (futimens(out, times) < 0)
		return err_set(e, errno, "times of the copy of '%s'", buf_str(&c->rel));
	return 0;
}

/* A second name of a file that was copied before; 1 done, 0 it comes first. */
static int
try_link(struct copytree *c, const struct stat *st, const struct copytree_to *to, struct err *e)
{
	const char *first;
	size_t before;
	int r = 0;

	if (st->st_nlink < 2)
		return 0;
	before = push(&c->dst, to->name);
	first = links_find(&c->links, st->st_dev, st->st_ino, buf_str(&c->dst));
	if (first != NULL && strcmp(first, buf_str(&c->dst)) != 0) {
		r = make_way(to, e);
		if (r == 0 && linkat(c->view.upper, first, to->upper, to->name, 0) == 0)
			r = 1;
		else if (r == 0 && errno != EMLINK)
			r = dst_error(errno, to, e);
	}
	pop(&c->dst, before);
	return r;
}

static int
copy_file(
	struct copytree *c, int sdir, const char *name, const struct copytree_to *to, struct err *e)
{
	CLEAN_FD int in = openat(sdir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	CLEAN_FD int out = -1;
	struct stat st;
	int r;

	if (in < 0 || fstat(in, &st) < 0)
		return src_error(c, errno, e);
	if (!S_ISREG(st.st_mode))
		return err_setx(e, EAGAIN, "'%s' changed while it was copied", buf_str(&c->rel));
	r = try_link(c, &st, to, e);
	if (r != 0)
		return r < 0 ? -1 : 0;
	out = copytree_create(to, e);
	if (out < 0 || copy_data(c, in, out, st.st_size, e) < 0)
		return -1;
	return copy_attributes(c, in, out, &st, e);
}

static int
copy_link(struct copytree *c, int sdir, const char *name, const struct stat *st,
	const struct copytree_to *to, struct err *e)
{
	const struct timespec times[2] = { st->st_atim, st->st_mtim };
	char target[PATH_MAX];
	ssize_t n = readlinkat(sdir, name, target, sizeof(target) - 1);

	if (n < 0)
		return src_error(c, errno, e);
	target[n] = '\0';
	if (make_way(to, e) < 0)
		return -1;
	if (symlinkat(target, to->upper, to->name) < 0 ||
		fchownat(to->upper, to->name, c->uid, c->gid, AT_SYMLINK_NOFOLLOW) < 0 ||
		utimensat(to->upper, to->name, times, AT_SYMLINK_NOFOLLOW) < 0)
		return dst_error(errno, to, e);
	return 0;
}

static int
copy_special(struct copytree *c, const struct stat *st, const struct copytree_to *to, struct err *e)
{
	const struct timespec times[2] = { st->st_atim, st->st_mtim };

	if (S_ISSOCK(st->st_mode))
		return 0; /* nobody listens behind it any more */
	if (S_ISCHR(st->st_mode) && st->st_rdev == 0)
		return err_setx(e, EINVAL, "'%s': a character device 0:0 cannot be in a layer",
			buf_str(&c->rel));
	if (make_way(to, e) < 0)
		return -1;
	if (mknodat(to->upper, to->name, (st->st_mode & S_IFMT) | 0600, st->st_rdev) < 0 ||
		fchownat(to->upper, to->name, c->uid, c->gid, AT_SYMLINK_NOFOLLOW) < 0 ||
		fchmodat(to->upper, to->name, st->st_mode & 07777, 0) < 0 ||
		utimensat(to->upper, to->name, times, AT_SYMLINK_NOFOLLOW) < 0)
		return dst_error(errno, to, e);
	return 0;
}

static int
copy_dir(struct copytree *c, int sdir, const char *name, const struct copytree_to *to, bool keep,
	const bool *state, struct err *e)
{
	CLEAN_FD int in = openat(sdir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	CLEAN_FD int out = -1, low = -1;
	struct stat st;
	size_t before;
	bool there;
	int r;

	if (in < 0 || fstat(in, &st) < 0)
		return src_error(c, errno, e);
	if (st.st_dev == c->store_dev && st.st_ino == c->store_ino)
		return err_setx(e, EINVAL,
			"'%s' in the build context is the store: leave it out with .dockerignore",
			buf_str(&c->rel));
	r = view_mkdir_at(to->upper, to->lower, to->name, e);
	if (r < 0)
		return -1;
	there = r == 0;
	out = fd_open(to->upper, to->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, e);
	if (out < 0)
		return -1;
	if (there && to->lower >= 0)
		low = openat(to->lower, to->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	before = push(&c->dst, to->name);
	r = copytree_children(c, in, out, low, state, e);
	pop(&c->dst, before);
	if (r < 0 || (there && keep))
		return r;
	return copy_attributes(c, in, out, &st, e);
}

int
copytree_keeps(struct copytree *c, int sdir, const char *name, const bool *state, struct err *e)
{
	CLEAN_FREE bool *own = xcalloc(c->ignore->n + 1, sizeof(*own));
	CLEAN_DIR DIR *d = NULL;
	struct dirent *ent;
	size_t before;
	bool ignored;
	int fd, r = 0;

	if (!c->ignore->any_keep)
		return 0;
	fd = openat(sdir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || (d = fdopendir(fd)) == NULL) {
		if (fd >= 0)
			close(fd);
		return errno == ENOTDIR || errno == ELOOP ? 0 : src_error(c, errno, e);
	}
	while (r == 0 && (ent = readdir(d)) != NULL) {
		if (strcmp(ent->d_name, ".") == 0 || strcmp(ent->d_name, "..") == 0)
			continue;
		before = push(&c->rel, ent->d_name);
		ignored = ignore_match(c->ignore, c->rel.data, state, own);
		r = !ignored ? 1
			: ent->d_type == DT_DIR || ent->d_type == DT_UNKNOWN
			? copytree_keeps(c, dirfd(d), ent->d_name, own, e)
			: 0;
		pop(&c->rel, before);
	}
	return r;
}

/* c->rel is the entry's path. */
static int
copy_any(struct copytree *c, int sdir, const char *name, const struct copytree_to *to, bool keep,
	const bool *state, struct err *e)
{
	struct stat st;

	if (fstatat(sdir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return src_error(c, errno, e);
	if (str_starts(to->name, ".wh."))
		return err_setx(e, EINVAL, "'%s': names that begin with .wh. cannot be in a layer",
			buf_str(&c->rel));
	switch (st.st_mode & S_IFMT) {
	case S_IFREG:
		return copy_file(c, sdir, name, to, e);
	case S_IFDIR:
		return copy_dir(c, sdir, name, to, keep, state, e);
	case S_IFLNK:
		return copy_link(c, sdir, name, &st, to, e);
	default:
		return copy_special(c, &st, to, e);
	}
}

int
copytree_entry(struct copytree *c, int sdir, const char *name, const struct copytree_to *to,
	bool keep, const bool *state, struct err *e)
{
	CLEAN_FREE bool *own = xcalloc(c->ignore->n + 1, sizeof(*own));
	size_t before;
	int r = stop_check(e);

	if (r < 0)
		return -1;
	before = push(&c->rel, name);
	r = 1;
	if (ignore_match(c->ignore, c->rel.data, state, own))
		r = copytree_keeps(c, sdir, name, own, e);
	if (r > 0)
		r = copy_any(c, sdir, name, to, keep, own, e);
	pop(&c->rel, before);
	return r;
}

int
copytree_children(
	struct copytree *c, int sdir, int upper, int lower, const bool *state, struct err *e)
{
	CLEAN_DIR DIR *d = NULL;
	struct copytree_to to = { upper, lower, NULL };
	struct dirent *ent;
	int fd = openat(sdir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;

	if (fd < 0 || (d = fdopendir(fd)) == NULL) {
		if (fd >= 0)
			close(fd);
		return src_error(c, errno, e);
	}
	while (r == 0) {
		errno = 0;
		ent = readdir(d);
		if (ent == NULL)
			return errno == 0 ? 0 : src_error(c, errno, e);
		if (strcmp(ent->d_name, ".") == 0 || strcmp(ent->d_name, "..") == 0)
			continue;
		to.name = ent->d_name;
		r = copytree_entry(c, sdir, ent->d_name, &to, false, state, e);
	}
	return r;
}
