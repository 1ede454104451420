/* SPDX-License-Identifier: ISC */
/* taglist.c: all tags, by a walk of tags/ that takes no lock and believes no name it could not have
 * made */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/str.h"
#include "tag.h"

#define NAME_LONGEST 255 /* host/path of a reference */

struct walk {
	struct store *store;
	struct tag_list *out;
	const char *at; /* below tags/, "" at first */
	struct err *e;
};

static int walk_dir(struct walk *w);

static void
add(struct tag_list *l, const struct ref *r, const struct digest *d)
{
	struct tag_entry *t;

	if (l->n == 0 || (l->n >= 16 && (l->n & (l->n - 1)) == 0))
		l->v = xrealloc(l->v, l->n == 0 ? 16 : l->n * 2, sizeof(*l->v));
	t = &l->v[l->n++];
	t->domain = xstrdup(r->domain);
	t->path = xstrdup(r->path);
	t->tag = xstrdup(r->tag);
	t->digest = *d;
}

/* Is name, a path below tags/, what tag_set makes of a reference? */
static bool
parse(struct ref *r, const char *name)
{
	CLEAN_FREE char *back = NULL;
	struct err e;

	if (ref_parse(r, name, &e) < 0 || digest_is_set(&r->digest))
		return false;
	back = ref_string(r);
	return str_eq(back, name);
}

static int
visit(void *arg, const char *name, unsigned char type)
{
	struct walk *w = arg, down = *w;
	CLEAN_FREE char *path = NULL;
	struct stat st;
	struct digest d;
	struct ref r;
	int got;

	path = xasprintf("%s%s%s", w->at, *w->at != '\0' ? "/" : "", name);
	if (type == DT_UNKNOWN) {
		CLEAN_FREE char *full = xasprintf("tags/%s", path);

		if (fstatat(w->store->dir, full, &st, AT_SYMLINK_NOFOLLOW) < 0)
			return 0;
		type = S_ISDIR(st.st_mode) ? DT_DIR : DT_REG;
	}
	if (type == DT_DIR) {
		down.at = path;
		return strlen(path) <= NAME_LONGEST ? walk_dir(&down) : 0;
	}
	if (strchr(name, ':') == NULL || !parse(&r, path))
		return 0;
	got = tag_get(w->store, &r, &d, w->e);
	if (got == 1)
		add(w->out, &r, &d);
	/* a file that holds no digest is no tag */
	return got < 0 && w->e->code != 0 && w->e->code != EFBIG ? -1 : 0;
}

static int
walk_dir(struct walk *w)
{
	CLEAN_FREE char *dir = xasprintf("tags/%s", w->at);

	if (fd_each(w->store->dir, dir, visit, w, w->e) == 0)
		return 0;
	return w->e->code == ENOENT || w->e->code == ENOTDIR ? 0 : -1;
}

static int
compare(const void *a, const void *b)
{
	const struct tag_entry *x = a, *y = b;
	int c;

	if ((c = strcmp(x->domain, y->domain)) != 0 || (c = strcmp(x->path, y->path)) != 0)
		return c;
	return strcmp(x->tag, y->tag);
}

int
tag_list(struct store *s, struct tag_list *out, struct err *e)
{
	struct walk w = { s, out, "", e };

	*out = (struct tag_list){ 0 };
	if (walk_dir(&w) < 0) {
		tag_list_free(out);
		return err_wrap(e, "tags of the store '%s'", s->path);
	}
	if (out->n > 0)
		qsort(out->v, out->n, sizeof(*out->v), compare);
	return 0;
}

void
tag_list_free(struct tag_list *l)
{
	size_t i;

	for (i = 0; i < l->n; i++) {
		free(l->v[i].domain);
		free(l->v[i].path);
		free(l->v[i].tag);
	}
	free(l->v);
	*l = (struct tag_list){ 0 };
}
