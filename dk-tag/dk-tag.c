/* SPDX-License-Identifier: ISC */
/*
 * dk-tag: gives an image another name. The image is announced before it is
 * looked at once more, so that no dk-rmi or dk-gc takes it away in between.
 */
#include <stdio.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/opt.h"
#include "store/events.h"
#include "store/image.h"
#include "store/store.h"
#include "store/tag.h"

static const struct opt options[] = { { 0 } };

static const struct opt_cmd cmd = {
	.synopsis = "IMAGE NAME[:TAG]",
	.about = "Gives an image another name; a tag that is there is moved to it.",
	.opts = options,
	.usage_status = 2,
};

static int
tag(struct store *s, const char *src, const struct ref *dst, struct err *e)
{
	CLEAN_WRITER struct writer w = WRITER_INIT;
	CLEAN_FREE char *name = ref_string(dst);
	CLEAN_FREE char *kv = xasprintf("name=%s", name);
	struct digest root, id;
	int r;

	if (image_resolve(s, src, NULL, &root, &id, e) != 1 || writer_open(&w, s, e) < 0)
		return -1;
	if ((r = writer_want_blob(&w, &root, e)) < 0)
		return -1;
	if (r == 0)
		return err_setx(e, ENOENT, "image '%s' was removed meanwhile", src);
	if (tag_set(&w, dst, &root, NULL, e) < 0)
		return -1;
	event_log(s, "image", "tag", root.str, (const char *const[]){ kv, NULL });
	return 0;
}

int
main(int argc, char **argv)
{
	CLEAN_STORE struct store s = STORE_INIT;
	struct ref dst;
	struct err e;

	msg_init(argv[0]);
	while (opt_next(argc, argv, &cmd) != -1)
		;
	if (argc - optind != 2)
		opt_usage(&cmd, "an image and a new name for it are needed");
	if (ref_parse(&dst, argv[optind + 1], &e) < 0)
		die_err(1, &e);
	if (digest_is_set(&dst.digest))
		die(1, "'%s': a name with a digest cannot be given to an image", argv[optind + 1]);
	if (store_open(&s, &e) < 0 || tag(&s, argv[optind], &dst, &e) < 0)
		die_err(1, &e);
	return 0;
}
