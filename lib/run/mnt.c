/* SPDX-License-Identifier: ISC */
/* mnt: the paths that dk-mount prints and dk-umount looks at. */
#include <errno.h>
#include <fcntl.h>
#include <linux/stat.h>
#include <sys/stat.h>
#include <sys/syscall.h>

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
	struct statx x;

	if (syscall(SYS_statx, AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, 0, &x) == 0 &&
		(x.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT))
		return (x.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
	if (lstat(path, &here) < 0 || stat(above, &there) < 0)
		return errno == ENOENT ? 0 : err_set(e, errno, "'%s'", path);
	/* before 5.8; an overlay has a device number of its own, a bind mount has not */
	return here.st_dev != there.st_dev;
}
