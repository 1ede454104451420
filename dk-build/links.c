/* SPDX-License-Identifier: ISC */
/* links: a hash table with open addressing; at most half of it is full. */
#include <stdint.h>

#include "base/mem.h"

#include "links.h"

struct slot {
	dev_t dev;
	ino_t ino;
	char *path; /* NULL: free */
};

struct links {
	struct slot *v;
	size_t size, used; /* size is a power of two */
};

static struct slot *
find_slot(const struct links *l, dev_t dev, ino_t ino)
{
	uint64_t h = ((uint64_t)ino * 31 + (uint64_t)dev) * 0x9e3779b97f4a7c15ULL;
	size_t i;

	for (i = (size_t)(h >> 20) & (l->size - 1); l->v[i].path != NULL;
		i = (i + 1) & (l->size - 1))
		if (l->v[i].dev == dev && l->v[i].ino == ino)
			break;
	return &l->v[i];
}

static void
grow(struct links *l)
{
	struct slot *old = l->v;
	size_t i, n = l->size;

	l->size = n != 0 ? n * 2 : 64;
	l->v = xcalloc(l->size, sizeof(*l->v));
	for (i = 0; i < n; i++)
		if (old[i].path != NULL)
			*find_slot(l, old[i].dev, old[i].ino) = old[i];
	free(old);
}

const char *
links_find(struct links **lp, dev_t dev, ino_t ino, const char *path)
{
	struct links *l = *lp;
	struct slot *s;

	if (l == NULL)
		l = *lp = xcalloc(1, sizeof(*l));
	if (l->used * 2 >= l->size)
		grow(l);
	s = find_slot(l, dev, ino);
	if (s->path != NULL)
		return s->path;
	*s = (struct slot){ dev, ino, xstrdup(path) };
	l->used++;
	return NULL;
}

void
links_free(struct links *l)
{
	size_t i;

	if (l == NULL)
		return;
	for (i = 0; i < l->size; i++)
		free(l->v[i].path);
	free(l->v);
	free(l);
}
