/* SPDX-License-Identifier: ISC */
/* dk-umount: takes away what dk-mount has mounted. */
#include <errno.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/opt.h"
#include "base/str.h"
#include "store/ctr.h"
#include "store/image.h"
#include "store/mnt.h"
#include "store/store.h"
#include "store/tag.h"

static const struct opt opts[] = {
	{ NULL, 0, NULL, NULL },
};

static const struct opt_cmd cmd = {
	.synopsis = "IMAGE|CONTAINER ...",
	.about = "Unmounts what dk-mount has mounted.",
	.opts = opts,
	.usage_status = 2,
};

/* An image that was removed while it was mounted: by the path that dk-mount printed, or its ID. 1,
 * 0, -1. */
static int
find_removed(struct store *s, const char *name, struct digest *id, struct err *e)
{
	CLEAN_DIGESTS struct digest_list l = { 0 };
	const char *hex = str_starts(name, "sha256:") ? name + 7 : name;
	size_t i;

	if (mnt_list_images(s, &l, e) < 0)
		return -1;
	for (i = 0; i < l.n; i++) {
		CLEAN_FREE char *path = mnt_path_image(s, &l.v[i]);

		if (str_eq(name, path) ||
			(strlen(hex) >= 6 && str_starts(digest_hex(&l.v[i]), hex))) {
			*id = l.v[i];
			return 1;
		}
	}
	return 0;
}

static char *
find(struct store *s, const char *name, bool *is_image, struct err *e)
{
	CLEAN_CTR struct ctr c = CTR_INIT;
	struct digest root, id;
	struct err why;
	int gone, r = ctr_find(s, name, &c, e);

	*is_image = false;
	if (r != 0)
		return r < 0 ? NULL : mnt_path_ctr(&c);
	*is_image = true;
	r = image_resolve(s, name, NULL, &root, &id, e);
	if (r != 1 && (gone = find_removed(s, name, &id, &why)) != 0) {
		r = gone;
		if (r < 0)
			*e = why;
	}
	if (r == 0)
		err_setx(e, ENOENT, "no such container or image in the store");
	return r == 1 ? mnt_path_image(s, &id) : NULL;
}

static int
umount_one(struct store *s, const char *name, struct err *e)
{
	bool is_image;
	CLEAN_FREE char *path = find(s, name, &is_image, e);
	int r;

	if (path == NULL)
		return -1;
	r = mnt_is_mounted(path, e);
	if (r == 0)
		return err_setx(e, EINVAL, "not mounted");
	if (r < 0)
		return -1;
	if (umount2(path, UMOUNT_NOFOLLOW) < 0)
		return err_set(e, errno, "unmount '%s'", path);
	if (is_image)
		rmdir(path);
	return 0;
}

int
main(int argc, char **argv)
{
	struct store s = STORE_INIT;
	struct err e;
	int ret = 0;

	msg_init(argv[0]);
	while (opt_next(argc, argv, &cmd) != -1)
		;
	if (optind == argc)
		opt_usage(&cmd, "which image or container?");
	if (store_open(&s, &e) < 0)
		die_err(1, &e);
	for (; optind < argc; optind++) {
		if (umount_one(&s, argv[optind], &e) < 0) {
			err_wrap(&e, "%s", argv[optind]);
			warn_err(&e);
			ret = 1;
		}
	}
	msg_fshut(1);
	return ret;
}
