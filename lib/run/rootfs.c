/* SPDX-License-Identifier: ISC */
/*
 * rootfs: an overlay of layer directories as a detached mount. Every layer is
 * handed to the kernel by descriptor, so neither the length of the store's
 * path nor the number of layers meets a limit before overlayfs's own 500.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"
#include "rootfs.h"
#include "store/store.h"
#include "sys.h"
#include "userns.h"

enum { MAX_LOWERS = 500 };

struct lowers {
	int fd[MAX_LOWERS + 2];
	size_t n;
};

#define CLEAN_LOWERS __attribute__((cleanup(lowers_close)))

static void
lowers_close(struct lowers *l)
{
	while (l->n > 0)
		close(l->fd[--l->n]);
}

/* $DK_RUN/empty */
static int
open_empty(struct store *s, struct err *e)
{
	if (store_run_dir(s, e) < 0)
		return -1;
	if (mkdirat(s->run, "empty", 0755) < 0 && errno != EEXIST)
		return err_set(e, errno, "mkdir '%s/empty'", s->run_path);
	return fd_open(s->run, "empty", O_PATH | O_DIRECTORY, 0, e);
}

/*
 * Opens the layers, top first. A layer that comes twice is taken once, where
 * it is topmost: it shows all it has there, and overlayfs refuses one
 * directory twice (ELOOP).
 */
static int
open_lowers(const struct store *s, const struct strv *v, struct lowers *l, struct err *e)
{
	size_t i, k;
	int fd;

	for (i = 0; i < v->n; i++) {
		for (k = 0; k < i && strcmp(v->v[k], v->v[i]) != 0; k++)
			;
		if (k < i)
			continue;
		if (l->n == MAX_LOWERS)
			return err_setx(e, E2BIG, "overlay: more than %d layers", MAX_LOWERS);
		fd = openat(s->dir, v->v[i], O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0)
			return err_set(e, errno, "layer '%s/%s'", s->path, v->v[i]);
		l->fd[l->n++] = fd;
	}
	return 0;
}

/* The kernel's own words about the last failure, from the file system context. */
static int
fs_error(struct err *e, int fs, int code, const char *what)
{
	char line[256];
	ssize_t n;

	while ((n = read(fs, line, sizeof(line) - 1)) > 0) {
		line[n] = '\0';
		if (line[0] == 'e' && line[1] == ' ') {
			line[strcspn(line, "\n")] = '\0';
			return err_set(e, code, "%s: %s", what, line + 2);
		}
	}
	return err_set(e, code, "%s", what);
}

static int
set_string(int fs, const char *key, const char *value)
{
	return sys_fsconfig(fs, FSCONFIG_SET_STRING, key, value, 0);
}

/* A directory option by descriptor (6.13), else by its name under /proc. */
static int
set_dir(int fs, const char *key, int fd)
{
	char path[40];

	if (sys_fsconfig(fs, FSCONFIG_SET_FD, key, NULL, fd) == 0)
		return 0;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return set_string(fs, key, path);
}

/* 1: this kernel has no lowerdir+ (before 6.8), or no fsopen at all. */
static int
mount_new(const struct lowers *l, const struct rootfs_opts *o, int *out, struct err *e)
{
	CLEAN_FD int fs = sys_fsopen("overlay");
	bool mapped = userns_mapped();
	size_t i;
	int r;

	if (fs < 0)
		return errno == ENOSYS || errno == EPERM ? 1
							 : err_set(e, errno, "overlay file system");
	for (i = 0; i < l->n; i++) {
		if (set_dir(fs, "lowerdir+", l->fd[i]) < 0) {
			if (i == 0 && errno == EINVAL)
				return 1;
			return fs_error(e, fs, errno, "overlay: lowerdir");
		}
	}
	if (o->upper >= 0 &&
		(set_dir(fs, "upperdir", o->upper) < 0 || set_dir(fs, "workdir", o->work) < 0))
		return fs_error(e, fs, errno, "overlay: upperdir");
	r = set_string(fs, "source", "overlay");
	if (r == 0)
		r = set_string(fs, "index", "off");
	/* userxattr implies the other two and refuses to be told so */
	if (r == 0 && mapped)
		r = sys_fsconfig(fs, FSCONFIG_SET_FLAG, "userxattr", NULL, 0);
	if (r == 0 && !mapped)
		r = set_string(fs, "metacopy", "off");
	if (r == 0 && !mapped)
		r = set_string(fs, "redirect_dir", "nofollow");
	if (r == 0 && o->is_volatile && o->upper >= 0)
		r = sys_fsconfig(fs, FSCONFIG_SET_FLAG, "volatile", NULL, 0);
	if (r < 0)
		return fs_error(e, fs, errno, "overlay options");
	if (sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return fs_error(e, fs, errno, "overlay mount");
	*out = sys_fsmount(fs, o->readonly ? MOUNT_ATTR_RDONLY : 0);
	return *out < 0 ? err_set(e, errno, "overlay mount") : 0;
}

/*
 * mount(2) with the descriptors' numbers as names, from /proc/self/fd: one
 * page of options holds 500 of those. mount(2) needs a place for a moment; the
 * clone of what is mounted there outlives it. overlayfs takes directories
 * of the caller's mount namespace only, so a namespace for that moment is no way.
 */
static int
mount_old(struct store *s, const struct lowers *l, const struct rootfs_opts *o, int *out,
	struct err *e)
{
	CLEAN_BUF struct buf opts = BUF_INIT;
	CLEAN_FD int cwd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	CLEAN_FREE char *place = NULL;
	char name[24] = "mount-";
	size_t i;
	int r;

	if (store_run_dir(s, e) < 0)
		return -1;
	str_random_hex(8, name + 6);
	place = xasprintf("%s/%s", s->run_path, name);
	buf_adds(&opts, "lowerdir=");
	for (i = 0; i < l->n; i++)
		buf_addf(&opts, i > 0 ? ":%d" : "%d", l->fd[i]);
	if (o->upper >= 0)
		buf_addf(&opts, ",upperdir=%d,workdir=%d%s", o->upper, o->work,
			o->is_volatile ? ",volatile" : "");
	buf_adds(&opts,
		userns_mapped() ? ",index=off,userxattr"
				: ",index=off,metacopy=off,redirect_dir=nofollow");
	if (cwd < 0 || mkdirat(s->run, name, 0700) < 0)
		return err_set(e, errno, "mkdir '%s'", place);
	r = chdir("/proc/self/fd");
	if (r == 0)
		r = mount("overlay", place, "overlay", o->readonly ? MS_RDONLY : 0, buf_str(&opts));
	if (r < 0) {
		err_set(e, errno, "overlay mount");
	} else {
		*out = sys_open_tree(AT_FDCWD, place, OPEN_TREE_CLONE);
		if (*out < 0)
			r = err_set(e, errno, "overlay mount: clone");
		umount2(place, MNT_DETACH);
	}
	if (fchdir(cwd) < 0 && r == 0)
		r = err_set(e, errno, "back to the working directory");
	unlinkat(s->run, name, AT_REMOVEDIR);
	return r;
}

int
rootfs_mount(struct store *s, const struct rootfs_opts *o, struct err *e)
{
	CLEAN_LOWERS struct lowers l = { .n = 0 };
	int mnt = -1, fd, r;

	if (open_lowers(s, o->lowers, &l, e) < 0)
		return -1;
	if (l.n == 0 || (l.n == 1 && o->upper < 0)) {
		/* at the bottom, where its attributes do not show */
		fd = open_empty(s, e);
		if (fd < 0)
			return -1;
		l.fd[l.n++] = fd;
	}
	if (l.n == 1 && o->upper < 0) { /* no layers at all */
		mnt = sys_open_tree(l.fd[0], "", AT_EMPTY_PATH | OPEN_TREE_CLONE);
		if (mnt < 0 || sys_setattr(mnt, 0, MOUNT_ATTR_RDONLY, 0, 0) < 0) {
			err_set(e, errno, "bind mount of '%s/empty'", s->run_path);
			if (mnt >= 0)
				close(mnt);
			return -1;
		}
		return mnt;
	}
	r = mount_new(&l, o, &mnt, e);
	if (r == 1)
		r = mount_old(s, &l, o, &mnt, e);
	if (r < 0 && e->code == EINVAL && o->upper >= 0)
		/* NEEDSWORK: copy the layers where overlayfs cannot have the store's file system as
		 * upper */
		return err_wrap(e,
			"'%s' may be on a file system that overlayfs cannot write to (is it on an "
			"overlay itself?)",
			s->path);
	if (r < 0 && e->code == EPERM)
		return err_wrap(e, "needs root (CAP_SYS_ADMIN)");
	return r < 0 ? -1 : mnt;
}

int
rootfs_attach(int mnt, int dir, const char *path, struct err *e)
{
	if (sys_attach_at(mnt, dir, path) < 0)
		return err_set(e, errno, "mount on '%s'", path);
	return 0;
}

int
rootfs_init_upper(const struct store *s, const struct strv *lowers, int upper, struct err *e)
{
	struct timespec times[2];
	struct stat st;

	if (lowers->n == 0)
		return 0;
	if (fstatat(s->dir, lowers->v[0], &st, 0) < 0)
		return err_set(e, errno, "layer '%s/%s'", s->path, lowers->v[0]);
	times[0] = st.st_atim;
	times[1] = st.st_mtim;
	if ((geteuid() == 0 && fchown(upper, st.st_uid, st.st_gid) < 0) ||
		fchmod(upper, st.st_mode & 07777) < 0 || futimens(upper, times) < 0)
		return err_set(e, errno, "attributes of the upper directory");
	return 0;
}
