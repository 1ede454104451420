/* SPDX-License-Identifier: ISC */
/* test-untar.c: layers as they are found in the wild, and as an attacker writes them */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "base/fd.h"
#include "base/str.h"
#include "layer/untar.h"
#include "layer/whiteout.h"
#include "tap.h"
#include "tarbuf.h"

static char top[] = "/tmp/dk-test-untar-XXXXXX";
static int topfd, fs = -1;
static struct err e;
static struct untar_result res;
static struct buf tar;

static const struct untar_opts layer = { .whiteouts = true, .chown = true };

#define H(...) tar_add(&tar, &(struct tarhdr){ __VA_ARGS__ })
#define FILE_(n, d) H(.name = n, .data = d)
#define DIR_(n) H(.name = n, .type = '5')
#define SYM(n, t) H(.name = n, .type = '2', .link = t)
#define LINK(n, t) H(.name = n, .type = '1', .link = t)

/* A fresh directory beside a file that nothing may touch. */
static void
fresh(void)
{
	struct err x;

	if (fs >= 0)
		close(fs);
	if (fd_rmtree(topfd, "fs", &x) < 0 || mkdirat(topfd, "fs", 0755) < 0)
		abort();
	fs = openat(topfd, "fs", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	buf_clear(&tar);
}

static int
run_opts(const struct untar_opts *o, size_t chunk)
{
	struct tarsrc s = { &tar, 0, chunk };

	untar_result_free(&res);
	return untar(fs, tar_read, &s, o, &res, &e);
}

static int
run(void)
{
	tar_end(&tar);
	return run_opts(&layer, 0);
}

/* It must work. */
static void
good(const char *what)
{
	if (!ok(run() == 0, "%s", what))
		printf("# %s\n", e.msg);
}

/* It must fail with this in the message, and leave the outside alone. */
static void
bad(const char *what, const char *why)
{
	ok(run() < 0 && strstr(e.msg, why) != NULL, "refused: %s: %s", what, e.msg);
	fresh();
}

static char
type(const char *path)
{
	struct stat st;

	if (fstatat(fs, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return '-';
	if (whiteout_is_dev(&st))
		return 'w';
	switch (st.st_mode & S_IFMT) {
	case S_IFREG:
		return 'f';
	case S_IFDIR:
		return 'd';
	case S_IFLNK:
		return 'l';
	case S_IFIFO:
		return 'p';
	case S_IFCHR:
		return 'c';
	case S_IFBLK:
		return 'b';
	}
	return '?';
}

static const char *
content(const char *path)
{
	static char text[64];
	CLEAN_FD int fd = openat(fs, path, O_RDONLY | O_NOFOLLOW);
	ssize_t n = fd < 0 ? -1 : fd_read_full(fd, text, sizeof(text) - 1);

	if (n < 0)
		return "(none)";
	text[n] = '\0';
	return text;
}

static bool
opaque(const char *path)
{
	CLEAN_FD int fd = openat(fs, path, O_RDONLY | O_DIRECTORY);

	return fd >= 0 && whiteout_is_opaque(fd, false) == 1;
}

static const char *
joined(const struct strv *v)
{
	static struct buf b;
	size_t i;

	buf_clear(&b);
	for (i = 0; i < v->n; i++)
		buf_addf(&b, "%s%s", i > 0 ? " " : "", v->v[i]);
	return buf_str(&b);
}

static void
ordinary(void)
{
	struct stat st;
	CLEAN_FD int fd = -1;
	char v[64];

	fresh();
	H(.name = "./", .type = '5', .mode = 0711, .mtime = 77);
	H(.name = "./a/", .type = '5', .mode = 02770, .uid = 5, .gid = 6, .mtime = 88);
	tar_pax(&tar, "mtime", "1000000000.123456789", 20);
	H(.name = "./a/file", .data = "text", .mode = 06755, .uid = 1, .gid = 2);
	H(.name = "./a/plain", .data = "own");
	LINK("./a/link", "./a/file");
	SYM("./a/sym", "/etc/passwd");
	H(.name = "./a/fifo", .type = '6', .mode = 0600);
	H(.name = "./a/chr", .type = '3', .major = 1, .minor = 5, .mode = 0666);
	H(.name = "./a/blk", .type = '4', .major = 7, .minor = 300000 & 07777777, .mode = 0660);
	tar_pax(&tar, "SCHILY.xattr.security.capability",
		"\1\0\0\2\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
	H(.name = "./a/cap", .data = "x", .uid = 9);
	tar_pax(&tar, "SCHILY.xattr.user.empty", "", 0);
	DIR_("./a/sub");
	good("every type of file");
	ok(fstatat(fs, ".", &st, 0) == 0 && (st.st_mode & 07777) == 0711 && st.st_mtime == 77,
		"the root's mode and time");
	ok(fstatat(fs, "a", &st, 0) == 0 && (st.st_mode & 07777) == 02770 && st.st_uid == 5 &&
			st.st_gid == 6 && st.st_mtime == 88,
		"a directory's time is set after its entries");
	ok(fstatat(fs, "a/file", &st, 0) == 0 && (st.st_mode & 07777) == 06755 && st.st_uid == 1 &&
			st.st_gid == 2,
		"set-user-ID survives chown");
	ok(st.st_mtim.tv_sec == 1000000000 && st.st_mtim.tv_nsec == 123456789, "nanoseconds");
	is_int((long long)st.st_nlink, 2, "hard link");
	ok(fstatat(fs, "a/plain", &st, 0) == 0 && st.st_gid == 0,
		"root's own in a set-group-ID directory of another group");
	ok(fstatat(fs, "a/sub", &st, 0) == 0 && (st.st_mode & 07777) == 0755 && st.st_gid == 0,
		"a directory there, too");
	is_int(type("a/sym"), 'l', "symbolic link");
	is_int(type("a/fifo"), 'p', "fifo");
	ok(fstatat(fs, "a/chr", &st, 0) == 0 && st.st_rdev == makedev(1, 5) &&
			(st.st_mode & 07777) == 0666,
		"character device");
	ok(fstatat(fs, "a/blk", &st, 0) == 0 && st.st_rdev == makedev(7, 300000),
		"block device with a large minor number");
	fd = openat(fs, "a/cap", O_RDONLY);
	is_int(fgetxattr(fd, "security.capability", v, sizeof(v)), 20,
		"security.capability after chown");
	is_int(res.bytes, 8, "bytes");
	is_int(res.entries, 11, "entries");
	is_str(joined(&res.implied), "", "nothing is implied");
}

static void
names(void)
{
	static const char nfd[] = "e\xcc\x81", latin[] = "\xe9t\xe9", broken[] = "\xff\xfe\x80";
	CLEAN_BUF struct buf deep = BUF_INIT;
	char part[256];
	int i;

	fresh();
	FILE_(nfd, "ustar");
	FILE_(latin, "ustar");
	memset(part, 'x', 200);
	part[200] = '\0';
	for (i = 0; i < 6; i++)
		buf_addf(&deep, "%s%d/", part, i);
	buf_adds(&deep, broken);
	tar_pax(&tar, "path", deep.data, deep.len);
	FILE_("short", "pax");
	buf_adds(&deep, "gnu");
	tar_gnu_long(&tar, 'L', deep.data);
	FILE_("short", "gnu");
	tar_pax(&tar, "path", nfd, strlen(nfd));
	FILE_("short", "pax over ustar");
	tar_pax(&tar, "path", "p\xc3\xa9", 3);
	FILE_("short", "composed");
	tar_pax(&tar, "linkpath", latin, strlen(latin));
	H(.name = "sym", .type = '2', .link = "short");
	tar_gnu_long(&tar, 'K', deep.data);
	H(.name = "hard", .type = '1', .link = "short");
	good("names of 1200 bytes and not in UTF-8");
	is_str(content(nfd), "pax over ustar", "a decomposed name stays decomposed");
	is_str(content("\xc3\xa9"), "(none)", "and is not composed");
	is_str(content(latin), "ustar", "Latin-1 in ustar");
	is_str(content("p\xc3\xa9"), "composed", "a composed name");
	is_str(content("hard"), "gnu", "GNU long name and long link target");
	deep.data[deep.len -= 3] = '\0';
	is_str(content(deep.data), "pax", "1200 bytes that are not UTF-8 in pax");
	ok(readlinkat(fs, "sym", part, sizeof(part)) == 3 && memcmp(part, latin, 3) == 0,
		"link target in Latin-1 in pax");

	fresh();
	memset(part, 'y', 256);
	tar_pax(&tar, "path", part, 256);
	FILE_("short", "x");
	bad("a name of 256 bytes", "256 bytes");
	FILE_("/abs/olute", "1");
	FILE_("x/../y//z/./file", "2");
	FILE_("../../up", "3");
	FILE_("a/..", "");
	bad("a file for the root", "not a directory");
	FILE_("/abs/olute", "1");
	FILE_("x/../y//z/./file", "2");
	FILE_("../../up", "3");
	DIR_("/");
	DIR_("..");
	good("names are resolved inside");
	is_str(content("abs/olute"), "1", "absolute");
	is_str(content("y/z/file"), "2", "x/../y");
	is_int(type("x"), '-', "lexically: no x");
	is_str(content("up"), "3", "above the root");
	is_int(faccessat(topfd, "up", F_OK, 0), -1, "not outside");
}

static void
implied(void)
{
	struct stat st;

	fresh();
	FILE_("a/b/c/file", "x");
	DIR_("a/b/");
	H(.name = "d/e/", .type = '5', .mode = 0700);
	SYM("l", "a/b");
	FILE_("l/new/file", "y");
	FILE_("gone/deep/file", "z");
	FILE_("gone", "a file now");
	good("directories that are only implied");
	is_str(joined(&res.implied), ". a a/b/c a/b/new d",
		"listed, through links by their real names; not described, nor replaced ones");
	ok(fstatat(fs, "a/b/c", &st, 0) == 0 && (st.st_mode & 07777) == 0755 && st.st_uid == 0,
		"0755, root's");
	is_str(content("a/b/new/file"), "y", "made where the link leads");
}

static void
replaced(void)
{
	CLEAN_FD int fd = -1;
	struct stat st;

	fresh();
	FILE_("a", "1");
	FILE_("a", "2");
	DIR_("b/");
	FILE_("b/in", "x");
	FILE_("b", "file over directory");
	SYM("c", "/etc");
	DIR_("c/");
	FILE_("c/passwd", "directory over link");
	DIR_("d/");
	FILE_("d/stays", "x");
	H(.name = "d/", .type = '5', .mode = 0700, .uid = 3, .mtime = 99);
	SYM("e", "/nowhere");
	FILE_("e", "file over dangling link");
	FILE_("f", "x");
	SYM("f", "a");
	FILE_("g", "x");
	LINK("g", "a");
	LINK("a", "a");
	H(.name = "h", .type = '6');
	H(.name = "h", .type = '3', .major = 1, .minor = 3);
	DIR_("i/");
	DIR_("i/j/");
	SYM("i", "d");
	FILE_("i/via", "through the link");
	DIR_("k/");
	FILE_("k/f", "x");
	LINK("k", "k/f");
	bad("a link in place of the directory that holds its target", "link to");
	FILE_("a", "1");
	FILE_("a", "2");
	DIR_("b/");
	FILE_("b/in", "x");
	FILE_("b", "file over directory");
	SYM("c", "/etc");
	DIR_("c/");
	FILE_("c/passwd", "directory over link");
	H(.name = "d/", .type = '5', .mode = 0755, .uid = 4, .mtime = 5);
	FILE_("d/stays", "x");
	H(.name = "d/", .type = '5', .mode = 0700, .uid = 0, .mtime = 99);
	SYM("e", "/nowhere");
	FILE_("e", "file over dangling link");
	FILE_("f", "x");
	SYM("f", "a");
	FILE_("g", "x");
	LINK("g", "a");
	LINK("a", "a");
	H(.name = "h", .type = '6');
	H(.name = "h", .type = '3', .major = 1, .minor = 3);
	DIR_("i/");
	DIR_("i/j/");
	SYM("i", "d");
	FILE_("i/via", "through the link");
	good("entries that replace earlier ones");
	is_str(content("a"), "2", "file over file");
	is_str(content("b"), "file over directory", "file over directory");
	is_str(content("c/passwd"), "directory over link", "directory over link");
	is_str(content("d/stays"), "x", "directory over directory keeps its entries");
	ok(fstatat(fs, "d", &st, 0) == 0 && (st.st_mode & 07777) == 0700 && st.st_uid == 0 &&
			st.st_mtime == 99,
		"and takes the new attributes");
	is_str(content("e"), "file over dangling link", "file over dangling link");
	is_int(type("f"), 'l', "link over file");
	is_str(content("g"), "2", "hard link over file");
	is_int(type("h"), 'c', "device over fifo");
	is_str(content("d/via"), "through the link", "link over directory, and through it");

	fresh();
	tar_pax(&tar, "SCHILY.xattr.trusted.overlay.redirect", "/etc", 4);
	DIR_("a/");
	tar_pax(&tar, "SCHILY.xattr.user.overlay.opaque", "y", 1);
	DIR_("b/");
	tar_pax(&tar, "SCHILY.xattr.trusted.other", "kept", 4);
	SYM("c", "d");
	good("overlay attributes are dropped");
	fd = openat(fs, "a", O_RDONLY);
	is_int(flistxattr(fd, NULL, 0), 0, "trusted.overlay.redirect");
	close(fd);
	fd = openat(fs, "b", O_RDONLY);
	is_int(flistxattr(fd, NULL, 0), 0, "user.overlay.opaque");
}

static void
whiteouts(void)
{
	struct untar_opts o = { .whiteouts = true, .chown = true, .defer_opaque = true };
	int i;

	fresh();
	FILE_("dir/.wh.gone", "");
	FILE_(".wh.top", "");
	FILE_("dir/.wh..wh..opq", "");
	FILE_("dir/kept", "x");
	FILE_("dir/.wh..wh.plnk/1.2", "");
	FILE_(".wh..wh.aufs", "");
	DIR_("dir/.wh.dirgone/");
	good("whiteouts");
	is_int(type("dir/gone"), 'w', "whiteout");
	is_int(type("top"), 'w', "at the top");
	is_int(type("dir/dirgone"), 'w', "of type directory");
	ok(opaque("dir"), "opaque");
	is_str(content("dir/kept"), "x", "beside others");
	is_int(type("dir/.wh..wh.plnk"), '-', "AUFS bookkeeping is passed over");
	is_str(joined(&res.opaque), "dir", "listed");
	is_str(joined(&res.implied), ". dir", "an opaque directory can be implied");

	/* NAME and .wh.NAME, in both orders */
	for (i = 0; i < 2; i++) {
		fresh();
		if (i == 0)
			FILE_(".wh.x", ""), FILE_(".wh.f", ""), FILE_(".wh.i", ""),
				FILE_(".wh.l", "");
		DIR_("x/");
		FILE_("x/y", "1");
		FILE_("f", "2");
		FILE_("i/y", "3");
		SYM("l", "x");
		if (i == 1)
			FILE_(".wh.x", ""), FILE_(".wh.f", ""), FILE_(".wh.i", ""),
				FILE_(".wh.l", "");
		good(i == 0 ? "whiteouts, then what replaces them" : "the same in the other order");
		ok(type("x") == 'd' && opaque("x"), "a directory becomes opaque");
		is_str(content("x/y"), "1", "and keeps its entries");
		is_str(content("f"), "2", "a file stays");
		ok(type("i") == 'd' && opaque("i"), "a directory without entry of its own as well");
		is_int(type("l"), 'l', "a link stays");
		is_str(joined(&res.implied), ".", "it is new, not implied");
		is_str(joined(&res.opaque), "i x", "both listed");
	}

	fresh();
	FILE_(".wh.x", "");
	DIR_("x/");
	FILE_("y/.wh..wh..opq", "");
	FILE_("y", "a file after all");
	tar_end(&tar);
	is_int(run_opts(&o, 0), 0, "marking put off");
	ok(!opaque("x"), "not marked yet");
	is_str(joined(&res.opaque), "x", "but listed; what was replaced is not");
	ok(untar_set_opaque(fs, &res.opaque, false, &e) == 0 && opaque("x"), "marked later");

	FILE_(".wh.", "");
	fresh();
	FILE_("a/.wh.", "");
	bad("a whiteout of nothing", "malformed whiteout");
	FILE_(".wh..", "");
	bad("a whiteout of .", "malformed whiteout");
	FILE_("a/.wh...", "");
	bad("a whiteout of ..", "malformed whiteout");
	FILE_(".wh.dir/file", "");
	bad("a whiteout with entries", "whiteout");
	H(.name = "null", .type = '3');
	bad("a character device 0:0", "0:0");
	FILE_(".wh.x", "");
	LINK("y", "x");
	bad("a link to a whiteout", "not in this layer");
	FILE_("a/.wh.x", "");
	tar_end(&tar);
	o.whiteouts = false;
	ok(run_opts(&o, 0) < 0 && strstr(e.msg, "whiteout") != NULL,
		"a plain tar has no whiteouts: %s", e.msg);
}

static void
hostile(void)
{
	struct untar_opts o = layer;
	size_t i;

	fresh();
	SYM("up", "../../../../../../../../tmp");
	FILE_("up/dk-test-escaped", "x");
	SYM("abs", "/");
	FILE_("abs/dk-test-escaped2", "x");
	SYM("dots", "up/../../..");
	FILE_("dots/dk-test-escaped3", "x");
	good("links that lead up");
	ok(access("/tmp/dk-test-escaped", F_OK) < 0 && access("/dk-test-escaped2", F_OK) < 0,
		"stay inside");
	is_str(content("tmp/dk-test-escaped"), "x", "..'s stop at the root");
	is_str(content("dk-test-escaped2"), "x", "/ is the root");
	is_str(content("dk-test-escaped3"), "x", "and so are both together");

	fresh();
	SYM("a", "b");
	SYM("b", "a");
	FILE_("a/x", "x");
	bad("a loop of links", "ymbolic link");
	SYM("last", "/etc/dk-test-escaped");
	FILE_("last", "x");
	good("the last component is never followed");
	is_str(content("last"), "x", "it is replaced");
	fresh();
	LINK("x", "/etc/passwd");
	bad("a hard link to the host's file", "not in this layer");
	LINK("x", "../../../../etc/passwd");
	bad("a hard link upwards", "not in this layer");
	SYM("s", "/etc");
	LINK("x", "s/passwd");
	bad("a hard link through a link", "not in this layer");
	DIR_("d/");
	LINK("x", "d");
	bad("a hard link to a directory", "directory");
	DIR_("d/");
	LINK("x", ".");
	bad("a hard link to the root", "directory");
	FILE_("f", "x");
	FILE_("f/x", "y");
	bad("a file for a directory", "Not a directory");
	SYM("s", "");
	bad("a link to nothing", "without a target");
	H(.name = "x", .type = '5', .mtime = 1);
	tar_pax(&tar, "uid", "4294967295", 10);
	FILE_("y", "");
	bad("owner -1", "out of range");
	tar_pax(&tar, "uid", "-5", 2);
	FILE_("y", "");
	ok(run() < 0, "refused: a negative owner: %s", e.msg);
	fresh();
	tar_raw(&tar, &(struct tarhdr){ .name = "PaxHeader", .type = 'x' }, "nonsense", 8);
	FILE_("y", "");
	bad("a malformed pax header", "damaged tar");

	/* limits */
	FILE_("a", "12345");
	FILE_("b", "12345");
	tar_end(&tar);
	o.max_bytes = 9;
	ok(run_opts(&o, 0) < 0 && e.code == EFBIG, "more bytes than allowed: %s", e.msg);
	o.max_bytes = 10;
	ok(run_opts(&o, 0) == 0, "exactly as many");
	o.max_entries = 1;
	ok(run_opts(&o, 0) < 0 && e.code == EFBIG, "more entries than allowed: %s", e.msg);

	/* pieces, truncation, no end marker, nothing at all */
	fresh();
	FILE_("a/b", "12345");
	DIR_("c");
	ok(run_opts(&layer, 7) == 0, "a tar without its end, in pieces of 7 bytes");
	is_str(content("a/b"), "12345", "is unpacked");
	for (i = 1; i < tar.len; i += 37) {
		struct buf whole = tar;
		int r;

		if (i % 512 == 0)
			continue;
		tar.len = i;
		r = run_opts(&layer, 0);
		tar = whole;
		if (r == 0)
			break;
	}
	ok(i >= tar.len, "truncated anywhere but between blocks is an error");
	fresh();
	ok(run_opts(&layer, 0) == 0 && res.entries == 0, "no bytes at all are an empty layer");
	tar_end(&tar);
	ok(run_opts(&layer, 0) == 0 && res.entries == 0, "as is an end alone");
	for (i = 0; i < 100; i++)
		buf_adds(&tar, "rubbish ");
	ok(run_opts(&layer, 0) == 0, "what stands behind the end is not looked at");
	buf_drop(&tar, 1024);
	ok(run_opts(&layer, 0) < 0 && strstr(e.msg, "not a tar") != NULL, "text: %s", e.msg);
}

/* Depth costs descriptors: too much of it is an error, not a crash. */
static void
deep(void)
{
	CLEAN_BUF struct buf path = BUF_INIT;
	int i;

	fresh();
	for (i = 0; i < 400; i++)
		buf_adds(&path, "d/");
	buf_adds(&path, "file");
	tar_pax(&tar, "path", path.data, path.len);
	FILE_("short", "deep");
	good("400 directories deep");
	is_int((long long)res.implied.n, 401, "all implied");
	buf_drop(&path, 0);
	buf_clear(&path);
	fresh();
	for (i = 0; i < 100000; i++)
		buf_adds(&path, "d/");
	tar_pax(&tar, "path", path.data, path.len);
	FILE_("short", "deep");
	ok(run() < 0 && e.code == ENAMETOOLONG, "100000 directories deep: %s", e.msg);
	fresh();
}

/* Paths are remembered, so what a small archive can make of them has bounds. */
static void
bounds(void)
{
	CLEAN_BUF struct buf path = BUF_INIT;
	int i;

	/* through a link, whose target adds to what the entry names */
	fresh();
	for (i = 0; i < 1500; i++)
		buf_adds(&path, "d/");
	tar_pax(&tar, "path", path.data, path.len);
	DIR_("short");
	tar_pax(&tar, "linkpath", path.data, path.len);
	SYM("link", "short");
	memcpy(path.data, "link/", 5);
	buf_adds(&path, "file");
	tar_pax(&tar, "path", path.data, path.len);
	FILE_("short", "");
	ok(run() < 0 && e.code == ENAMETOOLONG, "a way through links: %s", e.msg);

	fresh();
	for (i = 0; i < 10000; i++) {
		buf_clear(&path);
		while (path.len < 3900)
			buf_adds(&path,
				"a-directory-that-no-entry-describes-and-that-has-a-long-name/");
		buf_addf(&path, "%d/file", i);
		tar_pax(&tar, "path", path.data, path.len);
		FILE_("short", "");
	}
	ok(run() < 0 && e.code == EFBIG, "10000 long implied directories: %.60s", e.msg);
	fresh();
}

static void
sparse(void)
{
	struct stat st;

	/* old GNU sparse: 'S', map in the header; here by GNU tar's pax 1.0 form */
	fresh();
	{
		CLEAN_BUF struct buf rec = BUF_INIT;
		CLEAN_BUF struct buf data = BUF_INIT;

		tar_pax_record(&rec, "GNU.sparse.major", "1", 1);
		tar_pax_record(&rec, "GNU.sparse.minor", "0", 1);
		tar_pax_record(&rec, "GNU.sparse.name", "holes", 5);
		tar_pax_record(&rec, "GNU.sparse.realsize", "67108864", 8);
		tar_raw(&tar, &(struct tarhdr){ .name = "PaxHeader", .type = 'x' }, rec.data,
			rec.len);
		buf_adds(&data, "1\n33554432\n4\n");
		tar_pad(&data, data.len);
		buf_adds(&data, "data");
		tar_raw(&tar, &(struct tarhdr){ .name = "GNUSparseFile.0/holes" }, data.data,
			data.len);
	}
	good("a sparse file");
	ok(fstatat(fs, "holes", &st, 0) == 0 && st.st_size == 67108864, "has its size");
	ok(st.st_blocks < 1024, "and its holes");
	is_int(res.bytes, 67108864, "its bytes count");
}

/* As another user: everything is the caller's, devices are left out, closed directories get closed
 * at the end. */
static void
user(void)
{
	struct untar_opts o = { .whiteouts = true, .userxattr = true };
	struct stat st;

	fresh();
	H(.name = "closed/", .type = '5', .mode = 0500, .uid = 0);
	FILE_("closed/file", "x");
	H(.name = "closed/in/", .type = '5', .mode = 0100);
	FILE_("closed/in/file", "y");
	H(.name = "dev", .type = '3', .major = 1, .minor = 3);
	tar_pax(&tar, "SCHILY.xattr.trusted.x", "v", 1);
	H(.name = "f", .data = "z", .uid = 0);
	tar_end(&tar);
	if (fchown(fs, 1234, 1234) < 0 || fchmodat(topfd, ".", 0755, 0) < 0 || setegid(1234) < 0 ||
		seteuid(1234) < 0)
		abort();
	if (!ok(run_opts(&o, 0) == 0, "not as root"))
		printf("# %s\n", e.msg);
	if (seteuid(0) < 0 || setegid(0) < 0)
		abort();
	ok(fstatat(fs, "closed", &st, 0) == 0 && (st.st_mode & 07777) == 0500 && st.st_uid == 1234,
		"a closed directory");
	ok(fstatat(fs, "closed/in", &st, 0) == 0 && (st.st_mode & 07777) == 0100, "another in it");
	is_str(content("closed/in/file"), "y", "with what it holds");
	is_int(type("dev"), '-', "no device");
	is_str(content("f"), "z", "a file");
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
	umask(077); /* must not matter */
	ordinary();
	names();
	implied();
	replaced();
	whiteouts();
	hostile();
	deep();
	bounds();
	sparse();
	user();
	close(fs);
	if (fd_rmtree(AT_FDCWD, top, &e) < 0)
		printf("# %s\n", e.msg);
	untar_result_free(&res);
	buf_free(&tar);
	return done();
}
