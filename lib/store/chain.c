/* SPDX-License-Identifier: ISC */
/*
 * chain.c: the lower directories of a chain of layers, and over them its fix
 * directory. A layer's tar may leave out the parents of what it has; unpacked,
 * they are inventions (0755, root's) of which overlayfs would show the uppermost.
 * layers/fix-CHAINID/fs has each such directory, and those above it, as the
 * topmost layer says that really has it. Where no layer is hurt fs is missing.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/proc.h"
#include "layermeta.h"
#include "oci/config.h"
#include "paths.h"

#define XATTR_NAMES (64 << 10)
#define XATTR_VALUE (64 << 10)

struct chain {
	struct store *store;
	const struct digest *ids;
	struct layer_meta *meta;
	size_t n;
};

/* How a layer has a path. */
struct sight {
	int fd; /* the directory, -1: it has none there */
	bool ends; /* nothing of this path shows from the layers below */
};

static void
chain_free(struct chain *c)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		layer_meta_free(&c->meta[i]);
	free(c->meta);
}

#define CLEAN_CHAIN __attribute__((cleanup(chain_free)))

static bool
is_opaque(int fd)
{
	char v;

	return (fgetxattr(fd, "trusted.overlay.opaque", &v, 1) == 1 && v == 'y') ||
		(fgetxattr(fd, "user.overlay.opaque", &v, 1) == 1 && v == 'y');
}

/*
 * Component by component, never through a link: names in a layer are an image's. A whiteout, a file
 * or a link in the way hides what is below, as an opaque directory does.
 */
static int
look(const struct chain *c, size_t layer, const char *path, struct sight *out, struct err *e)
{
	CLEAN_FREE char *copy = xstrdup(path);
	char fs[PATH_LAYER + 4], hex[PATH_LAYER], *p = copy, *slash;
	int fd;

	*out = (struct sight){ -1, false };
	snprintf(fs, sizeof(fs), "%s/fs", path_layer(&c->ids[layer], hex));
	if ((out->fd = fd_opendir(c->store->dir, fs, e)) < 0)
		return -1;
	out->ends = is_opaque(out->fd);
	if (str_eq(path, "."))
		return 0;
	for (; p != NULL; p = slash) {
		if ((slash = strchr(p, '/')) != NULL)
			*slash++ = '\0';
		fd = openat(out->fd, p, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		close(out->fd);
		out->fd = fd;
		if (fd < 0)
			break;
		out->ends |= is_opaque(fd);
	}
	if (out->fd >= 0 || errno == ENOENT)
		return 0;
	if (errno != ENOTDIR && errno != ELOOP)
		return err_set(e, errno, "open '%s/%s'", fs, path);
	out->ends = true;
	return 0;
}

/*
 * Where a directory's attributes are to come from: the topmost visible layer that has it and does
 * not only imply it, else the topmost that has it. *fd is that directory, -1 where the chain shows
 * none; *hurt: overlayfs would take another's. 0/-1.
 */
static int
source(const struct chain *c, const char *path, int *fd, bool *hurt, struct err *e)
{
	CLEAN_FD int top = -1;
	size_t i;

	*fd = -1;
	*hurt = false;
	for (i = c->n; i-- > 0;) {
		CLEAN_FD int here = -1;
		struct sight s;

		if (look(c, i, path, &s, e) < 0)
			return -1;
		here = s.fd;
		if (here >= 0 && !layer_meta_implies(&c->meta[i], path)) {
			*hurt = top >= 0;
			*fd = steal_fd(&here);
			return 0;
		}
		if (here >= 0 && top < 0)
			top = steal_fd(&here);
		if (s.ends)
			break;
	}
	*fd = steal_fd(&top);
	return 0;
}

static bool
is_overlay_xattr(const char *name)
{
	return str_starts(name, "trusted.overlay.") || str_starts(name, "user.overlay.");
}

static int
copy_xattrs(int from, int to, struct err *e)
{
	CLEAN_FREE char *names = xmalloc(XATTR_NAMES), *value = xmalloc(XATTR_VALUE);
	const char *p;
	ssize_t n, len;

	if ((n = flistxattr(from, names, XATTR_NAMES)) < 0)
		return errno == ENOTSUP ? 0 : err_set(e, errno, "list attributes");
	for (p = names; p < names + n; p += strlen(p) + 1) {
		if (is_overlay_xattr(p))
			continue;
		if ((len = fgetxattr(from, p, value, XATTR_VALUE)) < 0 ||
			fsetxattr(to, p, value, (size_t)len, 0) < 0)
			return err_set(e, errno, "copy attribute '%s'", p);
	}
	return 0;
}

static int
copy_attributes(int from, int to, struct err *e)
{
	struct stat st;

	if (fstat(from, &st) < 0)
		return err_set(e, errno, "stat");
	if (fchown(to, st.st_uid, st.st_gid) < 0 || fchmod(to, st.st_mode & 07777) < 0)
		return err_set(e, errno, "set owner and mode");
	if (copy_xattrs(from, to, e) < 0)
		return -1;
	if (futimens(to, (struct timespec[2]){ st.st_atim, st.st_mtim }) < 0)
		return err_set(e, errno, "set times");
	return 0;
}

/* path and what is above it, to be made; doubles go later. */
static void
add_with_parents(struct strv *set, const char *path)
{
	CLEAN_FREE char *copy = xstrdup(path);
	char *slash;

	strv_add(set, ".");
	if (str_eq(path, "."))
		return;
	for (;;) {
		strv_add(set, copy);
		if ((slash = strrchr(copy, '/')) == NULL)
			return;
		*slash = '\0';
	}
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
sort_unique(struct strv *s)
{
	size_t i, n = 0;

	if (s->n == 0)
		return;
	qsort(s->v, s->n, sizeof(*s->v), compare);
	for (i = 0; i < s->n; i++)
		if (n == 0 || strcmp(s->v[n - 1], s->v[i]) != 0)
			s->v[n++] = s->v[i];
		else
			free(s->v[i]);
	s->n = n;
	s->v[n] = NULL;
}

/* The directories the fix must have, parents before their children. */
static int
find_hurt(const struct chain *c, struct strv *set, struct err *e)
{
	CLEAN_STRV struct strv implied = { 0 };
	size_t i, k;

	/* what the lowest layer implies has nothing below to hide */
	for (i = 1; i < c->n; i++)
		for (k = 0; k < c->meta[i].implied.n; k++)
			strv_add(&implied, c->meta[i].implied.v[k]);
	sort_unique(&implied);
	for (i = 0; i < implied.n; i++) {
		CLEAN_FD int fd = -1;
		bool hurt;

		if (source(c, implied.v[i], &fd, &hurt, e) < 0)
			return -1;
		if (hurt)
			add_with_parents(set, implied.v[i]);
	}
	sort_unique(set);
	return 0;
}

static int
fill_fix(const struct chain *c, int dir, const struct strv *set, struct err *e)
{
	CLEAN_FD int fs = -1;
	size_t i;

	if (mkdirat(dir, "fs", 0755) < 0)
		return err_set(e, errno, "mkdir");
	if ((fs = fd_opendir(dir, "fs", e)) < 0)
		return -1;
	for (i = 0; i < set->n; i++)
		if (!str_eq(set->v[i], ".") && mkdirat(fs, set->v[i], 0700) < 0)
			return err_set(e, errno, "mkdir '%s'", set->v[i]);
	/* from the deepest up: making a child touches its parent */
	for (i = set->n; i-- > 0;) {
		CLEAN_FD int from = -1, to = -1;
		bool hurt;

		if (source(c, set->v[i], &from, &hurt, e) < 0 ||
			(to = fd_opendir(fs, set->v[i], e)) < 0)
			return -1;
		if (from >= 0 && copy_attributes(from, to, e) < 0)
			return err_wrap(e, "'%s'", set->v[i]);
	}
	return 0;
}

static int
make_fix(const struct chain *c, struct writer *w, const char *path, struct err *e)
{
	CLEAN_STRV struct strv set = { 0 };
	struct layer_meta m = { 0 };
	CLEAN_FD int dir = -1;
	char name[24] = "fix-";
	struct err ignored;
	int r = -1;

	str_random_hex(8, name + 4);
	snprintf(m.boot_id, sizeof(m.boot_id), "%s", proc_boot_id());
	if (find_hurt(c, &set, e) < 0)
		return -1;
	if (mkdirat(w->dir, name, 0700) < 0)
		return err_set(e, errno, "mkdir 'tmp/%s'", name);
	if ((dir = fd_opendir(w->dir, name, e)) >= 0 &&
		(set.n == 0 || fill_fix(c, dir, &set, e) == 0) &&
		layer_meta_write(dir, dir, &m, false, e) == 0)
		r = layer_place(w, name, path, e);
	if (r != 1)
		(void)fd_rmtree(w->dir, name, &ignored);
	return r < 0 ? -1 : 0;
}

/* Puts the fix directory's fs in lowers if the chain needs one. */
static int
add_fix(const struct chain *c, struct writer *w, struct strv *lowers, struct err *e)
{
	CLEAN_FREE struct digest *ids = xcalloc(c->n, sizeof(*ids));
	CLEAN_LAYER_META struct layer_meta m = { 0 };
	CLEAN_FREE char *fs = NULL;
	char path[PATH_LAYER];
	int r;

	image_chain_ids(c->ids, c->n, ids);
	path_fix(&ids[c->n - 1], path);
	if (writer_want_fix(w, &ids[c->n - 1], e) < 0 ||
		(r = layer_meta_read(c->store, path, &m, e)) < 0 ||
		(r != 1 && make_fix(c, w, path, e) < 0))
		return err_wrap(e, "%s", path);
	fs = xasprintf("%s/fs", path);
	if (faccessat(c->store->dir, fs, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		strv_take(lowers, steal_ptr(&fs));
	return 0;
}

/* .wh..wh..opq in a layer's root; overlayfs merges all roots, so the chain has to end there. */
static int
root_is_opaque(const struct store *s, const char *fs, struct err *e)
{
	CLEAN_FD int fd = fd_opendir(s->dir, fs, e);

	return fd < 0 ? -1 : is_opaque(fd);
}

int
layer_chain(struct writer *w, const struct digest *diff_ids, size_t n, struct strv *lowers,
	struct err *e)
{
	CLEAN_CHAIN struct chain c = { w->store, diff_ids, xcalloc(n + 1, sizeof(*c.meta)), n };
	char path[PATH_LAYER];
	bool implies = false;
	size_t i;
	int r;

	for (i = 0; i < n; i++) {
		if ((r = layer_get(w->store, &diff_ids[i], &c.meta[i], e)) < 0)
			return err_wrap(e, "layer %s", diff_ids[i].str);
		if (r != 1)
			return err_setx(e, ENOENT, "layer %s is %s", diff_ids[i].str,
				r == 0 ? "not unpacked" : "of an earlier boot and was not synced");
		implies |= i > 0 && c.meta[i].implied.n > 0;
	}
	if (implies && add_fix(&c, w, lowers, e) < 0)
		return -1;
	for (i = n; i-- > 0;) {
		strv_addf(lowers, "%s/fs", path_layer(&diff_ids[i], path));
		if (i > 0 && (r = root_is_opaque(w->store, lowers->v[lowers->n - 1], e)) != 0)
			return r < 0 ? -1 : 0;
	}
	return 0;
}
