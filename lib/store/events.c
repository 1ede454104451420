/* SPDX-License-Identifier: ISC */
/*
 * events.c: $DK_RUN/events. An event is one write(2) at the end of the file, so
 * that lines of several programs never mix. The file is on a tmpfs as a rule:
 * past EVENTS_MAX it becomes events.1, over the one before.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/fmt.h"
#include "base/mem.h"
#include "events.h"

#define EVENTS_MAX (4 << 20) /* bytes */

static void
encode(struct buf *b, const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s > ' ' && (unsigned char)*s < 0x7f && *s != '%')
			buf_addc(b, *s);
		else
			buf_addf(b, "%%%02X", (unsigned char)*s);
}

static void
rotate(int run, int fd)
{
	struct stat mine, there;

	/* of two that find it full the second finds another file */
	if (fstat(fd, &mine) == 0 && mine.st_size > EVENTS_MAX &&
		fstatat(run, "events", &there, AT_SYMLINK_NOFOLLOW) == 0 &&
		there.st_ino == mine.st_ino && there.st_dev == mine.st_dev)
		(void)renameat(run, "events", run, "events.1");
}

void
event_log(struct store *s, const char *type, const char *action, const char *id,
	const char *const *kv)
{
	CLEAN_BUF struct buf b = BUF_INIT;
	CLEAN_FD int fd = -1;
	struct timespec now;
	struct err ignored;
	char when[40];

	if (store_run_dir(s, &ignored) < 0)
		return;
	fd = openat(s->run, "events", O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	buf_addf(&b, "%s %s %s ", fmt_rfc3339(now, when), type, action);
	encode(&b, id);
	for (; kv != NULL && *kv != NULL; kv++) {
		buf_addc(&b, ' ');
		encode(&b, *kv);
	}
	buf_addc(&b, '\n');
	(void)fd_write_all(fd, b.data, b.len);
	rotate(s->run, fd);
}
