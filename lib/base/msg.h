/* SPDX-License-Identifier: ISC */
/* msg.h: what a main() prints on stderr, and how it ends */
#ifndef BASE_MSG_H
#define BASE_MSG_H

#include <stddef.h>

struct err;

#define DK_VERSION "0.1"

/* The program's name, for messages; also sets LC_CTYPE to C.UTF-8 and opens 0, 1 and 2 where they
 * are closed. Call first. */
void msg_init(const char *argv0);
const char *msg_name(void);

/*
 * "name: text\n" in one write(2), control bytes replaced by '?'.
 * warn_err prints e->msg, die_err exits with it.
 */
void warnm(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void warn_err(const struct err *e);
_Noreturn void die(int status, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
_Noreturn void die_err(int status, const struct err *e);

/* Replaces control bytes (C0, DEL; UTF-8 encoded C1 too) in place by '?'. Returns s. */
char *msg_scrub(char *s);

/* Flushes stdout and checks it; dies with status when that failed ("> /dev/full"). */
void msg_fshut(int status);

#endif
