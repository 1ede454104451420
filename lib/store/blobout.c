/* SPDX-License-Identifier: ISC */
/*
 * blobout.c: writing blobs. The bytes go to a file of the writer's and are hashed
 * on the way; under their name they appear whole, on disk, and never change.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/str.h"
#include "blob.h"
#include "paths.h"

int
blob_create(struct blob_out *b, struct writer *w, struct err *e)
{
	char id[17];

	*b = (struct blob_out)BLOB_OUT_INIT;
	b->w = w;
	hash_init(&b->hash);
	str_random_hex(8, id);
	snprintf(b->name, sizeof(b->name), "blob-%s", id);
	b->fd = openat(w->dir, b->name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (b->fd < 0)
		return err_set(e, errno, "create a blob in '%s/tmp'", w->store->path);
	return 0;
}

int
blob_write(struct blob_out *b, const void *p, size_t n, struct err *e)
{
	if (fd_write_all(b->fd, p, n) < 0)
		return err_set(e, errno, "write a blob to '%s'", b->w->store->path);
	hash_update(&b->hash, p, n);
	b->size += (int64_t)n;
	return 0;
}

static int
check(struct blob_out *b, const struct digest *expect, int64_t size, struct digest *d,
	struct err *e)
{
	if (size >= 0 && b->size != size)
		return err_setx(e, EBADMSG, "size mismatch: %lld bytes came, %lld were announced",
			(long long)b->size, (long long)size);
	hash_final(&b->hash, d);
	if (expect != NULL && !digest_eq(d, expect))
		return err_setx(
			e, EBADMSG, "digest mismatch: got %s, want %s", d->str, expect->str);
	return 0;
}

int
blob_commit(struct blob_out *b, const struct digest *expect, int64_t size, struct digest *out,
	struct err *e)
{
	struct store *s = b->w->store;
	char path[PATH_BLOB];
	struct digest d;
	int there;

	if (check(b, expect, size, &d, e) < 0 || (there = writer_want_blob(b->w, &d, e)) < 0)
		return -1;
	if (!there) {
		if (fchmod(b->fd, 0444) < 0 || fsync(b->fd) < 0)
			return err_set(e, errno, "write blob %s", d.str);
		if ((there = path_place(b->w, b->name, path_blob(&d, path), e)) < 0)
			return -1;
		if (there == 1)
			b->name[0] = '\0';
		if (fd_sync_parent(s->dir, path, e) < 0)
			return -1;
	}
	if (out != NULL)
		*out = d;
	blob_out_close(b);
	return 0;
}

void
blob_out_close(struct blob_out *b)
{
	if (b->fd >= 0) {
		close(b->fd);
		if (b->name[0] != '\0')
			unlinkat(b->w->dir, b->name, 0);
	}
	*b = (struct blob_out)BLOB_OUT_INIT;
}

int
blob_put(struct writer *w, const void *p, size_t n, struct digest *out, struct err *e)
{
	CLEAN_BLOB_OUT struct blob_out b = BLOB_OUT_INIT;

	if (blob_create(&b, w, e) < 0 || blob_write(&b, p, n, e) < 0)
		return -1;
	return blob_commit(&b, NULL, -1, out, e);
}
