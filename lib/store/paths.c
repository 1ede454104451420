/* SPDX-License-Identifier: ISC */
/* paths.c: names inside the store, and the one way things get to them */
#include <errno.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/err.h"
#include "paths.h"
#include "store.h"

char *
path_blob(const struct digest *d, char out[PATH_BLOB])
{
	snprintf(out, PATH_BLOB, "blobs/sha256/%s", digest_hex(d));
	return out;
}

char *
path_layer(const struct digest *diff_id, char out[PATH_LAYER])
{
	snprintf(out, PATH_LAYER, "layers/sha256/%s", digest_hex(diff_id));
	return out;
}

char *
path_fix(const struct digest *chain, char out[PATH_LAYER])
{
	snprintf(out, PATH_LAYER, "layers/fix-%s", digest_hex(chain));
	return out;
}

int
path_place(struct writer *w, const char *name, const char *path, struct err *e)
{
	int root = w->store->dir;

	if (syscall(SYS_renameat2, w->dir, name, root, path, RENAME_NOREPLACE) == 0)
		return 1;
	if ((errno == EINVAL || errno == ENOSYS) && renameat(w->dir, name, root, path) == 0)
		return 1;
	if (errno == EEXIST || errno == ENOTEMPTY)
		return 0;
	return err_set(e, errno, "rename to '%s/%s'", w->store->path, path);
}
