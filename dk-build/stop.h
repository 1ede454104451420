/* SPDX-License-Identifier: ISC */
/* stop.h: an interrupt ends a build between two files or after its container was killed, so that it
 * cleans up */
#ifndef BUILD_STOP_H
#define BUILD_STOP_H

#include <signal.h>

struct err;

/* From here on INT, TERM and HUP don't end the program but are remembered. */
void stop_catch(void);
/* -1 with a message if one came. */
int stop_check(struct err *e);
/*
 * Holds them back for run_container(), which waits for them itself: one that comes between the
 * last look and its start would be lost on it. -1 if one came before.
 */
int stop_hold(sigset_t *before, struct err *e);
void stop_release(const sigset_t *before);
/* The signal, or 0. */
int stop_signal(void);

#endif
