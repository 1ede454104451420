/* SPDX-License-Identifier: ISC */
/* clone: the C library has no clone3(2), and its clone(2) cannot start in a cgroup. */
#include <errno.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/err.h"
#include "clone.h"

enum { STACK = 256 << 10 };

/* musl's <sched.h> would clash with <linux/sched.h> */
int clone(int (*)(void *), void *, int, void *, ...);

#if defined(__x86_64__)
/* The child begins on the new stack, so it must not return from here: it calls fn and exits. */
static long
clone3_call(struct clone_args *a, int (*fn)(void *), void *arg)
{
	long r;

	__asm__ volatile("syscall\n\t"
			 "testq %%rax, %%rax\n\t"
			 "jnz 1f\n\t"
			 "movq %[arg], %%rdi\n\t"
			 "call *%[fn]\n\t"
			 "movl %%eax, %%edi\n\t"
			 "movl %[ex], %%eax\n\t"
			 "syscall\n\t"
			 "hlt\n"
			 "1:"
			 : "=a"(r)
			 : "0"((long)SYS_clone3), "D"(a),
			 "S"(sizeof(*a)), [fn] "r"(fn), [arg] "r"(arg), [ex] "i"(SYS_exit)
			 : "rcx", "r11", "memory", "cc");
	return r;
}
#define HAVE_CLONE3 1
#elif defined(__aarch64__)
static long
clone3_call(struct clone_args *a, int (*fn)(void *), void *arg)
{
	register long x0 __asm__("x0") = (long)a;
	register long x1 __asm__("x1") = (long)sizeof(*a);
	register long x8 __asm__("x8") = SYS_clone3;

	__asm__ volatile("svc #0\n\t"
			 "cbnz x0, 1f\n\t"
			 "mov x29, xzr\n\t"
			 "mov x0, %[arg]\n\t"
			 "blr %[fn]\n\t"
			 "mov x8, %[ex]\n\t"
			 "svc #0\n\t"
			 "brk #1\n"
			 "1:"
			 : "+r"(x0)
			 : "r"(x1), "r"(x8), [fn] "r"(fn), [arg] "r"(arg), [ex] "i"(SYS_exit)
			 : "memory", "cc");
	return x0;
}
#define HAVE_CLONE3 1
#endif

/* Without clone3(2) (before 5.3, or another machine); the child then enters its v2 cgroup itself.
 */
static int
start_old(struct clone *c, uint64_t flags, int (*fn)(void *), void *arg)
{
	c->pid = clone(fn, (char *)c->stack + STACK,
		(int)(flags | CLONE_VM | CLONE_PIDFD | SIGCHLD), arg, &c->pidfd);
	return c->pid < 0 ? -1 : 0;
}

int
clone_start(
	struct clone *c, uint64_t flags, int cgroup, int (*fn)(void *), void *arg, struct err *e)
{
	c->pidfd = -1;
	c->stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	if (c->stack == MAP_FAILED)
		return err_set(e, errno, "memory for a stack");
#ifdef HAVE_CLONE3
	struct clone_args a = {
		.flags = flags | CLONE_VM | CLONE_PIDFD,
		.pidfd = (uintptr_t)&c->pidfd,
		.exit_signal = SIGCHLD,
		.stack = (uintptr_t)c->stack,
		.stack_size = STACK,
	};
	long r;

	if (cgroup >= 0) {
		a.flags |= CLONE_INTO_CGROUP;
		a.cgroup = (uint64_t)cgroup;
	}
	r = clone3_call(&a, fn, arg);
	if (r > 0) {
		c->pid = (pid_t)r;
		return 0;
	}
	errno = (int)-r;
#else
	errno = ENOSYS;
#endif
	if (errno == ENOSYS && cgroup < 0 && start_old(c, flags, fn, arg) == 0)
		return 0;
	err_set(e, errno, "new namespaces");
	munmap(c->stack, STACK);
	c->stack = NULL;
	return -1;
}

void
clone_done(struct clone *c)
{
	if (c->stack != NULL)
		munmap(c->stack, STACK);
	c->stack = NULL;
}
