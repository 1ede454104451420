/* SPDX-License-Identifier: ISC */
/* test-layerdir.c: unpacked layers, when they are trusted, and fix directories (dk-store(5)) */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/proc.h"
#include "base/str.h"
#include "oci/hash.h"
#include "store/layerdir.h"
#include "store/layermeta.h"
#include "tap.h"
#include "teststore.h"

char top[] = "/tmp/dk-test-layerdir-XXXXXX";

static void
touch(int dir, const char *path)
{
	CLEAN_FD int fd = openat(dir, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	if (fd < 0)
		abort();
}

/* As after a crash: not synced, and the boot id of another boot. */
static void
age(struct store *s, const struct digest *d)
{
	CLEAN_FREE char *path = xasprintf("layers/sha256/%s", digest_hex(d));
	CLEAN_FD int dir = fd_opendir(s->dir, path, &e);
	CLEAN_LAYER_META struct layer_meta m = { 0 };

	if (dir < 0 || layer_meta_read_at(dir, &m, &e) != 1)
		abort();
	m.synced = false;
	snprintf(m.boot_id, sizeof(m.boot_id), "another");
	if (layer_meta_write(dir, dir, &m, false, &e) < 0)
		abort();
}

/* A layer with one file of that name. */
static int
commit(struct writer *w, const struct digest *d, const char *file)
{
	CLEAN_LAYER_NEW struct layer_new l = LAYER_NEW_INIT;
	CLEAN_LAYER_META struct layer_meta m = { .size = 42 };

	if (layer_begin(&l, w, &e) < 0)
		return -1;
	touch(l.fs, file);
	return layer_commit(&l, d, &m, &e);
}

static void
test_trust(void)
{
	CLEAN_STORE struct store s = STORE_INIT;
	CLEAN_WRITER struct writer w = WRITER_INIT;
	CLEAN_LAYER_META struct layer_meta m = { 0 };
	CLEAN_LAYER_NEW struct layer_new l = LAYER_NEW_INIT;
	CLEAN_FREE char *first = NULL, *second = NULL;
	CLEAN_FREE char *meta = NULL;
	struct stat st;
	struct digest d;

	use_root("trust");
	hash_bytes("a", 1, &d);
	first = xasprintf("layers/sha256/%s/fs/first", digest_hex(&d));
	second = xasprintf("layers/sha256/%s/fs/second", digest_hex(&d));
	meta = xasprintf("%s/trust/layers/sha256/%s/meta", top, digest_hex(&d));
	ok(store_open(&s, &e) == 0 && writer_open(&w, &s, &e) == 0, "a store and a writer");
	is_int(layer_get(&s, &d, &m, &e), 0, "a layer that is absent");
	ok(layer_begin(&l, &w, &e) == 0 && fstat(l.fs, &st) == 0 && (st.st_mode & 07777) == 0755,
		"a new layer's root has mode 0755 whatever the umask");
	layer_new_close(&l);
	is_int(entries(w.dir, "."), 2, "given up, it leaves nothing");
	is_int(commit(&w, &d, "first"), 0, "a layer");
	is_int(layer_get(&s, &d, &m, &e), 1, "is trusted in this boot");
	ok(m.size == 42 && !m.synced && str_eq(m.boot_id, proc_boot_id()), "its meta");
	is_int(commit(&w, &d, "second"), 0, "the same again");
	ok(exists(s.dir, first) && !exists(s.dir, second), "the one that was there stays");
	is_int(entries(w.dir, "."), 2, "and the other goes");
	age(&s, &d);
	is_int(layer_get(&s, &d, &m, &e), 2, "after a crash it is not trusted");
	is_int(commit(&w, &d, "second"), 0, "unpacked again");
	ok(exists(s.dir, second) && !exists(s.dir, first), "it is replaced");
	is_int(layer_get(&s, &d, &m, &e), 1, "and trusted");
	is_int(entries(w.dir, "."), 2, "the old one is gone");
	is_int(layer_sync(&s, &d, 1, &e), 0, "synced");
	ok(layer_get(&s, &d, &m, &e) == 1 && m.synced, "says its meta");
	is_int(entries(s.dir, "tmp"), 1, "and nothing is left in tmp");
	if (truncate(meta, 0) < 0)
		abort();
	is_int(layer_get(&s, &d, &m, &e), 2, "a layer with a torn meta is not trusted");
	unlink(meta);
	is_int(layer_get(&s, &d, NULL, &e), 2, "nor one without");
}

static void
test_meta(void)
{
	CLEAN_STORE struct store s = STORE_INIT;
	CLEAN_WRITER struct writer w = WRITER_INIT;
	CLEAN_LAYER_META struct layer_meta m = { 0 }, got = { 0 };
	CLEAN_LAYER_NEW struct layer_new l = LAYER_NEW_INIT;
	struct digest d;

	use_root("meta");
	hash_bytes("m", 1, &d);
	strv_add(&m.implied, "z");
	strv_add(&m.implied, "a b%41/\xff\n");
	strv_add(&m.implied, ".");
	ok(store_open(&s, &e) == 0 && writer_open(&w, &s, &e) == 0 &&
			layer_begin(&l, &w, &e) == 0 && layer_commit(&l, &d, &m, &e) == 0 &&
			layer_get(&s, &d, &got, &e) == 1,
		"a layer that implies directories");
	ok(got.implied.n == 3 && str_eq(got.implied.v[0], ".") &&
			str_eq(got.implied.v[1], "a b%41/\xff\n") && str_eq(got.implied.v[2], "z"),
		"names of any bytes survive, sorted");
}

static void
test_race(void)
{
	CLEAN_STORE struct store s = STORE_INIT;
	struct digest d;
	int i, status, bad = 0;

	use_root("race");
	hash_bytes("r", 1, &d);
	ok(store_open(&s, &e) == 0, "a store");
	{
		CLEAN_WRITER struct writer w = WRITER_INIT;

		ok(writer_open(&w, &s, &e) == 0 && commit(&w, &d, "old") == 0, "an old layer");
	}
	age(&s, &d);
	for (i = 0; i < 8; i++)
		if (fork() == 0) {
			struct writer w;
			bool good = writer_open(&w, &s, &e) == 0 && commit(&w, &d, "new") == 0;

			good = good && layer_get(&s, &d, NULL, &e) == 1;
			writer_close(&w);
			_exit(!good);
		}
	while (wait(&status) > 0)
		bad += status != 0;
	is_int(bad, 0, "eight replace it at once");
	is_int(layer_get(&s, &d, NULL, &e), 1, "it is trusted");
	is_int(entries(s.dir, "tmp"), 0, "nothing is left over");
}

/* ---- fix directories */

struct made {
	struct writer *w;
	struct digest ids[4];
	struct layer_new l;
	struct layer_meta m;
	size_t n;
};

static void
begin(struct made *c)
{
	if (layer_begin(&c->l, c->w, &e) < 0)
		abort();
}

static void
dir(struct made *c, const char *path, mode_t mode, uid_t uid, time_t mtime)
{
	struct timespec t[2] = { { mtime, 0 }, { mtime, 123456789 } };

	if (mkdirat(c->l.fs, path, 0700) < 0 && errno != EEXIST)
		abort();
	if (fchownat(c->l.fs, path, uid, uid, 0) < 0 || fchmodat(c->l.fs, path, mode, 0) < 0 ||
		utimensat(c->l.fs, path, t, 0) < 0)
		abort();
}

static void
implied(struct made *c, const char *path)
{
	if (!str_eq(path, "."))
		dir(c, path, 0755, 0, 1000000000);
	strv_add(&c->m.implied, path);
}

static void
end(struct made *c)
{
	struct digest *d = &c->ids[c->n];
	char seed[16];

	snprintf(seed, sizeof(seed), "layer %zu", c->n);
	hash_bytes(seed, strlen(seed), d);
	if (layer_commit(&c->l, d, &c->m, &e) < 0)
		abort();
	layer_meta_free(&c->m);
	c->n++;
}

static bool
is_like(int fs, const char *path, mode_t mode, uid_t uid, time_t mtime)
{
	struct stat st;

	if (fstatat(fs, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	return (st.st_mode & 07777) == mode && st.st_uid == uid && st.st_mtim.tv_sec == mtime &&
		st.st_mtim.tv_nsec == 123456789;
}

static void
test_fix(void)
{
	CLEAN_STORE struct store s = STORE_INIT;
	CLEAN_WRITER struct writer w = WRITER_INIT;
	struct made c = { .w = &w, .l = LAYER_NEW_INIT };
	CLEAN_STRV struct strv lowers = { 0 }, again = { 0 }, none = { 0 };
	CLEAN_FD int fs = -1;
	char opaque = 'y';
	struct digest other;

	if (geteuid() != 0) {
		printf("# not root: fix directories are not tested\n");
		return;
	}
	use_root("fix");
	ok(store_open(&s, &e) == 0 && writer_open(&w, &s, &e) == 0, "a store and a writer");
	begin(&c);
	dir(&c, "tmp", 01777, 0, 1111);
	dir(&c, "root", 0700, 0, 2222);
	dir(&c, "srv", 0750, 33, 3333);
	dir(&c, "srv/data", 02770, 33, 4444);
	dir(&c, "srv", 0750, 33, 3333); /* again: its child touched it */
	dir(&c, "gone", 0711, 5, 1);
	dir(&c, "covered", 0711, 5, 1);
	dir(&c, "covered/sub", 0711, 5, 1);
	dir(&c, "link", 0711, 5, 1);
	dir(&c, ".", 0751, 7, 5555);
	end(&c);
	begin(&c);
	implied(&c, ".");
	implied(&c, "tmp");
	implied(&c, "srv");
	implied(&c, "srv/data");
	if (mknodat(c.l.fs, "gone", S_IFCHR, makedev(0, 0)) < 0 ||
		symlinkat("/etc", c.l.fs, "link") < 0)
		abort();
	dir(&c, "covered", 0700, 9, 6666);
	{
		CLEAN_FREE char *p = xasprintf("%s/fix/tmp/%s/%s/fs/covered", top, w.id, c.l.name);

		if (setxattr(p, "trusted.overlay.opaque", &opaque, 1, 0) < 0)
			abort();
	}
	end(&c);
	begin(&c);
	implied(&c, ".");
	implied(&c, "root");
	implied(&c, "gone");
	implied(&c, "covered");
	implied(&c, "covered/sub");
	implied(&c, "link");
	implied(&c, "brand");
	implied(&c, "brand/new");
	end(&c);

	ok(layer_chain(&w, c.ids, 3, &lowers, &e) == 0 && lowers.n == 4, "a chain with a fix");
	ok(lowers.n == 4 && str_starts(lowers.v[0], "layers/fix-") &&
			str_ends(lowers.v[0], "/fs") &&
			strstr(lowers.v[1], digest_hex(&c.ids[2])) != NULL &&
			strstr(lowers.v[3], digest_hex(&c.ids[0])) != NULL,
		"the fix on top, then the layers from the top");
	fs = fd_opendir(s.dir, lowers.v[0], &e);
	ok(is_like(fs, "tmp", 01777, 0, 1111), "/tmp keeps 1777");
	ok(is_like(fs, "root", 0700, 0, 2222), "/root keeps 0700");
	ok(is_like(fs, "srv", 0750, 33, 3333) && is_like(fs, "srv/data", 02770, 33, 4444),
		"owner, set-gid and times of deeper ones too");
	ok(is_like(fs, ".", 0751, 7, 5555), "the root itself");
	ok(is_like(fs, "covered", 0700, 9, 6666), "an opaque directory is a real one");
	ok(!exists(fs, "covered/sub"), "what an opaque directory hides is not asked");
	ok(!exists(fs, "gone") && !exists(fs, "link"), "nor what a whiteout or a link hides");
	ok(!exists(fs, "brand"), "what only implies is left as it is");
	ok(layer_chain(&w, c.ids, 3, &again, &e) == 0 && again.n == 4 &&
			str_eq(again.v[0], lowers.v[0]),
		"the second time it is there");
	is_int(entries(w.dir, "."), 2, "nothing is left over");
	ok(layer_chain(&w, c.ids, 1, &none, &e) == 0 && none.n == 1, "a single layer needs none");
	hash_bytes("absent", 6, &other);
	ok(layer_chain(&w, &other, 1, &none, &e) < 0 && e.code == ENOENT, "a missing layer: %s",
		e.msg);
	age(&s, &c.ids[0]);
	ok(layer_chain(&w, c.ids, 1, &none, &e) < 0, "one of an earlier boot: %s", e.msg);
}

int
main(void)
{
	umask(077);
	if (mkdtemp(top) == NULL)
		abort();
	test_trust();
	test_meta();
	test_race();
	test_fix();
	fd_rmtree(AT_FDCWD, top, &e);
	return done();
}
