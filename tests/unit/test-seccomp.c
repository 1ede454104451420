/* SPDX-License-Identifier: ISC */
/*
 * The default filter, made by our own compiler, against what libseccomp makes of the profile's JSON
 * form, call by call, for each of this machine's system call tables; and against what it is known
 * for.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "oci/spec.h"
#include "run/seccomp.h"
#include "seccomp_default.h"
#include "tap.h"

/* What a kernel does with a filter. */
static uint32_t
verdict(const struct sock_filter *f, size_t n, const struct seccomp_data *d)
{
	uint32_t a = 0, mem[16] = { 0 };
	size_t pc;

	for (pc = 0; pc < n; pc++) {
		const struct sock_filter *i = &f[pc];
		bool yes;

		switch (i->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			memcpy(&a, (const char *)d + i->k, 4);
			continue;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= i->k;
			continue;
		case BPF_ST:
			mem[i->k] = a;
			continue;
		case BPF_LD | BPF_MEM:
			a = mem[i->k];
			continue;
		case BPF_JMP | BPF_JA:
			pc += i->k;
			continue;
		case BPF_JMP | BPF_JEQ | BPF_K:
			yes = a == i->k;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			yes = a >= i->k;
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			yes = a > i->k;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			yes = (a & i->k) != 0;
			break;
		case BPF_RET | BPF_K:
			return i->k;
		default:
			printf("# unknown instruction %#x\n", i->code);
			return 0xdead;
		}
		pc += yes ? i->jt : i->jf;
	}
	return 0xdead;
}

static const char *
text(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

static int64_t
number(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

static uint32_t
action(const json_t *o)
{
	if (strcmp(text(o, "action"), "SCMP_ACT_ALLOW") == 0)
		return SCMP_ACT_ALLOW;
	return SCMP_ACT_ERRNO((uint32_t)number(o, "errnoRet"));
}

/* The JSON form as another runtime reads it, by libseccomp. */
static struct sock_filter *
by_libseccomp(const json_t *profile, size_t *n)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	struct sock_filter *f;
	size_t i, k;
	json_t *o, *name, *arch;
	off_t size;
	int fd;

	seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	json_array_foreach (json_object_get(profile, "architectures"), i, arch) {
		uint32_t token = seccomp_arch_resolve_name(
			strcmp(json_string_value(arch), "SCMP_ARCH_X86") == 0           ? "x86"
				: strcmp(json_string_value(arch), "SCMP_ARCH_X32") == 0 ? "x32"
				: strcmp(json_string_value(arch), "SCMP_ARCH_ARM") == 0 ? "arm"
				: strcmp(json_string_value(arch), "SCMP_ARCH_AARCH64") == 0
				? "aarch64"
				: "x86_64");

		if (token != seccomp_arch_native() && seccomp_arch_add(ctx, token) < 0)
			return NULL;
	}
	json_array_foreach (json_object_get(profile, "syscalls"), i, o) {
		const json_t *arg = json_array_get(json_object_get(o, "args"), 0);
		const char *op = arg != NULL ? text(arg, "op") : NULL;

		json_array_foreach (json_object_get(o, "names"), k, name) {
			int nr = seccomp_syscall_resolve_name(json_string_value(name)), r;
			struct scmp_arg_cmp c = { 0, SCMP_CMP_EQ, 0, 0 };

			if (nr == __NR_SCMP_ERROR)
				continue;
			if (arg != NULL) {
				c.datum_a = (uint64_t)number(arg, "value");
				if (strcmp(op, "SCMP_CMP_LT") == 0)
					c.op = SCMP_CMP_LT;
				if (strcmp(op, "SCMP_CMP_MASKED_EQ") == 0) {
					c.op = SCMP_CMP_MASKED_EQ;
					c.datum_b = (uint64_t)number(arg, "valueTwo");
				}
			}
			r = seccomp_rule_add_array(ctx, action(o), nr, arg != NULL, &c);
			if (r < 0)
				printf("# rule for %s: %s\n", json_string_value(name),
					strerror(-r));
		}
	}
	fd = memfd_create("filter", MFD_CLOEXEC);
	if (seccomp_export_bpf(ctx, fd) < 0)
		return NULL;
	seccomp_release(ctx);
	size = lseek(fd, 0, SEEK_END);
	f = malloc((size_t)size);
	if (f == NULL || pread(fd, f, (size_t)size, 0) != size)
		return NULL;
	close(fd);
	*n = (size_t)size / sizeof(*f);
	return f;
}

static uint32_t
ours(uint32_t arch, int nr, uint64_t arg)
{
	struct seccomp_data d = { .nr = nr, .arch = arch, .args = { arg } };

	return verdict(seccomp_default_filter, LEN(seccomp_default_filter), &d);
}

/* Does libseccomp have a name for it? Those it has none for are not in its filter. */
static bool
known(uint32_t arch, int nr)
{
	char *name = seccomp_syscall_resolve_num_arch(arch, nr);
	bool is = name != NULL;

	free(name);
	return is;
}

static void
compare(const struct sock_filter *f, size_t n, uint32_t arch, int first, const char *what)
{
	static const uint64_t args[] = { 0, 1, 8, 11, 12, 13, 16, 38, 40, 41, 44, 45, 46, 0x11,
		0x20000, 0x20008, 0x10000000, 0x20000000, 0x02000000, 0x7e020000, 0xffffffff,
		0x100000000, 0x100000008, UINT64_MAX };
	uint32_t native = seccomp_arch_native();
	uint32_t audit = arch == SCMP_ARCH_X32 ? SCMP_ARCH_X86_64 : arch;
	int nr, bad = 0, seen = 0;
	size_t i;

	for (nr = first; nr < first + 600; nr++) {
		if (!known(arch, nr))
			continue;
		seen++;
		for (i = 0; i < LEN(args); i++) {
			struct seccomp_data d = { .nr = nr, .arch = audit, .args = { args[i] } };
			uint32_t want = verdict(f, n, &d), got = ours(audit, nr, args[i]);

			/* libseccomp looks at no upper halves there */
			if (arch != native && args[i] > UINT32_MAX)
				continue;
			if (want != got && bad++ < 10)
				printf("# %d (arg %#llx): %#x, libseccomp says %#x\n", nr,
					(unsigned long long)args[i], got, want);
		}
	}
	ok(bad == 0 && seen > 300, "%s: %d calls as libseccomp has them", what, seen);
}

int
main(void)
{
	json_t *profile = json_loads(seccomp_default_text(), JSON_REJECT_DUPLICATES, NULL), *again;
	struct sock_filter *f;
	struct spec s = { 0 };
	struct err e = { 0, "" };
	size_t n = 0;
	uint32_t native = seccomp_arch_native();
	int nr, bad;

	f = by_libseccomp(profile, &n);
	if (!ok(f != NULL, "libseccomp reads the JSON form"))
		return done();
	printf("# %zu instructions, libseccomp's %zu\n", LEN(seccomp_default_filter), n);
	ok(LEN(seccomp_default_filter) < n, "shorter than libseccomp's");
	compare(f, n, native, 0, "native");
#if defined(__x86_64__)
	compare(f, n, SCMP_ARCH_X86, 0, "x86");
	compare(f, n, SCMP_ARCH_X32, 0x40000000, "x32");
	is_int(ours(SCMP_ARCH_AARCH64, 0, 0), SECCOMP_RET_KILL_PROCESS,
		"another machine's table is death");
	is_int(ours(native, 335, 0), SECCOMP_RET_ALLOW, "uretprobe");
#else
	compare(f, n, SCMP_ARCH_ARM, 0, "arm");
#endif
	is_int(ours(native, SYS_clone3, 0), SECCOMP_RET_ERRNO | ENOSYS, "clone3 is not there");
	is_int(ours(native, SYS_clone, 0x11), SECCOMP_RET_ALLOW, "fork by clone");
	is_int(ours(native, SYS_clone, CLONE_NEWUSER), SECCOMP_RET_ERRNO | EPERM,
		"clone with a namespace");
	is_int(ours(native, SYS_unshare, 0), SECCOMP_RET_ERRNO | EPERM, "unshare");
	is_int(ours(native, SYS_mount, 0), SECCOMP_RET_ERRNO | EPERM, "mount");
	is_int(ours(native, SYS_keyctl, 0), SECCOMP_RET_ERRNO | EPERM, "keyctl");
	is_int(ours(native, SYS_bpf, 0), SECCOMP_RET_ERRNO | EPERM, "bpf");
	is_int(ours(native, SYS_io_uring_setup, 0), SECCOMP_RET_ERRNO | EPERM, "io_uring_setup");
	is_int(ours(native, SYS_userfaultfd, 0), SECCOMP_RET_ERRNO | EPERM, "userfaultfd");
	is_int(ours(native, SYS_chroot, 0), SECCOMP_RET_ALLOW, "chroot");
	is_int(ours(native, SYS_socket, AF_INET), SECCOMP_RET_ALLOW, "socket AF_INET");
	is_int(ours(native, SYS_socket, 38), SECCOMP_RET_ERRNO | EPERM, "socket AF_ALG");
	is_int(ours(native, SYS_socket, 40), SECCOMP_RET_ERRNO | EPERM, "socket AF_VSOCK");
	is_int(ours(native, 452, 0), SECCOMP_RET_ALLOW,
		"fchmodat2, which libseccomp is too old for");
	is_int(ours(native, 462, 0), SECCOMP_RET_ALLOW, "mseal");
	is_int(ours(native, 459, 0), SECCOMP_RET_ERRNO | EPERM, "lsm_get_self_attr");
	for (bad = 0, nr = 467; nr < 5000; nr++)
		bad += ours(native, nr, 0) != (SECCOMP_RET_ERRNO | EPERM);
	is_int(bad, 0, "numbers of the future are refused");

	ok(seccomp_check(&s, &e) == 0, "no profile");
	s.seccomp_text = seccomp_default_text();
	ok(seccomp_check(&s, &e) == 0, "the default");
	s.seccomp_text = NULL;
	s.seccomp = json_deep_copy(profile);
	ok(seccomp_check(&s, &e) == 0, "a copy of the default is the default");
	again = json_array_get(json_object_get(s.seccomp, "syscalls"), 0);
	json_array_append_new(json_object_get(again, "names"), json_string("mount"));
	ok(seccomp_check(&s, &e) < 0 && e.code == ENOTSUP, "another one is refused: %s", e.msg);
	json_decref(s.seccomp);
	json_decref(profile);
	free(f);
	return done();
}
