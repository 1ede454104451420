/* SPDX-License-Identifier: ISC */
/* fmt.h: sizes, times and tables as people read them; RFC 3339 as programs do */
#ifndef BASE_FMT_H
#define BASE_FMT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "str.h"

/* Docker's decimal sizes with at most three digits: 0B 532B 1.09kB 74.8MB 1.2GB. Returns out. */
char *fmt_size(uint64_t n, char out[16]);
/* Seconds as Docker words them: Less than a second, 5 seconds, About a minute, 3 weeks. Returns
 * out. */
char *fmt_duration(int64_t seconds, char out[48]);
/* 2026-01-02T03:04:05.123456789Z; zero nanoseconds are left out. Returns out. */
char *fmt_rfc3339(struct timespec t, char out[40]);
/* Any RFC 3339 time; 0/-1. */
int fmt_parse_rfc3339(const char *s, struct timespec *out);
/* Now, or $SOURCE_DATE_EPOCH where that is set and a number. */
struct timespec fmt_created_now(void);

/* A table for people: cells are copied; column widths are found at the end, three spaces apart. */
struct fmt_table {
	size_t ncol;
	struct strv cells;
};

void fmt_table_row(struct fmt_table *t, const char *const *cells, size_t ncol);
/* Control bytes scrubbed, trailing blanks cut. */
void fmt_table_print(const struct fmt_table *t, FILE *f);
void fmt_table_free(struct fmt_table *t);

#endif
