/* SPDX-License-Identifier: ISC */
/*
 * Words of a Dockerfile line (Dockerfile reference, Environment replacement), by recursive descent
 * over the bytes.
 */
#include "word.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"

#define MAX_DEPTH 16
#define MAX_BYTES (1u << 20)

struct scan {
	const char *s; /* what is left */
	char escape;
	const char *(*get)(void *arg, const char *name);
	void *arg;
	int depth;
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool
is_name(char c, bool first)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
		(!first && c >= '0' && c <= '9');
}

bool
word_next(const char **p, char escape, struct buf *raw)
{
	const char *s = *p, *start;
	char quote = '\0';

	while (is_blank(*s))
		s++;
	start = s;
	for (; *s != '\0' && (quote != '\0' || !is_blank(*s)); s++) {
		if (*s == escape && quote != '\'' && s[1] != '\0')
			s++;
		else if (quote == *s)
			quote = '\0';
		else if (quote == '\0' && (*s == '\'' || *s == '"'))
			quote = *s;
	}
	*p = s;
	if (s == start)
		return false;
	buf_clear(raw);
	buf_add(raw, start, (size_t)(s - start));
	return true;
}

static int eval(struct scan *c, char stop, struct buf *out, struct err *e);

/* Behind "${NAME": an operator and its word up to "}". */
static int
braces(struct scan *c, const char *name, struct buf *out, struct err *e)
{
	CLEAN_BUF struct buf word = BUF_INIT;
	const char *value = c->get(c->arg, name);
	bool colon;
	char op;

	if (*c->s == '}') {
		c->s++;
		if (value != NULL)
			buf_adds(out, value);
		return 0;
	}
	if ((colon = *c->s == ':'))
		c->s++;
	op = *c->s;
	if (op == '\0' || strchr("-+?", op) == NULL)
		return err_setx(
			e, 0, "bad substitution of '%s': unknown operator at '%.20s'", name, c->s);
	c->s++;
	if (eval(c, '}', &word, e) < 0)
		return -1;
	if (*c->s != '}')
		return err_setx(e, 0, "substitution of '%s' has no closing brace", name);
	c->s++;
	if (colon && value != NULL && *value == '\0')
		value = NULL;
	if (op == '?' && value == NULL)
		return err_setx(e, 0, "%s: %s", name, word.len > 0 ? buf_str(&word) : "not set");
	if (op == '-' && value == NULL)
		value = buf_str(&word);
	else if (op == '+')
		value = value != NULL ? buf_str(&word) : "";
	buf_adds(out, value);
	return 0;
}

/* Behind a '$'. */
static int
dollar(struct scan *c, struct buf *out, struct err *e)
{
	CLEAN_BUF struct buf name = BUF_INIT;
	bool braced = *c->s == '{';
	const char *value;

	if (braced)
		c->s++;
	if (is_name(*c->s, true)) {
		for (; is_name(*c->s, false); c->s++)
			buf_addc(&name, *c->s);
	} else if (*c->s != '\0' && strchr("@*#?-$!0123456789", *c->s) != NULL) {
		/* the shell's own parameters have no value here */
		buf_addc(&name, *c->s++);
	} else if (braced) {
		return err_setx(e, 0, "bad substitution at '${%.20s'", c->s);
	} else {
		buf_addc(out, '$');
		return 0;
	}
	if (braced)
		return braces(c, buf_str(&name), out, e);
	if ((value = c->get(c->arg, buf_str(&name))) != NULL)
		buf_adds(out, value);
	return 0;
}

static int
single_quotes(struct scan *c, struct buf *out, struct err *e)
{
	const char *end = strchr(c->s, '\'');

	if (end == NULL)
		return err_setx(e, 0, "no closing single quote");
	buf_add(out, c->s, (size_t)(end - c->s));
	c->s = end + 1;
	return 0;
}

static int
double_quotes(struct scan *c, struct buf *out, struct err *e)
{
	while (*c->s != '"') {
		if (*c->s == '\0')
			return err_setx(e, 0, "no closing double quote");
		if (*c->s == c->escape && c->s[1] != '\0') {
			if (c->s[1] != '"' && c->s[1] != '$' && c->s[1] != c->escape)
				buf_addc(out, c->escape);
			buf_addc(out, c->s[1]);
			c->s += 2;
		} else if (*c->s == '$') {
			c->s++;
			if (dollar(c, out, e) < 0)
				return -1;
		} else {
			buf_addc(out, *c->s++);
		}
	}
	c->s++;
	return 0;
}

/* Up to the unquoted stop byte or the end; leaves c->s there. */
static int
eval(struct scan *c, char stop, struct buf *out, struct err *e)
{
	char ch;
	int r = 0;

	if (++c->depth > MAX_DEPTH)
		return err_setx(e, 0, "substitutions are nested too deeply");
	while (r == 0 && (ch = *c->s) != '\0' && ch != stop) {
		c->s++;
		if (ch == '\'')
			r = single_quotes(c, out, e);
		else if (ch == '"')
			r = double_quotes(c, out, e);
		else if (ch == '$')
			r = dollar(c, out, e);
		else if (ch != c->escape)
			buf_addc(out, ch);
		else if (*c->s != '\0')
			buf_addc(out, *c->s++);
		if (r == 0 && out->len > MAX_BYTES)
			r = err_setx(e, 0, "the word becomes longer than 1 MiB");
	}
	c->depth--;
	return r;
}

int
word_eval(const char *raw, char escape, const char *(*get)(void *arg, const char *name), void *arg,
	struct buf *out, struct err *e)
{
	struct scan c = { .s = raw, .escape = escape, .get = get, .arg = arg };

	return eval(&c, '\0', out, e);
}
