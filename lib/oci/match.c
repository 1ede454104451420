/* SPDX-License-Identifier: ISC */
/*
 * match: a pattern becomes a list of tokens, and all the ways in which a text can
 * follow them are walked at once: time is the product of both lengths whatever
 * the pattern is. Characters are UTF-8; a byte that is not stands for itself.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"

#include "match.h"

enum syntax { NAME, PATH, SHELL };

enum type {
	LIT, /* c */
	ONE, /* ? */
	MANY, /* * */
	ALL, /* anything, slashes too */
	CLASS, /* [...] */
	DIRS, /* any directories, none too: skips the next token or enters it */
	IN_DIRS, /* any character; a slash leads out */
};

struct token {
	enum type type;
	uint32_t c;
	const char *class; /* behind the [ */
};

struct pattern {
	struct token *v;
	size_t n;
	bool slash; /* * and ? match a slash */
	char *text; /* what the classes point into, where it is owned */
};

static uint32_t
next_char(const char **s)
{
	const unsigned char *p = (const unsigned char *)*s;
	uint32_t c = *p;
	int i, more = c >= 0xf0 && c < 0xf8 ? 3 : c >= 0xe0 ? 2 : c >= 0xc2 ? 1 : 0;

	if (c >= 0xf8)
		more = 0;
	for (i = 1; i <= more; i++)
		if ((p[i] & 0xc0) != 0x80)
			more = 0;
	if (more > 0)
		c &= 0x3fu >> more;
	for (i = 1; i <= more; i++)
		c = c << 6 | (p[i] & 0x3f);
	*s += more + 1;
	return more > 0 ? c : *p;
}

/* One end of a range; -1 where none may stand. */
static int
class_char(const char **p, uint32_t *c)
{
	if (**p == '\0' || **p == '-' || **p == ']')
		return -1;
	if (**p == '\\' && *++*p == '\0')
		return -1;
	*c = next_char(p);
	return **p == '\0' ? -1 : 0;
}

/* 1 c is in the class at *p, 0 it is not; *p is moved behind the ]. -1 malformed. */
static int
class_has(const char **p, uint32_t c)
{
	bool negated = **p == '^', found = false;
	uint32_t lo, hi;
	int ranges;

	if (negated)
		++*p;
	for (ranges = 0; **p != ']' || ranges == 0; ranges++) {
		if (class_char(p, &lo) < 0)
			return -1;
		hi = lo;
		if (**p == '-') {
			++*p;
			if (class_char(p, &hi) < 0)
				return -1;
		}
		if (lo <= c && c <= hi)
			found = true;
	}
	++*p;
	return found != negated;
}

static int
bad_pattern(const char *pattern, struct err *e)
{
	return err_setx(e, EINVAL, "malformed pattern '%.200s'", pattern);
}

/* At most one token for a byte of p. */
static int
compile(struct pattern *pat, const char *p, enum syntax syntax)
{
	struct token t;

	pat->v = xcalloc(strlen(p) + 1, sizeof(t));
	pat->n = 0;
	pat->slash = syntax == SHELL;
	while (*p != '\0') {
		t = (struct token){ LIT, 0, NULL };
		if (syntax == PATH && p[0] == '*' && p[1] == '*') {
			p += p[2] == '/' ? 3 : 2;
			t.type = *p == '\0' ? ALL : IN_DIRS;
			if (t.type == IN_DIRS)
				pat->v[pat->n++] = (struct token){ DIRS, 0, NULL };
		} else if (*p == '*') {
			t.type = syntax == SHELL ? ALL : MANY;
			p++;
		} else if (*p == '?') {
			t.type = ONE;
			p++;
		} else if (*p == '[' && syntax != SHELL) {
			t.type = CLASS;
			t.class = ++p;
			if (class_has(&p, 0) < 0)
				return -1;
		} else {
			if (*p == '\\') {
				if (*++p == '\0')
					return -1;
				if (syntax == SHELL && strchr("*?\\}/", *p) == NULL)
					return -1;
			}
			t.c = next_char(&p);
		}
		pat->v[pat->n++] = t;
	}
	return 0;
}

/* Can c be what token t stands for? */
static bool
takes(const struct pattern *pat, const struct token *t, uint32_t c)
{
	const char *class = t->class;

	switch (t->type) {
	case LIT:
		return c == t->c;
	case ONE:
	case MANY:
		return c != '/' || pat->slash;
	case CLASS:
		return c != '/' && class_has(&class, c) == 1;
	case DIRS:
		return false;
	default:
		return true;
	}
}

/* Marks what can be reached without reading: from left to right is enough. */
static void
close_set(const struct pattern *pat, bool *set)
{
	size_t i;

	for (i = 0; i < pat->n; i++) {
		if (!set[i])
			continue;
		if (pat->v[i].type == MANY || pat->v[i].type == ALL || pat->v[i].type == DIRS)
			set[i + 1] = true;
		if (pat->v[i].type == DIRS)
			set[i + 2] = true;
	}
}

/*
 * Length of the shortest or longest prefix of the n bytes at s that matches; with whole only
 * n counts. -1 for none.
 */
static ptrdiff_t
run(const struct pattern *pat, const char *s, size_t n, bool whole, bool longest)
{
	bool small[2][64] = { { false } };
	CLEAN_FREE bool *large = pat->n < 64 ? NULL : xcalloc(pat->n + 1, 2 * sizeof(*large));
	bool *now = large != NULL ? large : small[0];
	bool *next = large != NULL ? large + pat->n + 1 : small[1];
	const char *p = s;
	ptrdiff_t found = -1;
	enum type type;
	uint32_t c;
	size_t i;
	bool alive = true, *swap;

	now[0] = true;
	for (; alive; swap = now, now = next, next = swap) {
		close_set(pat, now);
		if (now[pat->n] && (!whole || p == s + n)) {
			found = p - s;
			if (!longest)
				break;
		}
		if (p >= s + n)
			break;
		c = next_char(&p);
		memset(next, 0, (pat->n + 1) * sizeof(*next));
		alive = false;
		for (i = 0; i < pat->n; i++) {
			if (!now[i] || !takes(pat, &pat->v[i], c))
				continue;
			type = pat->v[i].type;
			alive = true;
			if (type == MANY || type == ALL || type == IN_DIRS)
				next[i] = true;
			if (type == LIT || type == ONE || type == CLASS ||
				(type == IN_DIRS && c == '/'))
				next[i + 1] = true;
		}
	}
	return found;
}

static int
match(const char *pattern, const char *s, enum syntax syntax)
{
	struct pattern pat;
	size_t n = strlen(s);
	int r = -1;

	if (compile(&pat, pattern, syntax) == 0)
		r = run(&pat, s, n, true, true) == (ptrdiff_t)n;
	free(pat.v);
	return r;
}

int
match_name(const char *pattern, const char *name)
{
	return match(pattern, name, NAME);
}

int
match_path(const char *pattern, const char *path)
{
	return match(pattern, path, PATH);
}

struct pattern *
pattern_new(const char *pattern)
{
	struct pattern *p = xcalloc(1, sizeof(*p));

	p->text = xstrdup(pattern);
	if (compile(p, p->text, PATH) == 0)
		return p;
	pattern_free(p);
	return NULL;
}

bool
pattern_matches(const struct pattern *p, const char *path)
{
	return run(p, path, strlen(path), true, true) >= 0;
}

void
pattern_free(struct pattern *p)
{
	if (p == NULL)
		return;
	free(p->v);
	free(p->text);
	free(p);
}

bool
match_has_magic(const char *pattern)
{
	for (; *pattern != '\0'; pattern++) {
		if (strchr("*?[", *pattern) != NULL)
			return true;
		if (*pattern == '\\' && *++pattern == '\0')
			break;
	}
	return false;
}

/* Is p + i the first byte of a character (or of nothing)? */
static bool
at_char(const char *p, size_t i)
{
	return ((unsigned char)p[i] & 0xc0) != 0x80;
}

int
match_trim(const char *pattern, const char *value, bool suffix, bool longest, struct buf *out,
	struct err *e)
{
	struct pattern pat;
	size_t n = strlen(value), i, from;
	ptrdiff_t len = -1;
	int r = compile(&pat, pattern, SHELL);

	if (r < 0) {
		bad_pattern(pattern, e);
	} else if (!suffix) {
		len = run(&pat, value, n, false, longest);
		buf_adds(out, value + (len > 0 ? len : 0));
	} else {
		for (i = 0; i <= n && len < 0; i++) {
			from = longest ? i : n - i;
			if (at_char(value, from) &&
				run(&pat, value + from, n - from, true, true) >= 0)
				len = (ptrdiff_t)from;
		}
		buf_add(out, value, len >= 0 ? (size_t)len : n);
	}
	free(pat.v);
	return r;
}

int
match_replace(const char *pattern, const char *value, const char *with, bool all, struct buf *out,
	struct err *e)
{
	struct pattern pat;
	const char *p = value, *next;
	bool behind = false; /* a match ends here: an empty one doesn't count */
	ptrdiff_t len;
	int r = compile(&pat, pattern, SHELL);

	if (r < 0)
		bad_pattern(pattern, e);
	while (r == 0) {
		if (out->len > MATCH_MAX) {
			r = err_setx(e, E2BIG, "it becomes longer than 1 MiB");
			break;
		}
		len = run(&pat, p, strlen(p), false, true);
		if (len > 0 || (len == 0 && !behind)) {
			buf_adds(out, with);
			p += len;
			behind = len > 0;
			if (!all) {
				buf_adds(out, p);
				break;
			}
			if (len > 0)
				continue;
		}
		if (*p == '\0')
			break;
		next = p;
		next_char(&next);
		buf_add(out, p, (size_t)(next - p));
		p = next;
		behind = false;
	}
	free(pat.v);
	return r;
}
