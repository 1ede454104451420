/* SPDX-License-Identifier: ISC */
/* ctrconf.c: container.json */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"
#include "ctr.h"
#include "ctrfile.h"
#include "oci/json.h"

void
ctr_conf_free(struct ctr_conf *c)
{
	free(c->name);
	free(c->image);
	free(c->diff_ids);
	free(c->created);
	strv_free(&c->command);
	strv_free(&c->labels);
	*c = (struct ctr_conf){ 0 };
}

void
ctr_conf_write(const struct ctr_conf *c, struct buf *out)
{
	CLEAN_JSON json_t *j = json_object();
	json_t *list, *labels;
	size_t i;

	json_set_str(j, "id", c->id);
	json_set_str(j, "name", c->name);
	json_set_str(j, "image", c->image);
	if (digest_is_set(&c->manifest))
		json_set_str(j, "manifest", c->manifest.str);
	list = json_set_newarr(j, "diffIds");
	for (i = 0; i < c->ndiff_ids; i++)
		if (json_array_append_new(list, json_str(c->diff_ids[i].str)) < 0)
			abort();
	json_set_strv(j, "command", &c->command);
	labels = json_set_newobj(j, "labels");
	for (i = 0; i < c->labels.n; i++) {
		CLEAN_FREE char *key = xstrdup(c->labels.v[i]);
		char *eq = strchr(key, '=');

		if (eq != NULL)
			*eq++ = '\0';
		json_set_str(labels, key, eq != NULL ? eq : "");
	}
	json_set_str(j, "created", c->created);
	json_set_bool(j, "remove", c->remove);
	json_write(j, out);
	buf_addc(out, '\n');
}

static int
parse_digests(struct ctr_conf *c, const json_t *j, struct err *e)
{
	CLEAN_STRV struct strv ids = { 0 };
	const char *manifest = NULL;
	size_t i;

	if (json_get_str(j, "manifest", &manifest, e) < 0 ||
		json_get_strv(j, "diffIds", &ids, e) < 0 ||
		(manifest != NULL && digest_parse(&c->manifest, manifest, e) < 0))
		return -1;
	c->diff_ids = xcalloc(ids.n + 1, sizeof(*c->diff_ids));
	c->ndiff_ids = ids.n;
	for (i = 0; i < ids.n; i++)
		if (digest_parse(&c->diff_ids[i], ids.v[i], e) < 0)
			return -1;
	return 0;
}

static int
parse_labels(struct ctr_conf *c, const json_t *j, struct err *e)
{
	json_t *labels = NULL, *v;
	const char *key;

	if (json_get_obj(j, "labels", &labels, e) < 0)
		return -1;
	json_object_foreach (labels, key, v) {
		if (!json_is_string(v))
			return err_setx(e, 0, "label '%s' is no string", key);
		strv_addf(&c->labels, "%s=%s", key, json_string_value(v));
	}
	return 0;
}

static int
parse(struct ctr_conf *c, const json_t *j, struct err *e)
{
	const char *id = "", *name = NULL, *image = NULL, *created = NULL;

	if (json_get_str(j, "id", &id, e) < 0 || json_get_str(j, "name", &name, e) < 0 ||
		json_get_str(j, "image", &image, e) < 0 ||
		json_get_str(j, "created", &created, e) < 0 ||
		json_get_strv(j, "command", &c->command, e) < 0 ||
		json_get_bool(j, "remove", &c->remove, e) < 0 || parse_digests(c, j, e) < 0 ||
		parse_labels(c, j, e) < 0)
		return -1;
	snprintf(c->id, sizeof(c->id), "%s", id);
	c->name = xstrdup(name != NULL ? name : "");
	c->image = xstrdup(image != NULL ? image : "");
	c->created = xstrdup(created != NULL ? created : "");
	return 0;
}

int
ctr_read_conf(const struct ctr *c, struct ctr_conf *conf, struct err *e)
{
	CLEAN_BUF struct buf b = BUF_INIT;
	CLEAN_JSON json_t *j = NULL;

	*conf = (struct ctr_conf){ 0 };
	if (ctr_load(c, "container.json", JSON_MAX_BYTES, &b, e) < 0)
		return err_wrap(e, "container %.12s", c->id);
	if ((j = json_parse(buf_str(&b), b.len, "container.json", e)) == NULL ||
		parse(conf, j, e) < 0) {
		ctr_conf_free(conf);
		return err_wrap(e, "container %.12s", c->id);
	}
	return 0;
}
