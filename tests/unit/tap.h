/* SPDX-License-Identifier: ISC */
/* tap.h: the Test Anything Protocol for unit tests; run from the top directory */
#ifndef TAP_H
#define TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int tap_n, tap_bad;

#define ok(cond, ...) tap_ok((cond) ? true : false, __FILE__, __LINE__, __VA_ARGS__)

__attribute__((format(printf, 4, 5), unused)) static bool
tap_ok(bool good, const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	printf("%sok %d - ", good ? "" : "not ", ++tap_n);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	if (!good) {
		tap_bad++;
		printf("# at %s:%d\n", file, line);
	}
	fflush(stdout);
	return good;
}

__attribute__((unused)) static bool
is_str(const char *got, const char *want, const char *what)
{
	bool good = got != NULL && want != NULL ? strcmp(got, want) == 0 : got == want;

	tap_ok(good, what, 0, "%s", what);
	if (!good)
		printf("#  got: %s\n# want: %s\n", got != NULL ? got : "(null)",
			want != NULL ? want : "(null)");
	return good;
}

__attribute__((unused)) static bool
is_int(long long got, long long want, const char *what)
{
	tap_ok(got == want, what, 0, "%s", what);
	if (got != want)
		printf("#  got: %lld\n# want: %lld\n", got, want);
	return got == want;
}

__attribute__((unused)) static int
done(void)
{
	printf("1..%d\n", tap_n);
	return tap_bad != 0;
}

#endif
