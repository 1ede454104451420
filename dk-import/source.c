/* SPDX-License-Identifier: ISC */
/*
 * source: gzip and zstd are read here; bzip2, xz, lzip, lz4 and compress by
 * their programs, between two pipes. The bytes that told which one were read
 * from the input already, so a child puts them in front of the rest.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/proc.h"
#include "layer/codec.h"

#include "source.h"

enum { HEAD = 6 };

struct source {
	int fd; /* the input, or the program's output */
	char head[HEAD]; /* read to find out the format */
	size_t pos, len;
	struct decoder *dec;
	/* of a program: */
	const char *program; /* NULL none */
	pid_t pid, feeder;
	int errors; /* what it said on its standard error */
};

static ssize_t
read_raw(void *arg, void *p, size_t n, struct err *e)
{
	struct source *s = arg;
	ssize_t r;

	if (s->pos < s->len) {
		if (n > s->len - s->pos)
			n = s->len - s->pos;
		memcpy(p, s->head + s->pos, n);
		s->pos += n;
		return (ssize_t)n;
	}
	r = fd_read(s->fd, p, n);
	return r < 0 ? err_set(e, errno, "read") : r;
}

/*
 * Writes the head and then the rest of in to up, in a child. It keeps no other end of the two
 * pipes: with up's reader gone it is to get SIGPIPE, and down ends with the program.
 */
static pid_t
start_feeder(const struct source *s, int in, const int up[2], const int down[2], struct err *e)
{
	pid_t pid = fork();

	if (pid < 0)
		return err_set(e, errno, "fork");
	if (pid > 0)
		return pid;
	signal(SIGPIPE, SIG_DFL);
	close(up[0]);
	close(down[0]);
	close(down[1]);
	_exit(fd_write_all(up[1], s->head, s->len) < 0 || fd_copy(in, up[1], e) < 0);
}

static int
start_program(struct source *s, struct err *e)
{
	char *const argv[] = { (char *)(uintptr_t)s->program, "-dc", NULL };
	int up[2] = { -1, -1 }, down[2] = { -1, -1 };
	int in = s->fd, r = -1;

	s->errors = memfd_create("errors", MFD_CLOEXEC);
	if (s->errors < 0 || pipe2(up, O_CLOEXEC) < 0 || pipe2(down, O_CLOEXEC) < 0) {
		err_set(e, errno, "pipe");
		goto out;
	}
	s->pid = proc_spawn(argv, up[0], down[1], s->errors, e);
	if (s->pid < 0) {
		if (e->code == ENOENT)
			err_setx(e, ENOENT,
				"it is compressed, and its program '%s' is not installed",
				s->program);
		goto out;
	}
	s->feeder = start_feeder(s, in, up, down, e);
	if (s->feeder < 0)
		goto out;
	s->fd = steal_fd(&down[0]);
	s->pos = s->len = 0;
	r = 0;
out:
	mem_clean_fd(&up[0]);
	mem_clean_fd(&up[1]);
	mem_clean_fd(&down[0]);
	mem_clean_fd(&down[1]);
	return r;
}

struct source *
source_open(int fd, struct err *e)
{
	struct source *s = xcalloc(1, sizeof(*s));
	ssize_t n;

	s->fd = fd;
	s->errors = -1;
	s->pid = s->feeder = -1;
	n = fd_read_full(fd, s->head, HEAD);
	if (n < 0) {
		err_set(e, errno, "read");
		goto fail;
	}
	if (n == 0) {
		err_setx(e, EINVAL, "it is empty");
		goto fail;
	}
	s->len = (size_t)n;
	if (codec_sniff(s->head, s->len, &s->program) == COMP_UNKNOWN && start_program(s, e) < 0)
		goto fail;
	s->dec = decoder_new(s->program != NULL ? COMP_NONE : COMP_UNKNOWN, read_raw, s, e);
	if (s->dec == NULL)
		goto fail;
	return s;
fail:
	source_close(s);
	return NULL;
}

/* The program's output has ended: was that all? */
static int
program_end(struct source *s, struct err *e)
{
	char line[200];
	ssize_t n;
	int status;

	if (s->pid < 0)
		return 0;
	status = proc_wait(s->pid, e);
	s->pid = -1;
	if (status <= 0)
		return status;
	n = pread(s->errors, line, sizeof(line) - 1, 0);
	line[n > 0 ? n : 0] = '\0';
	line[strcspn(line, "\n")] = '\0';
	return err_setx(e, EBADMSG, "%s failed with status %d%s%s", s->program, status,
		line[0] != '\0' ? ": " : "", line);
}

ssize_t
source_read(struct source *s, void *p, size_t n, struct err *e)
{
	ssize_t r = decoder_read(s->dec, p, n, e);

	return r == 0 ? program_end(s, e) : r;
}

void
source_close(struct source *s)
{
	if (s == NULL)
		return;
	decoder_free(s->dec);
	if (s->program != NULL) {
		/* with its output closed the program ends, and then its feeder */
		mem_clean_fd(&s->fd);
		if (s->pid > 0)
			kill(s->pid, SIGTERM);
		if (s->feeder > 0)
			kill(s->feeder, SIGTERM);
		if (s->pid > 0)
			waitpid(s->pid, NULL, 0);
		if (s->feeder > 0)
			waitpid(s->feeder, NULL, 0);
		mem_clean_fd(&s->errors);
	}
	free(s);
}
