/* SPDX-License-Identifier: ISC */
/* lib/base: strings, numbers, sizes, times, paths inside a root, trees. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/fmt.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/path.h"
#include "base/proc.h"
#include "base/str.h"
#include "tap.h"

static void
test_numbers(void)
{
	uint64_t v = 7;
	uint32_t o;
	int i;

	ok(str_u64("18446744073709551615", 0, UINT64_MAX, &v) == 0 && v == UINT64_MAX, "largest");
	ok(str_u64("18446744073709551616", 0, UINT64_MAX, &v) < 0 && errno == ERANGE, "one more");
	ok(str_u64("", 0, 9, &v) < 0 && str_u64("+1", 0, 9, &v) < 0 &&
			str_u64(" 1", 0, 9, &v) < 0 && str_u64("1x", 0, 9, &v) < 0,
		"not numbers");
	ok(str_int("-5", -5, 5, &i) == 0 && i == -5 && str_int("-6", -5, 5, &i) < 0 &&
			str_int("--5", -5, 5, &i) < 0,
		"signed");
	ok(str_octal("0755", 07777, &o) == 0 && o == 0755 && str_octal("8", 07777, &o) < 0,
		"octal");
	ok(str_size("1.5g", &v) == 0 && v == 1610612736, "1.5g");
	ok(str_size("64k", &v) == 0 && v == 65536 && str_size("10b", &v) == 0 && v == 10 &&
			str_size("2GiB", &v) == 0 && v == 2147483648,
		"units");
	ok(str_size("g", &v) < 0 && str_size("1x", &v) < 0 && str_size("", &v) < 0 &&
			str_size("99999999999999999999", &v) < 0 && str_size("9999999p", &v) < 0,
		"bad sizes");
}

static void
test_strings(void)
{
	CLEAN_STRV struct strv s = { NULL, 0 };
	CLEAN_BUF struct buf b = BUF_INIT;
	char text[] = "a\033[31m\302\233b\177\n";
	char name[16];
	struct err e;
	int i;

	for (i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "K%d=%d", i, i);
		strv_setenv(&s, name);
	}
	strv_setenv(&s, "K7=x=y");
	is_int((long long)s.n, 100, "one value a key");
	is_str(strv_getenv(&s, "K7"), "x=y", "replaced");
	is_str(strv_getenv(&s, "K"), NULL, "a prefix is no key");
	ok(s.v[100] == NULL, "terminated");
	is_str(msg_scrub(text), "a?[31m??b??", "control bytes are scrubbed");
	ok(str_is_hex("00ff", 4) && !str_is_hex("00fF", 4) && !str_is_hex("00f", 4), "hex");
	is_int(str_distance("netwrok", "network"), 2, "distance");
	err_set(&e, ENOENT, "open '%s'", "x");
	err_wrap(&e, "layer %d", 3);
	is_str(e.msg, "layer 3: open 'x': No such file or directory", "context");
	for (i = 0; i < 1000; i++)
		buf_addf(&b, "%d,", i % 10);
	is_int((long long)b.len, 2000, "a buffer grows");
	buf_drop(&b, 1996);
	is_str(buf_str(&b), "8,9,", "and drops");
}

static void
test_fmt(void)
{
	struct timespec t;
	char s[48];

	is_str(fmt_size(0, s), "0B", "0");
	is_str(fmt_size(999, s), "999B", "999");
	is_str(fmt_size(1234, s), "1.23kB", "1234");
	is_str(fmt_size(74800000, s), "74.8MB", "74.8MB");
	is_str(fmt_size(999999, s), "1MB", "never 1e+03");
	is_str(fmt_duration(0, s), "Less than a second", "0 s");
	is_str(fmt_duration(59, s), "59 seconds", "59 s");
	is_str(fmt_duration(75, s), "About a minute", "75 s");
	is_str(fmt_duration(7200, s), "2 hours", "2 h");
	is_str(fmt_duration(3 * 86400, s), "3 days", "3 d");
	is_str(fmt_duration(21 * 86400, s), "3 weeks", "3 w");
	ok(fmt_parse_rfc3339("2026-01-02T03:04:05.5+01:00", &t) == 0 && t.tv_nsec == 500000000,
		"parsed");
	is_str(fmt_rfc3339(t, s), "2026-01-02T02:04:05.500000000Z", "in UTC");
	ok(fmt_parse_rfc3339("2026-13-02T03:04:05Z", &t) < 0 &&
			fmt_parse_rfc3339("2026-01-02", &t) < 0 &&
			fmt_parse_rfc3339("2026-01-02T03:04:05Zx", &t) < 0,
		"not times");
}

/* d/d/d/... below dir, with a file at the bottom */
static void
make_deep(int dir, int depth)
{
	int fd = dup(dir), next;

	while (depth-- > 0) {
		if (mkdirat(fd, "d", 0755) < 0 ||
			(next = openat(fd, "d", O_RDONLY | O_DIRECTORY)) < 0)
			abort();
		close(fd);
		fd = next;
	}
	close(openat(fd, "file", O_WRONLY | O_CREAT, 0644));
	close(fd);
}

static void
test_paths(void)
{
	static const char *const clean[][2] = {
		{ "a//b/./c/..", "a/b" },
		{ "../../x", "x" },
		{ "/..", "/" },
		{ "", "." },
		{ "/a/../..", "/" },
		{ "a/..", "." },
		{ "/a/", "/a" },
	};
	CLEAN_FD int top = -1, root = -1, fd = -1;
	char dir[] = "/tmp/dk-test-base-XXXXXX";
	struct stat st, want;
	const char *base;
	struct err e;
	size_t i;
	int made;

	for (i = 0; i < LEN(clean); i++) {
		CLEAN_FREE char *got = path_clean(clean[i][0]);

		is_str(got, clean[i][1], clean[i][0]);
	}
	if (mkdtemp(dir) == NULL || (top = open(dir, O_RDONLY | O_DIRECTORY)) < 0) {
		ok(false, "temporary directory");
		return;
	}
	mkdirat(top, "root", 0755);
	root = openat(top, "root", O_RDONLY | O_DIRECTORY);
	ok(fd_store(top, top, "secret", "x", 1, 0600, true, &e) == 0, "a file beside the root");
	symlinkat("../secret", root, "rel");
	symlinkat("/secret", root, "abs");
	symlinkat("/", root, "slash");
	ok(path_open_in(root, "rel", O_RDONLY, 0, &e) < 0 && e.code == ENOENT,
		"a relative link stays inside");
	ok(path_open_in(root, "abs", O_RDONLY, 0, &e) < 0 && e.code == ENOENT,
		"an absolute link stays inside");
	ok(path_open_in(root, "../secret", O_RDONLY, 0, &e) < 0, ".. stays inside");
	fd = path_open_in(root, "slash", O_RDONLY | O_DIRECTORY, 0, &e);
	fstat(root, &want);
	ok(fd >= 0 && fstat(fd, &st) == 0 && st.st_ino == want.st_ino, "/ is the root");
	close(fd);
	fd = path_parent_in(root, "/a/b/c", 0750, 0, 0, &base, &made, &e);
	ok(fd >= 0 && made == 2 && strcmp(base, "c") == 0, "parents are made");
	ok(fstatat(root, "a/b", &st, 0) == 0 && (st.st_mode & 07777) == 0750, "with their mode");
	close(fd);
	fd = path_mkdirs_in(root, "slash/a/d", 0755, 0, 0, &made, &e);
	ok(fd >= 0 && made == 1 && fstatat(root, "a/d", &st, 0) == 0, "through a link inside");
	ok(path_mkdirs_in(root, "abs/x", 0755, 0, 0, NULL, &e) < 0, "not through a dangling one");
	ok(fd_rmtree(top, "root", &e) == 0 && faccessat(top, "root", F_OK, 0) < 0,
		"a tree is removed");
	ok(faccessat(top, "secret", F_OK, 0) == 0, "and nothing beside it");
	make_deep(top, 3000);
	if (!ok(fd_rmtree(top, "d", &e) == 0 && faccessat(top, "d", F_OK, 0) < 0,
		    "a tree deeper than there are descriptors is removed"))
		printf("# %s\n", e.msg);
	ok(fd_rmtree(AT_FDCWD, dir, &e) == 0, "clean up");
}

static void
test_lock_and_proc(void)
{
	char *argv[] = { "sh", "-c", "kill -TERM $$", NULL };
	char *none[] = { "dk-no-such-program", NULL };
	CLEAN_FD int a = -1, b = -1;
	char path[] = "/tmp/dk-test-lock-XXXXXX";
	struct err e;
	uint64_t t;

	a = mkstemp(path);
	b = open(path, O_RDWR | O_CLOEXEC);
	ok(fd_lock(a, true, false, &e) == 0 && fd_is_locked(b) == 1, "a lock is seen by others");
	ok(fd_lock(b, false, false, &e) < 0 && e.code == EAGAIN, "and keeps them out");
	fd_unlock(a);
	ok(fd_is_locked(b) == 0, "until it is given back");
	unlink(path);
	is_int(proc_wait(proc_spawn(argv, -1, -1, -1, &e), &e), 128 + 15, "128 + signal");
	ok(proc_spawn(none, -1, -1, -1, &e) < 0 && e.code == ENOENT,
		"a failed exec is an error here");
	ok(proc_start_time(getpid(), &t) == 0 && t > 0, "start time");
	is_int((long long)strlen(proc_boot_id()), 36, "boot id");
}

int
main(void)
{
	test_numbers();
	test_strings();
	test_fmt();
	test_paths();
	test_lock_and_proc();
	return done();
}
