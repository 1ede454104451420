/* SPDX-License-Identifier: ISC */
/*
 * expand: reads a word from the left, once. Where the Dockerfile reference is
 * silent it does what BuildKit does, because Dockerfiles are written against it:
 * an escape character in front of any character is dropped, inside double quotes
 * only in front of " $ and itself; ${v#p} and its like match with * and ? alone.
 */
#include <ctype.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"

#include "expand.h"
#include "match.h"

enum { MAX_DEPTH = 64 }; /* ${a:-${b:-...}} */
enum { MAX_BYTES = MATCH_MAX }; /* of a word: each ENV can double what a variable holds */

struct lex {
	const struct expand *x;
	const char *p;
	bool keep_escapes;
	int depth;
};

/* The words of expand_split as they grow. */
struct split {
	struct strv *out;
	struct buf word;
	bool in_word;
};

static int lex_until(struct lex *l, char stop, bool keep_escapes, struct buf *out, struct split *w,
	struct err *e);

static bool
is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* A character that was quoted or escaped belongs to the word whatever it is. */
static void
split_raw(struct split *w, const char *s, size_t n)
{
	if (w == NULL)
		return;
	buf_add(&w->word, s, n);
	w->in_word = true;
}

static void
split_end(struct split *w)
{
	if (w->word.len > 0)
		strv_add(w->out, buf_str(&w->word));
	buf_clear(&w->word);
	w->in_word = false;
}

static void
split_add(struct split *w, const char *s, size_t n)
{
	size_t i;

	if (w == NULL)
		return;
	for (i = 0; i < n; i++) {
		if (!is_blank(s[i]))
			split_raw(w, s + i, 1);
		else if (w->in_word && w->word.len > 0)
			split_end(w);
	}
}

static int
lex_single(struct lex *l, struct buf *out, struct err *e)
{
	const char *end = strchr(l->p + 1, '\'');

	if (end == NULL)
		return err_setx(e, EINVAL, "no closing single quote");
	if (l->x->keep_quotes)
		buf_add(out, l->p, (size_t)(end - l->p) + 1);
	else
		buf_add(out, l->p + 1, (size_t)(end - l->p) - 1);
	l->p = end + 1;
	return 0;
}

/* [A-Za-z_][A-Za-z0-9_]*, digits, or one special parameter; "" if none stands here. */
static char *
lex_name(struct lex *l)
{
	const char *from = l->p;

	if (isdigit((unsigned char)*l->p)) {
		while (isdigit((unsigned char)*l->p))
			l->p++;
	} else if (*l->p != '\0' && strchr("@*#?-$!", *l->p) != NULL) {
		l->p++;
	} else {
		while (isalnum((unsigned char)*l->p) || *l->p == '_')
			l->p++;
	}
	return xstrndup(from, (size_t)(l->p - from));
}

static const char *
lookup(const struct lex *l, const char *name)
{
	return l->x->env != NULL ? strv_getenv(l->x->env, name) : NULL;
}

static int
missing_brace(struct lex *l, struct err *e)
{
	if (*l->p == '\0')
		return err_setx(e, EINVAL, "${ without a matching }");
	return -1;
}

/* ${v/p/r} and ${v//p/r}; l->p is behind the first slash */
static int
lex_replace(struct lex *l, const char *name, struct buf *out, struct err *e)
{
	CLEAN_BUF struct buf pat = BUF_INIT;
	CLEAN_BUF struct buf with = BUF_INIT;
	const char *value = lookup(l, name);
	bool all = *l->p == '/';

	if (all)
		l->p++;
	if (lex_until(l, '/', true, &pat, NULL, e) < 0) {
		if (*l->p == '\0')
			return err_setx(e, EINVAL, "${%s/pattern without /replacement}", name);
		return -1;
	}
	if (lex_until(l, '}', true, &with, NULL, e) < 0)
		return missing_brace(l, e);
	if (value == NULL && l->x->keep_unset) {
		buf_addf(out, "${%s/%s/%s}", name, buf_str(&pat), buf_str(&with));
		return 0;
	}
	return match_replace(
		buf_str(&pat), value != NULL ? value : "", buf_str(&with), all, out, e);
}

static int
apply(struct lex *l, const char *name, char op, bool null_is_unset, const char *word,
	struct buf *out, struct err *e)
{
	const char *value = lookup(l, name);
	bool unset = value == NULL || (null_is_unset && *value == '\0');
	bool longest;

	if (value == NULL && l->x->keep_unset) {
		buf_addf(out, "${%s%s%c%s}", name, null_is_unset ? ":" : "", op, word);
		return 0;
	}
	switch (op) {
	case '-':
		buf_adds(out, unset ? word : value);
		return 0;
	case '+':
		buf_adds(out, unset ? "" : word);
		return 0;
	case '?':
		if (value == NULL || unset) {
			if (*word == '\0')
				word = value == NULL ? "is not set" : "is empty";
			return err_setx(e, EINVAL, "%s: %s", name, word);
		}
		buf_adds(out, value);
		return 0;
	default: /* # or % */
		longest = *word == op;
		return match_trim(
			word + longest, value != NULL ? value : "", op == '%', longest, out, e);
	}
}

static int
lex_brace(struct lex *l, struct buf *out, struct err *e)
{
	CLEAN_BUF struct buf word = BUF_INIT;
	CLEAN_FREE char *name = NULL;
	bool null_is_unset = false;
	const char *value;
	char op;

	if (*l->p == '\0')
		return missing_brace(l, e);
	if (strchr("{}:", *l->p) != NULL)
		return err_setx(e, EINVAL, "bad substitution '${%c'", *l->p);
	name = lex_name(l);
	op = *l->p;
	if (op == '\0')
		return missing_brace(l, e);
	l->p++;
	if (op == '}') {
		value = lookup(l, name);
		if (value == NULL && l->x->keep_unset)
			buf_addf(out, "${%s}", name);
		else if (value != NULL)
			buf_adds(out, value);
		return 0;
	}
	if (op == '/')
		return lex_replace(l, name, out, e);
	if (op == ':') {
		null_is_unset = true;
		op = *l->p;
		if (op == '\0')
			return missing_brace(l, e);
		l->p++;
	}
	if (strchr("+-?#%", op) == NULL)
		return err_setx(e, EINVAL, "unsupported modifier in '${%s%s%c'", name,
			null_is_unset ? ":" : "", op);
	if (lex_until(l, '}', op == '#' || op == '%', &word, NULL, e) < 0)
		return missing_brace(l, e);
	return apply(l, name, op, null_is_unset, buf_str(&word), out, e);
}

static int
lex_dollar(struct lex *l, struct buf *out, struct err *e)
{
	CLEAN_FREE char *name = NULL;
	const char *value;
	int r;

	l->p++;
	if (*l->p == '{') {
		if (++l->depth > MAX_DEPTH)
			return err_setx(e, EINVAL, "variables nested more than %d deep", MAX_DEPTH);
		l->p++;
		r = lex_brace(l, out, e);
		l->depth--;
		return r;
	}
	name = lex_name(l);
	value = lookup(l, name);
	if (*name == '\0' || (value == NULL && l->x->keep_unset))
		buf_addf(out, "$%s", name);
	else if (value != NULL)
		buf_adds(out, value);
	return 0;
}

static int
lex_double(struct lex *l, struct buf *out, struct err *e)
{
	if (l->x->keep_quotes)
		buf_addc(out, '"');
	for (l->p++; *l->p != '"';) {
		if (*l->p == '$') {
			if (lex_dollar(l, out, e) < 0)
				return -1;
			continue;
		}
		if (*l->p == l->x->escape && l->p[1] != '\0' &&
			(l->p[1] == '"' || l->p[1] == '$' || l->p[1] == l->x->escape)) {
			if (l->keep_escapes)
				buf_addc(out, *l->p);
			l->p++;
		}
		if (*l->p == '\0')
			return err_setx(e, EINVAL, "no closing double quote");
		buf_addc(out, *l->p++);
	}
	l->p++;
	if (l->x->keep_quotes)
		buf_addc(out, '"');
	return 0;
}

/* Up to stop, which is eaten, or to the end where stop is '\0'. */
static int
lex_until(struct lex *l, char stop, bool keep_escapes, struct buf *out, struct split *w,
	struct err *e)
{
	bool saved = l->keep_escapes;
	size_t from;
	char c;
	int r = -1;

	l->keep_escapes = keep_escapes;
	while ((c = *l->p) != '\0') {
		if (out->len > MAX_BYTES) {
			err_setx(e, E2BIG, "it becomes longer than 1 MiB");
			goto out;
		}
		if (stop != '\0' && c == stop) {
			l->p++;
			r = 0;
			goto out;
		}
		from = out->len;
		if (c == '$') {
			if (lex_dollar(l, out, e) < 0)
				goto out;
			split_add(w, buf_str(out) + from, out->len - from);
		} else if (!l->x->no_quotes && (c == '\'' || c == '"')) {
			if ((c == '\'' ? lex_single(l, out, e) : lex_double(l, out, e)) < 0)
				goto out;
			split_raw(w, buf_str(out) + from, out->len - from);
		} else if (c == l->x->escape) {
			if (l->keep_escapes)
				buf_addc(out, c);
			if (*++l->p != '\0')
				buf_addc(out, *l->p++);
			split_raw(w, buf_str(out) + from, out->len - from);
		} else {
			buf_addc(out, c);
			split_add(w, l->p, 1);
			l->p++;
		}
	}
	if (stop == '\0')
		r = 0;
	else
		err_setx(e, EINVAL, "no closing '%c'", stop);
out:
	l->keep_escapes = saved;
	return r;
}

static int
expand(const struct expand *x, const char *word, struct buf *out, struct split *w, struct err *e)
{
	struct lex l = { x, word, false, 0 };

	if (lex_until(&l, '\0', x->keep_escapes, out, w, e) < 0)
		return err_wrap(e, "cannot expand '%.200s'", word);
	if (out->len > MAX_BYTES)
		return err_setx(e, E2BIG, "a word becomes longer than 1 MiB");
	return 0;
}

int
expand_word(const struct expand *x, const char *word, char **out, struct err *e)
{
	CLEAN_BUF struct buf b = BUF_INIT;

	if (expand(x, word, &b, NULL, e) < 0)
		return -1;
	*out = b.data != NULL ? buf_steal(&b) : xstrdup("");
	return 0;
}

int
expand_split(const struct expand *x, const char *word, struct strv *out, struct err *e)
{
	CLEAN_BUF struct buf b = BUF_INIT;
	struct split w = { out, BUF_INIT, false };
	int r = expand(x, word, &b, &w, e);

	if (r == 0)
		split_end(&w);
	buf_free(&w.word);
	return r;
}
