/* SPDX-License-Identifier: ISC */
/*
 * tree: a stack of open directories. A tar lists a directory's entries one
 * after the other, so most of them find their directory on top without a
 * system call. A directory's mtime is set when it is left; where work comes
 * back to it, the time it had is read first and set again after.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/mem.h"

#include "tree.h"
#include "whiteout.h"

enum { MAX_LINKS = 40 };

static const int DIR_FLAGS = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

static struct tree_dir *
top(const struct tree *t)
{
	return &t->v[t->n - 1];
}

static struct tree_dir *
push(struct tree *t, const char *name, int fd)
{
	struct tree_dir *d;

	if (t->n == t->cap) {
		t->cap = t->cap > 0 ? 2 * t->cap : 32;
		t->v = xrealloc(t->v, t->cap, sizeof(*t->v));
	}
	d = &t->v[t->n++];
	*d = (struct tree_dir){ .fd = fd, .name = xstrdup(name) };
	if (t->n > 1)
		d->len = d[-1].len + strlen(name) + 1;
	return d;
}

/* Leaves the directories above depth: their times are set. */
static int
cut(struct tree *t, size_t depth)
{
	int bad = 0;

	while (t->n - 1 > depth) {
		struct tree_dir *d = top(t);
		const struct timespec times[2] = { d->mtime, d->mtime };

		if (d->touched && futimens(d->fd, times) < 0)
			bad = errno;
		close(d->fd);
		free(d->name);
		t->n--;
	}
	if (bad != 0) {
		errno = bad;
		return -1;
	}
	return 0;
}

int
tree_open(struct tree *t, int root)
{
	int fd = openat(root, ".", DIR_FLAGS);

	*t = (struct tree)TREE_INIT;
	if (fd < 0)
		return -1;
	push(t, "", fd);
	return 0;
}

void
tree_close(struct tree *t)
{
	size_t i;

	for (i = 0; i < t->n; i++) {
		close(t->v[i].fd);
		free(t->v[i].name);
	}
	for (i = 0; i < t->nnotes; i++)
		free(t->notes[i].path);
	free(t->v);
	free(t->last);
	free(t->notes);
	*t = (struct tree)TREE_INIT;
}

int
tree_touch(struct tree *t)
{
	struct tree_dir *d = top(t);
	struct stat st;

	if (d->touched)
		return 0;
	if (fstat(d->fd, &st) < 0)
		return -1;
	d->touched = true;
	d->setgid = (st.st_mode & S_ISGID) != 0;
	d->mtime = st.st_mtim;
	return 0;
}

bool
tree_setgid(const struct tree *t)
{
	return top(t)->setgid;
}

static void
set_last(struct tree *t, const char *path, size_t n)
{
	if (n + 1 > t->last_cap) {
		t->last_cap = 2 * (n + 1);
		t->last = xrealloc(t->last, t->last_cap, 1);
	}
	memcpy(t->last, path, n);
	t->last[n] = '\0';
	t->last_len = n;
}

static void
clear_last(struct tree *t)
{
	free(t->last);
	t->last = NULL;
	t->last_len = t->last_cap = 0;
}

void
tree_enter(struct tree *t, const char *path, const char *name, int fd, const struct timespec *mtime,
	bool setgid)
{
	struct tree_dir *d = push(t, name, fd);

	d->touched = true;
	d->setgid = setgid;
	d->mtime = *mtime;
	/* where the way here was through a link, the path stays unknown */
	if (t->last != NULL)
		set_last(t, path, strlen(path));
}

int
tree_leave(struct tree *t)
{
	struct tree_dir *d = &t->v[0];
	const struct timespec times[2] = { d->mtime, d->mtime };

	clear_last(t);
	if (cut(t, 0) < 0 || (d->touched && futimens(d->fd, times) < 0))
		return -1;
	d->touched = false;
	return 0;
}

/* A directory that nothing described: 0755, root's, no time of its own. */
static int
make_dir(struct tree *t, const char *name, bool opaque)
{
	static const struct timespec epoch = { 0, 0 };
	CLEAN_FREE char *path = NULL;
	struct tree_dir *d;
	bool setgid;
	int fd;

	if (tree_touch(t) < 0 || mkdirat(top(t)->fd, name, 0755) < 0)
		return -1;
	fd = openat(top(t)->fd, name, DIR_FLAGS);
	if (fd < 0)
		return -1;
	setgid = top(t)->setgid;
	d = push(t, name, fd);
	d->touched = true;
	d->mtime = epoch;
	if (setgid && (fchown(fd, geteuid(), getegid()) < 0 || fchmod(fd, 0755) < 0))
		return -1;
	path = tree_path(t, "");
	tree_note(t, path, opaque ? TREE_OPAQUE : TREE_IMPLIED);
	return 0;
}

/* No program could name what is longer, and a layer of nothing but long ways would fill the memory.
 */
static bool
is_too_long(const struct tree *t, const char *name)
{
	return top(t)->len + strlen(name) >= PATH_MAX;
}

/* One step down. 0: name is on top now, 1: it is a link (text in link), -1 with errno. */
static int
descend(struct tree *t, const char *name, bool make, char link[PATH_MAX])
{
	int dir = top(t)->fd;
	struct stat st;
	ssize_t n;
	int fd;

	if (is_too_long(t, name)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = openat(dir, name, DIR_FLAGS);
	if (fd >= 0) {
		push(t, name, fd);
		return 0;
	}
	if (errno == ENOENT && make)
		return make_dir(t, name, false);
	if (errno != ENOTDIR && errno != ELOOP)
		return -1;
	n = readlinkat(dir, name, link, PATH_MAX - 1);
	if (n >= 0) {
		link[n] = '\0';
		return 1;
	}
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && whiteout_is_dev(&st) && make) {
		if (tree_touch(t) < 0 || unlinkat(dir, name, 0) < 0)
			return -1;
		return make_dir(t, name, true);
	}
	errno = ENOTDIR;
	return -1;
}

/* Makes the directory path[0..n) the top. */
static int
walk(struct tree *t, const char *path, size_t n, bool make, struct err *e)
{
	char name[NAME_MAX + 1], link[PATH_MAX];
	CLEAN_FREE char *expanded = NULL;
	char *longer;
	const char *p = path, *end = path + n, *slash;
	size_t depth = 0, k;
	int links = 0, r;

	clear_last(t);
	while (p < end) {
		slash = memchr(p, '/', (size_t)(end - p));
		k = (size_t)((slash != NULL ? slash : end) - p);
		if (k > NAME_MAX)
			return err_setx(e, ENAMETOOLONG, "a name of %zu bytes is too long", k);
		memcpy(name, p, k);
		name[k] = '\0';
		p += k;
		while (p < end && *p == '/')
			p++;
		if (k == 0 || strcmp(name, ".") == 0)
			continue;
		if (strcmp(name, "..") == 0) { /* of a link: path itself is clean */
			if (depth > 0)
				depth--;
			continue;
		}
		if (depth + 1 < t->n && strcmp(t->v[depth + 1].name, name) == 0) {
			depth++;
			continue;
		}
		if (cut(t, depth) < 0)
			return err_set(e, errno, "set the time of a directory");
		r = descend(t, name, make, link);
		if (r < 0)
			return err_set(e, errno, "directory '%s'", name);
		if (r == 0) {
			depth++;
			continue;
		}
		if (++links > MAX_LINKS)
			return err_set(e, ELOOP, "directory '%s'", name);
		if (link[0] == '/')
			depth = 0;
		longer = xasprintf("%s/%.*s", link, (int)(end - p), p);
		free(expanded);
		p = expanded = longer;
		end = p + strlen(p);
	}
	if (cut(t, depth) < 0)
		return err_set(e, errno, "set the time of a directory");
	if (links == 0)
		set_last(t, path, n);
	return 0;
}

int
tree_parent(struct tree *t, const char *path, bool make, const char **base, struct err *e)
{
	const char *slash = strrchr(path, '/');
	size_t n = slash != NULL ? (size_t)(slash - path) : 0;

	*base = slash != NULL ? slash + 1 : path;
	if (strlen(*base) > NAME_MAX)
		return err_setx(e, ENAMETOOLONG, "a name of %zu bytes is too long", strlen(*base));
	if ((t->last == NULL || t->last_len != n || memcmp(t->last, path, n) != 0) &&
		walk(t, path, n, make, e) < 0)
		return -1;
	if (is_too_long(t, *base))
		return err_setx(e, ENAMETOOLONG, "a path of more than %d bytes", PATH_MAX - 1);
	return top(t)->fd;
}

char *
tree_path(const struct tree *t, const char *name)
{
	size_t len = strlen(name) + 2, i;
	char *path, *p;

	for (i = 1; i < t->n; i++)
		len += strlen(t->v[i].name) + 1;
	p = path = xmalloc(len);
	for (i = 1; i <= t->n; i++) {
		const char *s = i < t->n ? t->v[i].name : name;
		size_t n = strlen(s);

		if (n == 0)
			continue;
		if (p > path)
			*p++ = '/';
		memcpy(p, s, n);
		p += n;
	}
	if (p == path)
		*p++ = '.';
	*p = '\0';
	return path;
}

/* ---- notes: a hash table of paths */

static size_t
slot(const struct tree *t, const char *path)
{
	uint64_t h = 0xcbf29ce484222325u; /* FNV-1a */
	const unsigned char *p;
	size_t i;

	for (p = (const unsigned char *)path; *p != '\0'; p++)
		h = (h ^ *p) * 0x100000001b3u;
	for (i = h & (t->nnotes - 1);; i = (i + 1) & (t->nnotes - 1))
		if (t->notes[i].path == NULL || strcmp(t->notes[i].path, path) == 0)
			return i;
}

static void
grow(struct tree *t)
{
	struct tree_note *old = t->notes;
	size_t n = t->nnotes, i;

	t->nnotes = n > 0 ? 2 * n : 64;
	t->notes = xcalloc(t->nnotes, sizeof(*t->notes));
	t->used = 0;
	for (i = 0; i < n; i++) {
		if (old[i].path == NULL)
			continue;
		if (old[i].flags == 0) {
			t->noted -= strlen(old[i].path) + 1;
			free(old[i].path);
			continue;
		}
		t->notes[slot(t, old[i].path)] = old[i];
		t->used++;
	}
	free(old);
}

void
tree_note(struct tree *t, const char *path, unsigned flags)
{
	struct tree_note *n;

	if (2 * t->used >= t->nnotes)
		grow(t);
	n = &t->notes[slot(t, path)];
	if (n->path == NULL) {
		n->path = xstrdup(path);
		t->noted += strlen(path) + 1;
		t->used++;
	}
	n->flags |= flags;
}

void
tree_forget(struct tree *t, const char *path, unsigned flags)
{
	struct tree_note *n;

	if (t->used == 0)
		return;
	n = &t->notes[slot(t, path)];
	if (n->path != NULL)
		n->flags &= ~flags;
}

void
tree_forget_below(struct tree *t, const char *path)
{
	size_t len = strlen(path), i;

	for (i = 0; i < t->nnotes; i++) {
		struct tree_note *n = &t->notes[i];

		if (n->path != NULL && strncmp(n->path, path, len) == 0 &&
			(n->path[len] == '\0' || n->path[len] == '/'))
			n->flags = 0;
	}
}

bool
tree_has_notes(const struct tree *t)
{
	return t->used > 0;
}

static int
by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void
tree_notes(const struct tree *t, unsigned flag, struct strv *out)
{
	size_t first = out->n, i;

	for (i = 0; i < t->nnotes; i++)
		if (t->notes[i].flags & flag)
			strv_add(out, t->notes[i].path);
	if (out->n > first)
		qsort(out->v + first, out->n - first, sizeof(*out->v), by_bytes);
}
