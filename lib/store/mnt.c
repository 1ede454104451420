/* SPDX-License-Identifier: ISC */
/* mnt: the paths that dk-mount prints and dk-umount looks at. */
#include <errno.h>
#include <fcntl.h>
#include <linux/stat.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/str.h"
#include "ctr.h"
#include "mnt.h"
#include "store.h"
#include "tag.h"

char *
mnt_path_ctr(const struct ctr *c)
{
	return xasprintf("%s/ctr/%s/rootfs", c->store->path, c->id);
}

char *
mnt_path_image(const struct store *s, const struct digest *image)
{
	return xasprintf("%s/mnt/%s", s->run_path, digest_hex(image));
}

int
mnt_is_mounted(const char *path, struct err *e)
{
	CLEAN_FREE char *above = xasprintf("%s/..", path);
	struct stat here, there;
	struct statx x;

	if (syscall(SYS_statx, AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, 0, &x) == 0 &&
		(x.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT))
		return (x.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
	if (lstat(path, &here) < 0 || stat(above, &there) < 0)
		return errno == ENOENT ? 0 : err_set(e, errno, "'%s'", path);
	/* before 5.8; an overlay has a device number of its own, a bind mount has not */
	return here.st_dev != there.st_dev;
}

struct list {
	const struct store *store;
	struct digest_list *out;
	struct err *e;
};

static int
add(void *arg, const char *name, unsigned char type)
{
	struct list *l = arg;
	CLEAN_FREE char *path = NULL;
	struct digest d;
	int r;

	(void)type;
	if (!str_is_hex(name, DIGEST_HEX))
		return 0;
	digest_from_hex(&d, name);
	path = mnt_path_image(l->store, &d);
	/* a directory that nothing is mounted on was left by a dk-mount that was killed */
	if ((r = mnt_is_mounted(path, l->e)) == 1)
		digest_list_add(l->out, &d);
	return r < 0 ? -1 : 0;
}

int
mnt_list_images(struct store *s, struct digest_list *out, struct err *e)
{
	struct list l = { s, out, e };

	*out = (struct digest_list){ 0 };
	if (s->run < 0 || fd_each(s->run, "mnt", add, &l, e) == 0 || e->code == ENOENT)
		return 0;
	digest_list_free(out);
	return err_wrap(e, "mounts in '%s/mnt'", s->run_path);
}
