/* SPDX-License-Identifier: ISC */
/*
 * confine: what a process that parses a stranger's tar may do if the parser is
 * turned against it: make files below one directory. Each wall stands alone:
 * chroot and Landlock keep it to the directory, the capabilities left reach
 * nothing but files, and seccomp leaves the system calls that untar makes, no
 * exec, no socket, no mount, no namespace. It makes device nodes, but sees the
 * directory through a mount on which none can be opened.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/mount.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "base/err.h"
#include "base/mem.h"

#include "confine.h"

/* Landlock rights newer than the headers of Debian 12: ABI 3 and ABI 5. */
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif
#ifndef LANDLOCK_ACCESS_FS_IOCTL_DEV
#define LANDLOCK_ACCESS_FS_IOCTL_DEV (1ULL << 15)
#endif

/* What the kernel of ABI 4 and 6 also takes; the structure grows at its end. */
struct ruleset {
	uint64_t fs;
	uint64_t net; /* ABI 4: bind, connect */
	uint64_t scoped; /* ABI 6: abstract sockets, signals */
};

static int
landlock(int dir, struct err *e)
{
	const uint64_t below = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE |
		LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_REMOVE_DIR |
		LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
		LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
		LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |
		LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_REFER |
		LANDLOCK_ACCESS_FS_TRUNCATE;
	struct ruleset rules = { .fs = (1ULL << 13) - 1 };
	struct landlock_path_beneath_attr rule = { .parent_fd = dir };
	CLEAN_FD int fd = -1;
	size_t size = sizeof(rules.fs);
	long abi;

	abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	if (abi < 2)
		return 0; /* none, or it forbids every hard link to another directory (5.13 to 5.18)
			   */
	rules.fs |= LANDLOCK_ACCESS_FS_REFER;
	if (abi >= 3)
		rules.fs |= LANDLOCK_ACCESS_FS_TRUNCATE;
	if (abi >= 4) {
		rules.net = 3;
		size = offsetof(struct ruleset, scoped);
	}
	if (abi >= 5)
		rules.fs |= LANDLOCK_ACCESS_FS_IOCTL_DEV;
	if (abi >= 6) {
		rules.scoped = 3;
		size = sizeof(rules);
	}
	fd = (int)syscall(SYS_landlock_create_ruleset, &rules, size, 0);
	if (fd < 0)
		return err_set(e, errno, "landlock_create_ruleset");
	rule.allowed_access = below & rules.fs;
	if (syscall(SYS_landlock_add_rule, fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0)
		return err_set(e, errno, "landlock_add_rule");
	if (syscall(SYS_landlock_restrict_self, fd, 0) < 0)
		return err_set(e, errno, "landlock_restrict_self");
	return 0;
}

static int
capabilities(bool root, struct err *e)
{
	const uint32_t files = 1u << CAP_CHOWN | 1u << CAP_DAC_OVERRIDE | 1u << CAP_FOWNER |
		1u << CAP_FSETID | 1u << CAP_MKNOD | 1u << CAP_SETFCAP;
	struct __user_cap_header_struct h = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct d[2] = { { 0 }, { 0 } };

	if (root) {
		d[0].effective = d[0].permitted = files;
	}
	if (syscall(SYS_capset, &h, d) < 0)
		return err_set(e, errno, "drop capabilities");
	return 0;
}

/* ---- seccomp */

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#endif

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define SANITIZER
#endif
#endif

/* The calls of untar, its libraries and the C library under them. */
/* clang-format off */
static const int allowed[] = {
	SYS_read, SYS_write, SYS_readv, SYS_writev, SYS_pwrite64, SYS_lseek, SYS_close,
	SYS_openat, SYS_openat2, SYS_fstat, SYS_newfstatat, SYS_statx, SYS_readlinkat,
	SYS_getdents64, SYS_mkdirat, SYS_mknodat, SYS_linkat, SYS_symlinkat, SYS_unlinkat,
	SYS_renameat, SYS_renameat2, SYS_ftruncate, SYS_fchown, SYS_fchownat, SYS_fchmod,
	SYS_fchmodat, SYS_utimensat, SYS_fsetxattr, SYS_lsetxattr, SYS_fchdir, SYS_fcntl,
	SYS_umask, SYS_geteuid, SYS_getegid, SYS_munmap, SYS_mremap, SYS_madvise, SYS_brk,
	SYS_futex, SYS_clock_gettime, SYS_getrandom, SYS_getpid, SYS_gettid, SYS_rt_sigprocmask,
	SYS_rt_sigreturn, SYS_exit, SYS_exit_group,
#ifdef SYS_open
	SYS_open,
#endif
#ifdef SANITIZER /* its run-time library does more */
	SYS_sigaltstack, SYS_sched_yield, SYS_rt_sigaction,
#endif
};
/* clang-format on */

/* These too, but never with PROT_EXEC, their third argument. */
static const int mapping[] = { SYS_mmap, SYS_mprotect };

static int
filter(struct err *e)
{
#ifdef ARCH
	struct sock_filter f[2 * LEN(allowed) + 32];
	struct sock_fprog prog = { .filter = f };
	unsigned short n = 0;
	size_t i;

#define STMT(code, k) f[n++] = (struct sock_filter)BPF_STMT(code, k)
#define JUMP(code, k, jt, jf) f[n++] = (struct sock_filter)BPF_JUMP(code, k, jt, jf)
	STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
	JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0);
	STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
	STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	for (i = 0; i < LEN(allowed); i++) {
		JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)allowed[i], 0, 1);
		STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	}
	for (i = 0; i < LEN(mapping); i++) {
		JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)mapping[i], 0, 4);
		/* the low half holds all PROT_ bits, on little endian first */
		STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2]));
		JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 1, 0);
		STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
		STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
	}
	/* x32 numbers carry bit 30 and match nothing above */
	STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
#undef STMT
#undef JUMP
	prog.len = n;
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) < 0 && errno != EINVAL)
		return err_set(e, errno, "seccomp");
#else
	(void)e; /* NEEDSWORK: other architectures have the other walls only */
#endif
	return 0;
}

/*
 * A mount of dir alone, which nothing else shows, takes dir's place: no device in it opens, the
 * host's disks among them. Where the kernel has no such thing (before 5.12) or a container forbids
 * it, dir stays as it is.
 */
static int
shut_devices(int dir, struct err *e)
{
	struct mount_attr attr = {
		.attr_set = MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC,
	};
	CLEAN_FD int tree = -1;
	CLEAN_FD int fd = -1;

	tree = (int)syscall(
		SYS_open_tree, dir, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (tree < 0 ||
		syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0)
		return 0;
	/* what open_tree returns is O_PATH, and dir must lead nowhere else */
	fd = openat(tree, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || dup3(fd, dir, O_CLOEXEC) < 0)
		return err_set(e, errno, "open the layer's directory");
	return 0;
}

int
confine(int dir, bool root, struct err *e)
{
	if (root && shut_devices(dir, e) < 0)
		return -1;
	if (fchdir(dir) < 0)
		return err_set(e, errno, "change to the layer's directory");
	if (root && chroot(".") < 0)
		return err_set(e, errno, "chroot");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_set(e, errno, "no_new_privs");
	if (landlock(dir, e) < 0 || capabilities(root, e) < 0)
		return -1;
	return filter(e);
}
