/* SPDX-License-Identifier: ISC */
/* filter.c: docker's filters of images. Different keys must all fit; of several references one. */
#include <errno.h>
#include <stdio.h>

#include "base/err.h"
#include "base/fmt.h"
#include "base/mem.h"
#include "base/path.h"
#include "filter.h"
#include "oci/match.h"

void
filter_free(struct filter *f)
{
	strv_free(&f->references);
	strv_free(&f->labels);
}

bool
image_created(const struct image *i, struct timespec *out)
{
	return i->config.created != NULL && fmt_parse_rfc3339(i->config.created, out) == 0;
}

static int
parse_bool(const char *s, int *out, struct err *e)
{
	if (str_eq(s, "true") || str_eq(s, "1"))
		*out = 1;
	else if (str_eq(s, "false") || str_eq(s, "0"))
		*out = 0;
	else
		return err_setx(e, EINVAL, "filter dangling=%s: true or false it must be", s);
	return 0;
}

static int
created_of(struct store *s, const char *name, struct timespec *out, struct err *e)
{
	CLEAN_IMAGE struct image i = { 0 };

	*out = (struct timespec){ 0 };
	if (image_find(s, name, NULL, &i, e) != 1)
		return 1;
	(void)image_created(&i, out);
	return 0;
}

int
filter_add(struct filter *f, struct store *s, const char *arg, struct err *e)
{
	CLEAN_FREE char *key = xstrdup(arg);
	char *value = strchr(key, '=');

	if (value == NULL)
		return err_setx(e, EINVAL, "filter '%s' is not KEY=VALUE", arg);
	*value++ = '\0';
	if (str_eq(key, "reference")) {
		if (match_name(value, "") < 0)
			return err_setx(e, EINVAL, "filter %s: malformed pattern", arg);
		strv_add(&f->references, value);
	} else if (str_eq(key, "label"))
		strv_add(&f->labels, value);
	else if (str_eq(key, "dangling"))
		return parse_bool(value, &f->dangling, e);
	else if (str_eq(key, "before")) {
		f->has_before = true;
		return created_of(s, value, &f->before, e);
	} else if (str_eq(key, "since")) {
		f->has_since = true;
		return created_of(s, value, &f->since, e);
	} else
		return err_setx(e, EINVAL,
			"no filter '%s': reference, label, dangling, before, since there are", key);
	return 0;
}

/* A pattern is of the familiar name, with or without the tag; * and ? do not match a slash. */
static bool
reference_fits(const char *pattern, const struct tag_entry *name)
{
	CLEAN_FREE char *full = xasprintf("%s/%s:%s", name->domain, name->path, name->tag);
	CLEAN_FREE char *repo = NULL, *both = NULL;
	struct err ignored;
	struct ref r;

	if (ref_parse(&r, full, &ignored) < 0)
		return false;
	repo = ref_familiar_name(&r);
	both = ref_familiar(&r);
	if (match_name(pattern, repo) == 1 || match_name(pattern, both) == 1)
		return true;
	/* spelled out: docker.io/library/alpine */
	if (ref_parse(&r, pattern, &ignored) < 0 || !str_eq(r.domain, name->domain) ||
		!str_eq(r.path, name->path))
		return false;
	return strchr(path_base(pattern), ':') == NULL || str_eq(r.tag, name->tag);
}

static bool
references_fit(const struct strv *patterns, const struct tag_entry *name)
{
	size_t i;

	for (i = 0; i < patterns->n; i++)
		if (name != NULL && reference_fits(patterns->v[i], name))
			return true;
	return patterns->n == 0;
}

static bool
label_fits(const char *want, const json_t *labels)
{
	CLEAN_FREE char *key = xstrndup(want, strcspn(want, "="));
	const char *value = json_string_value(json_object_get(labels, key));

	if (value == NULL)
		return false;
	return want[strlen(key)] == '\0' || str_eq(want + strlen(key) + 1, value);
}

static int
compare(struct timespec a, struct timespec b)
{
	if (a.tv_sec != b.tv_sec)
		return a.tv_sec < b.tv_sec ? -1 : 1;
	return a.tv_nsec < b.tv_nsec ? -1 : a.tv_nsec > b.tv_nsec;
}

bool
filter_match(const struct filter *f, const struct tag_entry *name, const struct image *i)
{
	struct timespec created = { 0 };
	size_t k;

	if (f->dangling >= 0 && f->dangling != (name == NULL))
		return false;
	if (!references_fit(&f->references, name))
		return false;
	for (k = 0; k < f->labels.n; k++)
		if (!label_fits(f->labels.v[k], i->config.labels))
			return false;
	(void)image_created(i, &created);
	if (f->has_before && compare(created, f->before) >= 0)
		return false;
	return !f->has_since || compare(created, f->since) > 0;
}
