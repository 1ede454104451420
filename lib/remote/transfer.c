/* SPDX-License-Identifier: ISC */
/* transfer.c: see transfer.h */
#include <fcntl.h>
#include <signal.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"
#include "net.h"
#include "oci/json.h"
#include "transfer.h"

#define STEP 131072 /* bytes read at once: what the second-level cache holds */
#define WRITEBACK (8 << 20)

/* Writes to a pipe whose reader may be gone: EPIPE is an error like others, without SIGPIPE. */
static int
write_pipe(int fd, const void *p, size_t n)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN }, old;
	int r, saved;

	sigaction(SIGPIPE, &ignore, &old);
	r = fd_write_all(fd, p, n);
	saved = errno;
	sigaction(SIGPIPE, &old, NULL);
	errno = saved;
	return r;
}

static int
copy_body(struct transfer *t, struct http_res *res, const struct descriptor *d, struct blob_out *b,
	int pipe, struct err *e)
{
	CLEAN_FREE char *buf = xmalloc(STEP);
	int64_t flushed = 0;
	ssize_t n;

	for (;;) {
		if (net_interrupted(e) < 0)
			return -1;
		n = http_read(res, buf, STEP, e);
		if (n <= 0)
			return (int)n;
		if (n > d->size - b->size)
			return err_setx(e, EBADMSG,
				"size mismatch: more bytes come than the %lld announced",
				(long long)d->size);
		if (blob_write(b, buf, (size_t)n, e) < 0)
			return -1;
		if (pipe >= 0 && write_pipe(pipe, buf, (size_t)n) < 0)
			return err_set(e, errno, "unpack");
		if (b->size - flushed >= WRITEBACK) {
			/* the disk writes while the network brings more, so that the fsync at the
			 * end has little to wait for */
			(void)sync_file_range(
				b->fd, flushed, b->size - flushed, SYNC_FILE_RANGE_WRITE);
			flushed = b->size;
		}
		if (t->progress != NULL)
			progress_add(t->progress, n);
	}
}

int
transfer_get(
	struct transfer *t, const struct descriptor *d, struct blob_out *b, int pipe, struct err *e)
{
	CLEAN_RES struct http_res res = HTTP_RES_INIT;

	if (registry_get_blob(t->registry, &d->digest, &res, e) < 0)
		return -1;
	if (res.head.body == BODY_LENGTH && res.head.length != d->size)
		return err_setx(e, EBADMSG,
			"size mismatch: the registry has %lld bytes, the manifest says %lld",
			(long long)res.head.length, (long long)d->size);
	return copy_body(t, &res, d, b, pipe, e);
}

int
transfer_get_small(struct transfer *t, const struct descriptor *d, struct buf *out, struct err *e)
{
	CLEAN_BLOB_OUT struct blob_out b = BLOB_OUT_INIT;
	int there = writer_want_blob(t->writer, &d->digest, e);

	if (there < 0)
		return -1;
	if (d->size > JSON_MAX_BYTES)
		return err_setx(e, EFBIG, "it is larger than 4 MiB");
	if (there == 0 &&
		(blob_create(&b, t->writer, e) < 0 || transfer_get(t, d, &b, -1, e) < 0 ||
			blob_commit(&b, &d->digest, d->size, NULL, e) < 0))
		return -1;
	return blob_load(t->writer->store, &d->digest, JSON_MAX_BYTES, out, e);
}

int
transfer_get_manifest(struct transfer *t, const char *reference, struct buf *out,
	char media_type[128], struct digest *digest, struct err *e)
{
	if (registry_get_manifest(t->registry, reference, out, media_type, digest, e) < 0)
		return -1;
	return blob_put(t->writer, buf_str(out), out->len, digest, e);
}

struct put {
	struct progress *progress;
	int64_t before;
};

static void
put_progress(void *arg, int64_t sent)
{
	struct put *p = arg;

	if (p->progress != NULL)
		progress_set(p->progress, p->before + sent);
}

int
transfer_put(struct transfer *t, const struct descriptor *d, struct err *e)
{
	struct put put = { t->progress, t->progress != NULL ? t->progress->done : 0 };
	CLEAN_FD int fd = -1;
	int64_t size = -1;
	int there;

	there = registry_has_blob(t->registry, &d->digest, &size, e);
	if (there < 0)
		return -1;
	if (there && (size < 0 || size == d->size)) {
		put_progress(&put, d->size);
		return 0;
	}
	fd = blob_open(t->writer->store, &d->digest, e);
	if (fd < 0)
		return -1;
	if (blob_size(t->writer->store, &d->digest) != d->size)
		return err_setx(e, EBADMSG,
			"size mismatch: the blob in the store is not of the size its manifest "
			"says");
	return registry_put_blob(t->registry, &d->digest, fd, d->size, put_progress, &put, e) < 0
		? -1
		: 1;
}
