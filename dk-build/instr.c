/* SPDX-License-Identifier: ISC */
/*
 * instr: one line to one instruction. How the arguments are read and which flags
 * there are is a table; what the table has, but a build cannot do yet, is an
 * error by name.
 */
#include <ctype.h>
#include <jansson.h>
#include <strings.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "oci/expand.h"

#include "instr.h"

enum args {
	WORDS, /* at blanks */
	STRING, /* one, as it stands */
	COMMAND, /* JSON array of strings, else one string */
	PATHS, /* JSON array of strings, else words */
	PAIRS, /* k=v k=v, quotes respected, or k v */
	NAMES, /* k k=v, quotes respected */
};

static const struct kind {
	const char *name;
	int type; /* -1: not supported yet */
	enum args args;
	size_t min, max; /* of args */
	const char *flags; /* " a b " */
	const char *later; /* flags Docker has beside these */
} kinds[] = {
	{ "ADD", -1, PATHS, 0, 0, "", "" },
	{ "ARG", INSTR_ARG, NAMES, 1, SIZE_MAX, "", "" },
	{ "CMD", INSTR_CMD, COMMAND, 0, SIZE_MAX, "", "" },
	{ "COPY", INSTR_COPY, PATHS, 2, SIZE_MAX, "", " chmod chown exclude from link parents " },
	{ "ENTRYPOINT", INSTR_ENTRYPOINT, COMMAND, 0, SIZE_MAX, "", "" },
	{ "ENV", INSTR_ENV, PAIRS, 2, SIZE_MAX, "", "" },
	{ "EXPOSE", INSTR_EXPOSE, WORDS, 1, SIZE_MAX, "", "" },
	{ "FROM", INSTR_FROM, WORDS, 1, 3, " platform ", "" },
	{ "HEALTHCHECK", -1, STRING, 0, 0, "", "" },
	{ "LABEL", INSTR_LABEL, PAIRS, 2, SIZE_MAX, "", "" },
	{ "MAINTAINER", -1, STRING, 0, 0, "", "" },
	{ "ONBUILD", -1, STRING, 0, 0, "", "" },
	{ "RUN", INSTR_RUN, COMMAND, 1, SIZE_MAX, " network ", " device mount security " },
	{ "SHELL", -1, COMMAND, 0, 0, "", "" },
	{ "STOPSIGNAL", -1, STRING, 0, 0, "", "" },
	{ "USER", INSTR_USER, STRING, 1, 1, "", "" },
	{ "VOLUME", -1, PATHS, 0, 0, "", "" },
	{ "WORKDIR", INSTR_WORKDIR, STRING, 1, 1, "", "" },
};

static bool
is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static const char *
skip_blanks(const char *p)
{
	while (is_blank(*p))
		p++;
	return p;
}

static const struct kind *
find_kind(const char *word, size_t n, struct err *e)
{
	CLEAN_FREE char *up = xstrndup(word, n > 63 ? 63 : n);
	const char *near = NULL;
	int best = 3, dist;
	size_t i;
	char *p;

	for (p = up; *p != '\0'; p++)
		*p = (char)toupper((unsigned char)*p);
	for (i = 0; i < LEN(kinds); i++) {
		if (strcmp(up, kinds[i].name) == 0)
			break;
		dist = str_distance(up, kinds[i].name);
		if (dist < best) {
			best = dist;
			near = kinds[i].name;
		}
	}
	if (i < LEN(kinds) && kinds[i].type >= 0)
		return &kinds[i];
	if (i < LEN(kinds))
		err_setx(e, ENOTSUP, "%s is not supported yet", up);
	else
		err_setx(e, EINVAL, "unknown instruction %s%s%s%s", up,
			near != NULL ? ": did you mean " : "", near != NULL ? near : "",
			near != NULL ? "?" : "");
	return NULL;
}

static bool
has_word(const char *list, const char *word)
{
	CLEAN_FREE char *w = xasprintf(" %s ", word);

	return strstr(list, w) != NULL;
}

static int
check_flag(const struct instr *i, const struct kind *k, const char *flag, struct err *e)
{
	CLEAN_FREE char *name = xstrndup(flag, strcspn(flag, "="));

	if (instr_flag(i, name) != NULL)
		return err_setx(e, EINVAL, "%s --%s is given twice", k->name, name);
	if (has_word(k->flags, name))
		return 0;
	if (has_word(k->later, name))
		return err_setx(e, ENOTSUP, "%s --%s is not supported yet", k->name, name);
	return err_setx(e, EINVAL, "%s has no flag --%s", k->name, name);
}

/* The flags at *p, which is moved behind them. Quotes and backslashes work as in a shell. */
static int
parse_flags(struct instr *i, const struct kind *k, const char **p, struct err *e)
{
	CLEAN_BUF struct buf word = BUF_INIT;
	char quote;

	for (;;) {
		*p = skip_blanks(*p);
		if (strncmp(*p, "--", 2) != 0)
			return 0;
		buf_clear(&word);
		for (quote = '\0'; **p != '\0' && (quote != '\0' || !is_blank(**p)); ++*p) {
			if (**p == quote && quote != '\0')
				quote = '\0';
			else if (quote == '\0' && (**p == '\'' || **p == '"'))
				quote = **p;
			else if (**p == '\\' && (*p)[1] != '\0')
				buf_addc(&word, *++*p);
			else if (**p != '\\')
				buf_addc(&word, **p);
		}
		if (word.len == 2) { /* "--" ends them */
			*p = skip_blanks(*p);
			return 0;
		}
		if (check_flag(i, k, word.data + 2, e) < 0)
			return -1;
		strv_add(&i->flags, word.data + 2);
	}
}

static void
add_words(struct strv *out, const char *p)
{
	size_t n;

	for (p = skip_blanks(p); *p != '\0'; p = skip_blanks(p + n)) {
		for (n = 0; p[n] != '\0' && !is_blank(p[n]); n++)
			;
		strv_take(out, xstrndup(p, n));
	}
}

/* Words at blanks outside quotes; quotes and escapes stay for the expansion. */
static void
add_quoted_words(struct strv *out, const char *p, char escape)
{
	CLEAN_BUF struct buf word = BUF_INIT;
	bool any = false;
	char quote = '\0';

	for (;; p++) {
		if (*p == '\0' || (quote == '\0' && is_blank(*p))) {
			if (any)
				strv_add(out, buf_str(&word));
			if (*p == '\0')
				return;
			buf_clear(&word);
			any = false;
			continue;
		}
		if (*p == escape && quote != '\'') {
			if (p[1] == '\0')
				continue; /* an escape at the end is dropped */
			buf_addc(&word, *p++);
		} else if (*p == quote) {
			quote = '\0';
		} else if (quote == '\0' && (*p == '\'' || *p == '"')) {
			quote = *p;
		}
		buf_addc(&word, *p);
		any = true;
	}
}

static int
add_pairs(struct instr *i, const char *rest, char escape, struct err *e)
{
	CLEAN_STRV struct strv words = { NULL, 0 };
	const char *eq, *value;
	size_t k;

	add_quoted_words(&words, rest, escape);
	if (words.n > 0 && strchr(words.v[0], '=') == NULL) { /* the old form: one pair */
		k = strcspn(rest, " \t\v\f\r");
		value = skip_blanks(rest + k);
		if (*value == '\0')
			return err_setx(e, EINVAL, "%s %s: no value", i->name, words.v[0]);
		strv_take(&i->args, xstrndup(rest, k));
		strv_add(&i->args, value);
		return 0;
	}
	for (k = 0; k < words.n; k++) {
		eq = strchr(words.v[k], '=');
		if (eq == NULL)
			return err_setx(e, EINVAL, "%s: '%.100s' is not of the form name=value",
				i->name, words.v[k]);
		if (eq == words.v[k])
			return err_setx(e, EINVAL, "%s: '%.100s' has no name", i->name, words.v[k]);
		strv_take(&i->args, xstrndup(words.v[k], (size_t)(eq - words.v[k])));
		strv_add(&i->args, eq + 1);
	}
	return 0;
}

static int
add_names(struct instr *i, const char *rest, char escape, struct err *e)
{
	size_t k;

	add_quoted_words(&i->args, rest, escape);
	for (k = 0; k < i->args.n; k++)
		if (i->args.v[k][0] == '=')
			return err_setx(
				e, EINVAL, "%s: '%.100s' has no name", i->name, i->args.v[k]);
	return 0;
}

/* 1 rest is a JSON array of strings, 0 it is something else, -1 an array of something else. */
static int
add_json(struct instr *i, const char *rest, struct err *e)
{
	json_t *j, *v;
	size_t k;
	int r = 1;

	if (*rest != '[')
		return 0;
	j = json_loads(rest, 0, NULL);
	if (j == NULL)
		return 0;
	json_array_foreach (j, k, v) {
		if (!json_is_string(v)) {
			r = err_setx(e, EINVAL, "%s: the JSON form takes strings only", i->name);
			break;
		}
		strv_add(&i->args, json_string_value(v));
	}
	json_decref(j);
	i->json = r > 0;
	return r;
}

static int
parse_args(struct instr *i, const struct kind *k, const char *rest, char escape, struct err *e)
{
	int r = 0;

	switch (k->args) {
	case PAIRS:
		return add_pairs(i, rest, escape, e);
	case NAMES:
		return add_names(i, rest, escape, e);
	case COMMAND:
	case PATHS:
		r = add_json(i, rest, e);
		break;
	default:
		break;
	}
	if (r == 0 && (k->args == WORDS || k->args == PATHS))
		add_words(&i->args, rest);
	else if (r == 0 && *rest != '\0')
		strv_add(&i->args, rest);
	return r < 0 ? -1 : 0;
}

static int
check_from(const struct instr *i, struct err *e)
{
	const char *name;
	size_t k;

	if (i->args.n == 1)
		return 0;
	if (i->args.n != 3 || strcasecmp(i->args.v[1], "as") != 0)
		return err_setx(e, EINVAL, "FROM takes IMAGE or IMAGE AS NAME");
	name = i->args.v[2];
	for (k = 0; name[k] != '\0'; k++)
		if (!isalpha((unsigned char)name[k]) &&
			(k == 0 ||
				(!isdigit((unsigned char)name[k]) &&
					strchr("-_.", name[k]) == NULL)))
			return err_setx(e, EINVAL, "FROM: bad stage name '%.100s'", name);
	return 0;
}

static int
check_instr(const struct instr *i, const struct kind *k, struct err *e)
{
	const char *net = i->type == INSTR_RUN ? instr_flag(i, "network") : NULL;

	if (i->args.n < k->min || (k->args == COMMAND && i->args.n == 0 && !i->json)) {
		if (i->type == INSTR_COPY)
			return err_setx(e, EINVAL, "COPY needs sources and a destination");
		return err_setx(e, EINVAL, "%s needs an argument", i->name);
	}
	if (i->args.n > k->max && i->type != INSTR_FROM)
		return err_setx(e, EINVAL, "%s takes one argument", i->name);
	if (net != NULL && strcmp(net, "default") != 0 && strcmp(net, "none") != 0 &&
		strcmp(net, "host") != 0)
		return err_setx(e, EINVAL, "RUN --network=%.100s: not default, none or host", net);
	if (i->type == INSTR_COPY && instr_is_heredoc(i->args.v[i->args.n - 1]))
		return err_setx(e, EINVAL, "COPY: a here-document can't be the destination");
	return i->type == INSTR_FROM ? check_from(i, e) : 0;
}

int
instr_parse(struct instr *i, const char *line, char escape, struct err *e)
{
	const struct kind *k;
	const char *rest;
	size_t n;

	line = skip_blanks(line);
	for (n = strlen(line); n > 0 && is_blank(line[n - 1]); n--)
		;
	i->text = xstrndup(line, n);
	n = strcspn(i->text, " \t\v\f\r");
	k = find_kind(i->text, n, e);
	if (k == NULL)
		return -1;
	i->type = (enum instr_type)k->type;
	i->name = k->name;
	rest = i->text + n;
	if (parse_flags(i, k, &rest, e) < 0 || parse_args(i, k, rest, escape, e) < 0)
		return -1;
	return check_instr(i, k, e);
}

const char *
instr_flag(const struct instr *i, const char *name)
{
	return strv_getenv(&i->flags, name);
}

void
instr_free(struct instr *i)
{
	size_t k;

	for (k = 0; k < i->ndocs; k++) {
		free(i->docs[k].name);
		free(i->docs[k].body);
	}
	free(i->docs);
	free(i->text);
	strv_free(&i->flags);
	strv_free(&i->args);
	*i = (struct instr){ .line = 0 };
}

/* [fd]<<[-]word */
static bool
heredoc_mark(const char *p, struct heredoc *out)
{
	struct expand x = { .escape = '\\', .keep_unset = true };
	CLEAN_STRV struct strv words = { NULL, 0 };
	struct err e;

	while (isdigit((unsigned char)*p))
		p++;
	if (strncmp(p, "<<", 2) != 0)
		return false;
	p += 2;
	out->chomp = *p == '-';
	p += out->chomp;
	if (*p == '\0' || strchr(p, '<') != NULL || expand_split(&x, p, &words, &e) < 0 ||
		words.n != 1)
		return false;
	out->expand = strpbrk(p, "'\"") == NULL;
	out->name = xstrdup(words.v[0]);
	return true;
}

bool
instr_is_heredoc(const char *word)
{
	struct heredoc h = { .name = NULL };
	bool is = heredoc_mark(word, &h);

	free(h.name);
	return is;
}

void
instr_find_heredocs(struct instr *i)
{
	struct expand x = {
		.escape = '\\', .keep_quotes = true, .keep_escapes = true, .keep_unset = true
	};
	CLEAN_STRV struct strv words = { NULL, 0 };
	struct heredoc h;
	struct err e;
	size_t k;

	if ((i->type != INSTR_RUN && i->type != INSTR_COPY) || i->json ||
		strstr(i->text, "<<") == NULL || expand_split(&x, i->text, &words, &e) < 0)
		return; /* quotes that don't match are the shell's business */
	for (k = 0; k < words.n; k++) {
		h = (struct heredoc){ .name = NULL };
		if (!heredoc_mark(words.v[k], &h))
			continue;
		i->docs = xrealloc(i->docs, i->ndocs + 1, sizeof(*i->docs));
		i->docs[i->ndocs++] = h;
	}
}

char *
instr_heredoc_text(const struct heredoc *h)
{
	CLEAN_BUF struct buf b = BUF_INIT;
	const char *p = h->body, *nl;

	if (!h->chomp)
		return xstrdup(h->body);
	for (; *p != '\0'; p = nl) {
		p += strspn(p, "\t");
		nl = strchr(p, '\n');
		nl = nl != NULL ? nl + 1 : p + strlen(p);
		buf_add(&b, p, (size_t)(nl - p));
	}
	return b.data != NULL ? buf_steal(&b) : xstrdup("");
}
