/* SPDX-License-Identifier: ISC */
/* digests.c: lists of digests, kept sorted without doubles where that is asked for */
#include <stdlib.h>

#include "base/mem.h"
#include "tag.h"

void
digest_list_add(struct digest_list *l, const struct digest *d)
{
	/* room for 8, then doubled whenever n is a power of two */
	if (l->n == 0 || (l->n >= 8 && (l->n & (l->n - 1)) == 0))
		l->v = xrealloc(l->v, l->n == 0 ? 8 : l->n * 2, sizeof(*l->v));
	l->v[l->n++] = *d;
}

void
digest_list_sort(struct digest_list *l)
{
	size_t i, n = 0;

	if (l->n == 0)
		return;
	qsort(l->v, l->n, sizeof(*l->v), digest_cmp);
	for (i = 0; i < l->n; i++)
		if (n == 0 || !digest_eq(&l->v[n - 1], &l->v[i]))
			l->v[n++] = l->v[i];
	l->n = n;
}

void
digest_list_free(struct digest_list *l)
{
	free(l->v);
	*l = (struct digest_list){ 0 };
}
