/* SPDX-License-Identifier: ISC */
/*
 * ctr.c: finding and listing containers. ctr/ID with a container.json is one;
 * without, one that is being removed.
 */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/fmt.h"
#include "base/mem.h"
#include "ctrfile.h"
#include "names.h"

struct prefix {
	struct store *store;
	const char *hex;
	char id[65];
	int n;
};

static int
match(void *arg, const char *name, unsigned char type)
{
	struct prefix *p = arg;

	(void)type;
	if (!str_starts(name, p->hex) || !str_is_hex(name, 64) || !ctr_exists(p->store, name))
		return 0;
	snprintf(p->id, sizeof(p->id), "%s", name);
	p->n++;
	return 0;
}

/* 1 and id, 0, -1 where several have it */
static int
find_prefix(struct store *s, const char *hex, char id[65], struct err *e)
{
	struct prefix p = { s, hex, "", 0 };

	if (fd_each(s->dir, "ctr", match, &p, e) < 0)
		return e->code == ENOENT ? 0 : -1;
	if (p.n > 1)
		return err_setx(e, EINVAL, "'%s' is the start of %d container IDs", hex, p.n);
	memcpy(id, p.id, sizeof(p.id));
	return p.n;
}

static bool
is_hex(const char *s)
{
	size_t n = strlen(s);

	return n > 0 && n <= 64 && str_is_hex(s, n);
}

int
ctr_find(struct store *s, const char *name, struct ctr *out, struct err *e)
{
	char id[65];
	int r;

	*out = (struct ctr)CTR_INIT;
	if ((r = ctr_open(s, name, out, e)) != 0)
		return r;
	if ((r = name_get(s, name, id, e)) == 0 && is_hex(name))
		r = find_prefix(s, name, id, e);
	if (r == 1)
		r = ctr_open(s, id, out, e);
	if (r == 0)
		err_setx(e, ENOENT, "no such container: %s", name);
	return r;
}

struct entry {
	struct ctr ctr;
	struct timespec created;
};

struct entries {
	struct store *store;
	struct entry *v;
	size_t n, cap;
};

static int
add(void *arg, const char *name, unsigned char type)
{
	struct entries *l = arg;
	CLEAN_CTR_CONF struct ctr_conf conf = { 0 };
	struct entry *x;
	struct err ignored;

	(void)type;
	if (!str_is_hex(name, 64) || !ctr_exists(l->store, name))
		return 0;
	if (l->n == l->cap) {
		l->cap = l->cap == 0 ? 16 : l->cap * 2;
		l->v = xrealloc(l->v, l->cap, sizeof(*l->v));
	}
	x = &l->v[l->n++];
	*x = (struct entry){ .ctr = CTR_INIT };
	x->ctr.store = l->store;
	snprintf(x->ctr.id, sizeof(x->ctr.id), "%s", name);
	/* one that cannot be read is listed last; who shows it finds out why */
	if (ctr_read_conf(&x->ctr, &conf, &ignored) == 0)
		(void)fmt_parse_rfc3339(conf.created, &x->created);
	return 0;
}

static int
newest_first(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->created.tv_sec != y->created.tv_sec)
		return x->created.tv_sec < y->created.tv_sec ? 1 : -1;
	if (x->created.tv_nsec != y->created.tv_nsec)
		return x->created.tv_nsec < y->created.tv_nsec ? 1 : -1;
	return strcmp(x->ctr.id, y->ctr.id);
}

int
ctr_list(struct store *s, struct ctr_list *out, struct err *e)
{
	struct entries l = { s, NULL, 0, 0 };
	int r = 0;
	size_t i;

	*out = (struct ctr_list){ 0 };
	if (fd_each(s->dir, "ctr", add, &l, e) < 0 && e->code != ENOENT)
		r = -1;
	if (r == 0 && l.n > 0) {
		qsort(l.v, l.n, sizeof(*l.v), newest_first);
		out->v = xcalloc(l.n, sizeof(*out->v));
		for (i = 0; i < l.n; i++)
			out->v[i] = l.v[i].ctr;
		out->n = l.n;
	}
	free(l.v);
	return r;
}

void
ctr_list_free(struct ctr_list *l)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		ctr_close(&l->v[i]);
	free(l->v);
	*l = (struct ctr_list){ 0 };
}
