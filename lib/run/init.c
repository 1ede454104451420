/* SPDX-License-Identifier: ISC */
/*
 * init: furnishes the container from inside its namespaces and becomes its
 * process. It runs in the parent's memory: what it writes there, the parent
 * has; its own are descriptors, credentials, namespaces and this stack.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include "base/fd.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/proc.h"
#include "caps.h"
#include "cgroup.h"
#include "exec.h"
#include "init.h"
#include "mounts.h"
#include "run.h"
#include "seccomp.h"
#include "sys.h"

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC 4
#endif
#ifndef PIPEFS_MAGIC
#define PIPEFS_MAGIC 0x50495045
#endif

static int
join_namespaces(const struct spec *s, struct err *e)
{
	size_t i;

	for (i = 0; i < s->nns; i++) {
		CLEAN_FD int fd = -1;

		if (s->ns[i].path == NULL)
			continue;
		fd = fd_open(AT_FDCWD, s->ns[i].path, O_RDONLY, 0, e);
		if (fd < 0)
			return err_wrap(e, "%s namespace", s->ns[i].type);
		if (setns(fd, 0) < 0)
			return err_set(e, errno, "%s namespace '%s'", s->ns[i].type, s->ns[i].path);
	}
	return 0;
}

/* lo of a new network namespace is down. */
static int
loopback_up(struct err *e)
{
	CLEAN_FD int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq r = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &r) < 0)
		return err_set(e, errno, "loopback interface");
	return 0;
}

static bool
is_new(const struct spec *s, const char *type)
{
	size_t i;

	for (i = 0; i < s->nns; i++)
		if (strcmp(s->ns[i].type, type) == 0)
			return s->ns[i].path == NULL;
	return false;
}

/*
 * In a chroot the current root is no mount point, which mount(2) of "/" and pivot_root(2) refuse
 * with EINVAL. Entering the mount namespace that we are in already makes its own root ours.
 */
static int
leave_chroot(void)
{
	CLEAN_FD int self = proc_pidfd_open(getpid());

	return self < 0 ? -1 : setns(self, CLONE_NEWNS);
}

/* Nothing done here reaches the host, and nothing unmounted there stays busy here. */
static int
make_private(struct err *e)
{
	CLEAN_FD int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int r;

	r = mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	if (r < 0 && errno == EINVAL && root >= 0 && leave_chroot() == 0) {
		r = mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
		/* back for a while: names of bind mounts are the chroot's */
		if (fchdir(root) < 0 || chroot(".") < 0)
			r = -1;
	}
	return r < 0 ? err_set(e, errno, "make all mounts private") : 0;
}

/* pivot_root(2) needs the new root below the old one; what its place covers is looked up before or
 * not at all. */
static int
attach_root(int rootfs, struct err *e)
{
	static const char *const places[] = { "/proc", "/sys", "/dev", "/tmp", "/run", "/mnt",
		"/etc", "/usr" };
	size_t i;

	for (i = 0; i < LEN(places); i++)
		if (sys_attach_at(rootfs, AT_FDCWD, places[i]) == 0)
			return sys_setattr(rootfs, AT_RECURSIVE, 0, 0, MS_PRIVATE) == 0
				? 0
				: err_set(e, errno, "root file system: propagation");
	return err_set(e, errno, "attach the root file system");
}

static int
pivot(int rootfs, struct err *e)
{
	int r;

	r = fchdir(rootfs) < 0 ? -1 : (int)syscall(SYS_pivot_root, ".", ".");
	if (r < 0 && errno == EINVAL && leave_chroot() == 0 && fchdir(rootfs) == 0)
		r = (int)syscall(SYS_pivot_root, ".", ".");
	if (r < 0)
		return err_set(e, errno, "pivot_root");
	/* the old root lies on top of the new one now */
	if (umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		return err_set(e, errno, "leave the old root");
	return 0;
}

static int
enter_cwd(const struct spec *s, struct err *e)
{
	const char *cwd = s->cwd != NULL && *s->cwd != '\0' ? s->cwd : "/";
	CLEAN_FD int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	CLEAN_FD int fd = -1;
	char at[PATH_MAX];

	if (root < 0)
		return err_set(e, errno, "open the root");
	/* no magic links: /proc/self/fd/N may be a directory of the host (CVE-2024-21626) */
	fd = path_open_in(root, cwd, O_PATH | O_DIRECTORY, 0, e);
	if (fd < 0)
		return err_wrap(e, "working directory");
	if (fchdir(fd) < 0)
		return err_set(e, errno, "working directory '%s'", cwd);
	if (getcwd(at, sizeof(at)) == NULL || at[0] != '/')
		return err_setx(
			e, EPERM, "working directory '%s' is outside of the container", cwd);
	return 0;
}

static const struct {
	const char *name;
	int number;
} limits[] = {
	{ "RLIMIT_AS", RLIMIT_AS },
	{ "RLIMIT_CORE", RLIMIT_CORE },
	{ "RLIMIT_CPU", RLIMIT_CPU },
	{ "RLIMIT_DATA", RLIMIT_DATA },
	{ "RLIMIT_FSIZE", RLIMIT_FSIZE },
	{ "RLIMIT_LOCKS", RLIMIT_LOCKS },
	{ "RLIMIT_MEMLOCK", RLIMIT_MEMLOCK },
	{ "RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE },
	{ "RLIMIT_NICE", RLIMIT_NICE },
	{ "RLIMIT_NOFILE", RLIMIT_NOFILE },
	{ "RLIMIT_NPROC", RLIMIT_NPROC },
	{ "RLIMIT_RSS", RLIMIT_RSS },
	{ "RLIMIT_RTPRIO", RLIMIT_RTPRIO },
	{ "RLIMIT_RTTIME", RLIMIT_RTTIME },
	{ "RLIMIT_SIGPENDING", RLIMIT_SIGPENDING },
	{ "RLIMIT_STACK", RLIMIT_STACK },
};

static int
set_limits(const struct spec *s, struct err *e)
{
	size_t i, k;

	for (i = 0; i < s->nrlimits; i++) {
		const struct spec_rlimit *r = &s->rlimits[i];
		/* the kernel's form: 64 bits on every machine */
		struct {
			uint64_t cur, max;
		} v = { r->soft, r->hard };

		for (k = 0; k < LEN(limits) && strcmp(limits[k].name, r->type) != 0; k++)
			;
		if (k == LEN(limits))
			return err_setx(e, EINVAL, "unknown limit '%s'", r->type);
		if (syscall(SYS_prlimit64, 0, limits[k].number, &v, NULL) < 0)
			return err_set(e, errno, "limit %s", r->type);
	}
	return 0;
}

/* The host's null device: its mode and owner are the host's too. */
static bool
is_null(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3);
}

/*
 * in, out, err become 0, 1, 2; -1 and the host's null device are the
 * container's own. A pipe is given to the process's user, who could not
 * open /dev/stdout otherwise.
 */
static int
set_stdio(const struct run_opts *o, int null, struct err *e)
{
	int fd[3] = { o->in, o->out, o->err };
	struct statfs fs;
	int i;

	for (i = 0; i < 3; i++) {
		if (fd[i] < 0 || is_null(fd[i]))
			fd[i] = null;
		if (fd[i] < 3) /* out of the way of the others */
			fd[i] = fcntl(fd[i], F_DUPFD_CLOEXEC, 3);
		if (fd[i] < 0)
			return err_set(e, errno, "standard streams");
	}
	for (i = 0; i < 3; i++) {
		if (dup2(fd[i], i) < 0)
			return err_set(e, errno, "standard streams");
		if (o->spec->uid != 0 && fstatfs(i, &fs) == 0 && (long)fs.f_type == PIPEFS_MAGIC &&
			fchown(i, o->spec->uid, (gid_t)-1) < 0)
			return err_set(e, errno, "owner of standard streams");
	}
	return 0;
}

static int
close_on_exec(struct err *e)
{
	int fd;

	if (syscall(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC) == 0)
		return 0;
	if (errno != ENOSYS && errno != EINVAL && errno != EPERM)
		return err_set(e, errno, "close descriptors");
	/* before 5.11 */
	for (fd = 3; fd < 65536; fd++)
		fcntl(fd, F_SETFD, FD_CLOEXEC);
	return 0;
}

/* By system call: the C library keeps 32 to 34 for itself, and whoever started us may have ignored
 * them. */
static void
reset_signals(void)
{
	static const unsigned long dfl[8]; /* the kernel's struct sigaction: SIG_DFL, no flags */
	int i;

	for (i = 1; i < _NSIG; i++)
		syscall(SYS_rt_sigaction, i, dfl, NULL, _NSIG / 8);
}

/* What needs the namespaces: file systems, network, names. */
static int
furnish(struct init *in, struct view *v, struct err *e)
{
	const struct run_opts *o = in->o;
	const struct spec *s = o->spec;
	CLEAN_FD int null = -1;
	CLEAN_FD int cwd = -1;

	if (is_new(s, "network") && loopback_up(e) < 0)
		return -1;
	if (s->hostname != NULL && is_new(s, "uts") &&
		sethostname(s->hostname, strlen(s->hostname)) < 0)
		return err_set(e, errno, "host name '%s'", s->hostname);
	if (make_private(e) < 0)
		return -1;
	v->root = in->rootfs;
	v->cgroup = in->cgroup;
	v->binds = in->binds;
	if (mounts_clone_binds(v, s, e) < 0 || attach_root(in->rootfs, e) < 0)
		return -1;
	umask(0);
	if (mounts_make(v, s, e) < 0 || mounts_devices(v, s, e) < 0 || mounts_sysctl(v, s, e) < 0)
		return -1;
	if ((o->resolv_conf != NULL &&
		    mounts_bind_file(v, o->resolv_conf, "/etc/resolv.conf", e) < 0) ||
		(o->hosts != NULL && mounts_bind_file(v, o->hosts, "/etc/hosts", e) < 0) ||
		(o->hostname_file != NULL &&
			mounts_bind_file(v, o->hostname_file, "/etc/hostname", e) < 0))
		return -1;
	if (mounts_masks(v, s, e) < 0)
		return -1;
	if (s->cwd != NULL) {
		cwd = path_mkdirs_in(v->root, s->cwd, 0755, 0, 0, NULL, e);
		if (cwd < 0)
			return err_wrap(e, "working directory");
	}
	null = v->dev >= 0 ? openat(v->dev, "null", O_RDWR | O_NOFOLLOW | O_CLOEXEC)
			   : open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0)
		return err_set(e, errno, "/dev/null");
	if (set_stdio(o, null, e) < 0 || pivot(v->root, e) < 0)
		return -1;
	if (s->root_readonly && sys_setattr(v->root, 0, MOUNT_ATTR_RDONLY, 0, 0) < 0)
		return err_set(e, errno, "make the root read-only");
	return enter_cwd(s, e);
}

/* Gives up power in the order in which each step still has what it needs. */
static int
confine(const struct spec *s, struct err *e)
{
	if (set_limits(s, e) < 0 || caps_bound(s, e) < 0)
		return -1;
	/* without no_new_privs a filter needs CAP_SYS_ADMIN */
	if (!s->no_new_privileges && seccomp_enter(s, e) < 0)
		return -1;
	if (caps_become(s, e) < 0)
		return -1;
	if (s->no_new_privileges && (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0))
		return err_set(e, errno, "no_new_privs");
	if (s->no_new_privileges && seccomp_enter(s, e) < 0)
		return -1;
	/* changing the user has cleared it */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return err_set(e, errno, "parent death signal");
	umask(s->umask >= 0 ? (mode_t)s->umask : 022);
	return 0;
}

static int
fail(struct init *in, int code)
{
	in->code = code;
	return 1;
}

int
init_main(void *arg)
{
	struct init *in = arg;
	const struct spec *s = in->o->spec;
	struct view v = VIEW_INIT;
	struct err *e = &in->err;
	char path[PATH_MAX], byte = 0;
	sigset_t none;
	int code;

	close(in->ready_rd);
	close(in->go_wr);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 || (setsid() < 0 && errno != EPERM)) {
		err_set(e, errno, "new session");
		return fail(in, RUN_OWN);
	}
	reset_signals();
	if (in->cgroup != NULL && cgroup_enter(in->cgroup, in->enter_v2, e) < 0)
		return fail(in, RUN_OWN);
	if (join_namespaces(s, e) < 0)
		return fail(in, RUN_OWN);
	/* only now, so that its root is the container's cgroup */
	if (is_new(s, "cgroup") && unshare(CLONE_NEWCGROUP) < 0) {
		err_set(e, errno, "cgroup namespace");
		return fail(in, RUN_OWN);
	}
	if (furnish(in, &v, e) < 0 || close_on_exec(e) < 0 || confine(s, e) < 0)
		return fail(in, RUN_OWN);
	code = exec_find(s, path, e);
	if (code != 0)
		return fail(in, code);
	/* from the write to the byte, the parent runs: nothing here may touch errno or the heap */
	if (write(in->ready_wr, &byte, 1) != 1 || read(in->go_rd, &byte, 1) != 1)
		_exit(1);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	return fail(in, exec_run(s, path, e));
}
