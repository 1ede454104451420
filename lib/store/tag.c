/* SPDX-License-Identifier: ISC */
/*
 * tag.c: tags/HOST/PATH:TAG. A tag is one file of one line that a rename(2) puts
 * in place, so a reader sees the old digest or the new one. Directories of
 * repositories come with the first tag and go with the last.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "tag.h"

/* Another process may remove an empty directory just as we make one below it. */
#define TRIES 100

#define TAG_MAX 80 /* bytes of a tag's file: 71 and a newline */

/* Caller frees; NULL with e where the file system has no such names. */
static char *
tag_path(const struct ref *r, struct err *e)
{
	CLEAN_FREE char *path = xasprintf("tags/%s/%s:%s", r->domain, r->path, r->tag);

	if (strlen(path_base(path)) > NAME_MAX) {
		err_setx(e, ENAMETOOLONG,
			"'%s:%s': the last component and the tag are over %d bytes together",
			path_base(r->path), r->tag, NAME_MAX);
		return NULL;
	}
	return steal_ptr(&path);
}

static bool
is_absent(int code)
{
	return code == ENOENT || code == ENOTDIR || code == EISDIR;
}

static int
read_tag(struct store *s, const char *path, struct digest *out, struct err *e)
{
	CLEAN_BUF struct buf b = BUF_INIT;

	if (fd_load(s->dir, path, TAG_MAX, &b, e) < 0)
		return is_absent(e->code) ? 0 : -1;
	if (b.len > 0 && b.data[b.len - 1] == '\n')
		b.data[b.len - 1] = '\0';
	if (digest_parse(out, buf_str(&b), e) < 0)
		return err_wrap(e, "'%s/%s'", s->path, path);
	return 1;
}

int
tag_get(struct store *s, const struct ref *r, struct digest *out, struct err *e)
{
	CLEAN_FREE char *path = NULL;

	if (r->tag[0] == '\0' || (path = tag_path(r, e)) == NULL)
		return 0;
	return read_tag(s, path, out, e);
}

/* mkdir -p of path's directory, each new one on disk before the next. 0/-1 with errno. */
static int
make_parents(int dir, const char *path)
{
	CLEAN_FREE char *copy = xstrdup(path);
	struct err ignored;
	char *p;

	for (p = strchr(copy, '/'); p != NULL; p = strchr(p + 1, '/')) {
		*p = '\0';
		if (mkdirat(dir, copy, 0700) == 0) {
			if (fd_sync_parent(dir, copy, &ignored) < 0 && ignored.code != ENOENT) {
				errno = ignored.code;
				return -1;
			}
		} else if (errno != EEXIST) {
			return -1;
		}
		*p = '/';
	}
	return 0;
}

static int
write_tag(struct writer *w, const char *path, const struct digest *d, struct err *e)
{
	int i, dir = w->store->dir;
	char line[TAG_MAX];

	snprintf(line, sizeof(line), "%s\n", d->str);
	for (i = 0; i < TRIES; i++) {
		if (make_parents(dir, path) < 0)
			err_set(e, errno, "make the directory of '%s'", path);
		else if (fd_store(w->dir, dir, path, line, strlen(line), 0644, true, e) == 0)
			return 0;
		if (e->code != ENOENT)
			break;
	}
	return -1;
}

int
tag_set(struct writer *w, const struct ref *r, const struct digest *d, struct digest *old,
	struct err *e)
{
	CLEAN_FREE char *path = NULL;
	CLEAN_FD int lock = -1;
	struct digest before = { "" };

	if (r->tag[0] == '\0')
		return err_setx(e, EINVAL, "a reference with a digest and no tag cannot be set");
	if ((path = tag_path(r, e)) == NULL)
		return -1;
	/* shared: who takes tag and root away sees both or neither */
	if ((lock = store_lock(w->store, false, e)) < 0)
		return -1;
	if (old != NULL && read_tag(w->store, path, &before, e) < 0)
		before.str[0] = '\0'; /* unreadable: written anew */
	if (root_add(w, d, e) < 0 || write_tag(w, path, d, e) < 0)
		return -1;
	if (old != NULL)
		*old = before;
	return 0;
}

int
tag_del(struct store *s, const struct ref *r, struct err *e)
{
	CLEAN_FREE char *path = NULL;
	char *slash;

	if (r->tag[0] == '\0' || (path = tag_path(r, e)) == NULL)
		return 0;
	if (unlinkat(s->dir, path, 0) < 0)
		return is_absent(errno) ? 0 : err_set(e, errno, "remove '%s/%s'", s->path, path);
	(void)fd_sync_parent(s->dir, path, e);
	/* up to tags/HOST; the first that is not empty ends it */
	while ((slash = strrchr(path, '/')) != NULL && strchr(path, '/') != slash) {
		*slash = '\0';
		if (unlinkat(s->dir, path, AT_REMOVEDIR) < 0)
			break;
	}
	return 1;
}
