/* SPDX-License-Identifier: ISC */
/*
 * cgroup: a container needs a devices cgroup, always: with CAP_MKNOD it could
 * open the host's disks otherwise. On v2 that is a BPF program. Where v1 holds
 * the devices controller, v2 (hybrid: /sys/fs/cgroup/unified) is joined beside
 * it where it is mounted, for cgroup.kill and as the mark of what is alive.
 * Hierarchies that are not mounted (a bare chroot) are mounted detached.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>

#include <jansson.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/str.h"
#include "cgroup.h"
#include "devbpf.h"
#include "oci/spec.h"
#include "sys.h"

void
cgroup_close(struct cgroup *c)
{
	size_t i;

	for (i = 0; i < c->n; i++) {
		mem_clean_fd(&c->d[i].parent);
		mem_clean_fd(&c->d[i].dir);
		mem_clean_fd(&c->d[i].view);
	}
	c->n = 0;
}

/* An O_PATH descriptor if path is on a file system of that magic, else -1. */
static int
open_magic(const char *path, long magic)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct statfs fs;

	if (fd >= 0 && (fstatfs(fd, &fs) < 0 || (long)fs.f_type != magic)) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Mounts a hierarchy where nobody sees it; option NULL: v2. */
static int
mount_detached(const char *option)
{
	CLEAN_FD int fs = sys_fsopen(option != NULL ? "cgroup" : "cgroup2");

	if (fs < 0 ||
		(option != NULL && sys_fsconfig(fs, FSCONFIG_SET_FLAG, option, NULL, 0) < 0) ||
		sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -1;
	return sys_fsmount(fs, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
}

/* Does a v1 hierarchy have the devices controller? One is never made where v2 is in use. */
static bool
has_v1_devices(void)
{
	CLEAN_BUF struct buf b = BUF_INIT;
	struct err e;
	const char *p, *names;

	if (fd_load(AT_FDCWD, "/proc/self/cgroup", 64 << 10, &b, &e) < 0)
		return false;
	for (p = buf_str(&b); *p != '\0'; p += strcspn(p, "\n"), p += *p == '\n') {
		names = p + strcspn(p, ":\n");
		if (*names != ':' || *++names == ':')
			continue;
		while (*names != '\0' && *names != ':') {
			if (str_starts(names, "devices:") || str_starts(names, "devices,"))
				return true;
			names += strcspn(names, ",:");
			names += *names == ',';
		}
	}
	return false;
}

static void
add_root(struct cgroup *c, const char *name, int root, bool v2)
{
	struct cgroup_dir *d = &c->d[c->n++];

	snprintf(d->name, sizeof(d->name), "%s", name);
	d->parent = root;
	d->dir = d->view = -1;
	d->v2 = v2;
}

/* The roots of the hierarchies to use; d->parent is their root. */
static int
open_roots(struct cgroup *c, struct err *e)
{
	int fd;

	c->n = 0;
	fd = open_magic("/sys/fs/cgroup", CGROUP2_SUPER_MAGIC);
	if (fd >= 0) {
		add_root(c, "", fd, true);
		return 0;
	}
	fd = open_magic("/sys/fs/cgroup/devices", CGROUP_SUPER_MAGIC);
	if (fd < 0 && has_v1_devices()) {
		fd = mount_detached("devices");
		if (fd < 0)
			return err_set(e, errno, "mount of the devices cgroup");
	}
	if (fd >= 0) {
		add_root(c, "devices", fd, false);
		fd = open_magic("/sys/fs/cgroup/unified", CGROUP2_SUPER_MAGIC);
		if (fd >= 0)
			add_root(c, "unified", fd, true);
		return 0;
	}
	fd = mount_detached(NULL);
	if (fd < 0)
		return err_set(e, errno, "no cgroups: /sys/fs/cgroup is not mounted and cannot be");
	add_root(c, "", fd, true);
	return 0;
}

/* Descends from the roots to the directories that hold the leaf; make: creates what is missing. */
static int
open_parents(struct cgroup *c, const char *path, bool make, struct err *e)
{
	CLEAN_FREE char *parent = NULL;
	const char *p, *leaf;
	size_t i;
	int fd;

	path += strspn(path, "/");
	leaf = strrchr(path, '/');
	leaf = leaf != NULL ? leaf + 1 : path;
	for (p = path; *p != '\0'; p += strcspn(p, "/"), p += strspn(p, "/"))
		if (strncmp(p, "..", 2) == 0 && (p[2] == '/' || p[2] == '\0'))
			return err_setx(e, EINVAL, "cgroup path '%s' has '..'", path);
	if (*leaf == '\0' || strcmp(leaf, ".") == 0 || strlen(leaf) >= sizeof(c->leaf))
		return err_setx(e, EINVAL, "bad cgroup path '%s'", path);
	snprintf(c->leaf, sizeof(c->leaf), "%s", leaf);
	if (leaf == path)
		return 0;
	parent = xstrndup(path, (size_t)(leaf - path));
	for (i = 0; i < c->n; i++) {
		if (make && fd_mkdirs(c->d[i].parent, parent, 0755, e) < 0)
			return err_wrap(e, "cgroup");
		fd = openat(c->d[i].parent, parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0)
			return err_set(e, errno, "cgroup '%s'", parent);
		close(c->d[i].parent);
		c->d[i].parent = fd;
	}
	return 0;
}

static int
put(int dir, const char *file, const char *text)
{
	CLEAN_FD int fd = openat(dir, file, O_WRONLY | O_CLOEXEC);

	return fd < 0 ? -1 : fd_write_all(fd, text, strlen(text));
}

static void
nap(long ms)
{
	struct timespec t = { 0, ms * 1000000 };

	nanosleep(&t, NULL);
}

/* SIGKILL to each process of a directory without cgroup.kill. Returns how many there were, -1. */
static int
kill_procs(int dir)
{
	CLEAN_BUF struct buf b = BUF_INIT;
	struct err e;
	char *p, *end;
	uint64_t pid;
	int n = 0;

	if (fd_load(dir, "cgroup.procs", 4 << 20, &b, &e) < 0) {
		errno = e.code;
		return e.code == ENOENT || e.code == ENODEV ? 0 : -1;
	}
	for (p = b.data; p != NULL && *p != '\0'; p = end) {
		end = p + strcspn(p, "\n");
		if (*end == '\n')
			*end++ = '\0';
		/* 0: a process of another PID namespace, not ours to kill */
		if (str_u64(p, 1, INT32_MAX, &pid) == 0) {
			kill((pid_t)pid, SIGKILL);
			n++;
		}
	}
	return n;
}

int
cgroup_kill(const struct cgroup *c, struct err *e)
{
	size_t i;
	int n, tries;

	for (tries = 0; tries < 500; tries++) {
		n = 0;
		for (i = 0; i < c->n; i++) {
			int k;

			if (c->d[i].dir < 0)
				continue;
			k = kill_procs(c->d[i].dir);
			if (k < 0)
				return err_set(e, errno, "cgroup '%s'", c->leaf);
			n += k;
			if (k > 0 && c->d[i].v2)
				put(c->d[i].dir, "cgroup.kill", "1");
		}
		if (n == 0)
			return 0;
		nap(tries < 20 ? 1 : 10);
	}
	return err_setx(e, EBUSY, "cgroup '%s': processes do not end", c->leaf);
}

int
cgroup_remove(const struct cgroup *c, struct err *e)
{
	size_t i;
	int tries;

	for (i = 0; i < c->n; i++) {
		for (tries = 0;; tries++) {
			if (unlinkat(c->d[i].parent, c->leaf, AT_REMOVEDIR) == 0 || errno == ENOENT)
				break;
			if (errno != EBUSY || tries == 200)
				return err_set(e, errno, "remove cgroup '%s'", c->leaf);
			nap(tries < 20 ? 1 : 10);
		}
	}
	return 0;
}

/* One v1 device rule as devices.allow and devices.deny take it. */
static int
v1_rule(int dir, const struct spec_devrule *r, struct err *e)
{
	char text[64], major[24] = "*", minor[24] = "*";

	if (r->major >= 0)
		snprintf(major, sizeof(major), "%lld", (long long)r->major);
	if (r->minor >= 0)
		snprintf(minor, sizeof(minor), "%lld", (long long)r->minor);
	/* "a" means all of it, whatever follows */
	if (r->type == 'a' || r->type == '\0')
		snprintf(text, sizeof(text), "a");
	else
		snprintf(text, sizeof(text), "%c %s:%s %s", r->type, major, minor, r->access);
	if (put(dir, r->allow ? "devices.allow" : "devices.deny", text) < 0)
		return err_set(e, errno, "device rule '%s'", text);
	return 0;
}

static int
device_rules(const struct cgroup_dir *d, const struct spec *s, struct err *e)
{
	size_t i;

	if (d->v2)
		return devbpf_attach(d->dir, s->devrules, s->ndevrules, e);
	for (i = 0; i < s->ndevrules; i++)
		if (v1_rule(d->dir, &s->devrules[i], e) < 0)
			return -1;
	return 0;
}

/* One that a killed monitor has left: kills what is in it, removes it. */
static int
clear_leaf(int parent, const char *leaf, bool v2, struct err *e)
{
	struct cgroup old = { .n = 1,
		.d = { { .parent = parent, .dir = -1, .view = -1, .v2 = v2 } } };
	int r;

	snprintf(old.leaf, sizeof(old.leaf), "%s", leaf);
	old.d[0].dir = openat(parent, leaf, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	r = old.d[0].dir >= 0 ? cgroup_kill(&old, e) : 0;
	mem_clean_fd(&old.d[0].dir);
	return r < 0 ? -1 : cgroup_remove(&old, e);
}

/* The shared lock says that somebody uses it, see cgroup_sweep(). */
static int
make_leaf(struct cgroup *c, struct cgroup_dir *d, struct err *e)
{
	int tries;

	for (tries = 0; tries < 8; tries++) {
		if (mkdirat(d->parent, c->leaf, 0755) < 0) {
			if (errno != EEXIST)
				return err_set(e, errno, "make cgroup '%s'", c->leaf);
			if (clear_leaf(d->parent, c->leaf, d->v2, e) < 0)
				return -1;
			continue;
		}
		/* O_PATH is no good for CLONE_INTO_CGROUP and bpf(2) */
		d->dir = openat(d->parent, c->leaf, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (d->dir >= 0 && flock(d->dir, LOCK_SH | LOCK_NB) == 0 &&
			faccessat(d->parent, c->leaf, F_OK, 0) == 0)
			return 0;
		/* swept before it was locked */
		mem_clean_fd(&d->dir);
	}
	return err_setx(e, EBUSY, "make cgroup '%s': it is removed again and again", c->leaf);
}

int
cgroup_make(struct cgroup *c, const struct spec *s, const char *id, struct err *e)
{
	CLEAN_FREE char *path =
		s->cgroups_path != NULL ? xstrdup(s->cgroups_path) : xasprintf("/dk-%s", id);
	struct err ignored;
	size_t i;

	/* NEEDSWORK: limits */
	if (s->resources != NULL && json_object_size(s->resources) > 0)
		return err_setx(e, ENOTSUP, "limits (linux.resources) are not supported yet");
	if (open_roots(c, e) < 0 || open_parents(c, path, true, e) < 0)
		goto fail;
	for (i = 0; i < c->n; i++) {
		if (make_leaf(c, &c->d[i], e) < 0)
			goto fail_remove;
		/* the container sees its own part; fails on a hierarchy that was mounted detached,
		 * which is no loss */
		if (!c->d[i].v2)
			c->d[i].view =
				sys_open_tree(c->d[i].dir, "", AT_EMPTY_PATH | OPEN_TREE_CLONE);
	}
	/* the first is the one with the devices */
	if (device_rules(&c->d[0], s, e) == 0)
		return 0;
fail_remove:
	cgroup_remove(c, &ignored);
fail:
	cgroup_close(c);
	return -1;
}

bool
cgroup_v2_only(void)
{
	CLEAN_FD int fd = open_magic("/sys/fs/cgroup", CGROUP2_SUPER_MAGIC);

	return fd >= 0;
}

int
cgroup_v2(const struct cgroup *c)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		if (c->d[i].v2)
			return c->d[i].dir;
	return -1;
}

int
cgroup_enter(const struct cgroup *c, bool v2_too, struct err *e)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		if ((!c->d[i].v2 || v2_too) && put(c->d[i].dir, "cgroup.procs", "0") < 0)
			return err_set(e, errno, "enter cgroup '%s'", c->leaf);
	return 0;
}

/* dk- and 64 digits, locked by nobody. */
static int
sweep_one(void *arg, const char *name, unsigned char type)
{
	const struct cgroup_dir *d = arg;
	CLEAN_FD int dir = -1;

	(void)type;
	if (!str_starts(name, "dk-") || !str_is_hex(name + 3, 64))
		return 0;
	dir = openat(d->parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir >= 0 && flock(dir, LOCK_EX | LOCK_NB) == 0)
		(void)unlinkat(d->parent, name, AT_REMOVEDIR);
	return 0;
}

void
cgroup_sweep(void)
{
	CLEAN_CGROUP struct cgroup c = CGROUP_INIT;
	struct err ignored;
	size_t i;

	if (open_roots(&c, &ignored) < 0)
		return;
	for (i = 0; i < c.n; i++)
		(void)fd_each(c.d[i].parent, ".", sweep_one, &c.d[i], &ignored);
}

int
cgroup_clear(const char *path, const char *id, struct err *e)
{
	CLEAN_CGROUP struct cgroup c = CGROUP_INIT;
	CLEAN_FREE char *p = path != NULL ? xstrdup(path) : xasprintf("/dk-%s", id);
	size_t i;

	if (open_roots(&c, e) < 0)
		return -1;
	if (open_parents(&c, p, false, e) < 0)
		return e->code == ENOENT ? 0 : -1;
	for (i = 0; i < c.n; i++)
		c.d[i].dir = openat(c.d[i].parent, c.leaf, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (cgroup_kill(&c, e) < 0)
		return -1;
	return cgroup_remove(&c, e);
}
