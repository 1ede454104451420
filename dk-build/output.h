/* SPDX-License-Identifier: ISC */
/* output.h: where a RUN's output goes: to stderr, or kept back until it is wanted */
#ifndef BUILD_OUTPUT_H
#define BUILD_OUTPUT_H

#include <stdbool.h>
#include <sys/types.h>

struct err;

struct output {
	int fd; /* to write to */
	bool kept; /* fd is a file in memory */
	pid_t copier; /* who reads the pipe that fd is; -1: nobody */
};

#define OUTPUT_INIT                                                                                \
	{                                                                                          \
		-1, false, -1                                                                      \
	}
#define CLEAN_OUTPUT __attribute__((cleanup(output_clean)))

/*
 * With keep it is kept. A terminal is never handed to the command: it gets a pipe, so that it
 * behaves as in any script and can't do more to the terminal than write. 0/-1.
 */
int output_open(struct output *o, bool keep, struct err *e);
/* All writers are gone; what was kept is printed with show. */
void output_close(struct output *o, bool show);
void output_clean(struct output *o);

#endif
