/* SPDX-License-Identifier: ISC */
/*
 * dockerfile: physical lines to instructions. As in BuildKit a line's leading
 * blanks are dropped, but not those of its continuations; comment lines and empty
 * lines inside a continued instruction vanish; a here-document's body is taken as
 * it is.
 */
#include <ctype.h>
#include <strings.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"

#include "dockerfile.h"

struct reader {
	const char *p, *end;
	int line; /* of what was read last, from 1 */
	char escape;
	bool directives; /* still at the top */
	bool seen_escape, seen_syntax, seen_check;
};

struct span {
	const char *p;
	size_t n;
};

static bool
next_line(struct reader *r, struct span *out)
{
	const char *nl;

	if (r->p == r->end)
		return false;
	nl = memchr(r->p, '\n', (size_t)(r->end - r->p));
	out->p = r->p;
	out->n = (size_t)((nl != NULL ? nl + 1 : r->end) - r->p);
	r->p += out->n;
	r->line++;
	return true;
}

static void
cut_newline(struct span *s)
{
	while (s->n > 0 && (s->p[s->n - 1] == '\n' || s->p[s->n - 1] == '\r'))
		s->n--;
}

static void
cut_blanks(struct span *s)
{
	while (s->n > 0 && isspace((unsigned char)*s->p)) {
		s->p++;
		s->n--;
	}
}

static bool
is_comment(struct span s)
{
	cut_blanks(&s);
	return s.n > 0 && *s.p == '#';
}

static bool
is_empty(struct span s)
{
	cut_blanks(&s);
	return s.n == 0;
}

/* Ends it with an escape that is not escaped itself, blanks behind it allowed? Then that is cut
 * off. */
static bool
cut_continuation(struct span *s, char escape)
{
	size_t n = s->n;

	while (n > 0 && (s->p[n - 1] == ' ' || s->p[n - 1] == '\t'))
		n--;
	if (n == 0 || s->p[n - 1] != escape || (n > 1 && s->p[n - 2] == escape))
		return false;
	s->n = n - 1;
	return true;
}

/* "# name = value" at the top of the file; anything else ends the directives. */
static int
directive(struct reader *r, struct span s, struct err *e)
{
	const char *end = s.p + s.n, *name, *value;
	bool *seen = NULL;
	size_t len;

	r->directives = false;
	if (s.n == 0 || *s.p != '#')
		return 0;
	for (name = s.p + 1; name < end && isspace((unsigned char)*name); name++)
		;
	for (len = 0; name + len < end && isalnum((unsigned char)name[len]); len++)
		;
	if (len == 0 || isdigit((unsigned char)*name))
		return 0;
	for (value = name + len; value < end && isspace((unsigned char)*value); value++)
		;
	if (value == end || *value++ != '=')
		return 0;
	while (value < end && isspace((unsigned char)*value))
		value++;
	while (end > value && isspace((unsigned char)end[-1]))
		end--;
	if (value == end)
		return 0;
	if (len == 6 && strncasecmp(name, "escape", len) == 0)
		seen = &r->seen_escape;
	else if (len == 6 && strncasecmp(name, "syntax", len) == 0)
		seen = &r->seen_syntax;
	else if (len == 5 && strncasecmp(name, "check", len) == 0)
		seen = &r->seen_check;
	else
		return 0;
	if (*seen)
		return err_setx(e, EINVAL, "directive '%.*s' may stand only once", (int)len, name);
	*seen = true;
	r->directives = true;
	if (seen != &r->seen_escape)
		return 0; /* a syntax frontend is never fetched; checks are for linters */
	if (end - value != 1 || (*value != '\\' && *value != '`'))
		return err_setx(e, EINVAL, "escape directive: '%.*s' is neither \\ nor `",
			(int)(end - value > 40 ? 40 : end - value), value);
	r->escape = *value;
	return 0;
}

/* The next instruction's line, joined. 1 there is one, 0 the end, -1. */
static int
logical_line(struct reader *r, struct buf *out, int *first, struct err *e)
{
	struct span s;
	bool more;

	buf_clear(out);
	for (;;) {
		if (!next_line(r, &s))
			return 0;
		cut_newline(&s);
		cut_blanks(&s);
		if (r->directives && directive(r, s, e) < 0)
			return -1;
		if (is_comment(s))
			continue;
		more = cut_continuation(&s, r->escape);
		if (more || s.n > 0)
			break;
	}
	*first = r->line;
	buf_add(out, s.p, s.n);
	while (more && next_line(r, &s)) {
		cut_newline(&s);
		if (is_comment(s) || is_empty(s))
			continue;
		more = cut_continuation(&s, r->escape);
		buf_add(out, s.p, s.n);
	}
	return 1;
}

static int
read_heredoc(struct reader *r, struct heredoc *h, struct err *e)
{
	CLEAN_BUF struct buf body = BUF_INIT;
	struct span s, word;

	while (next_line(r, &s)) {
		word = s;
		cut_newline(&word);
		while (h->chomp && word.n > 0 && *word.p == '\t') {
			word.p++;
			word.n--;
		}
		if (word.n == strlen(h->name) && memcmp(word.p, h->name, word.n) == 0) {
			h->body = body.data != NULL ? buf_steal(&body) : xstrdup("");
			return 0;
		}
		buf_add(&body, s.p, s.n);
	}
	return err_setx(e, EINVAL, "here-document '%.100s' has no end", h->name);
}

static int
add_instr(struct dockerfile *d, struct reader *r, const char *line, int first, struct err *e)
{
	struct instr *i;
	size_t k;

	d->v = xrealloc(d->v, d->n + 1, sizeof(*d->v));
	i = &d->v[d->n++];
	*i = (struct instr){ .line = first };
	if (instr_parse(i, line, r->escape, e) < 0)
		return -1;
	instr_find_heredocs(i);
	for (k = 0; k < i->ndocs; k++)
		if (read_heredoc(r, &i->docs[k], e) < 0)
			return -1;
	return 0;
}

/* Where an instruction may stand; nfrom counts those up to here. */
static int
check_place(const struct instr *i, int nfrom, bool trigger, struct err *e)
{
	if (trigger)
		return nfrom > 0 ? err_setx(e, EINVAL, "FROM may not be a trigger") : 0;
	if (nfrom == 0 && i->type != INSTR_ARG)
		return err_setx(
			e, EINVAL, "%s before the first FROM: only ARG may stand there", i->name);
	if (nfrom > 1)
		return err_setx(
			e, ENOTSUP, "a second FROM: multi-stage builds are not supported yet");
	return 0;
}

static int
check_nul(const struct dockerfile *d, const char *p, size_t n, struct err *e)
{
	const char *nul = memchr(p, '\0', n);
	int line = 1;

	if (nul == NULL)
		return 0;
	for (; p < nul; p++)
		line += *p == '\n';
	return err_setx(e, EINVAL, "%s:%d: a NUL byte: this is no Dockerfile", d->file, line);
}

static int
parse(struct dockerfile *d, const char *p, size_t n, bool trigger, struct err *e)
{
	struct reader r = { .p = p, .end = p + n, .escape = '\\', .directives = !trigger };
	CLEAN_BUF struct buf line = BUF_INIT;
	int first = 0, got, nfrom = 0;

	if (check_nul(d, p, n, e) < 0)
		return -1;
	if (n >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
		r.p += 3;
	while ((got = logical_line(&r, &line, &first, e)) > 0) {
		if (line.data[strspn(line.data, " \t\v\f\r")] == '\0')
			continue;
		if (add_instr(d, &r, line.data, first, e) < 0)
			return err_wrap(e, "%s:%d", d->file, first);
		nfrom += d->v[d->n - 1].type == INSTR_FROM;
		if (check_place(&d->v[d->n - 1], nfrom, trigger, e) < 0)
			return err_wrap(e, "%s:%d", d->file, first);
	}
	if (got < 0)
		return err_wrap(e, "%s:%d", d->file, r.line);
	d->escape = r.escape;
	if (d->n == 0)
		return err_setx(e, EINVAL, "%s: no instructions", d->file);
	if (!trigger && nfrom == 0)
		return err_setx(e, EINVAL, "%s: no FROM", d->file);
	return 0;
}

int
dockerfile_parse(struct dockerfile *d, const char *p, size_t n, struct err *e)
{
	return parse(d, p, n, false, e);
}

int
dockerfile_parse_trigger(struct dockerfile *d, const char *text, struct err *e)
{
	if (parse(d, text, strlen(text), true, e) < 0)
		return -1;
	if (d->n != 1)
		return err_setx(e, EINVAL, "%s: more than one instruction", d->file);
	return 0;
}

void
dockerfile_free(struct dockerfile *d)
{
	size_t k;

	for (k = 0; k < d->n; k++)
		instr_free(&d->v[k]);
	free(d->v);
	d->v = NULL;
	d->n = 0;
}
