/* SPDX-License-Identifier: ISC */
/* Image configurations: the document, and identifiers computed from it. Changes are in change.c. */
#include "config.h"

#include "hash.h"
#include "json.h"
#include "manifest.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"

static void
history_free(struct history *h)
{
	free(h->created);
	free(h->created_by);
	free(h->author);
	free(h->comment);
}

void
image_config_free(struct image_config *c)
{
	size_t i;

	free(c->created);
	free(c->author);
	free(c->user);
	free(c->workdir);
	free(c->stop_signal);
	strv_free(&c->env);
	strv_free(&c->entrypoint);
	strv_free(&c->cmd);
	strv_free(&c->shell);
	strv_free(&c->onbuild);
	strv_free(&c->exposed);
	strv_free(&c->volumes);
	json_decref(c->labels);
	json_decref(c->healthcheck);
	free(c->diff_ids);
	for (i = 0; i < c->nhistory; i++)
		history_free(&c->history[i]);
	free(c->history);
	memset(c, 0, sizeof(*c));
}

/* A member as an own string; absent, null and "" are all NULL. */
static int
take_str(const json_t *j, const char *key, char **out, struct err *e)
{
	const char *s = NULL;

	if (json_get_str(j, key, &s, e) < 0)
		return -1;
	if (s != NULL && *s != '\0')
		*out = xstrdup(s);
	return 0;
}

/* {"80/tcp": {}, ...}: a set, written as an object */
static int
take_set(const json_t *j, const char *key, struct strv *out, struct err *e)
{
	json_t *o = NULL, *v;
	const char *name;

	if (json_get_obj(j, key, &o, e) < 0)
		return -1;
	if (o != NULL)
		json_object_foreach (o, name, v)
			strv_add(out, name);
	return 0;
}

static int
take_labels(const json_t *j, json_t **out, struct err *e)
{
	json_t *o = NULL;

	if (json_get_obj(j, "Labels", &o, e) < 0 || json_check_strings(o, "label", e) < 0)
		return -1;
	if (json_object_size(o) > 0)
		*out = json_incref(o);
	return 0;
}

static int
fill_container(struct image_config *c, const json_t *j, struct err *e)
{
	json_t *health = NULL;

	if (take_str(j, "User", &c->user, e) < 0 ||
		take_set(j, "ExposedPorts", &c->exposed, e) < 0 ||
		json_get_strv(j, "Env", &c->env, e) < 0 ||
		json_get_strv(j, "Entrypoint", &c->entrypoint, e) < 0 ||
		json_get_strv(j, "Cmd", &c->cmd, e) < 0 ||
		take_set(j, "Volumes", &c->volumes, e) < 0 ||
		take_str(j, "WorkingDir", &c->workdir, e) < 0 ||
		take_labels(j, &c->labels, e) < 0 ||
		take_str(j, "StopSignal", &c->stop_signal, e) < 0 ||
		json_get_bool(j, "ArgsEscaped", &c->args_escaped, e) < 0 ||
		json_get_obj(j, "Healthcheck", &health, e) < 0 ||
		json_get_strv(j, "OnBuild", &c->onbuild, e) < 0 ||
		json_get_strv(j, "Shell", &c->shell, e) < 0)
		return -1;
	c->healthcheck = json_incref(health);
	return 0;
}

static int
fill_rootfs(struct image_config *c, const json_t *j, struct err *e)
{
	const char *type = "";
	json_t *ids = NULL, *v;
	size_t i;

	if (json_get_str(j, "type", &type, e) < 0 || json_get_arr(j, "diff_ids", &ids, e) < 0)
		return -1;
	if (strcmp(type, "layers") != 0)
		return err_setx(e, 0, "'type' is not 'layers'");
	if (json_array_size(ids) > MANIFEST_MAX_LAYERS)
		return err_setx(e, 0, "%zu layers, more than %d", json_array_size(ids),
			MANIFEST_MAX_LAYERS);
	c->diff_ids = xcalloc(json_array_size(ids) + 1, sizeof(*c->diff_ids));
	json_array_foreach (ids, i, v) {
		if (!json_is_string(v))
			return err_setx(e, 0, "'diff_ids' is not an array of strings");
		if (digest_parse(&c->diff_ids[i], json_string_value(v), e) < 0)
			return err_wrap(e, "diff_ids %zu", i);
		c->ndiff_ids = i + 1;
	}
	return 0;
}

static int
fill_history(struct image_config *c, const json_t *a, struct err *e)
{
	struct history *h;
	json_t *v;
	size_t i;

	c->history = xcalloc(json_array_size(a) + 1, sizeof(*c->history));
	json_array_foreach (a, i, v) {
		if (!json_is_object(v))
			return err_setx(e, 0, "entry %zu is not an object", i);
		h = &c->history[i];
		c->nhistory = i + 1;
		if (take_str(v, "created", &h->created, e) < 0 ||
			take_str(v, "created_by", &h->created_by, e) < 0 ||
			take_str(v, "author", &h->author, e) < 0 ||
			take_str(v, "comment", &h->comment, e) < 0 ||
			json_get_bool(v, "empty_layer", &h->empty_layer, e) < 0)
			return err_wrap(e, "entry %zu", i);
	}
	return 0;
}

static int
fill(struct image_config *c, const json_t *j, struct err *e)
{
	json_t *container = NULL, *rootfs = NULL, *history = NULL;

	if (!json_is_object(j))
		return err_setx(e, 0, "not an object");
	if (json_get_obj(j, "rootfs", &rootfs, e) < 0 ||
		json_get_obj(j, "config", &container, e) < 0 ||
		json_get_arr(j, "history", &history, e) < 0)
		return -1;
	if (rootfs == NULL)
		return err_setx(e, 0, "no 'rootfs': not the configuration of a runnable image");
	if (platform_from_json(&c->platform, j, e) < 0 ||
		take_str(j, "created", &c->created, e) < 0 ||
		take_str(j, "author", &c->author, e) < 0)
		return -1;
	if (container != NULL && fill_container(c, container, e) < 0)
		return err_wrap(e, "config");
	if (fill_rootfs(c, rootfs, e) < 0)
		return err_wrap(e, "rootfs");
	if (history != NULL && fill_history(c, history, e) < 0)
		return err_wrap(e, "history");
	return 0;
}

int
image_config_parse(struct image_config *c, const void *p, size_t n, struct err *e)
{
	CLEAN_CONFIG struct image_config got = { 0 };
	CLEAN_JSON json_t *j = NULL;

	memset(c, 0, sizeof(*c));
	if ((j = json_parse(p, n, "image configuration", e)) == NULL)
		return -1;
	if (fill(&got, j, e) < 0)
		return err_wrap(e, "image configuration");
	*c = got;
	got = (struct image_config){ 0 };
	return 0;
}

static void
put(json_t *j, const char *key, json_t *v)
{
	if (json_object_set_new(j, key, v) < 0)
		abort();
}

static void
put_set(json_t *j, const char *key, const struct strv *v)
{
	json_t *o;
	size_t i;

	if (v->n == 0)
		return;
	o = json_set_newobj(j, key);
	for (i = 0; i < v->n; i++) {
		CLEAN_JSON json_t *name = json_str(v->v[i]);

		put(o, json_string_value(name), json_object());
	}
}

/* The config object; all: members that docker inspect shows even where they are empty. */
static json_t *
container_to_json(const struct image_config *c, bool all)
{
	json_t *j = json_object();
	const struct {
		const char *key;
		const struct strv *v;
	} lists[] = { { "Env", &c->env }, { "Entrypoint", &c->entrypoint }, { "Cmd", &c->cmd } };
	size_t i;

	if (j == NULL)
		abort();
	json_set_str(j, "User", c->user == NULL && all ? "" : c->user);
	put_set(j, "ExposedPorts", &c->exposed);
	for (i = 0; i < LEN(lists); i++) {
		if (all && lists[i].v->n == 0)
			put(j, lists[i].key, json_null());
		json_set_strv(j, lists[i].key, lists[i].v);
	}
	if (all && c->volumes.n == 0)
		put(j, "Volumes", json_null());
	put_set(j, "Volumes", &c->volumes);
	json_set_str(j, "WorkingDir", c->workdir == NULL && all ? "" : c->workdir);
	if (c->labels != NULL)
		put(j, "Labels", json_incref(c->labels));
	else if (all)
		put(j, "Labels", json_null());
	json_set_str(j, "StopSignal", c->stop_signal);
	if (c->args_escaped)
		json_set_bool(j, "ArgsEscaped", true);
	if (c->healthcheck != NULL)
		put(j, "Healthcheck", json_incref(c->healthcheck));
	if (all && c->onbuild.n == 0)
		put(j, "OnBuild", json_null());
	json_set_strv(j, "OnBuild", &c->onbuild);
	json_set_strv(j, "Shell", &c->shell);
	return j;
}

json_t *
image_config_container(const struct image_config *c)
{
	return container_to_json(c, true);
}

void
image_config_write(const struct image_config *c, struct buf *out)
{
	CLEAN_JSON json_t *j = json_object();
	json_t *o, *a;
	size_t i;

	json_set_str(j, "created", c->created);
	json_set_str(j, "author", c->author);
	json_set_str(j, "architecture", c->platform.arch);
	json_set_str(j, "os", c->platform.os);
	json_set_str(j, "variant", c->platform.variant[0] != '\0' ? c->platform.variant : NULL);
	put(j, "config", container_to_json(c, false));
	o = json_set_newobj(j, "rootfs");
	json_set_str(o, "type", "layers");
	a = json_set_newarr(o, "diff_ids");
	for (i = 0; i < c->ndiff_ids; i++)
		if (json_array_append_new(a, json_str(c->diff_ids[i].str)) < 0)
			abort();
	if (c->nhistory > 0) {
		a = json_set_newarr(j, "history");
		for (i = 0; i < c->nhistory; i++) {
			const struct history *h = &c->history[i];

			if ((o = json_object()) == NULL || json_array_append_new(a, o) < 0)
				abort();
			json_set_str(o, "created", h->created);
			json_set_str(o, "created_by", h->created_by);
			json_set_str(o, "author", h->author);
			json_set_str(o, "comment", h->comment);
			if (h->empty_layer)
				json_set_bool(o, "empty_layer", true);
		}
	}
	json_write(j, out);
}

void
image_config_add_layer(struct image_config *c, const struct digest *diff_id)
{
	c->diff_ids = xrealloc(c->diff_ids, c->ndiff_ids + 1, sizeof(*c->diff_ids));
	c->diff_ids[c->ndiff_ids++] = *diff_id;
}

static char *
dup_or_null(const char *s)
{
	return s != NULL ? xstrdup(s) : NULL;
}

void
image_config_add_history(struct image_config *c, const char *created, const char *created_by,
	const char *comment, bool empty)
{
	c->history = xrealloc(c->history, c->nhistory + 1, sizeof(*c->history));
	c->history[c->nhistory++] = (struct history){
		.created = dup_or_null(created),
		.created_by = dup_or_null(created_by),
		.comment = dup_or_null(comment),
		.empty_layer = empty,
	};
}

void
image_config_set_label(struct image_config *c, const char *key, const char *value)
{
	CLEAN_JSON json_t *name = json_str(key);

	if (c->labels == NULL && (c->labels = json_object()) == NULL)
		abort();
	json_set_str(c->labels, json_string_value(name), value);
}

void
image_chain_ids(const struct digest *diff_ids, size_t n, struct digest *out)
{
	struct hash h;
	size_t i;

	for (i = 0; i < n; i++) {
		if (i == 0) {
			out[0] = diff_ids[0];
			continue;
		}
		hash_init(&h);
		hash_update(&h, out[i - 1].str, DIGEST_STR);
		hash_update(&h, " ", 1);
		hash_update(&h, diff_ids[i].str, DIGEST_STR);
		hash_final(&h, &out[i]);
	}
}
