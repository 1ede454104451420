/* SPDX-License-Identifier: ISC */
/*
 * dk-images: lists images, one row for each name an image has. No lock is taken:
 * an image that is removed while it reads is left out.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fmt.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/opt.h"
#include "base/str.h"
#include "filter.h"
#include "store/image.h"
#include "store/store.h"
#include "store/tag.h"

enum { OPT_DIGESTS = 256, OPT_NO_TRUNC };

static const struct opt options[] = {
	{ "all", 'a', NULL, "all images (there are no hidden ones)" },
	{ "digests", OPT_DIGESTS, NULL, "with a column of the digests that names have" },
	{ "filter", 'f', "KEY=VALUE",
		"only images that fit: reference, label, dangling, before, since" },
	{ "no-trunc", OPT_NO_TRUNC, NULL, "whole IDs" },
	{ "quiet", 'q', NULL, "IDs only" },
	{ 0 },
};

static const struct opt_cmd cmd = {
	.synopsis = "[-aq] [--digests] [--no-trunc] [-f KEY=VALUE ...] [NAME[:TAG]]",
	.about = "Lists the images in the store.",
	.opts = options,
	.usage_status = 2,
};

struct row {
	char *repository, *tag; /* NULL: none */
	struct digest root, id;
	bool has_created;
	struct timespec created;
	int64_t size;
};

struct rows {
	struct row *v;
	size_t n;
};

static void
rows_free(struct rows *r)
{
	size_t i;

	for (i = 0; i < r->n; i++) {
		free(r->v[i].repository);
		free(r->v[i].tag);
	}
	free(r->v);
}

#define CLEAN_ROWS __attribute__((cleanup(rows_free)))

static bool digests, no_trunc, quiet;

static void
add_row(struct rows *rows, struct store *s, const struct image *i, const struct tag_entry *name)
{
	struct row *r;

	rows->v = xrealloc(rows->v, rows->n + 1, sizeof(*rows->v));
	r = &rows->v[rows->n++];
	*r = (struct row){ .root = i->root, .id = i->id };
	r->has_created = image_created(i, &r->created);
	r->size = quiet ? 0 : image_size(s, i);
	if (name != NULL) {
		CLEAN_FREE char *full = xasprintf("%s/%s:%s", name->domain, name->path, name->tag);
		struct err ignored;
		struct ref ref;

		if (ref_parse(&ref, full, &ignored) == 0)
			r->repository = ref_familiar_name(&ref);
		r->tag = xstrdup(name->tag);
	}
}

/* A root under each of its names, or without one. 0/-1. */
static int
add_root(struct rows *rows, struct store *s, const struct digest *root, const struct tag_list *tags,
	const struct filter *f, struct err *e)
{
	CLEAN_IMAGE struct image i = { 0 };
	bool named = false;
	size_t k;

	if (image_load(s, root, NULL, &i, e) < 0)
		/* removed between the two looks */
		return e->code == ENOENT && !root_has(s, root) ? 0 : err_wrap(e, "%s", root->str);
	for (k = 0; k < tags->n; k++) {
		if (!digest_eq(&tags->v[k].digest, root))
			continue;
		named = true;
		if (filter_match(f, &tags->v[k], &i))
			add_row(rows, s, &i, &tags->v[k]);
	}
	if (!named && filter_match(f, NULL, &i))
		add_row(rows, s, &i, NULL);
	return 0;
}

static int
compare_names(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return (a == NULL) - (b == NULL);
	return strcmp(a, b);
}

/* The newest first, as docker. */
static int
compare(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	int c;

	if (x->created.tv_sec != y->created.tv_sec)
		return x->created.tv_sec < y->created.tv_sec ? 1 : -1;
	if (x->created.tv_nsec != y->created.tv_nsec)
		return x->created.tv_nsec < y->created.tv_nsec ? 1 : -1;
	if ((c = compare_names(x->repository, y->repository)) != 0 ||
		(c = compare_names(x->tag, y->tag)) != 0)
		return c;
	return digest_cmp(&x->root, &y->root);
}

/* One line of the table; the column DIGEST only with --digests. */
static void
add_cells(struct fmt_table *t, const char *repository, const char *tag, const char *digest,
	const char *id, const char *created, const char *size)
{
	const char *cells[6] = { repository, tag };
	size_t n = 2;

	if (digests)
		cells[n++] = digest;
	cells[n++] = id;
	cells[n++] = created;
	cells[n++] = size;
	fmt_table_row(t, cells, n);
}

static void
print_table(const struct rows *rows)
{
	struct fmt_table t = { 0 };
	time_t now = time(NULL);
	size_t i;

	add_cells(&t, "REPOSITORY", "TAG", "DIGEST", "IMAGE ID", "CREATED", "SIZE");
	for (i = 0; i < rows->n; i++) {
		const struct row *r = &rows->v[i];
		char id[DIGEST_STR + 1], size[16], age[64] = "N/A", duration[48];

		snprintf(id, sizeof(id), "%.*s", no_trunc ? DIGEST_STR : 12,
			no_trunc ? r->id.str : digest_hex(&r->id));
		if (r->has_created)
			snprintf(age, sizeof(age), "%s ago",
				fmt_duration(now - r->created.tv_sec, duration));
		add_cells(&t, r->repository != NULL ? r->repository : "<none>",
			r->tag != NULL ? r->tag : "<none>", r->tag != NULL ? r->root.str : "<none>",
			id, age, fmt_size((uint64_t)r->size, size));
	}
	fmt_table_print(&t, stdout);
	fmt_table_free(&t);
}

static void
print_ids(const struct rows *rows)
{
	size_t i;

	for (i = 0; i < rows->n; i++)
		if (no_trunc)
			printf("%s\n", rows->v[i].id.str);
		else
			printf("%.12s\n", digest_hex(&rows->v[i].id));
}

int
main(int argc, char **argv)
{
	CLEAN_STORE struct store s = STORE_INIT;
	CLEAN_STRV struct strv filters = { 0 };
	CLEAN_DIGESTS struct digest_list roots = { 0 };
	CLEAN_TAGS struct tag_list tags = { 0 };
	CLEAN_FILTER struct filter f = FILTER_INIT;
	CLEAN_ROWS struct rows rows = { 0 };
	struct err e;
	int c, r, ret = 0;
	size_t i;

	msg_init(argv[0]);
	while ((c = opt_next(argc, argv, &cmd)) != -1)
		switch (c) {
		case 'a':
			break;
		case OPT_DIGESTS:
			digests = true;
			break;
		case 'f':
			strv_add(&filters, optarg);
			break;
		case OPT_NO_TRUNC:
			no_trunc = true;
			break;
		case 'q':
			quiet = true;
			break;
		}
	if (argc - optind > 1)
		opt_usage(&cmd, "one name at most");
	if (optind < argc)
		strv_addf(&filters, "reference=%s", argv[optind]);
	if (store_open(&s, &e) < 0)
		die_err(1, &e);
	for (i = 0; i < filters.n; i++)
		if ((r = filter_add(&f, &s, filters.v[i], &e)) != 0) {
			if (r < 0)
				opt_usage(&cmd, "%s", e.msg);
			die_err(1, &e);
		}
	if (image_roots(&s, &roots, &e) < 0 || tag_list(&s, &tags, &e) < 0)
		die_err(1, &e);
	for (i = 0; i < roots.n; i++)
		if (add_root(&rows, &s, &roots.v[i], &tags, &f, &e) < 0) {
			warn_err(&e);
			ret = 1;
		}
	if (rows.n > 0)
		qsort(rows.v, rows.n, sizeof(*rows.v), compare);
	if (quiet)
		print_ids(&rows);
	else
		print_table(&rows);
	msg_fshut(1);
	return ret;
}
