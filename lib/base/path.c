/* SPDX-License-Identifier: ISC */
/*
 * path: opening what an image, a tar or a Dockerfile names. The root is a
 * descriptor; no name, link or ".." leads out of it, also while somebody
 * renames directories inside.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "buf.h"
#include "err.h"
#include "mem.h"
#include "path.h"
#include "str.h"

enum { MAX_LINKS = 40 };

/*
 * Before Linux 5.6: one component at a time with O_NOFOLLOW, links expanded by
 * hand. ".." drops the last descriptor of the way that was walked instead of
 * asking the kernel for the parent, so a rename meanwhile cannot lead out.
 */
static int
walk(int root, const char *path, int flags, mode_t mode)
{
	char rest[2 * PATH_MAX], link[PATH_MAX], name[NAME_MAX + 1];
	int way[256], depth = 0, links = 0, fd = -1, saved;
	const char *p;
	struct stat st;
	size_t n, len;
	ssize_t ln;
	bool last;

	if (strlen(path) >= PATH_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(rest, path, strlen(path) + 1);
	way[0] = openat(root, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (way[0] < 0)
		return -1;
	for (p = rest;;) {
		while (*p == '/')
			p++;
		n = strcspn(p, "/");
		last = p[n + strspn(p + n, "/")] == '\0';
		if (n == 0) { /* the directory walked to is the result */
			fd = openat(
				way[depth], ".", flags & ~(O_CREAT | O_EXCL | O_NOFOLLOW), mode);
			break;
		}
		if (n > NAME_MAX) {
			errno = ENAMETOOLONG;
			break;
		}
		memcpy(name, p, n);
		name[n] = '\0';
		p += n;
		if (strcmp(name, ".") == 0)
			continue;
		if (strcmp(name, "..") == 0) {
			if (depth > 0)
				close(way[depth--]);
			continue;
		}
		if (fstatat(way[depth], name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
			S_ISLNK(st.st_mode) && !(last && (flags & O_NOFOLLOW) && *p == '\0')) {
			ln = readlinkat(way[depth], name, link, sizeof(link) - 1);
			if (ln < 0)
				break;
			link[ln] = '\0';
			len = strlen(p);
			if (++links > MAX_LINKS || (size_t)ln + len + 2 > PATH_MAX) {
				errno = ELOOP;
				break;
			}
			memmove(rest + ln, p, len + 1);
			memcpy(rest, link, (size_t)ln);
			p = rest;
			if (link[0] == '/')
				while (depth > 0)
					close(way[depth--]);
			continue;
		}
		if (last) {
			if (*p == '/')
				flags |= O_DIRECTORY;
			fd = openat(way[depth], name, flags | O_NOFOLLOW, mode);
			break;
		}
		if (depth + 1 == (int)LEN(way)) {
			errno = ENAMETOOLONG;
			break;
		}
		fd = openat(way[depth], name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0)
			break;
		way[++depth] = steal_fd(&fd);
	}
	saved = errno;
	while (depth >= 0)
		close(way[depth--]);
	errno = saved;
	return fd;
}

static int
open_in(int root, const char *path, int flags, mode_t mode)
{
	static int missing;
	struct open_how how = {
		.flags = (uint64_t)(flags | O_CLOEXEC),
		.mode = flags & O_CREAT ? mode : 0,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	int fd, tries;

	if (*path == '\0')
		path = ".";
	if (missing)
		return walk(root, path, flags | O_CLOEXEC, mode);
	for (tries = 0; tries < 128; tries++) {
		fd = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
		if (fd >= 0 || (errno != EAGAIN && errno != EINTR))
			break; /* EAGAIN: a rename anywhere while ".." was resolved */
	}
	if (fd < 0 && (errno == ENOSYS || errno == EPERM)) {
		/* EPERM: a seccomp filter that does not know the call */
		fd = walk(root, path, flags | O_CLOEXEC, mode);
		if (fd >= 0)
			missing = 1;
	}
	return fd;
}

int
path_open_in(int root, const char *path, int flags, mode_t mode, struct err *e)
{
	int fd = open_in(root, path, flags, mode);

	if (fd < 0)
		return err_set(e, errno, "open '%s'", path);
	return fd;
}

int
path_mkdirs_in(
	int root, const char *path, mode_t mode, uid_t uid, gid_t gid, int *made, struct err *e)
{
	const int flags = O_RDONLY | O_DIRECTORY;
	CLEAN_FREE char *sofar = xstrdup(path);
	CLEAN_FREE char *name = NULL;
	CLEAN_FD int fd = -1;
	char *p = sofar, saved;
	int next;

	if (made != NULL)
		*made = 0;
	fd = open_in(root, path, flags, 0);
	if (fd >= 0)
		return steal_fd(&fd);
	if (errno != ENOENT)
		return err_set(e, errno, "open '%s'", path);
	/* from the left: each prefix is resolved in the root again, so links in it are followed as
	 * in a chroot */
	fd = open_in(root, ".", flags, 0);
	if (fd < 0)
		return err_set(e, errno, "open the root");
	for (;;) {
		p += strspn(p, "/");
		if (*p == '\0')
			return steal_fd(&fd);
		free(name);
		name = xstrndup(p, strcspn(p, "/"));
		p += strlen(name);
		saved = *p;
		*p = '\0';
		next = open_in(root, sofar, flags, 0);
		if (next < 0 && errno == ENOENT) {
			if (mkdirat(fd, name, mode) == 0) {
				if (made != NULL)
					(*made)++;
			} else if (errno != EEXIST) {
				return err_set(e, errno, "mkdir '%s'", sofar);
			} else {
				/* a link to nowhere stands there */
				return err_setx(e, ENOENT,
					"mkdir '%s': a dangling symbolic link is in the way",
					sofar);
			}
			next = openat(fd, name, flags | O_NOFOLLOW | O_CLOEXEC);
			if (next >= 0 &&
				((geteuid() == 0 && fchown(next, uid, gid) < 0) ||
					fchmod(next, mode) < 0)) {
				err_set(e, errno, "chown '%s'", sofar);
				close(next);
				return -1;
			}
		}
		if (next < 0)
			return err_set(e, errno, "open '%s'", sofar);
		close(fd);
		fd = next;
		*p = saved;
	}
}

int
path_parent_in(int root, const char *path, mode_t mode, uid_t uid, gid_t gid, const char **base,
	int *made, struct err *e)
{
	CLEAN_FREE char *parent = NULL;
	const char *slash = strrchr(path, '/');

	*base = slash != NULL ? slash + 1 : path;
	if (strcmp(*base, ".") == 0 || strcmp(*base, "..") == 0) {
		*base = path + strlen(path);
		return path_mkdirs_in(root, path, mode, uid, gid, made, e);
	}
	parent = xstrndup(path, (size_t)(*base - path));
	return path_mkdirs_in(root, parent, mode, uid, gid, made, e);
}

char *
path_clean(const char *path)
{
	struct buf b = BUF_INIT;
	bool abs = *path == '/';
	size_t n;

	if (abs)
		buf_addc(&b, '/');
	for (; *path != '\0'; path += n) {
		path += strspn(path, "/");
		n = strcspn(path, "/");
		if (n == 0 || (n == 1 && path[0] == '.'))
			continue;
		if (n == 2 && path[0] == '.' && path[1] == '.') {
			while (b.len > (size_t)abs && b.data[b.len - 1] != '/')
				b.len--;
			if (b.len > (size_t)abs)
				b.len--;
			if (b.data != NULL)
				b.data[b.len] = '\0';
			continue;
		}
		if (b.len > (size_t)abs)
			buf_addc(&b, '/');
		buf_add(&b, path, n);
	}
	if (b.len == 0)
		buf_addc(&b, '.');
	return buf_steal(&b);
}

char *
path_join(const char *a, const char *b)
{
	if (*b == '/' || *a == '\0')
		return xstrdup(b);
	if (*b == '\0')
		return xstrdup(a);
	return xasprintf("%s%s%s", a, str_ends(a, "/") ? "" : "/", b);
}

const char *
path_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}
