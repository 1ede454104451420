/* SPDX-License-Identifier: ISC */
/* test-store.c: the store's tree, writers, blobs, tags, roots and images (dk-store(5)) */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/str.h"
#include "store/blob.h"
#include "store/image.h"
#include "store/store.h"
#include "store/tag.h"
#include "tap.h"
#include "teststore.h"

char top[] = "/tmp/dk-test-store-XXXXXX";

#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static mode_t
mode_of(int dir, const char *path)
{
	struct stat st;

	return fstatat(dir, path, &st, AT_SYMLINK_NOFOLLOW) < 0 ? 0 : st.st_mode & 07777;
}

static void
put_file(const char *path, const char *text)
{
	CLEAN_FD int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || fd_write_all(fd, text, strlen(text)) < 0)
		abort();
}

static void
test_tree(void)
{
	CLEAN_STORE struct store s = STORE_INIT;
	CLEAN_FREE char *foreign = xasprintf("%s/foreign", top);
	CLEAN_FREE char *file = xasprintf("%s/foreign/letter.txt", top);
	CLEAN_FREE char *version = xasprintf("%s/a/version", top);

	use_root("a");
	ok(store_open(&s, &e) == 0, "a store is made where there is none");
	is_int(mode_of(s.dir, "."), 0700, "its mode is 0700");
	ok(exists(s.dir, "blobs/sha256") && exists(s.dir, "layers/sha256") &&
			exists(s.dir, "names"),
		"its tree is there");
	ok(!s.readonly, "it can be written to");
	is_int(s.run, -1, "$DK_RUN is not made for a reader");
	ok(store_run_dir(&s, &e) == 0 && s.run >= 0, "but for who asks");
	is_int(mode_of(s.run, "."), 0700, "with mode 0700");
	store_close(&s);
	ok(store_open(&s, &e) == 0 && s.run >= 0, "and found from then on");
	store_close(&s);

	put_file(version, "2\n");
	ok(store_open(&s, &e) < 0 && strstr(e.msg, "version is '2'") != NULL,
		"another version is refused: %s", e.msg);
	is_int(s.dir, -1, "and nothing is left open");

	use_root("foreign");
	mkdir(foreign, 0755);
	put_file(file, "dear all");
	ok(store_open(&s, &e) < 0 && strstr(e.msg, "letter.txt") != NULL,
		"a directory with other files is no store: %s", e.msg);
	is_int(entries(AT_FDCWD, foreign), 1, "and nothing is made in it");

	use_root("foreign/letter.txt");
	ok(store_open(&s, &e) < 0 && e.code == ENOTDIR, "nor is a file: %s", e.msg);
}

/* Programs that start together on a machine without a store all get it. */
static void
test_made_at_once(void)
{
	CLEAN_STORE struct store s = STORE_INIT;
	int i, status, bad = 0;

	use_root("once");
	for (i = 0; i < 8; i++)
		if (fork() == 0) {
			struct writer w;

			_exit(store_open(&s, &e) < 0 || store_run_dir(&s, &e) < 0 ||
				writer_open(&w, &s, &e) < 0 || (writer_close(&w), 0));
		}
	while (wait(&status) > 0)
		bad += status != 0;
	is_int(bad, 0, "eight make a store at once");
	ok(store_open(&s, &e) == 0 && entries(s.dir, "tmp") == 0, "and leave nothing unfinished");
}

/* DK_RUN unset, XDG_RUNTIME_DIR set: as for a user. */
static void
test_run(void)
{
	CLEAN_STORE struct store s = STORE_INIT;
	CLEAN_FREE char *dir = xasprintf("%s/xdg", top), *link = xasprintf("%s/xdg/dk", top);

	if (geteuid() != 0)
		return;
	use_root("run");
	unsetenv("DK_RUN");
	setenv("XDG_RUNTIME_DIR", dir, 1);
	if (mkdir(dir, 0777) < 0 || chmod(dir, 0777) < 0 || chmod(top, 0711) < 0 ||
		symlink(top, link) < 0 || mkdir(getenv("DK_ROOT"), 0700) < 0 ||
		chown(getenv("DK_ROOT"), 65534, 65534) < 0)
		abort();
	if (seteuid(65534) < 0)
		abort();
	ok(store_open(&s, &e) == 0 && s.run == -1 && store_run_dir(&s, &e) < 0,
		"a link in place of the run-time directory is not followed: %s", e.msg);
	store_close(&s);
	if (seteuid(0) < 0 || unlink(link) < 0 || mkdir(link, 0755) < 0 || chmod(link, 0755) < 0 ||
		seteuid(65534) < 0)
		abort();
	ok(store_open(&s, &e) == 0 && s.run == -1 && store_run_dir(&s, &e) < 0 && e.code == EPERM,
		"nor is somebody else's directory used: %s", e.msg);
	store_close(&s);
	if (seteuid(0) < 0 || rmdir(link) < 0 || seteuid(65534) < 0)
		abort();
	ok(store_open(&s, &e) == 0 && store_run_dir(&s, &e) == 0 && mode_of(s.run, ".") == 0700,
		"else it is made");
	if (seteuid(0) < 0)
		abort();
	unsetenv("XDG_RUNTIME_DIR");
}

static void
test_writer(void)
{
	CLEAN_STORE struct store s = STORE_INIT;
	CLEAN_WRITER struct writer w = WRITER_INIT;
	CLEAN_BUF struct buf refs = BUF_INIT;
	CLEAN_FD int lock = -1;
	CLEAN_FREE char *path = NULL;
	struct digest d;

	use_root("w");
	ok(store_open(&s, &e) == 0 && writer_open(&w, &s, &e) == 0, "a writer");
	path = xasprintf("tmp/%s/lock", w.id);
	lock = openat(s.dir, path, O_RDONLY | O_CLOEXEC);
	is_int(fd_is_locked(lock), 1, "its lock is held");
	digest_from_hex(&d, EMPTY);
	is_int(writer_want_blob(&w, &d, &e), 0, "a blob that is not there");
	ok(blob_put(&w, "", 0, &d, &e) == 0, "is written");
	is_str(digest_hex(&d), EMPTY, "under its digest");
	is_int(writer_want_blob(&w, &d, &e), 1, "and then it is there");
	is_int(mode_of(s.dir, "blobs/sha256/" EMPTY), 0444, "with mode 0444");
	free(path);
	path = xasprintf("tmp/%s/refs", w.id);
	ok(fd_load(s.dir, path, 4096, &refs, &e) == 0 && strstr(buf_str(&refs), EMPTY "\n") != NULL,
		"refs names it");
	store_tidy(&s);
	is_int(entries(s.dir, "tmp"), 1, "a sweep leaves a living writer alone");
	writer_close(&w);
	is_int(entries(s.dir, "tmp"), 0, "closing leaves nothing");
}

static void
test_killed(void)
{
	CLEAN_STORE struct store s = STORE_INIT;
	struct timespec old[2] = { { .tv_nsec = UTIME_OMIT },
		{ .tv_sec = time(NULL) - 8 * 86400 } };
	CLEAN_FREE char *part = NULL;
	int status;
	pid_t pid;

	use_root("k");
	ok(store_open(&s, &e) == 0, "a store");
	if ((pid = fork()) == 0) {
		struct writer w;
		struct blob_out b;

		if (writer_open(&w, &s, &e) < 0 || blob_create(&b, &w, &e) < 0 ||
			blob_write(&b, "half", 4, &e) < 0)
			_exit(1);
		kill(getpid(), SIGKILL);
	}
	waitpid(pid, &status, 0);
	ok(WIFSIGNALED(status), "a writer is killed in the middle of a blob");
	is_int(entries(s.dir, "tmp"), 1, "it leaves its directory");
	part = xasprintf("%s/k/tmp/blob-" EMPTY ".part", top);
	put_file(part, "some of it");
	store_tidy(&s);
	is_int(entries(s.dir, "tmp"), 1, "a sweep removes it, and leaves a fresh partial download");
	utimensat(AT_FDCWD, part, old, 0);
	store_tidy(&s);
	is_int(entries(s.dir, "tmp"), 0, "and removes one of eight days");
	is_int(entries(s.dir, "blobs/sha256"), 0, "no blob came of it");
}

static void
test_blob(void)
{
	CLEAN_STORE struct store s = STORE_INIT;
	CLEAN_WRITER struct writer w = WRITER_INIT;
	CLEAN_BLOB_OUT struct blob_out b = BLOB_OUT_INIT;
	CLEAN_BUF struct buf got = BUF_INIT;
	CLEAN_FREE char *path = NULL;
	struct digest d, other;

	use_root("b");
	ok(store_open(&s, &e) == 0 && writer_open(&w, &s, &e) == 0, "a store and a writer");
	ok(blob_put(&w, "hello", 5, &d, &e) == 0 && blob_put(&w, "hello", 5, &other, &e) == 0 &&
			digest_eq(&d, &other),
		"the same blob twice");
	is_int(blob_size(&s, &d), 5, "its size");
	ok(blob_load(&s, &d, 100, &got, &e) == 0, "it loads");
	is_str(buf_str(&got), "hello", "its bytes");
	buf_clear(&got);
	ok(blob_load(&s, &d, 4, &got, &e) < 0 && e.code == EFBIG, "one that is too big: %s", e.msg);
	digest_from_hex(&other, EMPTY);
	ok(blob_open(&s, &other, &e) < 0 && e.code == ENOENT, "one that is absent: %s", e.msg);

	ok(blob_create(&b, &w, &e) == 0 && blob_write(&b, "evil", 4, &e) == 0 &&
			blob_commit(&b, &d, 4, NULL, &e) < 0 &&
			strstr(e.msg, "digest mismatch") != NULL,
		"other bytes than expected: %s", e.msg);
	blob_out_close(&b);
	ok(blob_create(&b, &w, &e) == 0 && blob_write(&b, "hell", 4, &e) == 0 &&
			blob_commit(&b, &d, 5, NULL, &e) < 0 &&
			strstr(e.msg, "size mismatch") != NULL,
		"fewer bytes than expected: %s", e.msg);
	blob_out_close(&b);
	is_int(entries(w.dir, "."), 2, "neither leaves a file");

	path = xasprintf("%s/b/blobs/sha256/%s", top, digest_hex(&d));
	unlink(path);
	put_file(path, "hullo");
	buf_clear(&got);
	ok(blob_load(&s, &d, 100, &got, &e) < 0 && strstr(e.msg, "damaged") != NULL,
		"a damaged blob is told: %s", e.msg);
}

static void
set_tag(struct writer *w, const char *name, const struct digest *d, int want)
{
	struct ref r;

	ok(ref_parse(&r, name, &e) == 0 && tag_set(w, &r, d, NULL, &e) == want, "tag %.60s", name);
}

static void
test_tag(void)
{
	CLEAN_STORE struct store s = STORE_INIT;
	CLEAN_WRITER struct writer w = WRITER_INIT;
	CLEAN_TAGS struct tag_list l = { 0 };
	CLEAN_DIGESTS struct digest_list roots = { 0 };
	CLEAN_BUF struct buf b = BUF_INIT;
	CLEAN_FREE char *path = NULL, *longname = xcalloc(1, 512);
	struct digest d1, d2, got;
	struct ref r;

	use_root("t");
	ok(store_open(&s, &e) == 0 && writer_open(&w, &s, &e) == 0 &&
			blob_put(&w, "1", 1, &d1, &e) == 0 && blob_put(&w, "2", 1, &d2, &e) == 0,
		"two blobs");
	set_tag(&w, "alpine:3.20", &d1, 0);
	ok(fd_load(s.dir, "tags/docker.io/library/alpine:3.20", 100, &b, &e) == 0 &&
			strncmp(buf_str(&b), d1.str, DIGEST_STR) == 0 && b.len == DIGEST_STR + 1,
		"a tag is a line in a file of its name");
	set_tag(&w, "localhost:5000/a/b:x", &d1, 0);
	set_tag(&w, "localhost:5000/a:x", &d1, 0);
	set_tag(&w, "localhost:5000/a/b/c", &d2, 0);
	ok(ref_parse(&r, "localhost:5000/a:x", &e) == 0 && tag_set(&w, &r, &d2, &got, &e) == 0 &&
			digest_eq(&got, &d1),
		"setting again tells the old digest");
	ok(tag_get(&s, &r, &got, &e) == 1 && digest_eq(&got, &d2), "and sets the new one");
	path = xasprintf("%s/t/tags/docker.io/library/README", top);
	put_file(path, "not a tag\n");
	free(path);
	path = xasprintf("%s/t/tags/docker.io/library/bad:tag", top);
	put_file(path, "not a digest\n");
	free(path);
	path = xasprintf("%s/t/tags/docker.io/library/.bad:tag", top);
	put_file(path, d1.str);
	ok(tag_list(&s, &l, &e) == 0 && l.n == 4, "four tags; other files are passed over (%zu)",
		l.n);
	ok(l.n == 4 && str_eq(l.v[0].domain, "docker.io") && str_eq(l.v[1].path, "a") &&
			str_eq(l.v[2].path, "a/b") && str_eq(l.v[3].tag, "latest"),
		"sorted");
	ok(root_list(&s, &roots, &e) == 0 && roots.n == 2, "two roots");
	is_int(tag_del(&s, &r, &e), 1, "remove one");
	is_int(tag_del(&s, &r, &e), 0, "it is gone");
	ok(ref_parse(&r, "localhost:5000/a/b:x", &e) == 0 && tag_del(&s, &r, &e) == 1 &&
			exists(s.dir, "tags/localhost:5000/a/b"),
		"a directory stays while a repository below has tags");
	ok(ref_parse(&r, "localhost:5000/a/b/c", &e) == 0 && tag_del(&s, &r, &e) == 1 &&
			!exists(s.dir, "tags/localhost:5000") && exists(s.dir, "tags"),
		"and goes with the last");
	is_int(root_del(&s, &d1, &e), 1, "remove a root");
	is_int(root_del(&s, &d1, &e), 0, "it is gone");

	memset(longname, 'x', 200);
	memcpy(longname + 200, ":t", 3);
	memset(longname + 201, 't', 54);
	set_tag(&w, longname, &d1, 0);
	memset(longname + 201, 't', 55);
	set_tag(&w, longname, &d1, -1);
	ok(e.code == ENAMETOOLONG, "name and tag over 255 bytes are refused: %s",
		strstr(e.msg, "the last") != NULL ? strstr(e.msg, "the last") : e.msg);
	ok(ref_parse(&r, longname, &e) == 0 && tag_get(&s, &r, &got, &e) == 0, "and never found");
}

/* An image whose configuration says arch; layer is its one layer. */
static void
make_image(
	struct writer *w, const char *arch, const char *layer, const char *tag, struct digest *out)
{
	CLEAN_CONFIG struct image_config c = { 0 };
	struct descriptor l = { .media_type = MT_OCI_LAYER, .size = (int64_t)strlen(layer) };
	struct ref r;
	bool good;

	snprintf(c.platform.os, sizeof(c.platform.os), "linux");
	snprintf(c.platform.arch, sizeof(c.platform.arch), "%s", arch);
	good = blob_put(w, layer, strlen(layer), &l.digest, &e) == 0;
	image_config_add_layer(&c, &l.digest);
	if (tag != NULL)
		good &= ref_parse(&r, tag, &e) == 0;
	good &= image_write(w, &c, &l, 1, tag != NULL ? &r : NULL, out, &e) == 0;
	ok(good, "an image for %s: %s", arch, good ? out->str : e.msg);
}

static struct descriptor
manifest_descriptor(struct store *s, const struct digest *d, const char *arch)
{
	struct descriptor m = { .media_type = MT_OCI_MANIFEST, .digest = *d, .has_platform = true };

	m.size = blob_size(s, d) >= 0 ? blob_size(s, d) : 1;
	snprintf(m.platform.os, sizeof(m.platform.os), "linux");
	snprintf(m.platform.arch, sizeof(m.platform.arch), "%s", arch);
	return m;
}

static int
find(struct store *s, const char *name, const char *platform, struct digest *root,
	struct digest *id)
{
	CLEAN_IMAGE struct image i = { 0 };
	struct platform p;
	struct digest r2, i2;
	int r, rr;

	if (platform != NULL && platform_parse(&p, platform, &e) < 0)
		return -2;
	r = image_find(s, name, platform != NULL ? &p : NULL, &i, &e);
	*root = i.root;
	*id = i.id;
	if (r == 1) {
		rr = image_resolve(s, name, platform != NULL ? &p : NULL, &r2, &i2, &e);
		if (rr != 1 || !digest_eq(&r2, root) || !digest_eq(&i2, id))
			return -3;
	}
	return r;
}

static void
test_image(void)
{
	CLEAN_STORE struct store s = STORE_INIT;
	CLEAN_WRITER struct writer w = WRITER_INIT;
	CLEAN_BUF struct buf b = BUF_INIT;
	CLEAN_FREE char *name = NULL;
	struct digest amd, arm, plain, index, absent, root, id;
	struct descriptor list[3];
	struct manifest m = { .media_type = MT_OCI_INDEX, .is_index = true, .manifests = list };
	struct platform host;
	const char *other;
	struct ref r;

	platform_host(&host);
	other = str_eq(host.arch, "arm64") ? "amd64" : "arm64";
	use_root("i");
	ok(store_open(&s, &e) == 0 && writer_open(&w, &s, &e) == 0, "a store and a writer");
	make_image(&w, host.arch, "plain", "plain", &plain);
	make_image(&w, host.arch, "native", NULL, &amd);
	make_image(&w, other, "foreign", NULL, &arm);
	/* an index of three, one of them not in the store; its manifests are no roots */
	root_del(&s, &amd, &e);
	root_del(&s, &arm, &e);
	digest_from_hex(&absent, EMPTY);
	list[0] = manifest_descriptor(&s, &absent, "s390x");
	list[1] = manifest_descriptor(&s, &arm, other);
	list[2] = manifest_descriptor(&s, &amd, host.arch);
	m.nmanifests = 3;
	manifest_write(&m, &b);
	ok(blob_put(&w, buf_str(&b), b.len, &index, &e) == 0 &&
			ref_parse(&r, "reg.example/multi:1", &e) == 0 &&
			tag_set(&w, &r, &index, NULL, &e) == 0,
		"a sparse index");

	ok(find(&s, "plain", NULL, &root, &id) == 1 && digest_eq(&root, &plain) &&
			digest_eq(&id, &plain),
		"find by tag: %s", e.msg);
	ok(find(&s, "docker.io/library/plain:latest", NULL, &root, &id) == 1, "by complete name");
	is_int(find(&s, "plain:other", NULL, &root, &id), 0, "another tag is not there");
	ok(strstr(e.msg, "dk-pull plain:other") != NULL, "and the message says what to do: %s",
		e.msg);
	is_int(find(&s, plain.str, NULL, &root, &id), 1, "by sha256:HEX");
	is_int(find(&s, digest_hex(&plain), NULL, &root, &id), 1, "by 64 hex digits");
	name = xstrndup(digest_hex(&plain), 12);
	is_int(find(&s, name, NULL, &root, &id), 1, "by 12 hex digits");
	name[6] = '\0';
	is_int(find(&s, name, NULL, &root, &id), 1, "by 6 hex digits");
	name[5] = '\0';
	is_int(find(&s, name, NULL, &root, &id), 0, "not by 5");
	is_int(find(&s, "0000000000", NULL, &root, &id), 0, "not by other digits");
	is_int(find(&s, "UPPER", NULL, &root, &id), -1, "no reference at all");

	ok(find(&s, "reg.example/multi:1", NULL, &root, &id) == 1 && digest_eq(&root, &index) &&
			digest_eq(&id, &amd),
		"an index gives this host's image");
	name[0] = '\0';
	free(name);
	name = xasprintf("linux/%s", other);
	ok(find(&s, "reg.example/multi:1", name, &root, &id) == 1 && digest_eq(&id, &arm),
		"or the platform's");
	is_int(find(&s, "reg.example/multi:1", "linux/s390x", &root, &id), 0,
		"but none that is not in the store");
	is_int(find(&s, "plain", name, &root, &id), 0, "a plain image for another platform");
	ok(strstr(e.msg, other) != NULL, "is told: %s", e.msg);
	ok(find(&s, digest_hex(&amd), NULL, &root, &id) == 1 && digest_eq(&root, &index) &&
			digest_eq(&id, &amd),
		"an IMAGE ID leads to its index");
	ok(find(&s, digest_hex(&arm), NULL, &root, &id) == 1 && digest_eq(&root, &arm) &&
			digest_eq(&id, &arm),
		"an ID of another platform stands for itself");
	ok(find(&s, digest_hex(&index), NULL, &root, &id) == 1 && digest_eq(&root, &index) &&
			digest_eq(&id, &amd),
		"the index by its digest");
	free(name);
	name = xasprintf("reg.example/multi@%s", index.str);
	is_int(find(&s, name, NULL, &root, &id), 1, "HOST/PATH@DIGEST");
	free(name);
	name = xasprintf("reg.example/multi@%s", arm.str);
	ok(find(&s, name, NULL, &root, &id) == 1 && digest_eq(&id, &arm),
		"of a manifest in the index");
	free(name);
	name = xasprintf("reg.example/multi@%s", plain.str);
	is_int(find(&s, name, NULL, &root, &id), 0, "not of another repository's");

	make_image(&w, host.arch, "second", "plain", &root);
	ok(!digest_eq(&root, &plain) && find(&s, digest_hex(&plain), NULL, &root, &id) == 1,
		"an image whose tag moved away is still there");
}

int
main(void)
{
	umask(077); /* modes must not depend on it */
	if (mkdtemp(top) == NULL)
		abort();
	test_tree();
	test_made_at_once();
	test_run();
	test_writer();
	test_killed();
	test_blob();
	test_tag();
	test_image();
	fd_rmtree(AT_FDCWD, top, &e);
	return done();
}
