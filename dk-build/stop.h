/* SPDX-License-Identifier: ISC */
/* stop.h: an interrupt ends a build between two files or after its container was killed, so that it
 * cleans up */
#ifndef BUILD_STOP_H
#define BUILD_STOP_H

struct err;

/* From here on INT, TERM and HUP don't end the program but are remembered. */
void stop_catch(void);
/* -1 with a message if one came. */
int stop_check(struct err *e);
/* The signal, or 0. */
int stop_signal(void);

#endif
