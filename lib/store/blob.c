/* SPDX-License-Identifier: ISC */
/* blob.c: reading blobs. Small ones are checked against their name each time; layers by who streams
 * them. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"
#include "blob.h"
#include "paths.h"

int
blob_open(struct store *s, const struct digest *d, struct err *e)
{
	char path[PATH_BLOB];
	int fd;

	fd = openat(s->dir, path_blob(d, path), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 && errno == ENOENT)
		return err_setx(e, ENOENT, "blob %s is not in the store", d->str);
	return fd < 0 ? err_set(e, errno, "open blob %s", d->str) : fd;
}

bool
blob_exists(struct store *s, const struct digest *d)
{
	return blob_size(s, d) >= 0;
}

int64_t
blob_size(struct store *s, const struct digest *d)
{
	char path[PATH_BLOB];
	struct stat st;

	if (fstatat(s->dir, path_blob(d, path), &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	return S_ISREG(st.st_mode) ? st.st_size : -1;
}

int
blob_load(struct store *s, const struct digest *d, size_t max, struct buf *out, struct err *e)
{
	CLEAN_FD int fd = -1;
	struct digest got;

	if ((fd = blob_open(s, d, e)) < 0)
		return -1;
	if (buf_read_fd(out, fd, max, e) < 0)
		return err_wrap(e, "blob %s", d->str);
	hash_bytes(buf_str(out), out->len, &got);
	if (!digest_eq(&got, d))
		return err_setx(e, EIO, "blob %s is damaged: its bytes are %s", d->str, got.str);
	return 0;
}
