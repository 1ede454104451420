/* SPDX-License-Identifier: ISC */
/* What a container must not be able to do. tests/dk-run runs it inside one, as `test-inside
 * inside`; elsewhere it does nothing. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "tap.h"

/* The call fails, with that error. */
static void
refused(long r, int want, const char *what)
{
	int got = errno;

	tap_ok(r < 0 && got == want, what, 0, "%s: %s", what,
		r < 0 ? strerror(got) : "it succeeds");
}

static void
unreadable(const char *path)
{
	char byte;
	int fd = open(path, O_RDONLY);
	bool empty = fd < 0 || read(fd, &byte, 1) <= 0;

	ok(empty, "%s shows nothing", path);
	close(fd);
}

static void
unwritable(const char *path)
{
	int fd = open(path, O_WRONLY);

	ok(fd < 0, "%s cannot be written", path);
	close(fd);
}

static void
calls(void)
{
	char page[4096] = { 0 };

	refused(syscall(SYS_keyctl, 0, -3, 1), EPERM, "keyctl");
	refused(syscall(SYS_add_key, "user", "x", "y", 1, -3), EPERM, "add_key");
	refused(mount("none", "/tmp", "tmpfs", 0, NULL), EPERM, "mount");
	refused(umount2("/proc", MNT_DETACH), EPERM, "umount");
	refused(syscall(SYS_pivot_root, "/", "/"), EPERM, "pivot_root");
	refused(unshare(CLONE_NEWUSER), EPERM, "unshare of a user namespace");
	refused(unshare(CLONE_NEWNS), EPERM, "unshare of a mount namespace");
	refused(setns(open("/proc/self/ns/mnt", O_RDONLY), 0), EPERM, "setns");
	refused(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0), EPERM,
		"clone of a user namespace");
	refused(syscall(SYS_clone3, page, 64), ENOSYS, "clone3");
	refused(syscall(SYS_fsopen, "tmpfs", 0), EPERM, "fsopen");
	refused(syscall(SYS_open_tree, AT_FDCWD, "/", 1), EPERM, "open_tree");
	refused(syscall(SYS_bpf, 0, page, sizeof(page)), EPERM, "bpf");
	refused(syscall(SYS_perf_event_open, page, 0, -1, -1, 0), EPERM, "perf_event_open");
	refused(syscall(SYS_userfaultfd, 0), EPERM, "userfaultfd");
	refused(syscall(SYS_io_uring_setup, 1, page), EPERM, "io_uring_setup");
	refused(syscall(SYS_open_by_handle_at, AT_FDCWD, page, O_RDONLY), EPERM,
		"open_by_handle_at");
	refused(syscall(SYS_init_module, page, 1, ""), EPERM, "init_module");
	refused(syscall(SYS_kexec_load, 0, 0, 0, 0), EPERM, "kexec_load");
	refused(syscall(SYS_reboot, 0, 0, 0, 0), EPERM, "reboot");
	refused(syscall(SYS_swapon, "/tmp", 0), EPERM, "swapon");
	refused(syscall(SYS_settimeofday, page, 0), EPERM, "settimeofday");
	refused(sethostname("x", 1), EPERM, "sethostname");
	refused(syscall(SYS_syslog, 3, page, 10), EPERM, "syslog");
	refused(socket(40, SOCK_STREAM, 0), EPERM, "socket AF_VSOCK");
	refused(socket(38, SOCK_SEQPACKET, 0), EPERM, "socket AF_ALG");
	refused(syscall(SYS_personality, 0x0040000), EPERM,
		"personality without address randomisation");
	ok(chroot("/") == 0, "chroot works, as CAP_SYS_CHROOT is there");
}

static void
devices(void)
{
	static const struct {
		unsigned major, minor;
		const char *name;
	} disks[] = { { 8, 0, "sda" }, { 254, 0, "vda" }, { 7, 0, "loop0" },
		{ 253, 0, "vda or dm-0" } };
	size_t i;
	int fd;

	for (i = 0; i < sizeof(disks) / sizeof(disks[0]); i++) {
		ok(mknod("/tmp/disk", S_IFBLK | 0600, makedev(disks[i].major, disks[i].minor)) == 0,
			"mknod of %s works", disks[i].name);
		refused(open("/tmp/disk", O_RDONLY), EPERM, "but opening it");
		unlink("/tmp/disk");
	}
	ok(mknod("/tmp/kmsg", S_IFCHR | 0600, makedev(1, 11)) == 0, "mknod of kmsg works");
	refused(open("/tmp/kmsg", O_RDONLY), EPERM, "but opening it");
	unlink("/tmp/kmsg");
	fd = open("/dev/null", O_RDWR);
	ok(fd >= 0, "/dev/null opens");
	close(fd);
}

static void
files(void)
{
	static const char *const hidden[] = { "/proc/kcore", "/proc/keys", "/proc/timer_list",
		"/proc/interrupts", "/proc/sched_debug" };
	static const char *const fixed[] = { "/proc/sysrq-trigger", "/proc/sys/kernel/core_pattern",
		"/proc/sys/kernel/modprobe", "/proc/irq/default_smp_affinity",
		"/sys/kernel/uevent_helper", "/sys/fs/cgroup/devices/devices.allow",
		"/sys/fs/cgroup/devices/cgroup.procs", "/sys/fs/cgroup/cgroup.procs" };
	size_t i;
	int fd, open_fds = 0;

	for (i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
		unreadable(hidden[i]);
	for (i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		unwritable(fixed[i]);
	for (fd = 3; fd < 1024; fd++)
		open_fds += fcntl(fd, F_GETFD) >= 0;
	is_int(open_fds, 0, "no descriptors but 0, 1, 2");
	is_int(getpid(), 1, "PID 1");
	is_int(prctl(PR_GET_SECCOMP), 2, "a system call filter");
	is_int(prctl(PR_CAPBSET_READ, 21), 0, "no CAP_SYS_ADMIN in the bounding set");
}

int
main(int argc, char **argv)
{
	if (argc != 2 || strcmp(argv[1], "inside") != 0) {
		puts("1..0 # SKIP tests/dk-run runs it inside a container");
		return 0;
	}
	files(); /* before calls() leaves descriptors */
	devices();
	calls();
	return done();
}
