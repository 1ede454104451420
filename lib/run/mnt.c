/* SPDX-License-Identifier: ISC */
/* mnt: the paths that dk-mount prints and dk-umount looks at. */
#include <errno.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/mem.h"
#include "mnt.h"
#include "store/ctr.h"
#include "store/store.h"

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

	if (lstat(path, &here) < 0 || stat(above, &there) < 0)
		return errno == ENOENT ? 0 : err_set(e, errno, "'%s'", path);
	/* an overlay has a device number of its own */
	return here.st_dev != there.st_dev;
}
