/* SPDX-License-Identifier: ISC */
/* ignore: a list of patterns, one a line, and what it says about a path */
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/path.h"
#include "oci/match.h"

#include "ignore.h"

static bool
is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

void
ignore_free(struct ignore *g)
{
	size_t i;

	for (i = 0; i < g->n; i++)
		pattern_free(g->v[i].pattern);
	free(g->v);
	*g = (struct ignore){ NULL, 0, false };
}

/* One line without blanks at its ends. */
static int
add_rule(struct ignore *g, const char *line, struct err *e)
{
	CLEAN_FREE char *clean = NULL;
	bool keep = *line == '!';
	const char *p;
	struct pattern *pat;

	for (line += keep; is_blank(*line); line++)
		;
	if (*line == '\0')
		return err_setx(e, EINVAL, "'!' without a pattern");
	clean = path_clean(line);
	p = clean + (clean[0] == '/' && clean[1] != '\0');
	pat = pattern_new(p);
	if (pat == NULL)
		return err_setx(e, EINVAL, "malformed pattern '%.200s'", p);
	g->v = xrealloc(g->v, g->n + 1, sizeof(*g->v));
	g->v[g->n++] = (struct ignore_rule){ pat, keep };
	g->any_keep |= keep;
	return 0;
}

int
ignore_parse(struct ignore *g, const char *file, const char *p, size_t n, struct err *e)
{
	const char *end = p + n, *nl, *from, *to;
	int line = 0;

	if (n >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
		p += 3;
	for (; p < end; p = nl + 1) {
		line++;
		nl = memchr(p, '\n', (size_t)(end - p));
		if (nl == NULL)
			nl = end;
		from = p;
		to = nl;
		if (*from == '#')
			continue;
		while (from < to && is_blank(*from))
			from++;
		while (to > from && is_blank(to[-1]))
			to--;
		if (from < to) {
			CLEAN_FREE char *text = xstrndup(from, (size_t)(to - from));

			if (add_rule(g, text, e) < 0)
				return err_wrap(e, "%s:%d", file, line);
		}
	}
	return 0;
}

bool
ignore_match(const struct ignore *g, const char *path, const bool *parent, bool *own)
{
	bool ignored = false;
	size_t i;

	for (i = 0; i < g->n; i++) {
		own[i] = parent[i] || pattern_matches(g->v[i].pattern, path);
		if (own[i])
			ignored = !g->v[i].keep;
	}
	return ignored;
}

bool
ignore_path(const struct ignore *g, const char *path, bool *own)
{
	CLEAN_FREE char *prefix = xstrdup(path);
	bool ignored = false;
	char *slash = prefix;
	size_t i;

	for (i = 0; i < g->n; i++)
		own[i] = false;
	if (strcmp(path, ".") == 0 || *path == '\0')
		return false;
	for (; slash != NULL;) {
		slash = strchr(slash, '/');
		if (slash != NULL)
			*slash = '\0';
		ignored = ignore_match(g, prefix, own, own);
		if (slash != NULL)
			*slash++ = '/';
	}
	return ignored;
}
