/* SPDX-License-Identifier: ISC */
/*
 * copy: what the sources and the destination of a COPY name. Neither leaves its
 * root, whatever dots and links they contain. A source that is a link stands for
 * what it points to; links inside a directory are copied as links.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/path.h"
#include "oci/match.h"

#include "copy.h"
#include "copytree.h"

struct state {
	const struct copy *c;
	struct copytree tree;
	struct strv found; /* sources, patterns replaced by what they match */
	char *dest; /* absolute, clean */
	bool dest_is_dir; /* it says so itself */
	bool *rules;
};

static int
cmp_str(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Adds what component i of the pattern and those behind it match below dir. */
static int
glob(struct state *s, const char *dir, const struct strv *parts, size_t i, struct err *e)
{
	CLEAN_FD int fd = path_open_in(s->c->context, dir, O_RDONLY | O_DIRECTORY, 0, e);
	CLEAN_STRV struct strv names = { NULL, 0 };
	CLEAN_DIR DIR *d = NULL;
	struct dirent *ent;
	size_t k;
	int r;

	if (fd < 0)
		return e->code == ENOENT || e->code == ENOTDIR ? 0 : -1;
	d = fdopendir(fd);
	if (d == NULL)
		return err_set(e, errno, "read '%s'", dir);
	steal_fd(&fd);
	while ((ent = readdir(d)) != NULL) {
		if (strcmp(ent->d_name, ".") == 0 || strcmp(ent->d_name, "..") == 0)
			continue;
		r = match_name(parts->v[i], ent->d_name);
		if (r < 0)
			return err_setx(e, EINVAL, "malformed pattern '%.200s'", parts->v[i]);
		if (r == 1)
			strv_add(&names, ent->d_name);
	}
	if (names.n > 1)
		qsort(names.v, names.n, sizeof(*names.v), cmp_str);
	for (k = 0; k < names.n; k++) {
		CLEAN_FREE char *path = strcmp(dir, ".") == 0 ? xstrdup(names.v[k])
							      : xasprintf("%s/%s", dir, names.v[k]);
		struct stat st;

		if (i + 1 == parts->n) {
			strv_add(&s->found, path);
			continue;
		}
		if (fstatat(dirfd(d), names.v[k], &st, AT_SYMLINK_NOFOLLOW) == 0 &&
			S_ISDIR(st.st_mode) && glob(s, path, parts, i + 1, e) < 0)
			return -1;
	}
	return 0;
}

/* 1 what it names is to be copied, 0 it isn't there, or ignored; *real is where links lead. */
static int
find_source(struct state *s, const char *path, char **real, struct stat *st, struct err *e)
{
	struct view v = { s->c->context, -1 };
	int r;

	if (view_resolve(&v, path, real, e) < 0)
		return -1;
	if (strcmp(path, *real) != 0 && ignore_path(s->c->ignore, path, s->rules))
		return 0; /* the link itself is left out */
	r = view_stat(&v, *real, st, e);
	if (r <= 0 || !ignore_path(s->c->ignore, *real, s->rules))
		return r;
	if (!S_ISDIR(st->st_mode))
		return 0;
	buf_clear(&s->tree.rel);
	buf_adds(&s->tree.rel, *real);
	r = copytree_keeps(&s->tree, s->c->context, *real, s->rules, e);
	buf_clear(&s->tree.rel);
	return r;
}

/* Patterns are looked up from the first component that is one. */
static int
expand_source(struct state *s, const char *source, const char **empty, struct err *e)
{
	CLEAN_FREE char *rooted = xasprintf("/%s", source);
	CLEAN_FREE char *clean = path_clean(rooted);
	CLEAN_FREE char *dir = NULL, *real = NULL;
	CLEAN_STRV struct strv parts = { NULL, 0 };
	const char *p = clean + 1;
	struct strv kept = { NULL, 0 };
	struct stat st;
	size_t n, first = s->found.n, k;
	int r;

	if (!match_has_magic(p)) {
		strv_add(&s->found, *p != '\0' ? p : ".");
		return 0;
	}
	for (; *p != '\0'; p += n + (p[n] == '/')) {
		CLEAN_FREE char *part = NULL;

		n = strcspn(p, "/");
		part = xstrndup(p, n);
		if (parts.n == 0 && !match_has_magic(part))
			continue;
		if (parts.n == 0)
			dir = xstrndup(clean, (size_t)(p - clean));
		strv_add(&parts, part);
	}
	if (resolve_in(s->c->context, dir, &real, e) < 0 || glob(s, real, &parts, 0, e) < 0)
		return -1;
	/* those that .dockerignore leaves */
	for (k = 0; k < first; k++)
		strv_add(&kept, s->found.v[k]);
	for (r = 1; k < s->found.n && r >= 0; k++) {
		CLEAN_FREE char *target = NULL;

		r = 1; /* what is missing behind a link is an error later */
		if (ignore_path(s->c->ignore, s->found.v[k], s->rules))
			r = find_source(s, s->found.v[k], &target, &st, e);
		if (r > 0)
			strv_add(&kept, s->found.v[k]);
	}
	strv_free(&s->found);
	s->found = kept;
	if (r >= 0 && s->found.n == first)
		*empty = source;
	return r < 0 ? -1 : 0;
}

/* Where an entry called name (of a directory: dir) goes. The fds are the caller's to close. */
struct place {
	int upper, lower;
	char *name; /* "" for the root itself */
	char *parent; /* path */
};

#define CLEAN_PLACE __attribute__((cleanup(place_close)))

static void
place_close(struct place *p)
{
	if (p->upper >= 0)
		close(p->upper);
	if (p->lower >= 0)
		close(p->lower);
	free(p->name);
	free(p->parent);
}

static int
find_place(struct state *s, bool dir, const char *name, struct place *out, struct err *e)
{
	const struct view *v = &s->c->view;
	CLEAN_FREE char *dest = NULL, *target = NULL;
	const char *base;
	struct stat st;
	int r, fd;

	if (view_resolve(v, s->dest, &dest, e) < 0)
		return -1;
	if (s->dest_is_dir && !dir) {
		fd = view_mkdirs(v, dest, 0, 0, NULL, e);
		if (fd < 0)
			return -1;
		close(fd);
	}
	r = view_stat(v, dest, &st, e);
	if (r < 0)
		return -1;
	if (r == 1 && dir && !S_ISDIR(st.st_mode))
		return err_setx(e, ENOTDIR, "destination '%s' is not a directory", s->dest);
	if (strcmp(dest, ".") == 0)
		target = xstrdup(dir ? "" : name);
	else if (r == 1 && !dir && S_ISDIR(st.st_mode))
		target = xasprintf("%s/%s", dest, name);
	else
		target = xstrdup(dest);
	base = path_base(target);
	out->name = xstrdup(base);
	out->parent = xstrndup(target, base > target ? (size_t)(base - target) - 1 : 0);
	out->upper = view_mkdirs(v, out->parent, 0, 0, NULL, e);
	if (out->upper >= 0 && v->lower >= 0) {
		struct err absent;

		out->lower = path_open_in(
			v->lower, out->parent, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, &absent);
	}
	return out->upper < 0 ? -1 : 0;
}

/* The children of the context's root; a directory made for them is 0755 whatever the root is. */
static int
copy_context(struct state *s, const struct place *p, struct err *e)
{
	CLEAN_FD int upper = -1, lower = -1;

	if (*p->name != '\0') {
		if (view_mkdir_at(p->upper, p->lower, p->name, e) < 0)
			return -1;
		buf_addf(&s->tree.dst, "%s%s", s->tree.dst.len > 0 ? "/" : "", p->name);
	}
	upper = fd_opendir(p->upper, *p->name != '\0' ? p->name : ".", e);
	if (upper < 0)
		return -1;
	if (p->lower >= 0)
		lower = openat(p->lower, *p->name != '\0' ? p->name : ".",
			O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return copytree_children(&s->tree, s->c->context, upper, lower, s->rules, e);
}

static int
copy_source(struct state *s, const char *path, struct err *e)
{
	CLEAN_PLACE struct place p = { -1, -1, NULL, NULL };
	CLEAN_FREE char *real = NULL, *parent = NULL;
	CLEAN_FD int sdir = -1;
	struct copytree_to to;
	const char *base;
	struct stat st;
	bool dir;
	int r = find_source(s, path, &real, &st, e);

	if (r < 0)
		return -1;
	if (r == 0)
		return err_setx(e, ENOENT, "'%s' is not in the build context%s", path,
			s->c->ignore->n > 0 ? ", or .dockerignore leaves it out" : "");
	dir = S_ISDIR(st.st_mode);
	if (find_place(s, dir, path_base(path), &p, e) < 0)
		return -1;
	base = path_base(real);
	parent = xstrndup(real, base > real ? (size_t)(base - real) - 1 : 0);
	ignore_path(s->c->ignore, dir && *p.name == '\0' ? real : parent, s->rules);
	copytree_start(&s->tree, p.parent);
	if (strcmp(real, ".") == 0)
		return copy_context(s, &p, e);
	to = (struct copytree_to){ p.upper, p.lower, p.name };
	if (*p.name == '\0') { /* onto the root, which keeps its attributes */
		sdir = path_open_in(s->c->context, real, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, e);
		buf_adds(&s->tree.rel, real);
		return sdir < 0 ? -1
				: copytree_children(&s->tree, sdir, p.upper, p.lower, s->rules, e);
	}
	sdir = path_open_in(s->c->context, parent, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, e);
	buf_adds(&s->tree.rel, parent);
	return sdir < 0 ? -1 : copytree_entry(&s->tree, sdir, base, &to, true, s->rules, e);
}

static int
copy_text(struct state *s, const struct copy_text *t, struct err *e)
{
	CLEAN_PLACE struct place p = { -1, -1, NULL, NULL };
	CLEAN_FD int fd = -1;
	struct copytree_to to;

	if (find_place(s, false, t->name, &p, e) < 0)
		return -1;
	to = (struct copytree_to){ p.upper, p.lower, p.name };
	fd = copytree_create(&to, e);
	if (fd < 0)
		return -1;
	if (fd_write_all(fd, t->text, strlen(t->text)) < 0 || fchmod(fd, 0644) < 0 ||
		fchown(fd, 0, 0) < 0)
		return err_set(e, errno, "write '%s'", p.name);
	return 0;
}

/* "/", "/." and "/.." at the end say that it is a directory; "" and "." too. */
static void
set_dest(struct state *s)
{
	CLEAN_FREE char *joined = path_join(s->c->workdir, s->c->dest);
	CLEAN_FREE char *rooted = xasprintf("/%s", joined);
	const char *base = path_base(s->c->dest);

	s->dest_is_dir = *base == '\0' || strcmp(base, ".") == 0 || strcmp(base, "..") == 0;
	s->dest = path_clean(rooted);
}

/* Several files need a directory to go to. */
static int
check_many(struct state *s, struct err *e)
{
	CLEAN_FREE char *dest = NULL;
	struct stat st;
	int r;

	if (s->dest_is_dir || s->found.n + s->c->ntexts < 2)
		return 0;
	if (view_resolve(&s->c->view, s->dest, &dest, e) < 0)
		return -1;
	r = view_stat(&s->c->view, dest, &st, e);
	if (r == 1 && S_ISDIR(st.st_mode))
		return 0;
	return r < 0 ? -1
		     : err_setx(e, ENOTDIR,
			       "several sources: the destination '%s' must be a directory and end "
			       "with /",
			       s->c->dest);
}

int
copy_run(const struct copy *c, const char **empty, struct err *e)
{
	struct state s = { .c = c, .tree = { .view = c->view, .ignore = c->ignore } };
	struct stat st;
	size_t i;
	int r = 0;

	*empty = NULL;
	if (fstat(c->store, &st) < 0)
		return err_set(e, errno, "stat the store");
	s.tree.store_dev = st.st_dev;
	s.tree.store_ino = st.st_ino;
	s.rules = xcalloc(c->ignore->n + 1, sizeof(*s.rules));
	set_dest(&s);
	for (i = 0; i < c->sources->n && r == 0; i++)
		r = expand_source(&s, c->sources->v[i], empty, e);
	if (r == 0)
		r = check_many(&s, e);
	for (i = 0; i < s.found.n && r == 0; i++)
		r = copy_source(&s, s.found.v[i], e);
	for (i = 0; i < c->ntexts && r == 0; i++)
		r = copy_text(&s, &c->texts[i], e);
	strv_free(&s.found);
	free(s.dest);
	free(s.rules);
	copytree_free(&s.tree);
	return r;
}
