/* SPDX-License-Identifier: ISC */
/* fd: whole reads and writes, small files that are never seen half-written, locks, trees. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

#include "buf.h"
#include "err.h"
#include "fd.h"
#include "mem.h"
#include "str.h"

int
fd_fill_stdio(void)
{
	int fd;

	for (fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
			open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd) /* no O_CLOEXEC */
			return -1;
	return 0;
}

int
fd_write_all(int fd, const void *p, size_t n)
{
	const char *s = p;
	ssize_t r;

	while (n > 0) {
		r = write(fd, s, n);
		if (r < 0) {
			if (errno == EINTR)
				continue;
			return -1;
		}
		s += r;
		n -= (size_t)r;
	}
	return 0;
}

ssize_t
fd_read(int fd, void *p, size_t n)
{
	ssize_t r;

	do
		r = read(fd, p, n);
	while (r < 0 && errno == EINTR);
	return r;
}

ssize_t
fd_read_full(int fd, void *p, size_t n)
{
	size_t got = 0;
	ssize_t r;

	while (got < n) {
		r = fd_read(fd, (char *)p + got, n - got);
		if (r < 0)
			return -1;
		if (r == 0)
			break;
		got += (size_t)r;
	}
	return (ssize_t)got;
}

int64_t
fd_copy(int in, int out, struct err *e)
{
	CLEAN_FREE char *block = NULL;
	const size_t size = 256 << 10;
	int64_t total = 0;
	ssize_t n;

	/* in the kernel where it can: reflink, splice between files */
	for (;;) {
		n = copy_file_range(in, NULL, out, NULL, 1 << 30, 0);
		if (n <= 0)
			break;
		total += n;
	}
	if (n == 0 && total > 0)
		return total;
	/* not files, not one file system, /proc (says 0): by hand from where it stands */
	block = xmalloc(size);
	for (;;) {
		n = fd_read(in, block, size);
		if (n < 0)
			return err_set(e, errno, "read");
		if (n == 0)
			return total;
		if (fd_write_all(out, block, (size_t)n) < 0)
			return err_set(e, errno, "write");
		total += n;
	}
}

int
fd_open(int dir, const char *path, int flags, mode_t mode, struct err *e)
{
	int fd = openat(dir, path, flags | O_CLOEXEC, mode);

	if (fd < 0)
		return err_set(e, errno, "open '%s'", path);
	return fd;
}

int
fd_opendir(int dir, const char *path, struct err *e)
{
	return fd_open(dir, path, O_RDONLY | O_DIRECTORY, 0, e);
}

int
fd_mkdirs(int dir, const char *path, mode_t mode, struct err *e)
{
	CLEAN_FREE char *copy = xstrdup(path);
	char *p = copy, saved;

	while (*p == '/')
		p++;
	for (;;) {
		p += strcspn(p, "/");
		saved = *p;
		*p = '\0';
		if (*copy != '\0' && mkdirat(dir, copy, mode) < 0 && errno != EEXIST)
			return err_set(e, errno, "mkdir '%s'", copy);
		if (saved == '\0')
			return 0;
		*p = saved;
		while (*p == '/')
			p++;
		if (*p == '\0')
			return 0;
	}
}

int
fd_load(int dir, const char *path, size_t max, struct buf *out, struct err *e)
{
	CLEAN_FD int fd = fd_open(dir, path, O_RDONLY, 0, e);

	if (fd < 0)
		return -1;
	if (buf_read_fd(out, fd, max, e) < 0)
		return err_wrap(e, "'%s'", path);
	return 0;
}

int
fd_sync_parent(int dir, const char *path, struct err *e)
{
	CLEAN_FREE char *parent = xstrdup(path);
	CLEAN_FD int fd = -1;
	char *slash = strrchr(parent, '/');

	if (slash != NULL)
		*slash = '\0';
	fd = fd_opendir(dir, slash != NULL ? parent : ".", e);
	if (fd < 0)
		return -1;
	if (fsync(fd) < 0)
		return err_set(e, errno, "fsync of the directory of '%s'", path);
	return 0;
}

int
fd_store(int tmpdir, int dir, const char *path, const void *p, size_t n, mode_t mode, bool sync,
	struct err *e)
{
	char tmp[24] = "new-";
	CLEAN_FD int fd = -1;

	str_random_hex(8, tmp + 4);
	fd = openat(tmpdir, tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0)
		return err_set(e, errno, "create '%s'", path);
	if (fd_write_all(fd, p, n) < 0 || (sync && fsync(fd) < 0)) {
		err_set(e, errno, "write '%s'", path);
		goto fail;
	}
	if (renameat(tmpdir, tmp, dir, path) < 0) {
		err_set(e, errno, "rename to '%s'", path);
		goto fail;
	}
	return sync ? fd_sync_parent(dir, path, e) : 0;
fail:
	unlinkat(tmpdir, tmp, 0);
	return -1;
}

int
fd_lock(int fd, bool exclusive, bool wait, struct err *e)
{
	struct flock fl = {
		.l_type = exclusive ? F_WRLCK : F_RDLCK,
		.l_whence = SEEK_SET,
	};
	int r;

	do
		r = fcntl(fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, &fl);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return err_set(e, errno == EACCES ? EAGAIN : errno, "lock");
	return 0;
}

void
fd_unlock(int fd)
{
	struct flock fl = { .l_type = F_UNLCK, .l_whence = SEEK_SET };

	fcntl(fd, F_OFD_SETLK, &fl);
}

int
fd_is_locked(int fd)
{
	struct flock fl = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (fcntl(fd, F_OFD_GETLK, &fl) < 0)
		return -1;
	return fl.l_type != F_UNLCK;
}

int
fd_each(int dir, const char *path, int (*fn)(void *arg, const char *name, unsigned char d_type),
	void *arg, struct err *e)
{
	CLEAN_DIR DIR *d = NULL;
	struct dirent *ent;
	int fd, r;

	fd = fd_opendir(dir, path, e);
	if (fd < 0)
		return -1;
	d = fdopendir(fd);
	if (d == NULL) {
		close(fd);
		return err_set(e, errno, "open '%s'", path);
	}
	for (;;) {
		errno = 0;
		ent = readdir(d);
		if (ent == NULL)
			return errno == 0 ? 0 : err_set(e, errno, "read '%s'", path);
		if (strcmp(ent->d_name, ".") == 0 || strcmp(ent->d_name, "..") == 0)
			continue;
		r = fn(arg, ent->d_name, ent->d_type);
		if (r != 0)
			return r;
	}
}

/*
 * Depth costs descriptors, and a hostile tree is as deep as it likes: what lies
 * deeper than RMTREE_DEPTH is moved up into the root of what is being removed,
 * for another pass.
 */
enum { RMTREE_DEPTH = 100 };

struct rmtree {
	int root; /* fd of the directory that goes */
	dev_t dev;
	bool again; /* something was moved up to it */
};

static int rmtree_in(struct rmtree *t, int fd, int depth, struct err *e);

/* Opens a directory to be removed, so that entries can be unlinked in it. */
static int
rmtree_open(int dir, const char *name, struct stat *st, struct err *e)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(dir, name, flags);

	if (fd < 0 && errno == EACCES && fchmodat(dir, name, 0700, 0) == 0)
		fd = openat(dir, name, flags);
	if (fd < 0)
		return err_set(e, errno, "open '%s'", name);
	if (fstat(fd, st) < 0) {
		err_set(e, errno, "stat '%s'", name);
		close(fd);
		return -1;
	}
	if ((st->st_mode & 0700) != 0700)
		fchmod(fd, 0700); /* who is not root needs it */
	return fd;
}

static int
rmtree_dir(struct rmtree *t, int dir, const char *name, int depth, struct err *e)
{
	char up[24] = "rm-";
	CLEAN_FD int fd = -1;
	struct stat st;

	/* many are empty: work/, the directories of a container that wrote nothing */
	if (unlinkat(dir, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	fd = rmtree_open(dir, name, &st, e);
	if (fd < 0)
		return -1;
	if (st.st_dev != t->dev)
		return err_setx(e, EXDEV, "'%s' is on another file system, not removed", name);
	if (depth >= RMTREE_DEPTH) {
		str_random_hex(8, up + 3);
		if (renameat(dir, name, t->root, up) < 0)
			return err_set(e, errno, "rename '%s'", name);
		t->again = true;
		return 0;
	}
	if (rmtree_in(t, fd, depth, e) < 0)
		return err_wrap(e, "%s", name);
	if (unlinkat(dir, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return err_set(e, errno, "rmdir '%s'", name);
	return 0;
}

static int
rmtree_in(struct rmtree *t, int fd, int depth, struct err *e)
{
	CLEAN_DIR DIR *d = NULL;
	struct dirent *ent;
	int copy;

	copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (copy < 0 || (d = fdopendir(copy)) == NULL) {
		err_set(e, errno, "open directory");
		if (copy >= 0)
			close(copy);
		return -1;
	}
	while ((ent = readdir(d)) != NULL) {
		const char *n = ent->d_name;

		if (n[0] == '.' && (n[1] == '\0' || (n[1] == '.' && n[2] == '\0')))
			continue;
		if (ent->d_type != DT_DIR) {
			if (unlinkat(fd, n, 0) == 0 || errno == ENOENT)
				continue;
			if (errno != EISDIR)
				return err_set(e, errno, "unlink '%s'", n);
		}
		if (rmtree_dir(t, fd, n, depth + 1, e) < 0)
			return -1;
	}
	return 0;
}

int
fd_rmtree(int dir, const char *path, struct err *e)
{
	CLEAN_FREE char *copy = xstrdup(path);
	CLEAN_FD int parent = -1;
	CLEAN_FD int root = -1;
	char *slash = strrchr(copy, '/');
	const char *name = slash != NULL ? slash + 1 : copy;
	struct rmtree t;
	struct stat st;

	if (slash != NULL)
		*slash = '\0';
	parent = openat(dir, slash != NULL ? copy : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (parent < 0)
		return errno == ENOENT ? 0 : err_set(e, errno, "open '%s'", copy);
	if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : err_set(e, errno, "stat '%s'", path);
	if (!S_ISDIR(st.st_mode)) {
		if (unlinkat(parent, name, 0) < 0 && errno != ENOENT)
			return err_set(e, errno, "unlink '%s'", path);
		return 0;
	}
	if (unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	root = rmtree_open(parent, name, &st, e);
	if (root < 0)
		return -1;
	t = (struct rmtree){ .root = root, .dev = st.st_dev };
	do {
		t.again = false;
		if (rmtree_in(&t, root, 0, e) < 0)
			return -1;
	} while (t.again);
	if (unlinkat(parent, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return err_set(e, errno, "rmdir '%s'", path);
	return 0;
}
