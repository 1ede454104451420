/* SPDX-License-Identifier: ISC */
/* whiteout: the two spellings of a deletion (image-spec layer.md, Whiteouts; kernel
 * filesystems/overlayfs.rst). */
#include <errno.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "base/str.h"

#include "whiteout.h"

enum whiteout
whiteout_kind(const char *name)
{
	if (!str_starts(name, WHITEOUT_PREFIX))
		return WHITEOUT_NONE;
	if (strcmp(name, WHITEOUT_OPAQUE) == 0)
		return WHITEOUT_DIR_OPAQUE;
	name += strlen(WHITEOUT_PREFIX);
	if (str_starts(name, WHITEOUT_PREFIX))
		return WHITEOUT_META;
	if (*name == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return WHITEOUT_BAD;
	return WHITEOUT_FILE;
}

bool
whiteout_is_dev(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && major(st->st_rdev) == 0 && minor(st->st_rdev) == 0;
}

const char *
whiteout_opaque_xattr(bool userxattr)
{
	return userxattr ? "user.overlay.opaque" : "trusted.overlay.opaque";
}

int
whiteout_set_opaque(int dirfd, bool userxattr)
{
	return fsetxattr(dirfd, whiteout_opaque_xattr(userxattr), "y", 1, 0);
}

int
whiteout_is_opaque(int dirfd, bool userxattr)
{
	char value[4];
	ssize_t n;

	n = fgetxattr(dirfd, whiteout_opaque_xattr(userxattr), value, sizeof(value));
	if (n < 0)
		return errno == ENODATA || errno == ENOTSUP || errno == ERANGE ? 0 : -1;
	return n == 1 && value[0] == 'y';
}

bool
xattr_is_content(const char *name)
{
	if (str_starts(name, "trusted.overlay.") || str_starts(name, "user.overlay."))
		return false;
	return str_starts(name, "user.") || str_starts(name, "trusted.") ||
		strcmp(name, "security.capability") == 0 ||
		strcmp(name, "system.posix_acl_access") == 0 ||
		strcmp(name, "system.posix_acl_default") == 0;
}
