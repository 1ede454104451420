/* SPDX-License-Identifier: ISC */
/*
 * ctrstate.c: what a container is doing. `state` is what its monitor wrote last;
 * whether that still holds is told by the monitor's lock: an OFD lock, which goes
 * with the process however it ends (dk-store(5), Liveness).
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/proc.h"
#include "ctrfile.h"

#define STATE_MAX 4096

static const char *const status_names[] = {
	[CTR_CREATED] = "created",
	[CTR_RUNNING] = "running",
	[CTR_EXITED] = "exited",
	[CTR_DEAD] = "dead",
};

const char *
ctr_status_name(enum ctr_status s)
{
	return status_names[s];
}

/* Always under the same name beside it: a killed writer leaves one at most. */
static int
replace(int dir, const char *name, const void *p, size_t n, struct err *e)
{
	CLEAN_FREE char *tmp = xasprintf("%s.new", name);
	CLEAN_FD int fd = fd_open(dir, tmp, O_WRONLY | O_CREAT | O_TRUNC, 0644, e);

	if (fd < 0)
		return -1;
	if (fd_write_all(fd, p, n) < 0 || renameat(dir, tmp, dir, name) < 0) {
		err_set(e, errno, "write '%s'", name);
		unlinkat(dir, tmp, 0);
		return -1;
	}
	return 0;
}

static void
add_line(struct buf *b, const char *key, const char *value)
{
	size_t i;

	if (*value == '\0')
		return;
	buf_addf(b, "%s=", key);
	for (i = 0; value[i] != '\0'; i++)
		buf_addc(b, value[i] == '\n' ? ' ' : value[i]);
	buf_addc(b, '\n');
}

int
ctr_write_state(const struct ctr *c, const struct ctr_state *st, struct err *e)
{
	CLEAN_BUF struct buf b = BUF_INIT;

	buf_addf(&b, "status=%s\n", status_names[st->status]);
	if (st->pid > 0)
		buf_addf(&b, "pid=%d\n", (int)st->pid);
	buf_addf(&b, "exit=%d\n", st->exit_code);
	add_line(&b, "started", st->started);
	add_line(&b, "finished", st->finished);
	add_line(&b, "error", st->error);
	if (replace(c->dir, "state", b.data, b.len, e) < 0)
		return err_wrap(e, "container %.12s", c->id);
	return 0;
}

static void
parse_line(struct ctr_state *st, const char *key, const char *value)
{
	size_t i;

	if (str_eq(key, "status")) {
		for (i = 0; i < LEN(status_names); i++)
			if (str_eq(value, status_names[i]))
				st->status = (enum ctr_status)i;
	} else if (str_eq(key, "pid")) {
		(void)str_int(value, 1, INT_MAX, &st->pid);
	} else if (str_eq(key, "exit")) {
		(void)str_int(value, 0, 255, &st->exit_code);
	} else if (str_eq(key, "started")) {
		snprintf(st->started, sizeof(st->started), "%s", value);
	} else if (str_eq(key, "finished")) {
		snprintf(st->finished, sizeof(st->finished), "%s", value);
	} else if (str_eq(key, "error")) {
		snprintf(st->error, sizeof(st->error), "%s", value);
	}
}

/* Keys it does not know are passed over. 0/-1; a container that is gone: ENOENT. */
static int
read_state(const struct ctr *c, struct ctr_state *st, struct err *e)
{
	CLEAN_BUF struct buf b = BUF_INIT;
	char *p, *end, *eq;

	*st = (struct ctr_state){ .status = CTR_CREATED };
	if (ctr_load(c, "state", STATE_MAX, &b, e) < 0)
		return -1;
	for (p = b.data; p != NULL && *p != '\0'; p = end) {
		if ((end = strchr(p, '\n')) != NULL)
			*end++ = '\0';
		if ((eq = strchr(p, '=')) == NULL)
			continue;
		*eq = '\0';
		parse_line(st, p, eq + 1);
	}
	return 0;
}

int
ctr_status(const struct ctr *c, struct ctr_state *out, struct err *e)
{
	CLEAN_FD int init = -1;

	if (read_state(c, out, e) < 0)
		return err_wrap(e, "container %.12s", c->id);
	if (out->status != CTR_RUNNING || ctr_monitored(c))
		return 0;
	/* it may have ended between the two looks: what it wrote before it let the lock go is its
	 * last */
	if (read_state(c, out, e) < 0)
		return err_wrap(e, "container %.12s", c->id);
	if (out->status != CTR_RUNNING)
		return 0;
	/* the end of a PID namespace's init is the end of all in it */
	init = ctr_init_pidfd(c);
	out->status = init >= 0 ? CTR_DEAD : CTR_EXITED;
	if (init < 0)
		out->pid = 0;
	out->exit_code = 255;
	snprintf(out->error, sizeof(out->error), "monitor lost");
	return 0;
}

int
ctr_write_pid(const struct ctr *c, pid_t pid, struct err *e)
{
	uint64_t start;
	char line[48];

	if (proc_start_time(pid, &start) < 0)
		return err_set(e, errno, "start time of process %d", (int)pid);
	snprintf(line, sizeof(line), "%d %llu\n", (int)pid, (unsigned long long)start);
	return replace(c->run, "pid", line, strlen(line), e);
}

int
ctr_read_pid(const struct ctr *c, pid_t *pid, uint64_t *start, struct err *e)
{
	CLEAN_BUF struct buf b = BUF_INIT;
	char *blank;

	if (ctr_load_run(c, "pid", 64, &b, e) < 0)
		return -1;
	if (b.len > 0 && b.data[b.len - 1] == '\n')
		b.data[b.len - 1] = '\0';
	if (b.len == 0 || (blank = strchr(b.data, ' ')) == NULL)
		return err_setx(e, EINVAL, "'pid' is not \"PID STARTTIME\"");
	*blank++ = '\0';
	if (str_int(b.data, 1, INT_MAX, pid) < 0 || str_u64(blank, 0, UINT64_MAX, start) < 0)
		return err_setx(e, EINVAL, "'pid' is not \"PID STARTTIME\"");
	return 0;
}

int
ctr_write_want(const struct ctr *c, const char *want, struct err *e)
{
	CLEAN_FREE char *line = xasprintf("%s\n", want);

	if (replace(c->dir, "want", line, strlen(line), e) < 0)
		return err_wrap(e, "container %.12s", c->id);
	return 0;
}
