/* SPDX-License-Identifier: ISC */
/*
 * store.c: where the store is, and making its tree. A store is known by its
 * file "version", which is written last: a tree without one is finished by the
 * next program that may write, whoever began it. Layout: dk-store(5).
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "store.h"

#define VERSION_LINE "1\n"

/* clang-format off */
static const char *const tree[] = {
	"blobs", "blobs/sha256", "tags", "images", "layers", "layers/sha256",
	"cache", "ctr", "names", "vol", "net", "tmp",
};
/* clang-format on */

static bool
is_privileged(void)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2];

	if (geteuid() != 0 || syscall(SYS_capget, &h, d) < 0)
		return false;
	return d[0].effective & (1u << CAP_SYS_ADMIN);
}

static const char *
env(const char *name)
{
	const char *s = getenv(name);

	return s != NULL && *s != '\0' ? s : NULL;
}

/* $DK_ROOT or its default; caller frees; NULL with e. */
static char *
root_path(struct err *e)
{
	const char *s;

	if ((s = env("DK_ROOT")) != NULL)
		return xstrdup(s);
	if (geteuid() == 0)
		return xstrdup("/var/lib/dk");
	if ((s = env("XDG_DATA_HOME")) != NULL && *s == '/')
		return path_join(s, "dk");
	if ((s = env("HOME")) != NULL && *s == '/')
		return path_join(s, ".local/share/dk");
	err_setx(e, ENOENT, "no place for the store: set DK_ROOT or HOME");
	return NULL;
}

/* $DK_RUN or its default; caller frees. */
static char *
run_path(void)
{
	const char *s;

	if ((s = env("DK_RUN")) != NULL)
		return xstrdup(s);
	if (geteuid() == 0)
		return xstrdup("/run/dk");
	if ((s = env("XDG_RUNTIME_DIR")) != NULL && *s == '/')
		return path_join(s, "dk");
	return xasprintf("/tmp/dk-run-%ju", (uintmax_t)geteuid());
}

/* Caller frees; a name that cannot be resolved stays as it is. */
static char *
absolute(char *path)
{
	char *real = realpath(path, NULL);

	if (real == NULL)
		return path;
	free(path);
	return real;
}

static bool
is_ours(const char *name)
{
	size_t i;

	for (i = 0; i < LEN(tree); i++)
		if (str_eq(tree[i], name))
			return true;
	return str_eq(name, "lock") || str_eq(name, "version") || str_eq(name, "lost+found");
}

static int
find_foreign(void *arg, const char *name, unsigned char type)
{
	struct err *e = arg;

	(void)type;
	if (is_ours(name))
		return 0;
	err_setx(e, EEXIST, "it holds '%s' and no file 'version': not a store of dk", name);
	return 1;
}

int
store_make_tree(struct store *s, struct err *e)
{
	CLEAN_FD int tmp = -1, lock = -1;
	size_t i;

	for (i = 0; i < LEN(tree); i++)
		if (mkdirat(s->dir, tree[i], 0700) < 0 && errno != EEXIST)
			return err_set(e, errno, "make directory '%s'", tree[i]);
	if ((lock = fd_open(s->dir, "lock", O_RDWR | O_CREAT, 0600, e)) < 0)
		return -1;
	if ((tmp = fd_opendir(s->dir, "tmp", e)) < 0)
		return -1;
	return fd_store(tmp, s->dir, "version", VERSION_LINE, strlen(VERSION_LINE), 0644, true, e);
}

/* An empty directory becomes a store; what others keep files in does not. */
static int
make_store(struct store *s, struct err *e)
{
	if (fd_each(s->dir, ".", find_foreign, e, e) != 0)
		return -1;
	if (fchmod(s->dir, 0700) < 0)
		return err_set(e, errno, "not a store yet, and cannot be made one");
	return store_make_tree(s, e);
}

static int
check_version(struct store *s, struct err *e)
{
	CLEAN_BUF struct buf b = BUF_INIT;

	if (fd_load(s->dir, "version", 64, &b, e) < 0)
		return e->code == ENOENT ? make_store(s, e) : -1;
	if (str_eq(buf_str(&b), VERSION_LINE))
		return 0;
	if (b.len > 0 && b.data[b.len - 1] == '\n')
		b.data[b.len - 1] = '\0';
	return err_setx(e, 0, "its version is '%s', this program knows 1", buf_str(&b));
}

static int
open_root(struct store *s, struct err *e)
{
	s->dir = open(s->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->dir < 0 && errno == ENOENT) {
		if (fd_mkdirs(AT_FDCWD, s->path, 0700, e) < 0)
			return err_wrap(e, "make the store '%s'", s->path);
		s->dir = open(s->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	if (s->dir < 0)
		return err_set(e, errno, "open the store '%s'", s->path);
	s->path = absolute(s->path);
	if (check_version(s, e) < 0)
		return err_wrap(e, "store '%s'", s->path);
	s->readonly = faccessat(s->dir, ".", W_OK | X_OK, 0) < 0;
	return 0;
}

/* The default for users without XDG_RUNTIME_DIR is in /tmp, where anybody may have taken the name.
 */
static int
open_run(struct store *s, struct err *e)
{
	int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | (env("DK_RUN") == NULL ? O_NOFOLLOW : 0);
	CLEAN_FD int fd = open(s->run_path, flags);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_set(e, errno, "open the run-time directory '%s'", s->run_path);
	if (st.st_uid != geteuid() && geteuid() != 0)
		return err_setx(e, EPERM, "run-time directory '%s' belongs to uid %ju: set DK_RUN",
			s->run_path, (uintmax_t)st.st_uid);
	s->run = steal_fd(&fd);
	s->run_path = absolute(s->run_path);
	return 0;
}

int
store_open(struct store *s, struct err *e)
{
	struct err ignored;

	*s = (struct store)STORE_INIT;
	s->privileged = is_privileged();
	s->run_path = run_path();
	if ((s->path = root_path(e)) == NULL || open_root(s, e) < 0) {
		store_close(s);
		return -1;
	}
	(void)open_run(s, &ignored);
	return 0;
}

int
store_run_dir(struct store *s, struct err *e)
{
	if (s->run >= 0)
		return 0;
	if (fd_mkdirs(AT_FDCWD, s->run_path, 0700, e) < 0)
		return err_wrap(e, "make the run-time directory '%s'", s->run_path);
	return open_run(s, e);
}

void
store_close(struct store *s)
{
	if (s->dir >= 0)
		close(s->dir);
	if (s->run >= 0)
		close(s->run);
	free(s->path);
	free(s->run_path);
	*s = (struct store)STORE_INIT;
}
