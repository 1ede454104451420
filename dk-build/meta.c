/* SPDX-License-Identifier: ISC */
/* meta: ARG ENV LABEL USER CMD ENTRYPOINT EXPOSE: no layer, a line of history each */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "oci/expand.h"

#include "build.h"

static char *
pair(const char *key, const char *value)
{
	return xasprintf("%s=%s", key, value);
}

/* Each sees the ones before it, in the same instruction too. */
static int
one_arg(struct build *b, const char *arg, struct buf *history, struct err *e)
{
	CLEAN_FREE char *key = xstrndup(arg, strcspn(arg, "="));
	CLEAN_FREE char *expanded = NULL, *kv = NULL;
	const char *value = strv_getenv(b->build_args, key);

	if (value != NULL) {
		strv_add(&b->used_args, key);
	} else if (arg[strlen(key)] == '=') {
		if (build_expand(b, arg + strlen(key) + 1, &expanded, e) < 0)
			return -1;
		value = expanded;
	} else {
		value = strv_getenv(&b->global, key);
	}
	buf_addf(history, " %s", key);
	if (value == NULL) {
		if (strv_getenv(&b->args, key) == NULL)
			strv_add(&b->args, key);
		return 0;
	}
	kv = pair(key, value);
	buf_addf(history, "=%s", value);
	strv_setenv(&b->env, kv);
	strv_setenv(&b->args, kv);
	return 0;
}

static int
run_arg(struct build *b, const struct instr *i, struct buf *history, struct err *e)
{
	size_t k;

	for (k = 0; k < i->args.n; k++)
		if (one_arg(b, i->args.v[k], history, e) < 0)
			return -1;
	return 0;
}

/* ENV and LABEL: all expansions see the values before the instruction. */
static int
run_pairs(struct build *b, const struct instr *i, struct buf *history, struct err *e)
{
	CLEAN_STRV struct strv kvs = { NULL, 0 };
	size_t k;

	for (k = 0; k < i->args.n; k++) {
		char *word;

		if (build_expand(b, i->args.v[k], &word, e) < 0)
			return -1;
		strv_take(&kvs, word);
	}
	for (k = 0; k < kvs.n; k += 2) {
		CLEAN_FREE char *kv = pair(kvs.v[k], kvs.v[k + 1]);

		if (kvs.v[k][0] == '\0')
			return err_setx(e, EINVAL, "%s: a name is empty", i->name);
		if (i->type == INSTR_LABEL) {
			image_config_set_label(&b->config, kvs.v[k], kvs.v[k + 1]);
		} else {
			strv_setenv(&b->config.env, kv);
			strv_setenv(&b->env, kv);
		}
		buf_addf(history, " %s", kv);
	}
	return 0;
}

static int
run_user(struct build *b, const struct instr *i, struct buf *history, struct err *e)
{
	char *user;

	if (build_expand(b, i->args.v[0], &user, e) < 0)
		return -1;
	free(b->config.user);
	b->config.user = user;
	buf_addf(history, " %s", user);
	return 0;
}

/* As Go prints a string with %q. */
static void
add_quoted(struct buf *out, const char *s)
{
	static const char from[] = "\a\b\f\n\r\t\v\\\"", to[] = "abfnrtv\\\"";
	const char *p;

	buf_addc(out, '"');
	for (; *s != '\0'; s++) {
		p = strchr(from, *s);
		if (p != NULL)
			buf_addf(out, "\\%c", to[p - from]);
		else if (iscntrl((unsigned char)*s))
			buf_addf(out, "\\x%02x", (unsigned char)*s);
		else
			buf_addc(out, *s);
	}
	buf_addc(out, '"');
}

/* CMD and ENTRYPOINT */
static void
run_command(struct build *b, const struct instr *i, struct buf *history)
{
	struct strv argv = { NULL, 0 };
	bool cmd = i->type == INSTR_CMD;
	struct strv *to = cmd ? &b->config.cmd : &b->config.entrypoint;
	size_t k;

	if (i->json)
		strv_copy(&argv, &i->args);
	else
		build_shell(b, i->args.v[0], &argv);
	buf_adds(history, " [");
	for (k = 0; k < argv.n; k++) {
		if (k > 0)
			buf_addc(history, ' ');
		add_quoted(history, argv.v[k]);
	}
	buf_addc(history, ']');
	strv_free(to);
	*to = argv;
	if (cmd)
		b->cmd_set = true;
	else if (!b->cmd_set)
		strv_free(&b->config.cmd); /* the base image's was for its own entrypoint */
}

/* PORT or FIRST-LAST, /tcp /udp /sctp */
static int
add_ports(const char *word, struct strv *out, struct err *e)
{
	CLEAN_FREE char *ports = xstrndup(word, strcspn(word, "/"));
	CLEAN_FREE char *proto =
		xstrdup(word[strlen(ports)] == '/' ? word + strlen(ports) + 1 : "tcp");
	char *dash = strchr(ports, '-'), *p;
	int first, last;

	if (dash != NULL)
		*dash++ = '\0';
	for (p = proto; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	if (strcmp(proto, "tcp") != 0 && strcmp(proto, "udp") != 0 && strcmp(proto, "sctp") != 0)
		return err_setx(
			e, EINVAL, "EXPOSE %.100s: the protocol is not tcp, udp or sctp", word);
	if (str_int(ports, 1, 65535, &first) < 0 ||
		str_int(dash != NULL ? dash : ports, first, 65535, &last) < 0)
		return err_setx(e, EINVAL, "EXPOSE %.100s: not PORT or FIRST-LAST", word);
	for (; first <= last; first++)
		strv_addf(out, "%d/%s", first, proto);
	return 0;
}

static int
cmp_str(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int
run_expose(struct build *b, const struct instr *i, struct buf *history, struct err *e)
{
	struct expand x = { .env = &b->env, .escape = b->df.escape };
	CLEAN_STRV struct strv words = { NULL, 0 };
	CLEAN_STRV struct strv ports = { NULL, 0 };
	size_t k, n;

	for (k = 0; k < i->args.n; k++)
		if (expand_split(&x, i->args.v[k], &words, e) < 0)
			return -1;
	for (k = 0; k < words.n; k++)
		if (add_ports(words.v[k], &ports, e) < 0)
			return -1;
	if (ports.n > 1)
		qsort(ports.v, ports.n, sizeof(*ports.v), cmp_str);
	buf_adds(history, " map[");
	for (k = 0; k < ports.n; k++) {
		if (k > 0 && strcmp(ports.v[k], ports.v[k - 1]) == 0)
			continue;
		buf_addf(history, "%s%s:{}", k > 0 ? " " : "", ports.v[k]);
		for (n = 0; n < b->config.exposed.n; n++)
			if (strcmp(b->config.exposed.v[n], ports.v[k]) == 0)
				break;
		if (n == b->config.exposed.n)
			strv_add(&b->config.exposed, ports.v[k]);
	}
	buf_addc(history, ']');
	return 0;
}

int
meta_run(struct build *b, const struct instr *i, struct err *e)
{
	CLEAN_BUF struct buf history = BUF_INIT;
	int r = 0;

	buf_adds(&history, i->name);
	switch (i->type) {
	case INSTR_ARG:
		r = run_arg(b, i, &history, e);
		break;
	case INSTR_ENV:
	case INSTR_LABEL:
		r = run_pairs(b, i, &history, e);
		break;
	case INSTR_USER:
		r = run_user(b, i, &history, e);
		break;
	case INSTR_CMD:
	case INSTR_ENTRYPOINT:
		run_command(b, i, &history);
		break;
	case INSTR_EXPOSE:
		r = run_expose(b, i, &history, e);
		break;
	default:
		abort();
	}
	if (r == 0)
		build_history(b, buf_str(&history), true);
	return r;
}
