/* SPDX-License-Identifier: ISC */
/*
 * user: passwd(5) and group(5) of an image. They are hostile input: opened
 * inside the root, read line by line up to a bound, and only regular files.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "run.h"

enum { MAX_FILE = 64 << 20, MAX_LINE = 64 << 10, MAX_GROUPS = 65536 };

struct lines {
	int fd;
	char *room; /* MAX_LINE + 1 */
	size_t have, at, total;
	bool end;
};

#define CLEAN_LINES __attribute__((cleanup(lines_close)))

static void
lines_close(struct lines *l)
{
	mem_clean_fd(&l->fd);
	free(l->room);
}

/* 1 open, 0 no such file, -1. */
static int
lines_open(struct lines *l, int root, const char *path, struct err *e)
{
	struct stat st;

	memset(l, 0, sizeof(*l));
	l->fd = path_open_in(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, e);
	if (l->fd < 0)
		return e->code == ENOENT || e->code == ENOTDIR ? 0 : -1;
	if (fstat(l->fd, &st) < 0)
		return err_set(e, errno, "'%s'", path);
	if (!S_ISREG(st.st_mode))
		return err_setx(e, EINVAL, "'%s' of the image is not a file", path);
	l->room = xmalloc(MAX_LINE + 1);
	return 1;
}

/* The next line, cut of its newline; a line that is too long is passed over. 1, 0 at the end, -1.
 */
static int
lines_next(struct lines *l, char **out, struct err *e)
{
	bool skip = false;
	char *nl;
	ssize_t n;

	for (;;) {
		nl = memchr(l->room + l->at, '\n', l->have - l->at);
		if (nl == NULL && l->end && l->have > l->at)
			nl = l->room + l->have;
		if (nl != NULL) {
			*nl = '\0';
			*out = l->room + l->at;
			l->at = (size_t)(nl - l->room) + 1;
			if (l->at > l->have)
				l->at = l->have;
			if (!skip)
				return 1;
			skip = false;
			continue;
		}
		if (l->end)
			return 0;
		memmove(l->room, l->room + l->at, l->have - l->at);
		l->have -= l->at;
		l->at = 0;
		if (l->have == MAX_LINE) {
			l->have = 0;
			skip = true;
		}
		n = fd_read(l->fd, l->room + l->have, MAX_LINE - l->have);
		if (n < 0)
			return err_set(e, errno, "read");
		if (n == 0)
			l->end = true;
		l->have += (size_t)n;
		l->total += (size_t)n;
		if (l->total > MAX_FILE)
			return err_setx(e, EFBIG, "over %d MiB long", MAX_FILE >> 20);
	}
}

/* Cuts line at colons into n fields; missing ones are "". */
static void
fields(char *line, char **f, size_t n)
{
	static char none[] = "";
	size_t i;

	for (i = 0; i < n; i++) {
		f[i] = line != NULL ? line : none;
		if (line != NULL && (line = strchr(line, ':')) != NULL)
			*line++ = '\0';
	}
}

static bool
is_id(const char *s, uint64_t *id)
{
	return str_u64(s, 0, INT32_MAX, id) == 0;
}

static bool
in_list(const char *list, const char *name)
{
	size_t n = strlen(name);

	while (*list != '\0') {
		size_t k = strcspn(list, ",");

		if (k == n && memcmp(list, name, n) == 0)
			return true;
		list += k;
		list += *list == ',';
	}
	return false;
}

/* The first entry whose name or number is user. *name is set where there is one; caller frees. */
static int
find_user(int root, const char *user, struct run_user *out, char **name, struct err *e)
{
	CLEAN_LINES struct lines l = { .fd = -1 };
	uint64_t want = 0, uid, gid;
	bool number = is_id(user, &want);
	char *line, *f[6];
	int r = lines_open(&l, root, "/etc/passwd", e);

	if (r < 0)
		return -1;
	while (r == 1 && (r = lines_next(&l, &line, e)) == 1) {
		fields(line, f, 6);
		if (!is_id(f[2], &uid) || !is_id(f[3], &gid))
			continue;
		if (strcmp(f[0], user) != 0 && !(number && uid == want))
			continue;
		out->uid = (uid_t)uid;
		out->gid = (gid_t)gid;
		if (f[5][0] != '\0') {
			free(out->home);
			out->home = xstrdup(f[5]);
		}
		*name = xstrdup(f[0]);
		return 0;
	}
	if (r < 0)
		return err_wrap(e, "/etc/passwd of the image");
	if (!number)
		return err_setx(e, ENOENT, "no user '%s' in the image's /etc/passwd", user);
	out->uid = (uid_t)want;
	return 0;
}

/* group: that one becomes the gid; NULL: every group that lists name is a supplementary one. */
static int
find_groups(int root, const char *group, const char *name, struct run_user *out, struct err *e)
{
	CLEAN_LINES struct lines l = { .fd = -1 };
	uint64_t want = 0, gid;
	bool number = group != NULL && is_id(group, &want);
	char *line, *f[4];
	int r = lines_open(&l, root, "/etc/group", e);

	if (r < 0)
		return -1;
	while (r == 1 && (r = lines_next(&l, &line, e)) == 1) {
		fields(line, f, 4);
		if (!is_id(f[2], &gid))
			continue;
		if (group != NULL) {
			if (strcmp(f[0], group) == 0 || (number && gid == want)) {
				out->gid = (gid_t)gid;
				return 0;
			}
		} else if (in_list(f[3], name)) {
			if (out->ngroups == MAX_GROUPS)
				return err_setx(e, E2BIG, "user '%s' is in more than %d groups",
					name, MAX_GROUPS);
			/* grown at powers of two */
			if ((out->ngroups & (out->ngroups - 1)) == 0)
				out->groups =
					xrealloc(out->groups, out->ngroups * 2 + 1, sizeof(gid_t));
			out->groups[out->ngroups++] = (gid_t)gid;
		}
	}
	if (r < 0)
		return err_wrap(e, "/etc/group of the image");
	if (group == NULL)
		return 0;
	if (!number)
		return err_setx(e, ENOENT, "no group '%s' in the image's /etc/group", group);
	out->gid = (gid_t)want;
	return 0;
}

int
run_user_resolve(int root, const char *user, struct run_user *out, struct err *e)
{
	CLEAN_FREE char *copy = xstrdup(user);
	CLEAN_FREE char *name = NULL;
	char *group = strchr(copy, ':');
	int r;

	memset(out, 0, sizeof(*out));
	out->home = xstrdup("/");
	if (group != NULL)
		*group++ = '\0';
	if (group != NULL && *group == '\0')
		group = NULL;
	r = find_user(root, *copy != '\0' ? copy : "0", out, &name, e);
	if (r == 0 && (group != NULL || name != NULL))
		r = find_groups(root, group, name, out, e);
	if (r < 0) {
		free(out->home);
		free(out->groups);
		memset(out, 0, sizeof(*out));
	}
	return r;
}
