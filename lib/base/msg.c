/* SPDX-License-Identifier: ISC */
/*
 * msg: messages on stderr. One write(2) a message, so that lines of several
 * programs do not mix; control bytes of whatever an image or a registry said
 * never reach the terminal.
 */
#include <errno.h>
#include <locale.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "fd.h"
#include "mem.h"
#include "msg.h"

static const char *progname = "dk";

void
msg_init(const char *argv0)
{
	const char *p;

	if (fd_fill_stdio() < 0)
		_exit(125);
	setlocale(LC_CTYPE, "C.UTF-8");
	if (argv0 == NULL || *argv0 == '\0')
		return;
	p = strrchr(argv0, '/');
	progname = p != NULL ? p + 1 : argv0;
}

const char *
msg_name(void)
{
	return progname;
}

char *
msg_scrub(char *s)
{
	unsigned char *p;

	for (p = (unsigned char *)s; *p != '\0'; p++) {
		if (*p < 0x20 || *p == 0x7f)
			*p = '?';
		else if (*p == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0)
			p[0] = p[1] = '?'; /* U+0080..U+009F */
	}
	return s;
}

static void
say(const char *fmt, va_list ap)
{
	char line[2048];
	int n, m;

	n = snprintf(line, sizeof(line), "%s: ", progname);
	if (n < 0 || (size_t)n > sizeof(line) / 2)
		n = 0;
	m = vsnprintf(line + n, sizeof(line) - (size_t)n - 1, fmt, ap);
	if (m < 0)
		return;
	msg_scrub(line);
	n = (int)strlen(line);
	line[n++] = '\n';
	fd_write_all(STDERR_FILENO, line, (size_t)n);
}

void
warnm(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(fmt, ap);
	va_end(ap);
}

void
warn_err(const struct err *e)
{
	warnm("%s", e->msg);
}

void
die(int status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(fmt, ap);
	va_end(ap);
	exit(status);
}

void
die_err(int status, const struct err *e)
{
	die(status, "%s", e->msg);
}

void
msg_fshut(int status)
{
	bool failed = ferror(stdout);

	if (fflush(stdout) != 0)
		die(status, "standard output: %s", strerror(errno));
	if (failed)
		die(status, "standard output: write error");
}
