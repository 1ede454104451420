/* SPDX-License-Identifier: ISC */
/* files: COPY and WORKDIR write to the next layer directly (view.h) */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/path.h"
#include "oci/expand.h"
#include "run/run.h"

#include "build.h"
#include "copy.h"
#include "layer.h"

struct copy_args {
	struct strv sources;
	char *dest;
	struct copy_text *texts;
	size_t ntexts;
};

static void
copy_args_free(struct copy_args *a)
{
	size_t k;

	for (k = 0; k < a->ntexts; k++)
		free((char *)a->texts[k].text);
	free(a->texts);
	free(a->dest);
	strv_free(&a->sources);
}

/* Variables of an unquoted body are expanded, its quotes are left alone. */
static int
heredoc_text(struct build *b, const struct heredoc *h, const char **out, struct err *e)
{
	struct expand x = { .env = &b->env, .escape = '\\', .no_quotes = true };
	CLEAN_FREE char *text = instr_heredoc_text(h);
	char *expanded;

	if (!h->expand) {
		*out = steal_ptr(&text);
		return 0;
	}
	if (expand_word(&x, text, &expanded, e) < 0)
		return -1;
	*out = expanded;
	return 0;
}

static int
read_args(struct build *b, const struct instr *i, struct copy_args *a, struct buf *history,
	struct err *e)
{
	size_t k, ndoc = 0, last = i->args.n - 1;

	a->texts = xcalloc(i->ndocs + 1, sizeof(*a->texts));
	buf_adds(history, "COPY");
	for (k = 0; k < last; k++) {
		char *word;

		if (!i->json && ndoc < i->ndocs && instr_is_heredoc(i->args.v[k])) {
			a->texts[ndoc].name = i->docs[ndoc].name;
			a->ntexts = ndoc + 1;
			if (heredoc_text(b, &i->docs[ndoc], &a->texts[ndoc].text, e) < 0)
				return -1;
			ndoc++;
			continue;
		}
		if (build_expand(b, i->args.v[k], &word, e) < 0)
			return -1;
		strv_take(&a->sources, word);
		buf_addf(history, " %s", word);
	}
	if (ndoc != i->ndocs)
		return err_setx(e, EINVAL, "COPY: a here-document is not among the sources");
	if (build_expand(b, i->args.v[last], &a->dest, e) < 0)
		return -1;
	for (k = 0; k < a->ntexts; k++)
		buf_addf(history, " <<%s", a->texts[k].name);
	buf_addf(history, " %s # buildkit", a->dest);
	return 0;
}

static int
copy(struct build *b, const struct copy_args *a, const char *history, struct err *e)
{
	CLEAN_LAYER struct layer l = { .dir = LAYER_NEW_INIT };
	CLEAN_FD int lower = -1;
	const char *empty;
	int r;

	if (layer_open(&l, b, e) < 0)
		return -1;
	lower = layer_lower_mount(b, &r, e);
	if (r < 0)
		return -1;
	{
		const struct copy c = {
			.view = { l.dir.fs, lower },
			.context = b->ctx.dir,
			.ignore = &b->ctx.ignore,
			.store = b->store->dir,
			.workdir = b->config.workdir != NULL ? b->config.workdir : "/",
			.dest = a->dest,
			.sources = &a->sources,
			.texts = a->texts,
			.ntexts = a->ntexts,
		};

		if (copy_run(&c, &empty, e) < 0)
			return -1;
	}
	if (empty != NULL)
		build_say(b, "warning: COPY: nothing matches '%s'", empty);
	return layer_take(&l, history, e);
}

int
files_copy(struct build *b, const struct instr *i, struct err *e)
{
	struct copy_args a = { .dest = NULL };
	CLEAN_BUF struct buf history = BUF_INIT;
	int r = read_args(b, i, &a, &history, e);

	if (r == 0 && a.sources.n > 0 && b->ctx.dir < 0)
		r = err_setx(e, ENOENT, "COPY: there is no build context, only a Dockerfile");
	if (r == 0)
		r = copy(b, &a, buf_str(&history), e);
	copy_args_free(&a);
	return r;
}

/* Makes it, owned by the user of the image. */
static int
make_workdir(struct build *b, const char *dir, const char *history, struct err *e)
{
	CLEAN_LAYER struct layer l = { .dir = LAYER_NEW_INIT };
	CLEAN_FREE char *path = NULL;
	CLEAN_FD int lower = -1, fd = -1;
	struct run_user user = { .uid = 0 };
	struct view v;
	struct stat st;
	int r;

	if (layer_open(&l, b, e) < 0)
		return -1;
	lower = layer_lower_mount(b, &r, e);
	if (r < 0)
		return -1;
	v = (struct view){ l.dir.fs, lower };
	if (view_resolve(&v, dir, &path, e) < 0)
		return -1;
	r = view_stat(&v, path, &st, e);
	if (r < 0)
		return -1;
	if (r == 1 && !S_ISDIR(st.st_mode))
		return err_setx(e, ENOTDIR, "'%s' is not a directory in the image", dir);
	if (r == 1 || strcmp(path, ".") == 0) {
		build_history(b, history, true);
		return 0;
	}
	if (b->config.user != NULL && *b->config.user != '\0') {
		r = run_user_resolve(lower >= 0 ? lower : l.dir.fs, b->config.user, &user, e);
		free(user.groups);
		free(user.home);
		if (r < 0)
			return -1;
	}
	fd = view_mkdirs(&v, path, user.uid, user.gid, NULL, e);
	return fd < 0 ? -1 : layer_take(&l, history, e);
}

int
files_workdir(struct build *b, const struct instr *i, struct err *e)
{
	CLEAN_FREE char *word = NULL, *joined = NULL, *rooted = NULL, *history = NULL;
	char *dir;

	if (build_expand(b, i->args.v[0], &word, e) < 0)
		return -1;
	joined = path_join(b->config.workdir != NULL ? b->config.workdir : "/", word);
	rooted = xasprintf("/%s", joined);
	dir = path_clean(rooted);
	free(b->config.workdir);
	b->config.workdir = dir;
	history = xasprintf("WORKDIR %s", dir);
	if (make_workdir(b, dir, history, e) < 0)
		return err_wrap(e, "WORKDIR");
	return 0;
}
