/* SPDX-License-Identifier: ISC */
/* test-unpack.c: confined unpackers: what they make, what they refuse, what is left behind */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "base/fd.h"
#include "base/str.h"
#include "layer/codec.h"
#include "layer/unpack.h"
#include "oci/hash.h"
#include "store/blob.h"
#include "store/image.h"
#include "tap.h"
#include "tarbuf.h"
#include "teststore.h"

char top[] = "/tmp/dk-test-unpack-XXXXXX";

static void
sample(struct buf *b)
{
	tar_pax(b, "SCHILY.xattr.user.test", "value", 5);
	tar_add(b,
		&(struct tarhdr){ .name = "usr/bin/true",
			.data = "#!\n",
			.mode = 04755,
			.uid = 7,
			.gid = 8,
			.mtime = 1000 });
	tar_add(b, &(struct tarhdr){ .name = "usr/bin/link", .type = '1', .link = "usr/bin/true" });
	tar_add(b, &(struct tarhdr){ .name = "etc/", .type = '5', .mode = 01777, .mtime = 2000 });
	tar_add(b, &(struct tarhdr){ .name = "etc/.wh.passwd" });
	tar_add(b, &(struct tarhdr){ .name = "etc/.wh..wh..opq" });
	tar_add(b,
		&(struct tarhdr){
			.name = "dev/null", .type = '3', .major = 1, .minor = 3, .mode = 0666 });
	tar_add(b, &(struct tarhdr){ .name = "fifo", .type = '6' });
	tar_add(b, &(struct tarhdr){ .name = "abs", .type = '2', .link = "/etc" });
	tar_add(b, &(struct tarhdr){ .name = "abs/in", .data = "inside" });
	tar_end(b);
	buf_adds(b, "trailing bytes belong to the diff_id");
}

/* One layer through d. Returns unpack_finish's, or -1. */
static int
unpack(struct unpackd *d, struct writer *w, const struct buf *b, const struct digest *want,
	struct digest *got)
{
	CLEAN_UNPACK struct unpack u = UNPACK_INIT;
	int64_t size;

	if (unpack_begin(&u, d, w, want, &e) < 0)
		return -1;
	if (fd_write_all(u.data, buf_str(b), b->len) < 0 && errno != EPIPE)
		abort();
	if (unpack_finish(&u, &size, &e) < 0)
		return -1;
	if (got != NULL)
		*got = u.diff_id;
	return 0;
}

static void
packed(enum compression c, const struct buf *in, struct buf *out)
{
	struct encoder *enc = encoder_new(c, 0, tar_collect, out, &e);

	buf_clear(out);
	if (enc == NULL || encoder_write(enc, in->data, in->len, &e) < 0 ||
		encoder_finish(enc, &e) < 0)
		abort();
	encoder_free(enc);
}

static void
check_layer(struct store *s, const struct digest *d)
{
	CLEAN_LAYER_META struct layer_meta m = { 0 };
	CLEAN_FREE char *path = xasprintf("layers/sha256/%s/fs", digest_hex(d));
	CLEAN_FD int fs = -1;
	CLEAN_FD int etc = -1;
	CLEAN_FD int file = -1;
	struct stat st;
	char v[8];

	is_int(layer_get(s, d, &m, &e), 1, "the layer is there and trusted");
	is_int(m.size, 3 + 6, "its size");
	is_int((long long)m.implied.n, 4, "four directories are implied");
	if (m.implied.n == 4) {
		is_str(m.implied.v[0], ".", "the root");
		is_str(m.implied.v[1], "dev", "dev");
		is_str(m.implied.v[2], "usr", "usr");
		is_str(m.implied.v[3], "usr/bin", "usr/bin");
	}
	fs = openat(s->dir, path, O_RDONLY | O_DIRECTORY);
	if (!ok(fs >= 0, "it can be opened"))
		return;
	ok(fstatat(fs, "usr/bin/true", &st, 0) == 0 && (st.st_mode & 07777) == 04755 &&
			st.st_uid == 7 && st.st_gid == 8 && st.st_nlink == 2 && st.st_mtime == 1000,
		"set-user-ID file with its owner, links and time");
	file = openat(fs, "usr/bin/true", O_RDONLY);
	ok(fgetxattr(file, "user.test", v, sizeof(v)) == 5 && memcmp(v, "value", 5) == 0,
		"its extended attribute");
	ok(fstatat(fs, "etc", &st, 0) == 0 && (st.st_mode & 07777) == 01777 && st.st_mtime == 2000,
		"directory with its time");
	ok(fstatat(fs, "etc/passwd", &st, 0) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == 0,
		"whiteout");
	etc = openat(fs, "etc", O_RDONLY | O_DIRECTORY);
	ok(fgetxattr(etc, "trusted.overlay.opaque", v, sizeof(v)) == 1 && v[0] == 'y',
		"opaque directory");
	ok(fstatat(fs, "dev/null", &st, 0) == 0 && S_ISCHR(st.st_mode) && st.st_rdev != 0,
		"device");
	ok(fstatat(fs, "fifo", &st, 0) == 0 && S_ISFIFO(st.st_mode), "fifo");
	ok(fstatat(fs, "etc/in", &st, 0) == 0 && st.st_size == 6,
		"a link to an absolute path leads inside");
}

static void
refused(struct unpackd *d, struct writer *w, const struct buf *b, const struct digest *want,
	const char *what)
{
	int before = entries(w->store->dir, "layers/sha256");

	if (ok(unpack(d, w, b, want, NULL) < 0, "refused: %s", what))
		printf("# %s\n", e.msg);
	ok(entries(w->store->dir, "layers/sha256") == before && entries(w->dir, ".") == 2,
		"%s: nothing is left", what);
}

static void
images(struct store *s, struct unpackd *d, struct writer *w, const struct buf *tar)
{
	CLEAN_BUF struct buf gz = BUF_INIT;
	struct image img = { 0 };
	struct descriptor layer = { .media_type = MT_OCI_LAYER_GZIP };
	struct digest diff_id;

	hash_bytes(tar->data, tar->len, &diff_id);
	packed(COMP_GZIP, tar, &gz);
	if (blob_put(w, gz.data, gz.len, &layer.digest, &e) < 0)
		abort();
	img.config.diff_ids = &diff_id;
	img.config.ndiff_ids = 1;
	img.manifest.layers = &layer;
	img.manifest.nlayers = 1;
	if (!ok(unpack_image(w, d, &img, &e) == 0, "an image's layer is unpacked from its blob"))
		printf("# %s\n", e.msg);
	is_int(layer_get(s, &diff_id, NULL, &e), 1, "it is there");
	ok(unpack_image(w, d, &img, &e) == 0, "once more: nothing to do");
	memset(diff_id.str + 7, 'a', 64);
	if (ok(unpack_image(w, d, &img, &e) < 0, "a diff_id that is not the blob's"))
		printf("# %s\n", e.msg);
	memset(layer.digest.str + 7, 'a', 64);
	ok(unpack_image(w, d, &img, &e) < 0 && e.code == ENOENT, "a blob that is not there: %s",
		e.msg);
}

int
main(void)
{
	CLEAN_STORE struct store s = STORE_INIT;
	CLEAN_WRITER struct writer w = WRITER_INIT;
	CLEAN_UNPACKD struct unpackd d = UNPACKD_INIT;
	CLEAN_BUF struct buf tar = BUF_INIT;
	CLEAN_BUF struct buf gz = BUF_INIT;
	CLEAN_BUF struct buf big = BUF_INIT;
	struct digest diff_id, got;

	if (geteuid() != 0) {
		puts("1..0 # SKIP needs root");
		return 0;
	}
	signal(SIGPIPE, SIG_IGN);
	if (mkdtemp(top) == NULL)
		abort();
	setenv("DK_ROOT", top, 1);
	setenv("DK_RUN", top, 1);
	if (store_open(&s, &e) < 0 || writer_open(&w, &s, &e) < 0) {
		printf("Bail out! %s\n", e.msg);
		return 1;
	}
	ok(unpackd_open(&d, &e) == 0, "zygote");

	sample(&tar);
	hash_bytes(tar.data, tar.len, &diff_id);
	packed(COMP_GZIP, &tar, &gz);
	if (!ok(unpack(&d, &w, &gz, &diff_id, NULL) == 0, "a layer"))
		printf("# %s\n", e.msg);
	check_layer(&s, &diff_id);
	ok(unpack(&d, &w, &tar, NULL, &got) == 0 && digest_eq(&got, &diff_id),
		"plain, any diff_id: it is told");
#if DK_ZSTD
	packed(COMP_ZSTD, &tar, &gz);
	ok(unpack(&d, &w, &gz, &diff_id, NULL) == 0, "zstd under gzip's name");
#endif

	packed(COMP_GZIP, &tar, &gz);
	memset(got.str + 7, '0', 64);
	refused(&d, &w, &gz, &got, "another diff_id");
	gz.len -= 9;
	refused(&d, &w, &gz, &diff_id, "truncated gzip");
	buf_clear(&gz);
	buf_adds(&gz, "this is no tar");
	refused(&d, &w, &gz, NULL, "text");
	/* the unpacker gives up long before the end: EPIPE, then the reason */
	buf_add(&big, tar.data, 512);
	while (big.len < 8 << 20)
		buf_adds(&big, "garbage where a header should be; ");
	refused(&d, &w, &big, NULL, "garbage, 8 MiB of it");
	buf_clear(&gz);
	tar_add(&gz,
		&(struct tarhdr){
			.name = "../../../../../../tmp/dk-test-unpack-escaped", .data = "x" });
	tar_add(&gz, &(struct tarhdr){ .name = "up", .type = '2', .link = "../../../../../.." });
	tar_add(&gz, &(struct tarhdr){ .name = "up/tmp/dk-test-unpack-escaped2", .data = "x" });
	tar_end(&gz);
	ok(unpack(&d, &w, &gz, NULL, NULL) == 0 &&
			access("/tmp/dk-test-unpack-escaped", F_OK) < 0 &&
			access("/tmp/dk-test-unpack-escaped2", F_OK) < 0,
		"no way out");
	{
		CLEAN_UNPACK struct unpack u = UNPACK_INIT;

		ok(unpack_begin(&u, &d, &w, NULL, &e) == 0 && write(u.data, tar.data, 1000) == 1000,
			"a layer that is given up");
	}
	is_int(entries(w.dir, "."), 2, "nothing of it is left");
	images(&s, &d, &w, &tar);
	unpackd_close(&d);
	ok(unpack(&d, &w, &tar, NULL, NULL) < 0, "without a zygote: %s", e.msg);
	is_int(entries(w.dir, "."), 2, "nothing is left of that either");
	writer_close(&w);
	if (fd_rmtree(AT_FDCWD, top, &e) < 0)
		printf("# %s\n", e.msg);
	return done();
}
