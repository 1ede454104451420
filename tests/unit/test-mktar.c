/* SPDX-License-Identifier: ISC */
/* test-mktar.c: directories to tars and back: the same bytes each time, nothing lost on the way */
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/xattr.h>

#include "base/fd.h"
#include "base/str.h"
#include "layer/mktar.h"
#include "layer/untar.h"
#include "layer/whiteout.h"
#include "tap.h"
#include "tarbuf.h"

static char top[] = "/tmp/dk-test-mktar-XXXXXX";
static int topfd, a, b;
static struct err e;
static struct buf one, two;

static const struct mktar_opts plain = { .root_entry = true, .clamp_mtime = -1 };
static const struct mktar_opts layer = { .whiteouts = true, .clamp_mtime = -1 };

static int
fresh(const char *name)
{
	struct err x;

	if (fd_rmtree(topfd, name, &x) < 0 || mkdirat(topfd, name, 0755) < 0)
		abort();
	return openat(topfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void
put(int dir, const char *path, const char *text)
{
	CLEAN_FD int fd = openat(dir, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	if (fd < 0 || fd_write_all(fd, text, strlen(text)) < 0)
		abort();
}

static int
make(int dir, const struct mktar_opts *o, struct buf *out, int64_t *bytes)
{
	buf_clear(out);
	return mktar(dir, o, tar_collect, out, bytes, &e);
}

static int
unmake(const struct buf *tar, int dir)
{
	static const struct untar_opts o = { .whiteouts = true, .chown = true };
	struct untar_result r = { 0 };
	struct tarsrc s = { tar, 0, 0 };
	int ret = untar(dir, tar_read, &s, &o, &r, &e);

	untar_result_free(&r);
	return ret;
}

/* Names of a tar's entries, as they stand in the headers (no pax names here). */
static const char *
listing(const struct buf *tar)
{
	static struct buf out;
	size_t i;

	buf_clear(&out);
	for (i = 0; i + 512 <= tar->len && tar->data[i] != '\0';) {
		long long size = strtoll(tar->data + i + 124, NULL, 8);

		if (tar->data[i + 156] != 'x')
			buf_addf(&out, "%s%.100s", out.len > 0 ? " " : "", tar->data + i);
		i += 512 + (size_t)((size + 511) / 512 * 512);
	}
	return buf_str(&out);
}

static bool
same(void)
{
	return one.len == two.len && memcmp(one.data, two.data, one.len) == 0;
}

static void
times(int dir, const char *path, int64_t sec, long nsec)
{
	struct timespec t[2] = { { sec, nsec }, { sec, nsec } };

	if (utimensat(dir, path, t, AT_SYMLINK_NOFOLLOW) < 0)
		abort();
}

static void
content(void)
{
	static const char cap[20] = "\1\0\0\2\0\x20";
	CLEAN_BUF struct buf path = BUF_INIT;
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	char part[201];
	CLEAN_FD int fd = -1;
	CLEAN_FD int sock = -1;
	int64_t bytes;
	struct stat st;
	int i;

	a = fresh("a");
	b = fresh("b");
	put(a, "file", "text");
	if (fchownat(a, "file", 3000000, 4000000000u, 0) < 0 || fchmodat(a, "file", 06711, 0) < 0)
		abort();
	times(a, "file", 1000000000, 123000000);
	if (linkat(a, "file", a, "zlink", 0) < 0 || symlinkat("/to", a, "sym") < 0 ||
		mkfifoat(a, "fifo", 0600) < 0 ||
		mknodat(a, "dev", S_IFCHR | 0666, makedev(1, 3)) < 0 ||
		mknodat(a, "blk", S_IFBLK | 0660, makedev(259, 1048575)) < 0)
		abort();
	fd = openat(a, "file", O_RDONLY);
	if (fsetxattr(fd, "user.a", "1\n2\0", 4, 0) < 0 ||
		fsetxattr(fd, "security.capability", cap, 20, 0) < 0 ||
		fsetxattr(fd, "user.overlay.x", "1", 1, 0) < 0)
		abort();
	times(a, "sym", 5, 0);
	put(a, "old", "");
	times(a, "old", -7, 0);
	put(a, "late", "");
	times(a, "late", 9000000000ll, 0);
	put(a, "\xe9\xff", "latin");
	/* 1000 bytes of name, a part of them not UTF-8 */
	memset(part, 'n', 200);
	part[200] = '\0';
	for (i = 0; i < 5; i++) {
		buf_addf(&path, "%s%s", i > 0 ? "/" : "", part);
		if (mkdirat(a, path.data, 0755) < 0)
			abort();
		part[i] = (char)0xe0;
	}
	buf_adds(&path, "/end");
	put(a, path.data, "deep");
	if (linkat(a, path.data, a, "zzlong", 0) < 0 || symlinkat(path.data, a, "zsym") < 0)
		abort();
	sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s/a/sock", top);
	if (bind(sock, (struct sockaddr *)&sun, sizeof(sun)) < 0)
		abort();

	if (!ok(make(a, &plain, &one, &bytes) == 0, "every type of file"))
		printf("# %s\n", e.msg);
	is_int(bytes, 4 + 5 + 4, "bytes of content, of hard links once");
	is_int((long long)(one.len % 512), 0, "whole blocks");
	ok(make(a, &plain, &two, NULL) == 0 && same(), "again: the same bytes");
	if (!ok(unmake(&one, b) == 0, "unpacked"))
		printf("# %s\n", e.msg);
	ok(make(b, &plain, &two, NULL) == 0 && same(), "and packed once more: the same bytes");
	ok(fstatat(b, "file", &st, 0) == 0 && st.st_uid == 3000000 && st.st_gid == 4000000000u &&
			(st.st_mode & 07777) == 06711,
		"large owner, mode");
	ok(st.st_mtim.tv_sec == 1000000000 && st.st_mtim.tv_nsec == 123000000 && st.st_nlink == 2,
		"time, links");
	close(fd);
	fd = openat(b, "file", O_RDONLY);
	ok(fgetxattr(fd, "user.a", part, sizeof(part)) == 4 && memcmp(part, "1\n2\0", 4) == 0,
		"extended attribute with newline and NUL");
	is_int(fgetxattr(fd, "security.capability", part, sizeof(part)), 20, "capability");
	is_int(fgetxattr(fd, "user.overlay.x", part, sizeof(part)), -1,
		"overlay's own stays behind");
	ok(fstatat(b, "old", &st, 0) == 0 && st.st_mtime == -7, "before 1970");
	ok(fstatat(b, "late", &st, 0) == 0 && st.st_mtime == 9000000000ll, "after 2242");
	ok(fstatat(b, "blk", &st, 0) == 0 && st.st_rdev == makedev(259, 1048575), "device numbers");
	ok(fstatat(b, path.data, &st, 0) == 0 && st.st_nlink == 2, "name of 1000 bytes, linked");
	ok(fstatat(b, "\xe9\xff", &st, 0) == 0, "name in Latin-1");
	ok(fstatat(b, "sock", &st, 0) < 0, "no socket");
	close(a);
	close(b);
}

static void
order(void)
{
	struct mktar_opts o = plain;
	static const char *const names[] = { "b", "a-", "a.x", "aa", "A", "\xc3\xa9", "a0" };
	size_t i;

	a = fresh("a");
	for (i = 0; i < LEN(names); i++)
		put(a, names[i], "x");
	mkdirat(a, "a", 0755);
	put(a, "a/z", "x");
	put(a, "a/y", "x");
	o.root_entry = false;
	make(a, &o, &one, NULL);
	is_str(listing(&one), "A a/ a/y a/z a- a.x a0 aa b \xc3\xa9",
		"entries in byte order, a directory's after it");
	make(a, &plain, &one, NULL);
	ok(str_starts(listing(&one), "./ A a/"), "with an entry for the root: %.8s", listing(&one));

	times(a, "A", 2000, 5);
	times(a, "b", 500, 5);
	o.clamp_mtime = 1000;
	make(a, &o, &one, NULL);
	is_int(strtoll(one.data + 136, NULL, 8), 1000, "times are clamped");
	ok(memmem(one.data, one.len, "mtime=500.000000005\n", 20) != NULL, "earlier ones are not");
	close(a);

	a = fresh("a");
	make(a, &o, &one, NULL);
	is_int((long long)one.len, 1024, "an empty directory is an end alone");
	close(a);
}

static void
whiteouts(void)
{
	struct mktar_opts o = layer;
	struct stat st;
	CLEAN_FD int d = -1;
	int fd;

	a = fresh("a");
	b = fresh("b");
	mkdirat(a, "d", 0750);
	put(a, "d/.first", "x");
	if (mknodat(a, "d/gone", S_IFCHR, 0) < 0 || mknodat(a, "top", S_IFCHR, 0) < 0 ||
		mknodat(a, "d/agone", S_IFCHR, 0) < 0)
		abort();
	d = openat(a, "d", O_RDONLY | O_DIRECTORY);
	if (whiteout_set_opaque(d, false) < 0)
		abort();
	ok(make(a, &layer, &one, NULL) == 0, "whiteouts");
	is_str(listing(&one), ".wh.top d/ d/.wh..wh..opq d/.wh.agone d/.wh.gone d/.first",
		"come first in their directory");
	ok(unmake(&one, b) == 0 && fstatat(b, "d/gone", &st, 0) == 0 && whiteout_is_dev(&st),
		"and back");
	fd = openat(b, "d", O_RDONLY | O_DIRECTORY);
	is_int(whiteout_is_opaque(fd, false), 1, "opaque");
	close(fd);
	ok(make(b, &layer, &two, NULL) == 0 && memcmp(one.data + 512, two.data + 512, 100) == 0,
		"the same again");

	o.userxattr = true;
	make(a, &o, &one, NULL);
	is_str(listing(&one), ".wh.top d/ d/.wh.agone d/.wh.gone d/.first",
		"trusted.overlay.opaque is nothing to userxattr");
	fsetxattr(d, "user.overlay.opaque", "y", 1, 0);
	make(a, &o, &one, NULL);
	is_str(listing(&one), ".wh.top d/ d/.wh..wh..opq d/.wh.agone d/.wh.gone d/.first",
		"user.overlay.opaque is");

	put(a, "d/.wh.x", "");
	ok(make(a, &layer, &one, NULL) < 0 && strstr(e.msg, "'d/.wh.x'") != NULL,
		"a file of a whiteout's name: %s", e.msg);
	ok(make(a, &plain, &one, NULL) == 0, "is none where there are no whiteouts");
	close(a);
	close(b);
}

static int
full(void *arg, const void *p, size_t n, struct err *x)
{
	(void)p;
	if (*(size_t *)arg < n)
		return err_set(x, ENOSPC, "write");
	*(size_t *)arg -= n;
	return 0;
}

static void
errors(void)
{
	size_t room = 300 << 10;
	CLEAN_FREE char *big = xmalloc((1 << 20) + 1);

	a = fresh("a");
	memset(big, 'x', 1 << 20);
	big[1 << 20] = '\0';
	put(a, "big", big);
	times(a, "big", 1, 0);
	ok(mktar(a, &layer, full, &room, NULL, &e) < 0 && e.code == ENOSPC, "a full disk: %s",
		e.msg);
	ok(make(a, &layer, &one, NULL) == 0 && one.len == (1 << 20) + 512 + 1024, "a large file");
	close(a);
}

int
main(void)
{
	if (geteuid() != 0) {
		puts("1..0 # SKIP needs root");
		return 0;
	}
	if (mkdtemp(top) == NULL || (topfd = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		abort();
	umask(0);
	content();
	order();
	whiteouts();
	errors();
	if (fd_rmtree(AT_FDCWD, top, &e) < 0)
		printf("# %s\n", e.msg);
	buf_free(&one);
	buf_free(&two);
	return done();
}
