/* SPDX-License-Identifier: ISC */
/* dk-ps: lists containers, newest first, in docker's columns. */
#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fmt.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/opt.h"
#include "store/ctr.h"
#include "store/store.h"

enum { OPT_NO_TRUNC = 256, COMMAND_MAX = 20 };

static const struct opt opts[] = {
	{ "all", 'a', NULL, "those too that do not run" },
	{ "no-trunc", OPT_NO_TRUNC, NULL, "whole IDs and commands" },
	{ "quiet", 'q', NULL, "IDs only" },
	{ NULL, 0, NULL, NULL },
};

static const struct opt_cmd cmd = {
	.synopsis = "[-aq] [--no-trunc]",
	.about = "Lists containers, newest first.",
	.opts = opts,
	.usage_status = 2,
};

struct list {
	bool all, quiet, whole;
	struct fmt_table table;
};

/* 3 hours ago; "" where the time is not one. */
static void
ago(const char *when, struct buf *out)
{
	struct timespec then, now;
	char text[48];

	if (fmt_parse_rfc3339(when, &then) < 0)
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	buf_addf(out, "%s ago",
		fmt_duration(now.tv_sec > then.tv_sec ? now.tv_sec - then.tv_sec : 0, text));
}

static void
status(const struct ctr_state *st, struct buf *out)
{
	struct timespec then, now;
	char text[48];

	switch (st->status) {
	case CTR_CREATED:
		buf_adds(out, "Created");
		break;
	case CTR_RUNNING:
		clock_gettime(CLOCK_REALTIME, &now);
		if (fmt_parse_rfc3339(st->started, &then) < 0)
			then = now;
		buf_addf(out, "Up %s",
			fmt_duration(
				now.tv_sec > then.tv_sec ? now.tv_sec - then.tv_sec : 0, text));
		break;
	case CTR_EXITED:
		buf_addf(out, "Exited (%d) ", st->exit_code);
		ago(st->finished, out);
		break;
	case CTR_DEAD:
		buf_adds(out, "Dead");
		if (st->error[0] != '\0')
			buf_addf(out, " (%s)", st->error);
		break;
	}
}

/* Words joined by blanks, those with blanks in quotes; cut behind 19 characters, in quotes with
 * docker's escapes. */
static void
command(const struct strv *v, bool whole, struct buf *out)
{
	CLEAN_BUF struct buf all = BUF_INIT;
	const char *s;
	size_t i, chars = 0;

	for (i = 0; i < v->n; i++) {
		const char *q = i > 0 && strchr(v->v[i], ' ') != NULL ? "'" : "";

		buf_addf(&all, "%s%s%s%s", i > 0 ? " " : "", q, v->v[i], q);
	}
	for (s = buf_str(&all); *s != '\0'; s++)
		chars += (*s & 0xc0) != 0x80;
	whole = whole || chars <= COMMAND_MAX;
	buf_addc(out, '"');
	for (chars = 0, s = buf_str(&all); *s != '\0'; s++) {
		if ((*s & 0xc0) != 0x80 && !whole && chars++ == COMMAND_MAX - 1) {
			buf_adds(out, "…");
			break;
		}
		if (*s == '\n')
			buf_adds(out, "\\n");
		else if (*s == '\t')
			buf_adds(out, "\\t");
		else if (*s == '"' || *s == '\\')
			buf_addf(out, "\\%c", *s);
		else
			buf_addc(out, *s);
	}
	buf_addc(out, '"');
}

static int
show(struct list *l, const struct ctr *c, struct err *e)
{
	CLEAN_CTR_CONF struct ctr_conf conf = { 0 };
	CLEAN_BUF struct buf words = BUF_INIT;
	CLEAN_BUF struct buf created = BUF_INIT;
	CLEAN_BUF struct buf state = BUF_INIT;
	struct ctr_state st;
	char id[65];

	if (ctr_status(c, &st, e) < 0)
		return -1;
	if (!l->all && st.status != CTR_RUNNING)
		return 0;
	snprintf(id, sizeof(id), "%.*s", l->whole ? 64 : 12, c->id);
	if (l->quiet) {
		puts(id);
		return 0;
	}
	if (ctr_read_conf(c, &conf, e) < 0)
		return -1;
	command(&conf.command, l->whole, &words);
	ago(conf.created, &created);
	status(&st, &state);
	fmt_table_row(&l->table,
		(const char *const[]){ id, conf.image, buf_str(&words), buf_str(&created),
			buf_str(&state), "", conf.name },
		7);
	return 0;
}

int
main(int argc, char **argv)
{
	static const char *const head[] = { "CONTAINER ID", "IMAGE", "COMMAND", "CREATED", "STATUS",
		"PORTS", "NAMES" };
	struct list l = { 0 };
	struct store s = STORE_INIT;
	struct ctr_list all;
	struct err e;
	int c, ret = 0;
	size_t i;

	msg_init(argv[0]);
	while ((c = opt_next(argc, argv, &cmd)) != -1) {
		switch (c) {
		case 'a':
			l.all = true;
			break;
		case 'q':
			l.quiet = true;
			break;
		case OPT_NO_TRUNC:
			l.whole = true;
			break;
		}
	}
	if (optind < argc)
		opt_usage(&cmd, "it takes no operands");
	if (store_open(&s, &e) < 0 || ctr_list(&s, &all, &e) < 0)
		die_err(1, &e);
	if (!l.quiet)
		fmt_table_row(&l.table, head, LEN(head));
	for (i = 0; i < all.n; i++) {
		if (show(&l, &all.v[i], &e) < 0 &&
			e.code != ENOENT) { /* ENOENT: removed meanwhile */
			warn_err(&e);
			ret = 1;
		}
	}
	if (!l.quiet)
		fmt_table_print(&l.table, stdout);
	msg_fshut(1);
	return ret;
}
