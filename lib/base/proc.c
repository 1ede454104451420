/* SPDX-License-Identifier: ISC */
/* proc: children and what identifies a process beyond its number. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "buf.h"
#include "err.h"
#include "fd.h"
#include "mem.h"
#include "proc.h"
#include "str.h"

static void
reset_signals(void)
{
	struct sigaction sa = { .sa_handler = SIG_DFL };
	sigset_t none;
	int i;

	for (i = 1; i < _NSIG; i++)
		sigaction(i, &sa, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* fd becomes want; a descriptor that is there already loses O_CLOEXEC. */
static int
move_fd(int fd, int want)
{
	if (fd == want)
		return fcntl(fd, F_SETFD, 0);
	return dup2(fd, want) < 0 ? -1 : 0;
}

_Noreturn static void
child(char *const argv[], int in, int out, int errfd, int report)
{
	int code;

	reset_signals();
	/* out of the way of 0, 1, 2 */
	if (in >= 0 && in < 3)
		in = fcntl(in, F_DUPFD_CLOEXEC, 3);
	if (out >= 0 && out < 3)
		out = fcntl(out, F_DUPFD_CLOEXEC, 3);
	if (errfd >= 0 && errfd < 3)
		errfd = fcntl(errfd, F_DUPFD_CLOEXEC, 3);
	if (in < 0)
		in = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (move_fd(in, 0) == 0 && (out < 0 || move_fd(out, 1) == 0) &&
		(errfd < 0 || move_fd(errfd, 2) == 0))
		execvp(argv[0], argv);
	code = errno;
	fd_write_all(report, &code, sizeof(code));
	_exit(127);
}

pid_t
proc_spawn(char *const argv[], int in, int out, int errfd, struct err *e)
{
	CLEAN_FD int rd = -1;
	int report[2], code = 0;
	ssize_t n;
	pid_t pid;

	if (pipe2(report, O_CLOEXEC) < 0)
		return err_set(e, errno, "pipe");
	rd = report[0];
	pid = fork();
	if (pid == 0)
		child(argv, in, out, errfd, report[1]);
	close(report[1]);
	if (pid < 0)
		return err_set(e, errno, "fork");
	n = fd_read_full(rd, &code, sizeof(code));
	if (n != sizeof(code))
		return pid;
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return err_set(e, code, "run '%s'", argv[0]);
}

int
proc_wait(pid_t pid, struct err *e)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return err_set(e, errno, "wait");
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int
proc_pidfd_open(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

int
proc_pidfd_signal(int pidfd, int sig)
{
	return (int)syscall(SYS_pidfd_send_signal, pidfd, sig, NULL, 0);
}

int
proc_start_time(pid_t pid, uint64_t *out)
{
	CLEAN_BUF struct buf b = BUF_INIT;
	CLEAN_FREE char *path = xasprintf("/proc/%d/stat", (int)pid);
	struct err e;
	char *p, *end;
	int field;

	if (fd_load(AT_FDCWD, path, 4096, &b, &e) < 0) {
		errno = e.code;
		return -1;
	}
	/* the name in field 2 may hold anything, its end is the last ')' */
	p = b.len != 0 ? strrchr(b.data, ')') : NULL;
	for (field = 2; p != NULL && field < 22; field++) {
		p = strchr(p, ' ');
		if (p != NULL)
			p++;
	}
	if (p == NULL || (end = strchr(p, ' ')) == NULL) {
		errno = EINVAL;
		return -1;
	}
	*end = '\0';
	return str_u64(p, 0, UINT64_MAX, out);
}

const char *
proc_boot_id(void)
{
	static char id[40];
	CLEAN_BUF struct buf b = BUF_INIT;
	struct err e;

	if (id[0] == '\0' &&
		fd_load(AT_FDCWD, "/proc/sys/kernel/random/boot_id", 256, &b, &e) == 0 &&
		b.len >= 36)
		memcpy(id, b.data, 36);
	return id;
}

const char *
proc_self_dir(void)
{
	static char dir[PATH_MAX];
	char *slash;
	ssize_t n;

	if (dir[0] != '\0')
		return dir;
	n = readlink("/proc/self/exe", dir, sizeof(dir) - 1);
	if (n <= 0 || dir[0] != '/') {
		dir[0] = '\0';
		return NULL;
	}
	dir[n] = '\0';
	slash = strrchr(dir, '/');
	*(slash == dir ? slash + 1 : slash) = '\0';
	return dir;
}

char *
proc_tool(const char *name)
{
	const char *dir = proc_self_dir();
	char *path;

	if (dir != NULL) {
		path = xasprintf("%s/%s", dir, name);
		if (access(path, X_OK) == 0)
			return path;
		free(path);
	}
	return xstrdup(name);
}
