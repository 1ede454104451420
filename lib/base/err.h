/* SPDX-License-Identifier: ISC */
/* err.h: the error object that library functions fill and callers put context on */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <errno.h>

/*
 * Lives on the caller's stack. code is an errno value (0: no errno behind it).
 * msg is one line without a full stop; text from outside in it is scrubbed of
 * control bytes when it is printed (msg.h).
 */
struct err {
	int code;
	char msg[1024];
};

/* Sets code and message; a non-zero code appends ": strerror". Returns -1. */
int err_set(struct err *e, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* The same, without the strerror text. Returns -1. */
int err_setx(struct err *e, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Puts "context: " before the message. Returns -1. */
int err_wrap(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
