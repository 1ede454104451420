/* SPDX-License-Identifier: ISC */
/*
 * dk-import: makes an image of one layer out of a tar. In one pass the tar is
 * decompressed, hashed (diff_id), compressed to the layer's blob and unpacked.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/fmt.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/opt.h"
#include "layer/codec.h"
#include "layer/unpack.h"
#include "layer/untar.h"
#include "oci/config.h"
#include "oci/hash.h"
#include "oci/platform.h"
#include "oci/ref.h"
#include "store/blob.h"
#include "store/events.h"
#include "store/gc.h"
#include "store/image.h"
#include "store/layerdir.h"
#include "store/store.h"

#include "source.h"

enum { OPT_PLATFORM = 256, BLOCK = 256 << 10 };

static const struct opt opts[] = {
	{ "change", 'c', "INSTRUCTION",
		"apply a Dockerfile instruction (CMD, ENV, ...); repeat for more" },
	{ "message", 'm', "TEXT", "comment in the image's history" },
	{ "platform", OPT_PLATFORM, "OS/ARCH", "what the files are for; default: this machine" },
	{ NULL, 0, NULL, NULL },
};

static const struct opt_cmd cmd = {
	.synopsis = "[-c INSTRUCTION] [-m TEXT] [--platform OS/ARCH] FILE|- [NAME[:TAG]]",
	.about = "Makes an image out of a tar of a root file system and prints its digest.",
	.opts = opts,
	.usage_status = 2,
};

/* The tar on its way: what is read from it has been hashed and written to the blob. */
struct layer {
	struct source *src;
	struct hash hash;
	struct encoder *enc;
	struct blob_out blob;
};

static int
to_blob(void *arg, const void *p, size_t n, struct err *e)
{
	return blob_write(arg, p, n, e);
}

static ssize_t
read_layer(void *arg, void *p, size_t n, struct err *e)
{
	struct layer *l = arg;
	ssize_t r = source_read(l->src, p, n, e);

	if (r <= 0)
		return r;
	hash_update(&l->hash, p, (size_t)r);
	return encoder_write(l->enc, p, (size_t)r, e) < 0 ? -1 : r;
}

/* Reads the tar to its end, and all of it to the unpacker u if there is one. */
static int
drain(struct layer *l, struct unpack *u, struct err *e)
{
	CLEAN_FREE char *block = xmalloc(BLOCK);
	ssize_t n;

	while ((n = read_layer(l, block, BLOCK, e)) > 0)
		if (u != NULL && unpack_write(u, block, (size_t)n, e) < 0)
			return e->code == EPIPE ? unpack_finish(u, NULL, e) : -1;
	return n < 0 ? -1 : 0;
}

/* As root the layer is unpacked, which is what checks it, too; others only check. */
static int
take_layer(
	struct layer *l, struct unpackd *d, struct writer *w, struct digest *diff_id, struct err *e)
{
	CLEAN_UNPACK struct unpack u = UNPACK_INIT;

	if (!w->store->privileged) {
		if (untar_check(read_layer, l, e) < 0 || drain(l, NULL, e) < 0)
			return -1;
		hash_final(&l->hash, diff_id);
		return 0;
	}
	if (unpack_begin(&u, d, w, NULL, e) < 0 || drain(l, &u, e) < 0)
		return -1;
	hash_final(&l->hash, diff_id);
	u.diff_id = *diff_id; /* the unpacker must agree */
	return unpack_finish(&u, NULL, e);
}

static int
import_layer(int fd, struct unpackd *d, struct writer *w, struct digest *diff_id,
	struct descriptor *layer, struct err *e)
{
	struct layer l = { .blob = BLOB_OUT_INIT };
	int r = -1;

	hash_init(&l.hash);
	*layer = (struct descriptor){ .media_type = MT_OCI_LAYER_GZIP };
	l.src = source_open(fd, e);
	if (l.src == NULL || blob_create(&l.blob, w, e) < 0)
		goto out;
	l.enc = encoder_new(COMP_GZIP, 0, to_blob, &l.blob, e);
	if (l.enc == NULL || take_layer(&l, d, w, diff_id, e) < 0 || encoder_finish(l.enc, e) < 0)
		goto out;
	layer->size = l.blob.size;
	r = blob_commit(&l.blob, NULL, -1, &layer->digest, e);
out:
	encoder_free(l.enc);
	blob_out_close(&l.blob);
	source_close(l.src);
	return r;
}

static void
log_import(struct store *s, const struct digest *id, const struct ref *ref)
{
	CLEAN_FREE char *name = ref != NULL ? ref_string(ref) : NULL;
	CLEAN_FREE char *kv = name != NULL ? xasprintf("name=%s", name) : NULL;

	event_log(s, "image", "import", id->str, (const char *const[]){ kv, NULL });
}

static int
open_input(const char *path, struct err *e)
{
	if (strcmp(path, "-") != 0)
		return fd_open(AT_FDCWD, path, O_RDONLY, 0, e);
	if (isatty(STDIN_FILENO))
		return err_setx(
			e, EINVAL, "standard input is a terminal: a tar is to come from there");
	return STDIN_FILENO;
}

int
main(int argc, char **argv)
{
	CLEAN_STORE struct store s = STORE_INIT;
	CLEAN_WRITER struct writer w = WRITER_INIT;
	CLEAN_UNPACKD struct unpackd d = UNPACKD_INIT;
	CLEAN_CONFIG struct image_config config = { 0 };
	const char *message = "Imported from -", *path;
	struct descriptor layer;
	struct digest diff_id, id;
	struct ref name, *ref = NULL;
	char created[40];
	struct err e;
	int c, fd;

	msg_init(argv[0]);
	platform_host(&config.platform);
	while ((c = opt_next(argc, argv, &cmd)) != -1)
		switch (c) {
		case 'c':
			if (image_config_change(&config, optarg, &e) < 0)
				die_err(2, &e);
			break;
		case 'm':
			message = optarg;
			break;
		case OPT_PLATFORM:
			if (platform_parse(&config.platform, optarg, &e) < 0)
				die_err(2, &e);
			break;
		}
	argc -= optind;
	argv += optind;
	if (argc < 1 || argc > 2)
		opt_usage(&cmd, argc < 1 ? "which tar? - is standard input" : "too many operands");
	path = argv[0];
	if (argc == 2) {
		if (ref_parse(&name, argv[1], &e) < 0)
			die_err(2, &e);
		if (digest_is_set(&name.digest))
			opt_usage(&cmd, "'%s': an image cannot be given a digest", argv[1]);
		ref = &name;
	}

	fd = open_input(path, &e);
	if (fd < 0 || store_open(&s, &e) < 0)
		die_err(1, &e);
	if (s.privileged && unpackd_open(&d, &e) < 0)
		die_err(1, &e);
	store_tidy(&s); /* of imports that were killed */
	if (writer_open(&w, &s, &e) < 0)
		die_err(1, &e);
	if (import_layer(fd, &d, &w, &diff_id, &layer, &e) < 0) {
		err_wrap(&e, "%s", strcmp(path, "-") == 0 ? "standard input" : path);
		writer_close(&w);
		gc_unreached(&s);
		die_err(1, &e);
	}
	fmt_rfc3339(fmt_created_now(), created);
	config.created = xstrdup(created);
	image_config_add_layer(&config, &diff_id);
	image_config_add_history(&config, created, NULL, message, false);
	if (image_write(&w, &config, &layer, 1, ref, &id, &e) < 0) {
		writer_close(&w);
		gc_unreached(&s);
		die_err(1, &e);
	}
	log_import(&s, &id, ref);
	writer_close(&w);
	unpackd_close(&d);
	puts(id.str);
	msg_fshut(1);
	layer_sync_later(&s, &diff_id, 1);
	return 0;
}
