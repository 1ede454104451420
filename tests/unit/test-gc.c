/* SPDX-License-Identifier: ISC */
/* test-gc.c: what removal takes and leaves, and that no writer loses an object to it (dk-store(5),
 * Writers) */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/str.h"
#include "store/blob.h"
#include "store/ctr.h"
#include "store/gc.h"
#include "store/image.h"
#include "store/layerdir.h"
#include "store/mark.h"
#include "tap.h"
#include "teststore.h"

char top[] = "/tmp/dk-test-gc-XXXXXX";

/* A layer: blob and directory of the same digest. */
static int
put_layer(struct writer *w, const char *text, struct digest *d)
{
	CLEAN_LAYER_NEW struct layer_new l = LAYER_NEW_INIT;
	CLEAN_LAYER_META struct layer_meta m = { .size = 1000 };

	if (blob_put(w, text, strlen(text), d, &e) < 0)
		return -1;
	switch (writer_want_layer(w, d, &e)) {
	case 1:
		return 0;
	case 0:
		return layer_begin(&l, w, &e) < 0 ? -1 : layer_commit(&l, d, &m, &e);
	default:
		return -1;
	}
}

/* An image of layers named by the letters of text. */
static int
put_image(struct writer *w, const char *text, const char *tag, struct digest *out)
{
	CLEAN_CONFIG struct image_config c = { 0 };
	struct descriptor layers[8] = { 0 };
	struct ref r;
	size_t i;

	platform_host(&c.platform);
	for (i = 0; text[i] != '\0'; i++) {
		char name[2] = { text[i], '\0' };

		snprintf(layers[i].media_type, sizeof(layers[i].media_type), MT_OCI_LAYER);
		layers[i].size = 1;
		if (put_layer(w, name, &layers[i].digest) < 0)
			return -1;
		image_config_add_layer(&c, &layers[i].digest);
	}
	if (tag != NULL && ref_parse(&r, tag, &e) < 0)
		return -1;
	return image_write(w, &c, layers, i, tag != NULL ? &r : NULL, out, &e);
}

/* Is all of an image there? */
static bool
whole(struct store *s, const struct digest *root)
{
	CLEAN_IMAGE struct image i = { 0 };
	size_t k;

	if (image_load(s, root, NULL, &i, &e) < 0)
		return false;
	for (k = 0; k < i.manifest.nlayers; k++)
		if (!blob_exists(s, &i.manifest.layers[k].digest) ||
			layer_get(s, &i.config.diff_ids[k], NULL, &e) != 1)
			return false;
	return true;
}

static struct ref
ref(const char *s)
{
	struct ref r;

	if (ref_parse(&r, s, &e) < 0)
		abort();
	return r;
}

static void
test_set(void)
{
	CLEAN_SET struct digest_set s = { 0 };
	struct digest d;
	char seed[16];
	int i, bad = 0;

	for (i = 0; i < 1000; i++) {
		snprintf(seed, sizeof(seed), "%d", i);
		hash_bytes(seed, strlen(seed), &d);
		bad += digest_set_has(&s, &d) || !digest_set_add(&s, &d) || digest_set_add(&s, &d);
	}
	for (i = 0; i < 1000; i++) {
		snprintf(seed, sizeof(seed), "%d", i);
		hash_bytes(seed, strlen(seed), &d);
		bad += !digest_set_has(&s, &d);
	}
	ok(bad == 0 && s.n == 1000, "a set of digests");
}

static void
test_drop(void)
{
	CLEAN_STORE struct store s = STORE_INIT;
	CLEAN_GC_RESULT struct gc_result r = { 0 };
	struct digest ab, bc, d;
	struct ref t;

	use_root("drop");
	ok(store_open(&s, &e) == 0, "a store");
	{
		CLEAN_WRITER struct writer w = WRITER_INIT;

		ok(writer_open(&w, &s, &e) == 0 && put_image(&w, "ab", "one", &ab) == 0 &&
				put_image(&w, "bc", "two", &bc) == 0 && put_layer(&w, "z", &d) == 0,
			"two images that share a layer, and a layer nobody has");
		t = ref("one");
		ok(gc_run(&s, &t, 1, &ab, 1, false, &r, &e) == 0 && r.blobs.n == 0 &&
				whole(&s, &ab),
			"while their writer lives nothing of them goes");
		gc_result_free(&r);
		ok(tag_set(&w, &t, &ab, NULL, &e) == 0, "tagged again");
	}
	ok(gc_run(&s, &t, 1, NULL, 0, false, &r, &e) == 0 && r.blobs.n == 0 && whole(&s, &ab),
		"without its tag an image is kept by its root");
	gc_result_free(&r);
	ok(gc_run(&s, NULL, 0, &ab, 1, false, &r, &e) == 0, "its root dropped");
	ok(r.blobs.n == 3 && r.layers.n == 1 && r.bytes > 1000,
		"manifest, configuration and its own layer go (%zu blobs)", r.blobs.n);
	ok(whole(&s, &bc) && blob_exists(&s, &d),
		"the other image and what was not asked for stay");
	gc_result_free(&r);
	ok(gc_run(&s, NULL, 0, NULL, 0, true, &r, &e) == 0 && r.blobs.n == 1 && r.layers.n == 1 &&
			digest_eq(&r.blobs.v[0], &d) && whole(&s, &bc),
		"all: the layer nobody has goes");
	gc_result_free(&r);
	t = ref("two");
	ok(gc_run(&s, &t, 1, &bc, 1, false, &r, &e) == 0 && entries(s.dir, "blobs/sha256") == 0 &&
			entries(s.dir, "layers/sha256") == 0 && entries(s.dir, "images") == 0 &&
			entries(s.dir, "tags") == 0 && entries(s.dir, "tmp") == 0,
		"nothing is left of the last");
}

static void
test_index(void)
{
	CLEAN_STORE struct store s = STORE_INIT;
	CLEAN_GC_RESULT struct gc_result r = { 0 };
	CLEAN_BUF struct buf b = BUF_INIT;
	struct descriptor list[2] = { { .media_type = MT_OCI_MANIFEST },
		{ .media_type = MT_OCI_MANIFEST } };
	struct manifest m = {
		.media_type = MT_OCI_INDEX, .is_index = true, .manifests = list, .nmanifests = 2
	};
	struct digest child = { "" }, index;
	struct ref t = ref("multi");

	use_root("index");
	ok(store_open(&s, &e) == 0, "a store");
	{
		CLEAN_WRITER struct writer w = WRITER_INIT;

		ok(writer_open(&w, &s, &e) == 0 && put_image(&w, "ab", NULL, &child) == 0,
			"an image");
		list[0].digest = child;
		list[0].has_platform = list[1].has_platform = true;
		platform_host(&list[0].platform);
		hash_bytes("absent", 6, &list[1].digest);
		snprintf(list[1].platform.os, sizeof(list[1].platform.os), "linux");
		snprintf(list[1].platform.arch, sizeof(list[1].platform.arch), "s390x");
		manifest_write(&m, &b);
		ok(blob_put(&w, b.data, b.len, &index, &e) == 0 &&
				tag_set(&w, &t, &index, NULL, &e) == 0 &&
				root_del(&s, &child, &e) == 1,
			"an index of it and of one that is not here");
	}
	ok(gc_run(&s, NULL, 0, NULL, 0, true, &r, &e) == 0 && r.blobs.n == 0 && whole(&s, &index),
		"a sparse index is whole");
	ok(gc_run(&s, &t, 1, &index, 1, false, &r, &e) == 0 && r.blobs.n == 5 && r.layers.n == 2,
		"dropped, it goes with what it names");
}

static void
test_container(void)
{
	CLEAN_STORE struct store s = STORE_INIT;
	CLEAN_GC_RESULT struct gc_result r = { 0 };
	CLEAN_CTR struct ctr c = CTR_INIT;
	struct digest d = { "" };
	struct ref t = ref("img");

	use_root("ctr");
	ok(store_open(&s, &e) == 0, "a store");
	{
		CLEAN_WRITER struct writer w = WRITER_INIT;
		CLEAN_CTR_CONF struct ctr_conf conf = { 0 };

		ok(writer_open(&w, &s, &e) == 0 && put_image(&w, "ab", "img", &d) == 0, "an image");
		conf.manifest = d;
		ok(ctr_create(&w, &conf, "{}", 2, &c, &e) == 0, "a container of it");
	}
	ok(gc_run(&s, &t, 1, &d, 1, true, &r, &e) == 0 && r.blobs.n == 0 && whole(&s, &d),
		"dropped, the image is kept by the container");
	gc_result_free(&r);
	ok(ctr_remove(&c, &e) == 0 && gc_run(&s, NULL, 0, NULL, 0, true, &r, &e) == 0 &&
			r.blobs.n == 4 && r.layers.n == 2,
		"and goes after it");
}

static void
put_file(struct store *s, const char *path, const char *text)
{
	CLEAN_FD int fd = openat(s->dir, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || fd_write_all(fd, text, strlen(text)) < 0)
		abort();
}

static void
test_damaged(void)
{
	CLEAN_STORE struct store s = STORE_INIT;
	CLEAN_GC_RESULT struct gc_result r = { 0 };
	CLEAN_FREE char *path = NULL;
	struct digest bad, good;
	struct ref t = ref("bad"), g = ref("good");

	use_root("damaged");
	ok(store_open(&s, &e) == 0, "a store");
	{
		CLEAN_WRITER struct writer w = WRITER_INIT;

		ok(writer_open(&w, &s, &e) == 0 && put_image(&w, "ab", "bad", &bad) == 0 &&
				put_image(&w, "bc", "good", &good) == 0,
			"two images");
	}
	path = xasprintf("blobs/sha256/%s", digest_hex(&bad));
	unlinkat(s.dir, path, 0);
	put_file(&s, path, "{}");
	ok(gc_run(&s, &g, 1, &good, 1, false, &r, &e) < 0 && strstr(e.msg, "damaged") != NULL &&
			whole(&s, &good) && entries(s.dir, "images") == 2,
		"a damaged image stops it, and nothing is gone: %s", e.msg);
	gc_result_free(&r);
	ok(gc_run(&s, &t, 1, &bad, 1, false, &r, &e) == 0 && r.blobs.n == 1 && whole(&s, &good),
		"the damaged one itself can be removed");
	gc_result_free(&r);
	ok(gc_run(&s, NULL, 0, NULL, 0, true, &r, &e) == 0 && whole(&s, &good) && r.layers.n == 1,
		"and then the rest of it");
}

static void
test_leftovers(void)
{
	CLEAN_STORE struct store s = STORE_INIT;
	CLEAN_GC_RESULT struct gc_result r = { 0 };
	CLEAN_CTR struct ctr c = CTR_INIT;
	CLEAN_FREE char *json = NULL, *run = NULL;
	int status;

	use_root("left");
	ok(store_open(&s, &e) == 0 && store_run_dir(&s, &e) == 0, "a store");
	if (fork() == 0) {
		struct writer w;
		struct layer_new l;

		if (writer_open(&w, &s, &e) == 0 && layer_begin(&l, &w, &e) == 0)
			kill(getpid(), SIGKILL);
		_exit(0);
	}
	wait(&status);
	ok(WIFSIGNALED(status) && entries(s.dir, "tmp") == 1, "a writer is killed");
	{
		CLEAN_WRITER struct writer w = WRITER_INIT;
		CLEAN_CTR_CONF struct ctr_conf conf = { 0 };

		ok(writer_open(&w, &s, &e) == 0 && ctr_create(&w, &conf, "{}", 2, &c, &e) == 0,
			"a container");
		json = xasprintf("ctr/%s/container.json", conf.id);
		run = xasprintf("ctr/%064d", 7);
	}
	unlinkat(s.dir, json, 0);
	ok(fd_mkdirs(s.run, run, 0700, &e) == 0,
		"whose removal was killed half way; and a lock of none");
	ok(gc_run(&s, NULL, 0, NULL, 0, true, &r, &e) == 0 && entries(s.dir, "ctr") == 1,
		"while its lock is held it is let be");
	gc_result_free(&r);
	ctr_close(&c);
	ok(gc_run(&s, NULL, 0, NULL, 0, true, &r, &e) == 0 && entries(s.dir, "tmp") == 0 &&
			entries(s.dir, "ctr") == 0 && entries(s.dir, "names") == 0 &&
			entries(s.run, "ctr") == 0,
		"then nothing is left of any");
}

/* ---- writers and removers at once */

enum { WRITERS = 8, REMOVERS = 2, ROUNDS = 25 };

static const char *const names[] = { "x", "y", "reg.example/z:1" };

static int
write_images(unsigned int seed)
{
	CLEAN_STORE struct store s = STORE_INIT;
	char text[4] = "";
	int i, k;

	if (store_open(&s, &e) < 0)
		return 1;
	for (i = 0; i < ROUNDS; i++) {
		CLEAN_WRITER struct writer w = WRITER_INIT;
		struct digest d;

		for (k = 0; k < 3; k++)
			text[k] = (char)('a' + rand_r(&seed) % 5);
		if (writer_open(&w, &s, &e) < 0 ||
			put_image(&w, text, names[(size_t)rand_r(&seed) % LEN(names)], &d) < 0) {
			printf("# writer: %s\n", e.msg);
			return 1;
		}
		if (!whole(&s, &d)) {
			printf("# lost: %s\n", e.msg);
			return 2;
		}
	}
	return 0;
}

/* As dk-rmi does: what the tag names is found under the lock. */
static int
remove_images(unsigned int seed, int pipe_fd)
{
	CLEAN_STORE struct store s = STORE_INIT;
	char c;

	if (store_open(&s, &e) < 0)
		return 1;
	/* until the writers' ends of the pipe are closed */
	while (fd_read(pipe_fd, &c, 1) < 0 && errno == EAGAIN) {
		CLEAN_GC struct gc g = GC_INIT;
		CLEAN_GC_RESULT struct gc_result r = { 0 };
		struct ref t = ref(names[(size_t)rand_r(&seed) % LEN(names)]);
		struct digest d;
		int got;

		if (gc_begin(&g, &s, &e) < 0 || (got = tag_get(&s, &t, &d, &e)) < 0 ||
			gc_collect(&g, &t, 1, &d, got, rand_r(&seed) % 8 == 0, &r, &e) < 0) {
			printf("# remover: %s\n", e.msg);
			return 1;
		}
		gc_end(&g);
		usleep(rand_r(&seed) % 3000);
	}
	return 0;
}

static void
test_property(void)
{
	CLEAN_STORE struct store s = STORE_INIT;
	CLEAN_GC_RESULT struct gc_result r = { 0 };
	CLEAN_TAGS struct tag_list tags = { 0 };
	CLEAN_DIGESTS struct digest_list roots = { 0 };
	int i, p[2], status, bad = 0;
	size_t k;

	use_root("property");
	ok(store_open(&s, &e) == 0 && pipe2(p, O_CLOEXEC | O_NONBLOCK) == 0, "a store");
	fflush(stdout);
	for (i = 0; i < WRITERS + REMOVERS; i++)
		if (fork() == 0) {
			if (i < WRITERS)
				status = write_images((unsigned int)i);
			else {
				close(p[1]);
				status = remove_images((unsigned int)i, p[0]);
			}
			fflush(stdout);
			_exit(status);
		}
	close(p[1]);
	while (wait(&status) > 0)
		bad += status != 0;
	is_int(bad, 0, "eight writers and two removers of the same names: no object is lost");
	bad = 0;
	ok(tag_list(&s, &tags, &e) == 0 && root_list(&s, &roots, &e) == 0, "what they leave:");
	for (k = 0; k < tags.n; k++)
		bad += !whole(&s, &tags.v[k].digest) || !root_has(&s, &tags.v[k].digest);
	is_int(bad, 0, "every tag names a whole image that is a root");
	for (k = 0; k < roots.n; k++)
		bad += !whole(&s, &roots.v[k]);
	is_int(bad, 0, "every root is a whole image");
	is_int(entries(s.dir, "tmp"), 0, "nothing is left in tmp");
	for (k = 0; k < LEN(names); k++) {
		struct ref t = ref(names[k]);

		tag_del(&s, &t, &e);
	}
	ok(gc_run(&s, NULL, 0, roots.v, roots.n, true, &r, &e) == 0 &&
			entries(s.dir, "blobs/sha256") == 0 && entries(s.dir, "layers/sha256") == 0,
		"with no tag and no root all goes");
}

int
main(void)
{
	umask(077);
	if (mkdtemp(top) == NULL)
		abort();
	test_set();
	test_drop();
	test_index();
	test_container();
	test_damaged();
	test_leftovers();
	test_property();
	fd_rmtree(AT_FDCWD, top, &e);
	return done();
}
