/* SPDX-License-Identifier: ISC */
/*
 * stop: run_container() kills what it runs and sends the signal on to us; between
 * containers it comes at once. A second one ends the program where it stands.
 */
#include <errno.h>
#include <signal.h>
#include <stddef.h>

#include "base/err.h"

#include "stop.h"

static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
static volatile sig_atomic_t caught;

static void
on_signal(int sig)
{
	caught = sig;
}

void
stop_catch(void)
{
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND }, old;
	size_t i;

	sigemptyset(&sa.sa_mask);
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			sigaction(signals[i], &sa, NULL); /* ignored ones stay so: nohup */
}

int
stop_hold(sigset_t *before, struct err *e)
{
	sigset_t set;
	size_t i;

	sigemptyset(&set);
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaddset(&set, signals[i]);
	sigprocmask(SIG_BLOCK, &set, before);
	return stop_check(e);
}

void
stop_release(const sigset_t *before)
{
	sigprocmask(SIG_SETMASK, before, NULL);
}

int
stop_signal(void)
{
	return caught;
}

int
stop_check(struct err *e)
{
	return caught != 0 ? err_setx(e, EINTR, "interrupted") : 0;
}
