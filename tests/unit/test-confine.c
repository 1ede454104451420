/* SPDX-License-Identifier: ISC */
/* test-confine.c: what a confined unpacker can do, and what it no longer can */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"
#include "layer/confine.h"
#include "tap.h"

static char top[] = "/tmp/dk-test-confine-XXXXXX";
static int outside, inside;

/* In the child: did it fail with one of these? The parent counts. */
static int bad;

static void
must(bool good, const char *what)
{
	char line[128];
	int n = snprintf(line, sizeof(line), "# confined: %s%s\n", good ? "" : "FAILED: ", what);

	if (!good)
		bad++;
	if (write(1, line, (size_t)n) < 0)
		bad++;
}

static bool
denied(long r)
{
	return r < 0 && (errno == EPERM || errno == EACCES || errno == ENOENT || errno == EXDEV);
}

static void
confined(bool landlock)
{
	char *const argv[] = { (char *)(uintptr_t) "sh", NULL };
	bool nodev = syscall(SYS_mount_setattr, -1, "", 0, NULL, 0) < 0 && errno != ENOSYS;
	struct err e;
	int fd;

	if (confine(inside, true, &e) < 0) {
		must(false, e.msg);
		return;
	}
	fd = openat(inside, "file", O_WRONLY | O_CREAT | O_EXCL, 0600);
	must(fd >= 0 && write(fd, "x", 1) == 1, "makes a file");
	must(fchown(fd, 7, 8) == 0 && fchmod(fd, 04755) == 0, "of any owner and mode");
	must(fsetxattr(fd, "security.capability", "\1\0\0\2\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20,
		     0) == 0,
		"with capabilities");
	must(mknodat(inside, "null", S_IFCHR | 0666, makedev(1, 3)) == 0, "a device");
	must(!nodev || (openat(inside, "null", O_RDWR) < 0 && errno == EACCES),
		"which it cannot open");
	must(mknodat(inside, "gone", S_IFCHR, 0) == 0, "a whiteout");
	must(mkdirat(inside, "d", 0) == 0 && linkat(inside, "file", inside, "d/link", 0) == 0,
		"a link to another directory");
	must(symlinkat("/etc", inside, "sym") == 0 && unlinkat(inside, "sym", 0) == 0,
		"a symbolic link, and removes it");

	must(denied(openat(AT_FDCWD, "/etc/passwd", O_RDONLY)), "does not see the host's files");
	must(denied(openat(AT_FDCWD, "../../etc/passwd", O_RDONLY)), "nor above");
	/* a descriptor that leads outside: this is what Landlock is for */
	must(!landlock || denied(openat(outside, "secret", O_RDONLY)),
		"nor through an open directory");
	must(!landlock || denied(mkdirat(outside, "new", 0755)), "nor makes anything there");
	must(denied(fsetxattr(fd, "trusted.overlay.opaque", "y", 1, 0)),
		"no trusted attributes: it is not root any more");
	must(denied(socket(AF_INET, SOCK_STREAM, 0)), "no sockets");
	must(denied(execv("/bin/sh", argv)), "no exec");
	must(denied(fork()), "no processes");
	must(denied(mount("none", "/", "tmpfs", 0, NULL)), "no mounts");
	must(denied(unshare(CLONE_NEWUSER)), "no namespaces");
	must(denied(chroot(".")), "no chroot");
	must(denied(setuid(0)), "no user changes");
	must(denied(kill(getppid(), 0)), "no signals");
	must(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
			MAP_FAILED,
		"no new code");
}

int
main(void)
{
	struct err e;
	int status;
	pid_t pid;

	if (geteuid() != 0) {
		puts("1..0 # SKIP needs root");
		return 0;
	}
	if (mkdtemp(top) == NULL || (outside = open(top, O_RDONLY | O_DIRECTORY)) < 0 ||
		mkdirat(outside, "in", 0755) < 0 ||
		(inside = openat(outside, "in", O_RDONLY | O_DIRECTORY)) < 0)
		abort();
	close(openat(outside, "secret", O_WRONLY | O_CREAT, 0644));
	pid = fork();
	if (pid == 0) {
		confined(syscall(SYS_landlock_create_ruleset, NULL, 0,
				 LANDLOCK_CREATE_RULESET_VERSION) >= 2);
		_exit(bad);
	}
	waitpid(pid, &status, 0);
	ok(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the walls stand");
	if (fd_rmtree(AT_FDCWD, top, &e) < 0)
		printf("# %s\n", e.msg);
	return done();
}
