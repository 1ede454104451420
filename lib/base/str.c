/* SPDX-License-Identifier: ISC */
/* str: string vectors, checked numbers, hex. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/random.h>

#include "mem.h"
#include "str.h"

void
strv_free(struct strv *s)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		free(s->v[i]);
	free(s->v);
	s->v = NULL;
	s->n = 0;
}

void
strv_take(struct strv *s, char *str)
{
	/* grown at powers of two: n + 1 slots are used */
	if (s->v == NULL || ((s->n + 1) & s->n) == 0)
		s->v = xrealloc(s->v, (s->n + 1) * 2, sizeof(*s->v));
	s->v[s->n++] = str;
	s->v[s->n] = NULL;
}

void
strv_add(struct strv *s, const char *str)
{
	strv_take(s, xstrdup(str));
}

void
strv_addf(struct strv *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	strv_take(s, xvasprintf(fmt, ap));
	va_end(ap);
}

void
strv_copy(struct strv *to, const struct strv *from)
{
	struct strv s = { NULL, 0 };
	size_t i;

	for (i = 0; i < from->n; i++)
		strv_add(&s, from->v[i]);
	strv_free(to);
	*to = s;
}

/* KEY=... at s, length of KEY given: is it that key? */
static bool
is_key(const char *s, const char *key, size_t n)
{
	return strncmp(s, key, n) == 0 && (s[n] == '=' || s[n] == '\0');
}

void
strv_setenv(struct strv *s, const char *kv)
{
	size_t i, n = strcspn(kv, "=");

	for (i = 0; i < s->n; i++) {
		if (is_key(s->v[i], kv, n)) {
			char *copy = xstrdup(kv);

			free(s->v[i]);
			s->v[i] = copy;
			return;
		}
	}
	strv_add(s, kv);
}

const char *
strv_getenv(const struct strv *s, const char *key)
{
	size_t i, n = strlen(key);

	for (i = 0; i < s->n; i++)
		if (is_key(s->v[i], key, n))
			return s->v[i][n] == '=' ? s->v[i] + n + 1 : "";
	return NULL;
}

bool
str_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool
str_ends(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n >= m && memcmp(s + n - m, suffix, m) == 0;
}

bool
str_eq(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static int
number(const char *s, unsigned base, uint64_t min, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;
	unsigned d;

	if (*s == '\0') {
		errno = EINVAL;
		return -1;
	}
	for (; *s != '\0'; s++) {
		d = (unsigned)((unsigned char)*s - '0');
		if (d >= base) {
			errno = EINVAL;
			return -1;
		}
		if (v > (UINT64_MAX - d) / base) {
			errno = ERANGE;
			return -1;
		}
		v = v * base + d;
	}
	if (v < min || v > max) {
		errno = ERANGE;
		return -1;
	}
	*out = v;
	return 0;
}

int
str_u64(const char *s, uint64_t min, uint64_t max, uint64_t *out)
{
	return number(s, 10, min, max, out);
}

int
str_octal(const char *s, uint32_t max, uint32_t *out)
{
	uint64_t v;

	if (number(s, 8, 0, max, &v) < 0)
		return -1;
	*out = (uint32_t)v;
	return 0;
}

int
str_int(const char *s, int min, int max, int *out)
{
	bool neg = *s == '-';
	uint64_t v;
	int64_t i;

	if (number(s + neg, 10, 0, (uint64_t)INT32_MAX + 1, &v) < 0)
		return -1;
	i = neg ? -(int64_t)v : (int64_t)v;
	if (i < min || i > max) {
		errno = ERANGE;
		return -1;
	}
	*out = (int)i;
	return 0;
}

int
str_size(const char *s, uint64_t *out)
{
	static const char units[] = "bkmgtp";
	uint64_t whole = 0, frac = 0, scale = 1, unit;
	const char *p = s, *u;
	unsigned shift = 0;

	for (; *p >= '0' && *p <= '9'; p++) {
		if (whole > UINT64_MAX / 20)
			goto range;
		whole = whole * 10 + (uint64_t)(*p - '0');
	}
	if (p == s)
		goto invalid;
	if (*p == '.') {
		for (p++; *p >= '0' && *p <= '9'; p++) {
			if (scale < 1000000) {
				frac = frac * 10 + (uint64_t)(*p - '0');
				scale *= 10;
			}
		}
	}
	if (*p != '\0') {
		u = strchr(units, *p | 0x20);
		if (u == NULL)
			goto invalid;
		shift = (unsigned)(u - units) * 10;
		p++;
		if (shift != 0 && (*p == 'i' || *p == 'I'))
			p++;
		if (shift != 0 && (*p == 'b' || *p == 'B'))
			p++;
		if (*p != '\0')
			goto invalid;
	}
	unit = (uint64_t)1 << shift;
	if (whole > (UINT64_MAX >> 1) / unit)
		goto range;
	*out = whole * unit + (uint64_t)((unsigned __int128)unit * frac / scale);
	return 0;
invalid:
	errno = EINVAL;
	return -1;
range:
	errno = ERANGE;
	return -1;
}

void
str_hex(const unsigned char *p, size_t n, char *out)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < n; i++) {
		out[2 * i] = digits[p[i] >> 4];
		out[2 * i + 1] = digits[p[i] & 15];
	}
	out[2 * n] = '\0';
}

bool
str_is_hex(const char *s, size_t n)
{
	return strspn(s, "0123456789abcdef") == n && s[n] == '\0';
}

void
str_random_hex(size_t n, char *out)
{
	unsigned char raw[64];
	size_t got = 0;
	ssize_t r;

	if (n > sizeof(raw))
		abort();
	while (got < n) {
		r = getrandom(raw + got, n - got, 0);
		if (r < 0 && errno != EINTR)
			abort(); /* Linux 3.17 has it */
		if (r > 0)
			got += (size_t)r;
	}
	str_hex(raw, n, out);
}

int
str_distance(const char *a, const char *b)
{
	int row[64], diag, up, i, j, best;
	int n = (int)strnlen(a, 63), m = (int)strnlen(b, 63);

	for (j = 0; j <= m; j++)
		row[j] = j;
	for (i = 1; i <= n; i++) {
		diag = row[0];
		row[0] = i;
		for (j = 1; j <= m; j++) {
			up = row[j];
			best = diag + (a[i - 1] != b[j - 1]);
			if (up + 1 < best)
				best = up + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
			diag = up;
		}
	}
	return row[m];
}
