/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"

#include "output.h"

static _Noreturn void
copy_to_stderr(int in)
{
	char buf[4096];
	ssize_t n;

	signal(SIGINT, SIG_IGN); /* ends with the pipe */
	signal(SIGHUP, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	while ((n = fd_read(in, buf, sizeof(buf))) > 0)
		if (fd_write_all(STDERR_FILENO, buf, (size_t)n) < 0)
			break;
	_exit(0);
}

int
output_open(struct output *o, bool keep, struct err *e)
{
	int fds[2];

	*o = (struct output)OUTPUT_INIT;
	if (keep) {
		o->fd = memfd_create("output", MFD_CLOEXEC);
		o->kept = true;
		return o->fd < 0 ? err_set(e, errno, "memfd_create") : 0;
	}
	if (!isatty(STDERR_FILENO)) {
		o->fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
		return o->fd < 0 ? err_set(e, errno, "standard error") : 0;
	}
	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_set(e, errno, "pipe");
	o->copier = fork();
	if (o->copier == 0) {
		close(fds[1]);
		copy_to_stderr(fds[0]);
	}
	close(fds[0]);
	o->fd = fds[1];
	return o->copier < 0 ? err_set(e, errno, "fork") : 0;
}

void
output_close(struct output *o, bool show)
{
	struct err ignored;

	if (o->kept && show && lseek(o->fd, 0, SEEK_SET) == 0)
		(void)fd_copy(o->fd, STDERR_FILENO, &ignored);
	if (o->fd >= 0)
		close(o->fd);
	if (o->copier > 0)
		while (waitpid(o->copier, NULL, 0) < 0 && errno == EINTR)
			;
	*o = (struct output)OUTPUT_INIT;
}

void
output_clean(struct output *o)
{
	output_close(o, false);
}
