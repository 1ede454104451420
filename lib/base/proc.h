/* SPDX-License-Identifier: ISC */
/* proc.h: child processes, pidfds, what identifies a process */
#ifndef BASE_PROC_H
#define BASE_PROC_H

#include <stdint.h>
#include <sys/types.h>

struct err;

/*
 * Runs argv (searched in PATH) with the given descriptors as 0, 1, 2 (-1: /dev/null for 0,
 * inherited for the others). Environment inherited; signal mask and dispositions reset. Returns the
 * pid, -1 on error (the exec's own failure included).
 */
pid_t proc_spawn(char *const argv[], int in, int out, int errfd, struct err *e);
/* Waits; the shell's code: exit status or 128+signal. -1 on error. */
int proc_wait(pid_t pid, struct err *e);

int proc_pidfd_open(pid_t pid); /* fd/-1 */
int proc_pidfd_signal(int pidfd, int sig); /* 0/-1 */
/* Start time in clock ticks since boot (field 22 of /proc/PID/stat); 0/-1. */
int proc_start_time(pid_t pid, uint64_t *out);
/* /proc/sys/kernel/random/boot_id; "" where unreadable. The string is static. */
const char *proc_boot_id(void);
/* The directory the running program's binary stands in, or NULL: sibling tools are looked for there
 * first. Static. */
const char *proc_self_dir(void);
/* Path of a sibling tool: beside this binary if it is there, else the bare name for PATH. Caller
 * frees. */
char *proc_tool(const char *name);

#endif
