/* SPDX-License-Identifier: ISC */
/*
 * run: the parent's side of a container. Parent and child take turns:
 *
 *	parent	cgroup, pipes, clone3	wait	started()	wait	forward signals, reap,
 *remove cgroup child				furnish	  wait		exec	run
 *
 * The child dies with the parent (PR_SET_PDEATHSIG; before that is in force, the
 * end of the go pipe), and with it, being init, all of its PID namespace.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/proc.h"
#include "cgroup.h"
#include "clone.h"
#include "init.h"
#include "run.h"
#include "seccomp.h"
#include "sys.h"

/* Signals that go to the container, or that end the caller. */
static const int forwarded[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH,
	SIGCONT, SIGALRM, SIGVTALRM, SIGPROF, SIGIO, SIGPWR };
static const int ending[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };

static int
clone_flags(const struct spec *s, uint64_t *flags, struct err *e)
{
	static const struct {
		const char *type;
		uint64_t flag;
	} types[] = {
		{ "mount", CLONE_NEWNS }, { "pid", CLONE_NEWPID }, { "network", CLONE_NEWNET },
		{ "uts", CLONE_NEWUTS }, { "ipc", CLONE_NEWIPC },
		{ "cgroup", 0 }, /* by unshare(2), in the cgroup */
	};
	size_t i, k;

	*flags = 0;
	for (i = 0; i < s->nns; i++) {
		for (k = 0; k < LEN(types) && strcmp(types[k].type, s->ns[i].type) != 0; k++)
			;
		/* NEEDSWORK: user, time; joining a PID namespace */
		if (k == LEN(types))
			return err_setx(
				e, ENOTSUP, "a %s namespace is not supported yet", s->ns[i].type);
		if (s->ns[i].path == NULL)
			*flags |= types[k].flag;
		else if (types[k].flag == CLONE_NEWNS || types[k].flag == CLONE_NEWPID)
			return err_setx(e, ENOTSUP, "joining a %s namespace is not supported yet",
				s->ns[i].type);
	}
	if ((*flags & CLONE_NEWNS) == 0)
		return err_setx(e, EINVAL, "a container needs a mount namespace of its own");
	return 0;
}

/* What fits into the container's mount namespace: a clone, or the detached mount that it is
 * already. */
static int
detach_root(int fd, int *own, struct err *e)
{
	*own = sys_open_tree(fd, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | AT_RECURSIVE);
	if (*own >= 0)
		return *own;
	/* before 6.15 a detached mount cannot be cloned */
	return errno == EINVAL ? fd : err_set(e, errno, "root file system");
}

/* One byte: 1; the end: 0. All signals are blocked, so there is no EINTR and errno is not touched.
 */
static int
wait_byte(int fd)
{
	char byte;

	return read(fd, &byte, 1) == 1;
}

static int
reap(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 255;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static bool
is_ignored(int sig)
{
	struct sigaction sa;

	return sigaction(sig, NULL, &sa) == 0 && sa.sa_handler == SIG_IGN;
}

static bool
is_ending(int sig)
{
	size_t i;

	for (i = 0; i < LEN(ending); i++)
		if (ending[i] == sig)
			return true;
	return false;
}

struct signals {
	sigset_t before; /* the caller's mask */
	int ended; /* the one that asks the caller to end, 0 none */
};

/* Waits for the process, forwarding signals. Those that are not forwarded (SIGTSTP) do what they do
 * to the caller. */
static int
wait_process(const struct clone *c, bool forward, struct signals *sig)
{
	sigset_t set, mask;
	siginfo_t si;
	size_t i;
	int status;
	pid_t r;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	for (i = 0; i < LEN(forwarded); i++)
		if ((forward || is_ending(forwarded[i])) && !is_ignored(forwarded[i]))
			sigaddset(&set, forwarded[i]);
	sigorset(&mask, &sig->before, &set);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	for (;;) {
		r = waitpid(c->pid, &status, WNOHANG);
		if (r == c->pid)
			return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
		if (r < 0 && errno != EINTR)
			return 255;
		if (sigwaitinfo(&set, &si) < 0 || si.si_signo == SIGCHLD)
			continue;
		if (!forward)
			sig->ended = si.si_signo;
		proc_pidfd_signal(c->pidfd, forward ? si.si_signo : SIGKILL);
	}
}

/* From here on there is a child. Returns as run_container(). */
static int
with_child(const struct run_opts *o, struct init *in, const struct clone *c, int *code,
	struct signals *sig, struct err *e)
{
	bool started = wait_byte(in->ready_rd);
	char byte = 0;

	if (started) {
		if (o->started != NULL && o->started(o->arg, c->pid, e) != 0) {
			proc_pidfd_signal(c->pidfd, SIGKILL);
			reap(c->pid);
			*code = RUN_OWN;
			return -1;
		}
		if (write(in->go_wr, &byte, 1) == 1)
			wait_byte(in->ready_rd); /* until execve(2) closes it, or the end */
	}
	if (in->code != 0 || !started) {
		int status = reap(c->pid);

		*code = in->code != 0 ? in->code : RUN_OWN;
		*e = in->err;
		if (in->code == 0)
			err_setx(e, 0, "the container's first process ended with %d before it ran",
				status);
		return -1;
	}
	*code = wait_process(c, o->forward_signals, sig);
	return 0;
}

static int
open_pipes(struct init *in, struct err *e)
{
	int ready[2], go[2];

	if (pipe2(ready, O_CLOEXEC) < 0)
		return err_set(e, errno, "pipe");
	if (pipe2(go, O_CLOEXEC) < 0) {
		err_set(e, errno, "pipe");
		close(ready[0]);
		close(ready[1]);
		return -1;
	}
	in->ready_rd = ready[0];
	in->ready_wr = ready[1];
	in->go_rd = go[0];
	in->go_wr = go[1];
	return 0;
}

/* Signals blocked, cgroup made: pipes, child, end. */
static int
run_in(const struct run_opts *o, struct cgroup *cg, int rootfs, uint64_t flags, int *code,
	struct signals *sig, struct err *e)
{
	CLEAN_FREE int *binds = xcalloc(o->spec->nmounts + 1, sizeof(*binds));
	struct init in = { .o = o, .cgroup = cg, .rootfs = rootfs, .binds = binds };
	struct clone c = { .pidfd = -1 };
	int r;

	if (open_pipes(&in, e) < 0)
		return -1;
	r = clone_start(&c, flags, cgroup_v2(cg), init_main, &in, e);
	if (r < 0 && cgroup_v2(cg) >= 0 &&
		(e->code == ENOSYS || e->code == EINVAL || e->code == EOPNOTSUPP)) {
		/* no clone3(2), or none with CLONE_INTO_CGROUP (5.7) */
		in.enter_v2 = true;
		r = clone_start(&c, flags, -1, init_main, &in, e);
	}
	/* the child has its own copies, which must be the only ones; the numbers in in are in its
	 * memory: they stay */
	close(in.ready_wr);
	close(in.go_rd);
	if (r == 0) {
		r = with_child(o, &in, &c, code, sig, e);
		clone_done(&c);
	}
	close(in.ready_rd);
	close(in.go_wr);
	mem_clean_fd(&c.pidfd);
	return r;
}

int
run_container(const struct run_opts *o, int *code, struct err *e)
{
	CLEAN_CGROUP struct cgroup cg = CGROUP_INIT;
	CLEAN_FD int own = -1;
	struct sigaction dfl = { .sa_handler = SIG_DFL }, chld;
	struct signals sig = { .ended = 0 };
	sigset_t all;
	uint64_t flags;
	struct err late;
	int r, rootfs;

	*code = RUN_OWN;
	if (clone_flags(o->spec, &flags, e) < 0 || seccomp_check(o->spec, e) < 0)
		return -1;
	rootfs = detach_root(o->rootfs, &own, e);
	if (rootfs < 0)
		return -1;
	if (cgroup_make(&cg, o->spec, o->id, e) < 0)
		return -1;
	/* an ignored SIGCHLD, inherited, would lose the exit status */
	sigaction(SIGCHLD, &dfl, &chld);
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &sig.before);
	r = run_in(o, &cg, rootfs, flags, code, &sig, e);
	/* without a PID namespace others may have been left */
	late.code = 0;
	if ((!spec_has_ns(o->spec, "pid") && cgroup_kill(&cg, &late) < 0) ||
		cgroup_remove(&cg, &late) < 0) {
		if (r == 0) {
			*e = late;
			*code = RUN_OWN;
			r = -1;
		}
	}
	sigaction(SIGCHLD, &chld, NULL);
	/* the caller ends by it now, or finds it when it unblocks it */
	if (sig.ended != 0)
		kill(getpid(), sig.ended);
	sigprocmask(SIG_SETMASK, &sig.before, NULL);
	return r;
}
