/* SPDX-License-Identifier: ISC */
/* volume: the argument of -v, checked before anything is made. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/path.h"
#include "oci/spec.h"
#include "volume.h"

/* Words between the commas behind the second colon; those that make no difference here are taken
 * too. */
static int
options(const char *words, struct strv *out, const char *arg, struct err *e)
{
	static const char *const idle[] = { "rw", "z", "Z", "nocopy", "cached", "delegated",
		"consistent", "private", "rprivate" };
	const char *p;
	size_t n, i;

	for (p = words; *p != '\0'; p += n, p += *p == ',') {
		CLEAN_FREE char *word = NULL;

		n = strcspn(p, ",");
		word = xstrndup(p, n);
		if (strcmp(word, "ro") == 0) {
			strv_add(out, "ro");
			strv_add(out, "rro");
			continue;
		}
		for (i = 0; i < LEN(idle) && strcmp(idle[i], word) != 0; i++)
			;
		if (i == LEN(idle))
			return err_setx(
				e, EINVAL, "-v '%s': unknown option '%s' (ro or rw)", arg, word);
	}
	return 0;
}

/* Absolute, without links where it exists. */
static char *
find_source(const char *source, struct err *e)
{
	CLEAN_FREE char *cwd = NULL;
	CLEAN_FREE char *joined = NULL;
	char *path;
	struct stat st;

	if (*source != '/') {
		cwd = getcwd(NULL, 0);
		if (cwd == NULL) {
			err_set(e, errno, "working directory");
			return NULL;
		}
	}
	joined = path_join(cwd != NULL ? cwd : "/", source);
	path = path_clean(joined);
	if (stat(path, &st) < 0) {
		if (errno != ENOENT) {
			err_set(e, errno, "'%s'", path);
		} else if (fd_mkdirs(AT_FDCWD, path, 0755, e) == 0) {
			return path;
		}
		free(path);
		return NULL;
	}
	return path;
}

int
volume_add(struct spec *s, const char *arg, struct err *e)
{
	CLEAN_FREE char *copy = xstrdup(arg);
	CLEAN_FREE char *source = NULL;
	CLEAN_FREE char *to = NULL;
	CLEAN_STRV struct strv words = { NULL, 0 };
	char *dst, *opts;

	dst = strchr(copy, ':');
	if (dst == NULL)
		return err_setx(e, EINVAL,
			"-v '%s': anonymous volumes are not supported yet; it takes "
			"SOURCE:DESTINATION[:ro]",
			arg);
	*dst++ = '\0';
	opts = strchr(dst, ':');
	if (opts != NULL)
		*opts++ = '\0';
	if (*copy == '\0' || *dst == '\0' || (opts != NULL && strchr(opts, ':') != NULL))
		return err_setx(e, EINVAL, "-v '%s': it takes SOURCE:DESTINATION[:ro]", arg);
	if (*copy != '/' && *copy != '.')
		return err_setx(e, EINVAL,
			"-v '%s': named volumes are not supported yet; for a directory write ./%s",
			arg, copy);
	if (*dst != '/')
		return err_setx(e, EINVAL, "-v '%s': the destination '%s' is not an absolute path",
			arg, dst);
	to = path_clean(dst);
	if (strcmp(to, "/") == 0)
		return err_setx(e, EINVAL, "-v '%s': the destination cannot be /", arg);
	strv_add(&words, "rbind");
	strv_add(&words, "rprivate");
	if (opts != NULL && options(opts, &words, arg, e) < 0)
		return -1;
	source = find_source(copy, e);
	if (source == NULL)
		return err_wrap(e, "-v '%s'", arg);
	spec_add_mount(s, to, "bind", source, (const char *const *)words.v);
	return 0;
}
