/* SPDX-License-Identifier: ISC */
/*
 * mounts: each mount is made detached and then put on a place that was opened
 * inside the root, so a symbolic link of the image leads nowhere else (CVE-
 * 2019-16884, 2021-30465). What lies below /proc, /sys and /dev is
 * reached through the mounts made here, not by name.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/path.h"
#include "cgroup.h"
#include "mounts.h"
#include "oci/spec.h"
#include "sys.h"
#include "userns.h"

#ifndef MOUNT_ATTR_NOSYMFOLLOW
#define MOUNT_ATTR_NOSYMFOLLOW 0x00200000
#endif

enum { MAX_LINKS = 40, ATTRS_ALL = 0x2000ff };

/* The options of a mount that the kernel's file systems do not take themselves. */
struct attrs {
	uint64_t set, clear, rset; /* rset: recursively */
	bool bind, recursive;
};

static const struct attr_name {
	const char *name;
	uint64_t set, clear;
} attr_names[] = {
	{ "ro", MOUNT_ATTR_RDONLY, 0 },
	{ "rw", 0, MOUNT_ATTR_RDONLY },
	{ "nosuid", MOUNT_ATTR_NOSUID, 0 },
	{ "suid", 0, MOUNT_ATTR_NOSUID },
	{ "nodev", MOUNT_ATTR_NODEV, 0 },
	{ "dev", 0, MOUNT_ATTR_NODEV },
	{ "noexec", MOUNT_ATTR_NOEXEC, 0 },
	{ "exec", 0, MOUNT_ATTR_NOEXEC },
	{ "nosymfollow", MOUNT_ATTR_NOSYMFOLLOW, 0 },
	{ "relatime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME },
	{ "noatime", MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME },
	{ "strictatime", MOUNT_ATTR_STRICTATIME, MOUNT_ATTR__ATIME },
	{ "nodiratime", MOUNT_ATTR_NODIRATIME, 0 },
	{ "diratime", 0, MOUNT_ATTR_NODIRATIME },
	{ "defaults", 0, 0 },
	{ "atime", 0, 0 },
	{ "async", 0, 0 },
	{ "private", 0, 0 }, /* everything is: nothing of the container's reaches the host */
	{ "rprivate", 0, 0 },
};

static const struct attr_name *
find_attr(const char *name)
{
	size_t i;

	for (i = 0; i < LEN(attr_names); i++)
		if (strcmp(attr_names[i].name, name) == 0)
			return &attr_names[i];
	return NULL;
}

/* Takes in one option: 1 if it was for us, 0 if the file system gets it, -1. */
static int
attr_option(struct attrs *a, const char *opt, struct err *e)
{
	const struct attr_name *n;

	if (strcmp(opt, "bind") == 0 || strcmp(opt, "rbind") == 0) {
		a->bind = true;
		a->recursive = opt[0] == 'r';
		return 1;
	}
	n = find_attr(opt);
	if (n != NULL) {
		a->set = (a->set & ~n->clear) | n->set;
		a->clear = (a->clear & ~n->set) | n->clear;
		return 1;
	}
	/* rro, rnosuid, ...: with all that is mounted below */
	if (opt[0] == 'r' && (n = find_attr(opt + 1)) != NULL && n->set != 0) {
		a->rset |= n->set;
		return 1;
	}
	if (strstr(opt, "shared") != NULL || strstr(opt, "slave") != NULL ||
		strstr(opt, "unbindable") != NULL)
		return err_setx(e, ENOTSUP, "mount option '%s' is not supported yet", opt);
	return 0;
}

static int
fs_option(int fs, const char *opt)
{
	const char *eq = strchr(opt, '=');
	CLEAN_FREE char *key = NULL;

	if (eq == NULL)
		return sys_fsconfig(fs, FSCONFIG_SET_FLAG, opt, NULL, 0);
	key = xstrndup(opt, (size_t)(eq - opt));
	return sys_fsconfig(fs, FSCONFIG_SET_STRING, key, eq + 1, 0);
}

/* A new detached mount of a file system. Read-only is the mount, not the superblock: sysfs of the
 * host's network namespace is the host's. */
static int
make_fs(const char *type, const char *source, const struct strv *options, uint64_t attrs,
	struct err *e)
{
	CLEAN_FD int fs = sys_fsopen(type);
	struct attrs ignored = { 0 };
	size_t i;
	int mnt;

	if (fs < 0)
		return err_set(e, errno, "file system '%s'", type);
	if (source != NULL && *source != '\0' &&
		sys_fsconfig(fs, FSCONFIG_SET_STRING, "source", source, 0) < 0)
		return err_set(e, errno, "%s: source '%s'", type, source);
	for (i = 0; options != NULL && i < options->n; i++)
		if (attr_option(&ignored, options->v[i], e) == 0 &&
			fs_option(fs, options->v[i]) < 0)
			return err_set(e, errno, "%s: option '%s'", type, options->v[i]);
	if (sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return err_set(e, errno, "mount %s", type);
	mnt = sys_fsmount(fs, (unsigned)(attrs & ATTRS_ALL));
	return mnt < 0 ? err_set(e, errno, "mount %s", type) : mnt;
}

static int
make_bind(const struct spec_mount *m, const struct attrs *a, struct err *e)
{
	CLEAN_FD int mnt = -1;
	unsigned rec = a->recursive ? AT_RECURSIVE : 0;

	if (m->source == NULL)
		return err_setx(e, EINVAL, "bind mount on '%s' without a source", m->destination);
	mnt = sys_open_tree(AT_FDCWD, m->source, OPEN_TREE_CLONE | rec);
	if (mnt < 0)
		return err_set(e, errno, "bind mount of '%s'", m->source);
	if ((a->set | a->clear) != 0 && sys_setattr(mnt, rec, a->set, a->clear, 0) < 0)
		return err_set(e, errno, "bind mount of '%s': options", m->source);
	if (a->rset != 0 && sys_setattr(mnt, AT_RECURSIVE, a->rset, 0, 0) < 0)
		return err_set(e, errno, "bind mount of '%s': options", m->source);
	return steal_fd(&mnt);
}

/*
 * The path with its first link to nowhere written out, as a process in the root would follow it;
 * NULL where there is none.
 */
static char *
expand_dangling(int root, const char *path)
{
	CLEAN_FREE char *sofar = xstrdup(path);
	char link[PATH_MAX], *p = sofar, *name;
	struct err ignored;
	ssize_t n;

	for (;;) {
		CLEAN_FD int dir = -1;
		CLEAN_FD int fd = -1;
		char saved;

		p += strspn(p, "/");
		if (*p == '\0')
			return NULL;
		name = p;
		p += strcspn(p, "/");
		saved = *p;
		*p = '\0';
		fd = path_open_in(root, sofar, O_PATH, 0, &ignored);
		if (fd < 0) {
			CLEAN_FREE char *last = xstrdup(name);

			*name = '\0'; /* sofar is the directory that holds it */
			dir = path_open_in(root, sofar, O_PATH | O_DIRECTORY, 0, &ignored);
			n = dir < 0 ? -1 : readlinkat(dir, last, link, sizeof(link) - 1);
			if (n < 0)
				return NULL;
			link[n] = '\0';
			return xasprintf(
				"%s%s%s", link[0] == '/' ? "" : sofar, link, path + (p - sofar));
		}
		*p = saved;
	}
}

/* A directory inside the root; what is missing is made, also where a link points to nowhere
 * (/var/lock into /run). */
static int
place_dir(int root, const char *path, struct err *e)
{
	CLEAN_FREE char *at = xstrdup(path);
	int links, fd;

	for (links = 0; links < MAX_LINKS; links++) {
		char *next;

		fd = path_mkdirs_in(root, at, 0755, 0, 0, NULL, e);
		if (fd >= 0 || e->code != ENOENT || (next = expand_dangling(root, at)) == NULL)
			return fd;
		free(at);
		at = next;
	}
	return err_set(e, ELOOP, "'%s'", path);
}

/* A place for something that is not a directory: what is there, else an empty file. */
static int
place_file(int root, const char *path, struct err *e)
{
	CLEAN_FREE char *at = path_clean(path);
	int links;

	for (links = 0; links < MAX_LINKS; links++) {
		CLEAN_FD int dir = -1;
		CLEAN_FREE char *parent = NULL;
		char *next;
		int fd;

		fd = path_open_in(root, at, O_PATH, 0, e);
		if (fd >= 0 || e->code != ENOENT)
			return fd;
		next = expand_dangling(root, at);
		if (next != NULL) {
			free(at);
			at = next;
			continue;
		}
		parent = xstrndup(at, (size_t)(path_base(at) - at));
		dir = place_dir(root, parent, e);
		if (dir < 0)
			return -1;
		fd = openat(dir, path_base(at),
			O_RDONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
		return fd >= 0 ? fd : err_set(e, errno, "create '%s'", path);
	}
	return err_set(e, ELOOP, "'%s'", path);
}

/* Puts a detached mount on path inside the root. */
static int
place(int root, int mnt, const char *path, struct err *e)
{
	CLEAN_FD int to = -1;
	struct stat st;

	if (fstat(mnt, &st) < 0)
		return err_set(e, errno, "mount for '%s'", path);
	to = S_ISDIR(st.st_mode) ? place_dir(root, path, e) : place_file(root, path, e);
	if (to < 0)
		return err_wrap(e, "mount on '%s'", path);
	if (sys_attach(mnt, to) < 0)
		return err_set(e, errno, "mount on '%s'", path);
	return 0;
}

/* v1: a tmpfs with a directory a hierarchy, in each the container's own part. */
static int
cgroup_v1(struct view *v, const struct spec_mount *m, uint64_t attrs, struct err *e)
{
	static const char *const words[] = { "mode=755", "size=64k" };
	CLEAN_STRV struct strv options = { NULL, 0 };
	CLEAN_FD int top = -1;
	const struct cgroup *c = v->cgroup;
	size_t i;

	for (i = 0; i < LEN(words); i++)
		strv_add(&options, words[i]);
	top = make_fs("tmpfs", "tmpfs", &options, attrs & ~(uint64_t)MOUNT_ATTR_RDONLY, e);
	if (top < 0 || place(v->root, top, m->destination, e) < 0)
		return -1;
	for (i = 0; c != NULL && i < c->n; i++) {
		CLEAN_FD int to = -1;

		if (c->d[i].view < 0)
			continue;
		if (mkdirat(top, c->d[i].name, 0755) < 0 ||
			(to = openat(top, c->d[i].name, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0 ||
			sys_setattr(c->d[i].view, 0, attrs, 0, 0) < 0 ||
			sys_attach(c->d[i].view, to) < 0)
			return err_set(e, errno, "mount of cgroup '%s'", c->d[i].name);
	}
	if ((attrs & MOUNT_ATTR_RDONLY) != 0 && sys_setattr(top, 0, MOUNT_ATTR_RDONLY, 0, 0) < 0)
		return err_set(e, errno, "mount of cgroups");
	return 0;
}

static bool
is_at(const char *path, const char *want)
{
	CLEAN_FREE char *clean = path_clean(path);

	return strcmp(clean, want) == 0;
}

/* Remembers the mounts that later steps work in. Takes mnt. */
static void
remember(struct view *v, const char *type, const char *path, int *mnt)
{
	int *to = NULL;

	if (strcmp(type, "proc") == 0 && is_at(path, "/proc"))
		to = &v->proc;
	else if (strcmp(type, "sysfs") == 0 && is_at(path, "/sys"))
		to = &v->sys;
	else if (strcmp(type, "tmpfs") == 0 && is_at(path, "/dev"))
		to = &v->dev;
	if (to != NULL) {
		mem_clean_fd(to);
		*to = steal_fd(mnt);
	}
}

/* The options that are ours; for a bind mount there are no others. */
static int
parse_options(const struct spec_mount *m, struct attrs *a, struct err *e)
{
	size_t i;
	int r;

	*a = (struct attrs){ .bind = m->type != NULL && strcmp(m->type, "bind") == 0 };
	for (i = 0; i < m->options.n; i++)
		if (attr_option(a, m->options.v[i], e) < 0)
			return -1;
	for (i = 0; a->bind && i < m->options.n; i++) {
		struct attrs ignored = { 0 };

		r = attr_option(&ignored, m->options.v[i], e);
		if (r == 0)
			return err_setx(e, EINVAL, "bind mount on '%s': unknown option '%s'",
				m->destination, m->options.v[i]);
	}
	return 0;
}

int
mounts_clone_binds(struct view *v, const struct spec *s, struct err *e)
{
	struct attrs a;
	size_t i;

	for (i = 0; i < s->nmounts; i++) {
		v->binds[i] = -1;
		if (parse_options(&s->mounts[i], &a, e) < 0)
			return -1;
		if (a.bind && (v->binds[i] = make_bind(&s->mounts[i], &a, e)) < 0)
			return -1;
	}
	return 0;
}

static int
make_one(struct view *v, const struct spec_mount *m, int bind, struct err *e)
{
	CLEAN_FD int mnt = bind;
	const char *type = m->type != NULL ? m->type : "none";
	struct attrs a;

	if (parse_options(m, &a, e) < 0)
		return -1;
	if (a.bind)
		return place(v->root, mnt, m->destination, e);
	if (strcmp(type, "cgroup") == 0) {
		/* the name is of v1 and means either (runtime-spec config-linux.md) */
		if (v->cgroup == NULL || v->cgroup->n == 0 || !v->cgroup->d[0].v2)
			return cgroup_v1(v, m, a.set, e);
		mnt = make_fs("cgroup2", "cgroup", NULL, a.set, e);
	} else {
		mnt = make_fs(type, m->source != NULL ? m->source : type, &m->options, a.set, e);
	}
	if (mnt < 0 || place(v->root, mnt, m->destination, e) < 0)
		return -1;
	remember(v, type, m->destination, &mnt);
	return 0;
}

int
mounts_make(struct view *v, const struct spec *s, struct err *e)
{
	size_t i;

	for (i = 0; i < s->nmounts; i++)
		if (make_one(v, &s->mounts[i], v->binds[i], e) < 0)
			return -1;
	return 0;
}

int
mounts_bind_file(struct view *v, const char *source, const char *path, struct err *e)
{
	CLEAN_FD int mnt = sys_open_tree(AT_FDCWD, source, OPEN_TREE_CLONE);

	if (mnt < 0)
		return err_set(e, errno, "bind mount of '%s'", source);
	return place(v->root, mnt, path, e);
}

static const struct node {
	const char *name;
	unsigned major, minor;
} nodes[] = {
	{ "null", 1, 3 },
	{ "zero", 1, 5 },
	{ "full", 1, 7 },
	{ "random", 1, 8 },
	{ "urandom", 1, 9 },
	{ "tty", 5, 0 },
};

static const struct {
	const char *name, *target;
} links[] = {
	{ "fd", "/proc/self/fd" },
	{ "stdin", "/proc/self/fd/0" },
	{ "stdout", "/proc/self/fd/1" },
	{ "stderr", "/proc/self/fd/2" },
	{ "core", "/proc/kcore" },
	{ "ptmx", "pts/ptmx" },
};

/* In a user namespace there is no mknod(2) of devices: the host's node is bound. */
static int
bind_node(int dir, const char *name, const char *source, struct err *e)
{
	CLEAN_FD int mnt = sys_open_tree(AT_FDCWD, source, OPEN_TREE_CLONE);
	CLEAN_FD int to = openat(dir, name, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	if (mnt < 0 || to < 0 || sys_attach(mnt, to) < 0)
		return err_set(e, errno, "bind mount of '%s'", source);
	return 0;
}

static int
default_node(int dev, const struct node *n, struct err *e)
{
	char source[32];

	if (userns_mapped()) {
		snprintf(source, sizeof(source), "/dev/%s", n->name);
		return bind_node(dev, n->name, source, e);
	}
	if (mknodat(dev, n->name, S_IFCHR | 0666, makedev(n->major, n->minor)) < 0)
		return err_set(e, errno, "device '/dev/%s'", n->name);
	return 0;
}

static int
one_device(struct view *v, const struct spec_device *d, struct err *e)
{
	CLEAN_FD int dir = -1;
	const char *base;
	mode_t type = d->type == 'b' ? S_IFBLK : d->type == 'p' ? S_IFIFO : S_IFCHR;

	/* what follows /dev/ goes into our own mount */
	if (v->dev >= 0 && strncmp(d->path, "/dev/", 5) == 0)
		dir = path_parent_in(v->dev, d->path + 5, 0755, 0, 0, &base, NULL, e);
	else
		dir = path_parent_in(v->root, d->path, 0755, 0, 0, &base, NULL, e);
	if (dir < 0)
		return -1;
	if (userns_mapped())
		return bind_node(dir, base, d->path, e);
	if (unlinkat(dir, base, 0) < 0 && errno != ENOENT)
		return err_set(e, errno, "device '%s'", d->path);
	if (mknodat(dir, base, type | (d->mode & 07777),
		    makedev((unsigned)d->major, (unsigned)d->minor)) < 0 ||
		fchownat(dir, base, d->uid, d->gid, AT_SYMLINK_NOFOLLOW) < 0)
		return err_set(e, errno, "device '%s'", d->path);
	return 0;
}

int
mounts_devices(struct view *v, const struct spec *s, struct err *e)
{
	size_t i;

	for (i = 0; v->dev >= 0 && i < LEN(nodes); i++)
		if (default_node(v->dev, &nodes[i], e) < 0)
			return -1;
	for (i = 0; v->dev >= 0 && i < LEN(links); i++)
		if (symlinkat(links[i].target, v->dev, links[i].name) < 0 && errno != EEXIST)
			return err_set(e, errno, "link '/dev/%s'", links[i].name);
	for (i = 0; i < s->ndevices; i++)
		if (one_device(v, &s->devices[i], e) < 0)
			return -1;
	return 0;
}

/* Is the namespace that a key belongs to the container's own? */
static bool
sysctl_allowed(const struct spec *s, const char *key)
{
	static const char *const ipc[] = { "kernel/msgmax", "kernel/msgmnb", "kernel/msgmni",
		"kernel/sem", "kernel/shmall", "kernel/shmmax", "kernel/shmmni",
		"kernel/shm_rmid_forced" };
	size_t i;

	if (strstr(key, "..") != NULL)
		return false;
	if (str_starts(key, "net/"))
		return spec_has_ns(s, "network");
	if (str_starts(key, "fs/mqueue/"))
		return spec_has_ns(s, "ipc");
	if (strcmp(key, "kernel/domainname") == 0)
		return spec_has_ns(s, "uts");
	for (i = 0; i < LEN(ipc); i++)
		if (strcmp(key, ipc[i]) == 0)
			return spec_has_ns(s, "ipc");
	return false;
}

int
mounts_sysctl(struct view *v, const struct spec *s, struct err *e)
{
	size_t i;
	char *p;

	for (i = 0; i < s->sysctl.n; i++) {
		const char *value = strchr(s->sysctl.v[i], '=');
		CLEAN_FREE char *key = NULL;
		CLEAN_FREE char *path = NULL;
		CLEAN_FD int fd = -1;

		if (value == NULL)
			return err_setx(e, EINVAL, "sysctl '%s' without a value", s->sysctl.v[i]);
		key = xstrndup(s->sysctl.v[i], (size_t)(value++ - s->sysctl.v[i]));
		/* a key is written with dots; one with slashes may have dots in its parts */
		if (strchr(key, '/') == NULL)
			for (p = key; *p != '\0'; p++)
				if (*p == '.')
					*p = '/';
		if (!sysctl_allowed(s, key))
			return err_setx(e, EPERM,
				"sysctl '%s' is not in a namespace of the container's own", key);
		if (v->proc < 0)
			return err_setx(
				e, EINVAL, "sysctl '%s' needs a mount of proc on /proc", key);
		path = xasprintf("sys/%s", key);
		fd = path_open_in(v->proc, path, O_WRONLY, 0, e);
		if (fd < 0)
			return err_wrap(e, "sysctl");
		if (fd_write_all(fd, value, strlen(value)) < 0)
			return err_set(e, errno, "sysctl '%s'", s->sysctl.v[i]);
	}
	return 0;
}

/* Opens a path of the masked and read-only lists through the mount it is on. */
static int
open_trusted(const struct view *v, const char *path, struct err *e)
{
	if (v->proc >= 0 && strncmp(path, "/proc/", 6) == 0)
		return path_open_in(v->proc, path + 6, O_PATH, 0, e);
	if (v->sys >= 0 && strncmp(path, "/sys/", 5) == 0)
		return path_open_in(v->sys, path + 5, O_PATH, 0, e);
	return path_open_in(v->root, path, O_PATH, 0, e);
}

/* What covers masked files and directories: cloned from the place it was first put. */
struct cover {
	int file, dir;
};

/*
 * The container's own null device, read-only: with the host's, a container
 * could change the mode of the host's. Checked, as it may be anything
 * where /dev is not ours (CVE-2025-31133).
 */
static int
null_clone(const struct view *v, struct err *e)
{
	CLEAN_FD int mnt = -1;
	struct stat st;

	mnt = v->dev >= 0
		? sys_open_tree(v->dev, "null", OPEN_TREE_CLONE | AT_SYMLINK_NOFOLLOW)
		: sys_open_tree(AT_FDCWD, "/dev/null", OPEN_TREE_CLONE | AT_SYMLINK_NOFOLLOW);
	if (mnt < 0 || fstat(mnt, &st) < 0)
		return err_set(e, errno, "/dev/null");
	if (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(1, 3))
		return err_setx(e, EINVAL, "/dev/null is not the null device");
	if (sys_setattr(mnt, 0, MOUNT_ATTR_RDONLY, 0, 0) < 0)
		return err_set(e, errno, "/dev/null");
	return steal_fd(&mnt);
}

static int
mask(struct view *v, struct cover *c, const char *path, struct err *e)
{
	CLEAN_FD int fd = open_trusted(v, path, e);
	CLEAN_FD int clone = -1;
	struct stat st;
	int *cover, mnt;

	if (fd < 0)
		return e->code == ENOENT || e->code == ENOTDIR ? 0 : -1;
	if (fstat(fd, &st) < 0)
		return err_set(e, errno, "mask '%s'", path);
	cover = S_ISDIR(st.st_mode) ? &c->dir : &c->file;
	if (*cover >= 0) {
		mnt = clone = sys_open_tree(*cover, "", AT_EMPTY_PATH | OPEN_TREE_CLONE);
		if (mnt < 0)
			return err_set(e, errno, "mask '%s'", path);
	} else {
		mnt = S_ISDIR(st.st_mode) ? make_fs("tmpfs", "tmpfs", NULL,
						    MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID |
							    MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
						    e)
					  : null_clone(v, e);
		if (mnt < 0)
			return -1;
		*cover = mnt;
	}
	if (sys_attach(mnt, fd) < 0)
		return err_set(e, errno, "mask '%s'", path);
	return 0;
}

static int
make_readonly(struct view *v, const char *path, struct err *e)
{
	CLEAN_FD int fd = open_trusted(v, path, e);
	CLEAN_FD int mnt = -1;

	if (fd < 0)
		return e->code == ENOENT || e->code == ENOTDIR ? 0 : -1;
	mnt = sys_open_tree(fd, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | AT_RECURSIVE);
	if (mnt < 0 || sys_setattr(mnt, AT_RECURSIVE, MOUNT_ATTR_RDONLY, 0, 0) < 0 ||
		sys_attach(mnt, fd) < 0)
		return err_set(e, errno, "make '%s' read-only", path);
	return 0;
}

int
mounts_masks(struct view *v, const struct spec *s, struct err *e)
{
	struct cover c = { -1, -1 };
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < s->readonly.n; i++)
		r = make_readonly(v, s->readonly.v[i], e);
	for (i = 0; r == 0 && i < s->masked.n; i++)
		r = mask(v, &c, s->masked.v[i], e);
	mem_clean_fd(&c.file);
	mem_clean_fd(&c.dir);
	return r;
}
