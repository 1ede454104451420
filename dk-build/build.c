/* SPDX-License-Identifier: ISC */
/*
 * build: instruction after instruction. Nothing of it shows in the store before
 * all are done: then layers, configuration, manifest and tags, in this order.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/fmt.h"
#include "base/mem.h"
#include "base/msg.h"
#include "oci/expand.h"
#include "store/events.h"
#include "store/image.h"
#include "store/tag.h"

#include "build.h"
#include "layer.h"
#include "stop.h"

void
build_say(const struct build *b, const char *fmt, ...)
{
	CLEAN_FREE char *line = NULL;
	CLEAN_BUF struct buf out = BUF_INIT;
	va_list ap;

	if (b->quiet)
		return;
	va_start(ap, fmt);
	line = xvasprintf(fmt, ap);
	va_end(ap);
	buf_adds(&out, msg_scrub(line));
	buf_addc(&out, '\n');
	(void)fd_write_all(STDERR_FILENO, out.data, out.len);
}

int
build_expand(const struct build *b, const char *word, char **out, struct err *e)
{
	struct expand x = { .env = &b->env, .escape = b->df.escape };

	return expand_word(&x, word, out, e);
}

void
build_history(struct build *b, const char *created_by, bool empty)
{
	char now[40];

	fmt_rfc3339(fmt_created_now(), now);
	image_config_add_history(&b->config, now, created_by, NULL, empty);
}

void
build_shell(const struct build *b, const char *text, struct strv *out)
{
	if (b->config.shell.n > 0) {
		strv_copy(out, &b->config.shell);
	} else {
		strv_add(out, "/bin/sh");
		strv_add(out, "-c");
	}
	strv_add(out, text);
}

static int
run_instr(struct build *b, const struct instr *i, struct err *e)
{
	switch (i->type) {
	case INSTR_FROM:
		return from_run(b, i, e);
	case INSTR_RUN:
		return runstep(b, i, e);
	case INSTR_COPY:
		return files_copy(b, i, e);
	case INSTR_WORKDIR:
		return files_workdir(b, i, e);
	default:
		return meta_run(b, i, e);
	}
}

/* What the base image wants to be done in each image made from it. */
static int
run_triggers(struct build *b, struct err *e)
{
	CLEAN_STRV struct strv triggers = b->config.onbuild;
	size_t k;

	b->config.onbuild = (struct strv){ NULL, 0 };
	for (k = 0; k < triggers.n; k++) {
		CLEAN_DOCKERFILE struct dockerfile df = { .file = "ONBUILD" };

		build_say(b, "      ONBUILD %.200s", triggers.v[k]);
		if (dockerfile_parse_trigger(&df, triggers.v[k], e) < 0 ||
			run_instr(b, &df.v[0], e) < 0)
			return err_wrap(e, "trigger of the base image");
	}
	return 0;
}

static int
run_one(struct build *b, const struct instr *i, struct err *e)
{
	size_t n = strcspn(i->text, "\n");

	b->step++;
	b->line = i->line;
	build_say(b, "[%d/%d] %.*s%s", b->step, b->nsteps, (int)(n > 200 ? 200 : n), i->text,
		n > 200 ? "..." : "");
	if (run_instr(b, i, e) < 0)
		return -1;
	return i->type == INSTR_FROM ? run_triggers(b, e) : 0;
}

static int
run_all(struct build *b, struct err *e)
{
	const struct instr *i = b->df.v, *end = b->df.v + b->df.n;

	from_presets(b);
	for (; i->type == INSTR_ARG; i++)
		if (from_global_arg(b, i, e) < 0)
			return err_wrap(e, "%s:%d", b->df.file, i->line);
	b->nsteps = (int)(end - i);
	for (; i < end; i++) {
		if (stop_check(e) < 0 || run_one(b, i, e) < 0)
			return err_wrap(e, "%s:%d", b->df.file, i->line);
	}
	return 0;
}

/* --build-arg that no ARG asked for is a mistake more often than not. */
static void
warn_unused(const struct build *b)
{
	static const char *const free_to_use[] = { "HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY",
		"NO_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "ftp_proxy", "no_proxy",
		"all_proxy", "SOURCE_DATE_EPOCH" };
	size_t k, n;

	for (k = 0; k < b->build_args->n; k++) {
		CLEAN_FREE char *key =
			xstrndup(b->build_args->v[k], strcspn(b->build_args->v[k], "="));

		for (n = 0; n < LEN(free_to_use) && strcmp(key, free_to_use[n]) != 0; n++)
			;
		if (n == LEN(free_to_use) && strv_getenv(&b->used_args, key) == NULL)
			build_say(b, "warning: --build-arg %s: no ARG asks for it", key);
	}
}

static int
write_image(struct build *b, const struct strv *tags, struct digest *out, struct err *e)
{
	struct ref ref;
	char now[40];
	size_t k;

	b->writing = true;
	if (layer_finish(b, e) < 0 || stop_check(e) < 0)
		return -1;
	free(b->config.created);
	b->config.created = xstrdup(fmt_rfc3339(fmt_created_now(), now));
	if (image_write(&b->w, &b->config, b->layers, b->nlayers, NULL, out, e) < 0)
		return -1;
	for (k = 0; k < tags->n; k++)
		if (ref_parse(&ref, tags->v[k], e) < 0 || tag_set(&b->w, &ref, out, NULL, e) < 0)
			return -1;
	return 0;
}

static void
log_event(struct build *b, const struct strv *tags, const struct digest *d)
{
	CLEAN_FREE char *full = NULL;
	CLEAN_FREE char *kv = NULL;
	struct ref ref;
	struct err ignored;

	if (tags->n > 0 && ref_parse(&ref, tags->v[0], &ignored) == 0) {
		full = ref_string(&ref);
		kv = xasprintf("name=%s", full);
	}
	event_log(b->store, "image", "build", d->str, (const char *const[]){ kv, NULL });
}

int
build_image(struct build *b, const struct strv *tags, struct digest *out, struct err *e)
{
	b->df.file = b->ctx.file;
	if (dockerfile_parse(&b->df, buf_str(&b->ctx.text), b->ctx.text.len, e) < 0 ||
		run_all(b, e) < 0 || write_image(b, tags, out, e) < 0)
		return -1;
	warn_unused(b);
	log_event(b, tags, out);
	return 0;
}

void
build_free(struct build *b)
{
	size_t k;

	layer_abandon(b);
	context_close(&b->ctx);
	writer_close(&b->w);
	dockerfile_free(&b->df);
	image_config_free(&b->config);
	for (k = 0; k < b->nlayers; k++)
		descriptor_free(&b->layers[k]);
	free(b->layers);
	strv_free(&b->used_args);
	strv_free(&b->global);
	strv_free(&b->env);
	strv_free(&b->args);
	strv_free(&b->lowers);
}
