/* SPDX-License-Identifier: ISC */
/*
 * dk-rmi: removes names, and images that lose their last. What to drop is decided
 * with the store locked: a name that another program sets meanwhile is seen, or
 * set afterwards.
 */
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/opt.h"
#include "base/str.h"
#include "store/ctr.h"
#include "store/events.h"
#include "store/gc.h"
#include "store/image.h"
#include "store/mnt.h"
#include "store/store.h"
#include "store/tag.h"

static const struct opt options[] = {
	{ "force", 'f', NULL, "remove it though a container uses it or it has several names" },
	{ 0 },
};

static const struct opt_cmd cmd = {
	.synopsis = "[-f] IMAGE ...",
	.about = "Removes names of images, and each image that has lost its last name.",
	.opts = options,
	.usage_status = 2,
};

/* What is to go, as decided under the lock. */
struct plan {
	struct ref *tags;
	size_t ntags;
	struct digest_list roots;
	struct digest root; /* what the operand led to */
	struct digest id; /* its IMAGE ID, unset where it is damaged */
};

static void
plan_free(struct plan *p)
{
	free(p->tags);
	digest_list_free(&p->roots);
}

#define CLEAN_PLAN __attribute__((cleanup(plan_free)))

static void
add_tag(struct plan *p, const struct tag_entry *t)
{
	struct ref *r;

	p->tags = xrealloc(p->tags, p->ntags + 1, sizeof(*p->tags));
	r = &p->tags[p->ntags++];
	*r = (struct ref){ 0 };
	snprintf(r->domain, sizeof(r->domain), "%s", t->domain);
	snprintf(r->path, sizeof(r->path), "%s", t->path);
	snprintf(r->tag, sizeof(r->tag), "%s", t->tag);
}

/* Is it the same image? Two roots can be: an index, and its manifest for this platform. */
static bool
same_image(struct store *s, const struct plan *p, const struct digest *other)
{
	struct digest d;
	struct err ignored;

	if (digest_eq(&p->root, other))
		return true;
	return digest_is_set(&p->id) && image_id(s, other, NULL, &d, &ignored) == 1 &&
		digest_eq(&d, &p->id);
}

/* The container that uses it, the running one if there is such: 1 and its name, 0, -1. */
static int
find_user(struct store *s, const struct plan *p, bool *running, char **name, struct err *e)
{
	CLEAN_CTRS struct ctr_list l = { 0 };
	struct ctr_state st;
	size_t i;

	if (ctr_list(s, &l, e) < 0)
		return -1;
	for (i = 0; i < l.n; i++) {
		CLEAN_CTR_CONF struct ctr_conf conf = { 0 };
		bool runs;

		if (ctr_read_conf(&l.v[i], &conf, e) < 0 || !digest_is_set(&conf.manifest) ||
			!same_image(s, p, &conf.manifest))
			continue;
		runs = ctr_status(&l.v[i], &st, e) == 0 && st.status == CTR_RUNNING;
		if (*name != NULL && !runs)
			continue;
		free(*name);
		*name = xasprintf("%s (%.12s)", conf.name, conf.id);
		*running = runs;
		if (runs)
			break;
	}
	return *name != NULL;
}

static int
check_unmounted(struct store *s, const struct plan *p, const char *name, struct err *e)
{
	CLEAN_DIGESTS struct digest_list l = { 0 };
	size_t i;

	if (mnt_list_images(s, &l, e) < 0)
		return -1;
	for (i = 0; i < l.n; i++)
		if (same_image(s, p, &l.v[i]))
			return err_setx(e, EBUSY,
				"%s: the image is mounted: dk-umount it, or -f removes it all the "
				"same",
				name);
	return 0;
}

static int
check_unused(struct store *s, const struct plan *p, const char *name, bool force, bool by_id,
	struct err *e)
{
	CLEAN_FREE char *user = NULL;
	bool running = false;
	int r;

	/* forced by its name, an image goes from the list; container and mount keep what they need
	 */
	if (force && !by_id)
		return 0;
	if ((r = find_user(s, p, &running, &user, e)) < 0)
		return -1;
	if (force && !running)
		return 0;
	if (r == 0)
		return check_unmounted(s, p, name, e);
	if (by_id && running)
		return err_setx(e, EBUSY, "%s: running container %s uses this image", name, user);
	return err_setx(e, EBUSY, "%s: container %s uses this image: -f removes it all the same",
		name, user);
}

/* By its name: the name goes, and the image if that was the last. */
static int
plan_tag(struct store *s, const char *name, const struct ref *r, bool force, struct plan *p,
	struct err *e)
{
	CLEAN_TAGS struct tag_list tags = { 0 };
	bool root_named = false, image_named = false;
	size_t i;

	if (tag_list(s, &tags, e) < 0)
		return -1;
	for (i = 0; i < tags.n; i++) {
		const struct tag_entry *t = &tags.v[i];
		bool mine = str_eq(t->domain, r->domain) && str_eq(t->path, r->path);

		if (mine &&
			(digest_is_set(&r->digest) ? digest_eq(&t->digest, &r->digest)
						   : str_eq(t->tag, r->tag))) {
			add_tag(p, t);
			continue;
		}
		root_named |= digest_eq(&t->digest, &p->root);
		image_named |= same_image(s, p, &t->digest);
	}
	if (p->ntags == 0)
		return err_setx(e, EINVAL, "%s is part of an index: remove that by its name", name);
	if (!root_named)
		digest_list_add(&p->roots, &p->root);
	return image_named ? 0 : check_unused(s, p, name, force, false, e);
}

/* By its ID: the image and all its names. */
static int
plan_id(struct store *s, const char *name, bool force, struct plan *p, struct err *e)
{
	CLEAN_TAGS struct tag_list tags = { 0 };
	CLEAN_DIGESTS struct digest_list roots = { 0 };
	size_t i;

	if (tag_list(s, &tags, e) < 0 || image_roots(s, &roots, e) < 0)
		return -1;
	for (i = 0; i < roots.n; i++)
		if (same_image(s, p, &roots.v[i]))
			digest_list_add(&p->roots, &roots.v[i]);
	for (i = 0; i < tags.n; i++)
		if (same_image(s, p, &tags.v[i].digest))
			add_tag(p, &tags.v[i]);
	if (p->roots.n == 0)
		return err_setx(e, EINVAL, "%s is part of an index: remove that by its name", name);
	if (p->ntags > 1 && !force)
		return err_setx(e, EBUSY, "%s: the image has %zu names: -f removes them all", name,
			p->ntags);
	return check_unused(s, p, name, force, true, e);
}

/* Finds the image, damaged ones too as far as a name or a whole digest leads to them. 1, 0 no such
 * image, -1. */
static int
make_plan(struct store *s, const char *name, bool force, struct plan *p, struct err *e)
{
	struct digest d;
	struct err ignored;
	struct ref r;
	bool by_name = false;
	int got;

	got = image_resolve(s, name, NULL, &p->root, &p->id, e);
	if (got < 1)
		p->id.str[0] = '\0';
	if (ref_parse(&r, name, &ignored) == 0) {
		by_name = tag_get(s, &r, &d, &ignored) == 1 && (got < 1 || digest_eq(&d, &p->root));
		if (by_name)
			p->root = d;
		else
			by_name = got == 1 && digest_is_set(&r.digest);
	}
	if (!by_name && got < 1) {
		if (digest_parse(&p->root, name, &ignored) < 0 || !root_has(s, &p->root))
			return got;
	}
	if (by_name)
		return plan_tag(s, name, &r, force, p, e) < 0 ? -1 : 1;
	return plan_id(s, name, force, p, e) < 0 ? -1 : 1;
}

static bool
was_removed(const struct gc_result *r, const struct digest *d)
{
	size_t i;

	for (i = 0; i < r->blobs.n; i++)
		if (digest_eq(&r->blobs.v[i], d))
			return true;
	return false;
}

static void
report(struct store *s, const struct plan *p, const struct gc_result *r)
{
	bool told = false;
	size_t i;

	for (i = 0; i < p->ntags; i++) {
		CLEAN_FREE char *name = ref_familiar(&p->tags[i]);
		CLEAN_FREE char *full = ref_string(&p->tags[i]);
		CLEAN_FREE char *kv = xasprintf("name=%s", full);

		printf("Untagged: %s\n", name);
		event_log(s, "image", "untag", p->root.str, (const char *const[]){ kv, NULL });
	}
	for (i = 0; i < p->roots.n; i++) {
		printf("Deleted: %s\n", p->roots.v[i].str);
		told |= digest_eq(&p->roots.v[i], &p->id);
		event_log(s, "image", "delete", p->roots.v[i].str, NULL);
	}
	if (!told && digest_is_set(&p->id) && was_removed(r, &p->id))
		printf("Deleted: %s\n", p->id.str);
	for (i = 0; i < r->layers.n; i++)
		printf("Deleted: %s\n", r->layers.v[i].str);
}

/* 1 done, 0 no such image, -1 */
static int
remove_image(struct store *s, const char *name, bool force, struct err *e)
{
	CLEAN_GC struct gc g = GC_INIT;
	CLEAN_GC_RESULT struct gc_result removed = { 0 };
	CLEAN_PLAN struct plan p = { 0 };
	int r;

	if (gc_begin(&g, s, e) < 0)
		return -1;
	if ((r = make_plan(s, name, force, &p, e)) != 1)
		return r;
	if (gc_collect(&g, p.tags, p.ntags, p.roots.v, p.roots.n, false, &removed, e) < 0)
		return -1;
	gc_end(&g); /* nobody waits for our stdout */
	report(s, &p, &removed);
	return 1;
}

int
main(int argc, char **argv)
{
	CLEAN_STORE struct store s = STORE_INIT;
	bool force = false;
	struct err e;
	int c, r, ret = 0;

	msg_init(argv[0]);
	while ((c = opt_next(argc, argv, &cmd)) != -1)
		if (c == 'f')
			force = true;
	if (optind == argc)
		opt_usage(&cmd, "which image?");
	if (store_open(&s, &e) < 0)
		die_err(1, &e);
	for (; optind < argc; optind++) {
		r = remove_image(&s, argv[optind], force, &e);
		if (r == 0)
			warnm("no such image: %s", argv[optind]);
		else if (r < 0)
			warn_err(&e);
		/* as docker: what is not there need not be removed by force */
		if (r < 0 || (r == 0 && !force))
			ret = 1;
	}
	msg_fshut(1);
	return ret;
}
