/* SPDX-License-Identifier: ISC */
/* fmt: sizes and durations as docker words them, RFC 3339 times, tables. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "fmt.h"
#include "mem.h"
#include "msg.h"

char *
fmt_size(uint64_t n, char out[16])
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB", "PB", "EB" };
	double v = (double)n;
	size_t u = 0;

	while (v >= 1000 && u + 1 < LEN(units)) {
		v /= 1000;
		u++;
	}
	/* three significant digits, no trailing zeros: Go's %.3g, but never an exponent */
	if (v >= 999.5 && u + 1 < LEN(units)) {
		v = 1;
		u++;
	}
	snprintf(out, 16, "%.3g%s", v, units[u]);
	return out;
}

char *
fmt_duration(int64_t s, char out[48])
{
	static const struct {
		int64_t below; /* units hold for durations below this many seconds */
		int64_t unit;
		const char *name;
	} step[] = {
		{ 60, 1, "seconds" },
		{ 3600, 60, "minutes" },
		{ 48 * 3600, 3600, "hours" },
		{ 14 * 86400, 86400, "days" },
		{ 60 * 86400, 7 * 86400, "weeks" },
		{ 730 * 86400, 30 * 86400, "months" },
		{ INT64_MAX, 365 * 86400, "years" },
	};
	size_t i = 0;

	if (s < 1)
		snprintf(out, 48, "Less than a second");
	else if (s == 1)
		snprintf(out, 48, "1 second");
	else if (s >= 60 && s < 120)
		snprintf(out, 48, "About a minute");
	else if (s >= 3600 && s < 5400)
		snprintf(out, 48, "About an hour");
	else {
		while (s >= step[i].below)
			i++;
		/* docker rounds hours, and cuts everything else */
		if (step[i].unit == 3600)
			s += 1800;
		snprintf(out, 48, "%lld %s", (long long)(s / step[i].unit), step[i].name);
	}
	return out;
}

char *
fmt_rfc3339(struct timespec t, char out[40])
{
	struct tm tm;
	size_t n;

	if (gmtime_r(&t.tv_sec, &tm) == NULL) {
		snprintf(out, 40, "0001-01-01T00:00:00Z");
		return out;
	}
	n = strftime(out, 40, "%Y-%m-%dT%H:%M:%S", &tm);
	if (t.tv_nsec != 0)
		snprintf(out + n, 40 - n, ".%09ldZ", t.tv_nsec);
	else
		snprintf(out + n, 40 - n, "Z");
	return out;
}

/* Exactly n digits at *s. */
static int
digits(const char **s, int n, int *out)
{
	int v = 0;

	for (; n > 0; n--, (*s)++) {
		if (**s < '0' || **s > '9')
			return -1;
		v = v * 10 + (**s - '0');
	}
	*out = v;
	return 0;
}

int
fmt_parse_rfc3339(const char *s, struct timespec *out)
{
	struct tm tm = { 0 };
	long ns = 0, scale = 100000000;
	int y, mon, oh, om, sign = 0;

	if (digits(&s, 4, &y) < 0 || *s++ != '-' || digits(&s, 2, &mon) < 0 || *s++ != '-' ||
		digits(&s, 2, &tm.tm_mday) < 0)
		return -1;
	if (*s != 'T' && *s != 't' && *s != ' ')
		return -1;
	s++;
	if (digits(&s, 2, &tm.tm_hour) < 0 || *s++ != ':' || digits(&s, 2, &tm.tm_min) < 0 ||
		*s++ != ':' || digits(&s, 2, &tm.tm_sec) < 0)
		return -1;
	if (mon < 1 || mon > 12 || tm.tm_mday < 1 || tm.tm_mday > 31 || tm.tm_hour > 23 ||
		tm.tm_min > 59 || tm.tm_sec > 60)
		return -1;
	if (*s == '.') {
		for (s++; *s >= '0' && *s <= '9'; s++) {
			ns += (*s - '0') * scale;
			scale /= 10;
		}
	}
	tm.tm_year = y - 1900;
	tm.tm_mon = mon - 1;
	out->tv_sec = timegm(&tm);
	out->tv_nsec = ns;
	if (*s == 'Z' || *s == 'z') {
		s++;
	} else if (*s == '+' || *s == '-') {
		sign = *s++ == '-' ? -1 : 1;
		if (digits(&s, 2, &oh) < 0 || *s++ != ':' || digits(&s, 2, &om) < 0 || oh > 23 ||
			om > 59)
			return -1;
		out->tv_sec -= sign * (oh * 3600 + om * 60);
	} else {
		return -1;
	}
	return *s == '\0' ? 0 : -1;
}

struct timespec
fmt_created_now(void)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");
	struct timespec t;
	uint64_t v;

	if (epoch != NULL && str_u64(epoch, 0, INT64_MAX, &v) == 0)
		return (struct timespec){ .tv_sec = (time_t)v };
	clock_gettime(CLOCK_REALTIME, &t);
	return t;
}

void
fmt_table_row(struct fmt_table *t, const char *const *cells, size_t ncol)
{
	size_t i;

	t->ncol = ncol;
	for (i = 0; i < ncol; i++) {
		strv_add(&t->cells, cells[i]);
		msg_scrub(t->cells.v[t->cells.n - 1]);
	}
}

/* Characters of a UTF-8 string. */
static size_t
chars(const char *s)
{
	size_t n = 0;

	for (; *s != '\0'; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

void
fmt_table_print(const struct fmt_table *t, FILE *f)
{
	size_t *width = xcalloc(t->ncol, sizeof(*width));
	size_t i, col, last, n, pad;

	for (i = 0; i < t->cells.n; i++) {
		n = chars(t->cells.v[i]);
		if (n > width[i % t->ncol])
			width[i % t->ncol] = n;
	}
	for (i = 0; i < t->cells.n; i += t->ncol) {
		for (last = t->ncol; last > 1 && *t->cells.v[i + last - 1] == '\0'; last--)
			;
		for (col = 0; col < last; col++) {
			fputs(t->cells.v[i + col], f);
			if (col + 1 == last)
				break;
			pad = width[col] + 3 - chars(t->cells.v[i + col]);
			fprintf(f, "%*s", (int)pad, "");
		}
		fputc('\n', f);
	}
	free(width);
}

void
fmt_table_free(struct fmt_table *t)
{
	strv_free(&t->cells);
	t->ncol = 0;
}
