/* SPDX-License-Identifier: ISC */
/*
 * image_config_change() of config.h: one Dockerfile instruction applied to a configuration, without
 * a build.
 */
#include "config.h"

#include <strings.h>

#include "expand.h"
#include "json.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/path.h"

#define ESCAPE '\\'

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/*
 * Moves *p over the next word; blanks part words unless quoted or escaped. raw gets it with its
 * quotes and escapes. False at the end of the line. An open quote runs to the end; eval() will
 * complain.
 */
static bool
next_word(const char **p, struct buf *raw)
{
	const char *s = *p, *start;
	char quote = '\0';

	while (is_blank(*s))
		s++;
	start = s;
	for (; *s != '\0' && (quote != '\0' || !is_blank(*s)); s++) {
		if (*s == ESCAPE && quote != '\'' && s[1] != '\0')
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

static int
eval(struct image_config *c, const char *raw, struct buf *out, struct err *e)
{
	const struct expand x = { .env = &c->env, .escape = ESCAPE };
	CLEAN_FREE char *word = NULL;

	if (expand_word(&x, raw, &word, e) < 0)
		return -1;
	buf_clear(out);
	buf_adds(out, word);
	return 0;
}

static void
set_str(char **to, const char *s)
{
	free(*to);
	*to = xstrdup(s);
}

static void
add_once(struct strv *v, const char *s)
{
	size_t i;

	for (i = 0; i < v->n; i++)
		if (strcmp(v->v[i], s) == 0)
			return;
	strv_add(v, s);
}

/*
 * The exec form: a JSON array of strings; anything else that starts with a bracket is a shell's
 * business.
 */
static bool
exec_form(const char *s, struct strv *out)
{
	CLEAN_JSON json_t *j = NULL;
	json_t *v;
	struct err ignored;
	size_t i;

	if (*s != '[' || (j = json_parse(s, strlen(s), "", &ignored)) == NULL || !json_is_array(j))
		return false;
	json_array_foreach (j, i, v)
		if (!json_is_string(v))
			return false;
	json_array_foreach (j, i, v)
		strv_add(out, json_string_value(v));
	return true;
}

static int
change_command(struct image_config *c, struct strv *to, const char *rest)
{
	struct strv v = { 0 };

	if (!exec_form(rest, &v)) {
		if (c->shell.n > 0) {
			strv_copy(&v, &c->shell);
		} else {
			strv_add(&v, "/bin/sh");
			strv_add(&v, "-c");
		}
		strv_add(&v, rest);
	}
	strv_free(to);
	*to = v;
	c->args_escaped = false;
	return 0;
}

static int
change_cmd(struct image_config *c, const char *rest, struct err *e)
{
	(void)e;
	return change_command(c, &c->cmd, rest);
}

/* In a build this clears a CMD of the base image; here only what is said is done. */
static int
change_entrypoint(struct image_config *c, const char *rest, struct err *e)
{
	(void)e;
	return change_command(c, &c->entrypoint, rest);
}

/* Appends key and value, evaluated, to pairs. */
static int
add_pair(struct image_config *c, const char *key, const char *value, struct strv *pairs,
	struct err *e)
{
	CLEAN_BUF struct buf k = BUF_INIT, v = BUF_INIT;

	if (eval(c, key, &k, e) < 0 || eval(c, value, &v, e) < 0)
		return -1;
	if (k.len == 0)
		return err_setx(e, 0, "a name is empty");
	strv_add(pairs, buf_str(&k));
	strv_add(pairs, buf_str(&v));
	return 0;
}

/* "k=v k2='v 2'", or the old "k the whole rest". All values are evaluated before any is set. */
static int
read_pairs(struct image_config *c, const char *rest, struct strv *pairs, struct err *e)
{
	CLEAN_BUF struct buf raw = BUF_INIT;
	const char *p = rest;
	char *eq;

	while (next_word(&p, &raw)) {
		if ((eq = strchr(raw.data, '=')) != NULL) {
			*eq = '\0';
			if (add_pair(c, raw.data, eq + 1, pairs, e) < 0)
				return -1;
			continue;
		}
		if (pairs->n > 0)
			return err_setx(e, 0, "'%.80s' is not name=value", raw.data);
		p += strspn(p, " \t");
		if (*p == '\0')
			return err_setx(e, 0, "'%.80s' has no value", raw.data);
		return add_pair(c, raw.data, p, pairs, e);
	}
	return 0;
}

static int
change_env(struct image_config *c, const char *rest, struct err *e)
{
	CLEAN_STRV struct strv pairs = { 0 };
	size_t i;

	if (read_pairs(c, rest, &pairs, e) < 0)
		return -1;
	for (i = 0; i + 1 < pairs.n; i += 2) {
		CLEAN_FREE char *kv = xasprintf("%s=%s", pairs.v[i], pairs.v[i + 1]);

		strv_setenv(&c->env, kv);
	}
	return 0;
}

static int
change_label(struct image_config *c, const char *rest, struct err *e)
{
	CLEAN_STRV struct strv pairs = { 0 };
	size_t i;

	if (read_pairs(c, rest, &pairs, e) < 0)
		return -1;
	for (i = 0; i + 1 < pairs.n; i += 2)
		image_config_set_label(c, pairs.v[i], pairs.v[i + 1]);
	return 0;
}

/* "80", "80/udp", "8000-8010/tcp" */
static int
expose_one(const char *word, struct strv *out, struct err *e)
{
	CLEAN_FREE char *ports = xstrdup(word);
	char tcp[] = "tcp", *proto = strchr(ports, '/'), *dash;
	int first, last;

	if (proto != NULL)
		*proto++ = '\0';
	else
		proto = tcp;
	if (strcasecmp(proto, "tcp") != 0 && strcasecmp(proto, "udp") != 0 &&
		strcasecmp(proto, "sctp") != 0)
		return err_setx(e, 0, "'%.80s': protocols are tcp, udp and sctp", word);
	for (char *p = proto; *p != '\0'; p++)
		*p |= 0x20;
	if ((dash = strchr(ports, '-')) != NULL)
		*dash++ = '\0';
	if (str_int(ports, 1, 65535, &first) < 0 ||
		str_int(dash != NULL ? dash : ports, 1, 65535, &last) < 0 || last < first)
		return err_setx(e, 0, "'%.80s' is not a port or a range of ports", word);
	for (; first <= last; first++)
		strv_addf(out, "%d/%s", first, proto);
	return 0;
}

/* Words that a variable may have made more of. */
static int
read_words(struct image_config *c, const char *rest, struct strv *out, struct err *e)
{
	CLEAN_BUF struct buf raw = BUF_INIT, word = BUF_INIT;
	const char *p = rest;

	while (next_word(&p, &raw)) {
		if (eval(c, raw.data, &word, e) < 0)
			return -1;
		if (word.len > 0)
			strv_add(out, buf_str(&word));
	}
	if (out->n == 0)
		return err_setx(e, 0, "no argument");
	return 0;
}

static int
change_expose(struct image_config *c, const char *rest, struct err *e)
{
	CLEAN_STRV struct strv words = { 0 }, ports = { 0 };
	size_t i;

	if (read_words(c, rest, &words, e) < 0)
		return -1;
	for (i = 0; i < words.n; i++) {
		char *save = NULL, *w;

		for (w = strtok_r(words.v[i], " \t", &save); w != NULL;
			w = strtok_r(NULL, " \t", &save))
			if (expose_one(w, &ports, e) < 0)
				return -1;
	}
	for (i = 0; i < ports.n; i++)
		add_once(&c->exposed, ports.v[i]);
	return 0;
}

static int
change_onbuild(struct image_config *c, const char *rest, struct err *e)
{
	static const char *const refused[] = { "ONBUILD", "FROM", "MAINTAINER" };
	size_t n = strcspn(rest, " \t"), i;

	for (i = 0; i < LEN(refused); i++)
		if (n == strlen(refused[i]) && strncasecmp(rest, refused[i], n) == 0)
			return err_setx(e, 0, "%s is not allowed there", refused[i]);
	strv_add(&c->onbuild, rest);
	return 0;
}

static int
change_stopsignal(struct image_config *c, const char *rest, struct err *e)
{
	CLEAN_BUF struct buf b = BUF_INIT;

	if (eval(c, rest, &b, e) < 0)
		return -1;
	if (b.len == 0 ||
		strspn(buf_str(&b),
			"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-") !=
			b.len)
		return err_setx(e, 0, "'%.80s' is no signal", buf_str(&b));
	set_str(&c->stop_signal, buf_str(&b));
	return 0;
}

static int
change_user(struct image_config *c, const char *rest, struct err *e)
{
	CLEAN_BUF struct buf b = BUF_INIT;

	if (eval(c, rest, &b, e) < 0)
		return -1;
	set_str(&c->user, buf_str(&b));
	return 0;
}

static int
change_volume(struct image_config *c, const char *rest, struct err *e)
{
	CLEAN_STRV struct strv paths = { 0 };
	size_t i;

	if (!exec_form(rest, &paths) && read_words(c, rest, &paths, e) < 0)
		return -1;
	if (paths.n == 0)
		return err_setx(e, 0, "no argument");
	for (i = 0; i < paths.n; i++)
		if (paths.v[i][0] == '\0')
			return err_setx(e, 0, "a path is empty");
	for (i = 0; i < paths.n; i++)
		add_once(&c->volumes, paths.v[i]);
	return 0;
}

static int
change_workdir(struct image_config *c, const char *rest, struct err *e)
{
	CLEAN_BUF struct buf b = BUF_INIT;
	CLEAN_FREE char *joined = NULL, *rooted = NULL;

	if (eval(c, rest, &b, e) < 0)
		return -1;
	if (b.len == 0)
		return err_setx(e, 0, "no argument");
	joined = path_join(c->workdir != NULL ? c->workdir : "/", buf_str(&b));
	rooted = path_join("/", joined);
	free(c->workdir);
	c->workdir = path_clean(rooted);
	return 0;
}

static const struct {
	const char *name;
	int (*change)(struct image_config *c, const char *rest, struct err *e);
} changes[] = {
	{ "CMD", change_cmd },
	{ "ENTRYPOINT", change_entrypoint },
	{ "ENV", change_env },
	{ "EXPOSE", change_expose },
	{ "LABEL", change_label },
	{ "ONBUILD", change_onbuild },
	{ "STOPSIGNAL", change_stopsignal },
	{ "USER", change_user },
	{ "VOLUME", change_volume },
	{ "WORKDIR", change_workdir },
};

int
image_config_change(struct image_config *c, const char *line, struct err *e)
{
	CLEAN_FREE char *rest = NULL;
	size_t n, len, i;

	line += strspn(line, " \t\r\n");
	n = strcspn(line, " \t\r\n");
	rest = xstrdup(line + n + strspn(line + n, " \t\r\n"));
	for (len = strlen(rest); len > 0 && strchr(" \t\r\n", rest[len - 1]) != NULL; len--)
		rest[len - 1] = '\0';

	for (i = 0; i < LEN(changes); i++) {
		if (n != strlen(changes[i].name) || strncasecmp(line, changes[i].name, n) != 0)
			continue;
		if (*rest == '\0')
			return err_setx(e, 0, "%s: no argument", changes[i].name);
		if (changes[i].change(c, rest, e) < 0)
			return err_wrap(e, "%s", changes[i].name);
		return 0;
	}
	return err_setx(e, 0,
		"'%.*s' is no change (CMD ENTRYPOINT ENV EXPOSE LABEL ONBUILD STOPSIGNAL USER "
		"VOLUME WORKDIR)",
		n > 40 ? 40 : (int)n, line);
}
