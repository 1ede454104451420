/* SPDX-License-Identifier: ISC */
/* clone.h: a child in new namespaces that runs in its parent's memory, on a stack of its own */
#ifndef RUN_CLONE_H
#define RUN_CLONE_H

#include <stdint.h>
#include <sys/types.h>

struct err;

/*
 * clone3(2) with CLONE_VM: no page table is copied, which is most of what fork(2) costs.
 * Descriptors are copied, not shared. Parent and child share errno and the heap: they must take
 * turns (one waits in read(2) on a pipe while the other runs). All signals must be blocked. cgroup:
 * a v2 directory to start in, or -1. The stack is freed by clone_done() when the child has called
 * execve(2) or is dead.
 */
struct clone {
	pid_t pid;
	int pidfd;
	void *stack;
};

int clone_start(
	struct clone *c, uint64_t flags, int cgroup, int (*fn)(void *), void *arg, struct err *e);
void clone_done(struct clone *c);

#endif
