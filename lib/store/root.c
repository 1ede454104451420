/* SPDX-License-Identifier: ISC */
/* root.c: images/sha256:HEX, an empty file for each image that is to be kept, tagged or not */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"
#include "tag.h"

#define ROOT_PATH (sizeof("images/") + DIGEST_STR)

int
root_add(struct writer *w, const struct digest *d, struct err *e)
{
	CLEAN_FD int fd = -1;
	char path[ROOT_PATH];

	snprintf(path, sizeof(path), "images/%s", d->str);
	fd = openat(w->store->dir, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
	if (fd < 0 && errno != EEXIST)
		return err_set(e, errno, "create '%s/%s'", w->store->path, path);
	/* also where it is there: who made it may not have come so far */
	return fd_sync_parent(w->store->dir, path, e);
}

int
root_del(struct store *s, const struct digest *d, struct err *e)
{
	char path[ROOT_PATH];

	snprintf(path, sizeof(path), "images/%s", d->str);
	if (unlinkat(s->dir, path, 0) < 0)
		return errno == ENOENT ? 0 : err_set(e, errno, "remove '%s/%s'", s->path, path);
	return 1;
}

bool
root_has(struct store *s, const struct digest *d)
{
	char path[ROOT_PATH];

	snprintf(path, sizeof(path), "images/%s", d->str);
	return faccessat(s->dir, path, F_OK, 0) == 0;
}

static int
add(void *arg, const char *name, unsigned char type)
{
	struct digest d;
	struct err e;

	(void)type;
	if (digest_parse(&d, name, &e) == 0)
		digest_list_add(arg, &d);
	return 0;
}

int
root_list(struct store *s, struct digest_list *out, struct err *e)
{
	*out = (struct digest_list){ 0 };
	if (fd_each(s->dir, "images", add, out, e) < 0 && e->code != ENOENT)
		return -1;
	digest_list_sort(out);
	return 0;
}
