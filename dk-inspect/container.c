/* SPDX-License-Identifier: ISC */
/*
 * container.c: a container as docker inspect shows it. What it runs with is read
 * from its OCI runtime configuration, the same that it was started from.
 */
#include <stdbool.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"
#include "inspect.h"
#include "oci/json.h"
#include "store/ctr.h"

#define NO_TIME "0001-01-01T00:00:00Z" /* as Go writes none */

static void
append(json_t *list, json_t *v)
{
	if (json_array_append_new(list, v) < 0)
		abort();
}

static void
set_state(json_t *j, const struct ctr_state *st)
{
	json_t *o = json_set_newobj(j, "State");
	bool runs = st->status == CTR_RUNNING;

	json_set_str(o, "Status", ctr_status_name(st->status));
	json_set_bool(o, "Running", runs);
	json_set_bool(o, "Paused", false);
	json_set_bool(o, "Restarting", false);
	json_set_bool(o, "Dead", st->status == CTR_DEAD);
	json_set_int(o, "Pid", runs ? st->pid : 0);
	json_set_int(o, "ExitCode", st->exit_code);
	json_set_str(o, "Error", st->error);
	json_set_str(o, "StartedAt", st->started[0] != '\0' ? st->started : NO_TIME);
	json_set_str(o, "FinishedAt", st->finished[0] != '\0' ? st->finished : NO_TIME);
}

static void
set_command(json_t *j, const struct ctr_conf *conf)
{
	json_t *args;
	size_t i;

	json_set_str(j, "Path", conf->command.n > 0 ? conf->command.v[0] : "");
	args = json_set_newarr(j, "Args");
	for (i = 1; i < conf->command.n; i++)
		append(args, json_str(conf->command.v[i]));
}

/* Bind mounts of config.json, less those the runtime makes itself in /etc. */
static int
set_mounts(json_t *j, const json_t *spec, struct err *e)
{
	json_t *out = json_set_newarr(j, "Mounts"), *mounts = NULL, *m, *o;
	const char *type, *source, *destination;
	size_t i, k;

	if (json_get_arr(spec, "mounts", &mounts, e) < 0)
		return -1;
	json_array_foreach (mounts, i, m) {
		CLEAN_STRV struct strv options = { 0 };
		bool rw = true;

		type = source = destination = "";
		if (json_get_str(m, "type", &type, e) < 0 ||
			json_get_str(m, "source", &source, e) < 0 ||
			json_get_str(m, "destination", &destination, e) < 0 ||
			json_get_strv(m, "options", &options, e) < 0)
			return -1;
		if (!str_eq(type, "bind"))
			continue;
		for (k = 0; k < options.n; k++)
			rw &= !str_eq(options.v[k], "ro");
		o = json_object();
		json_set_str(o, "Type", "bind");
		json_set_str(o, "Source", source);
		json_set_str(o, "Destination", destination);
		json_set_str(o, "Mode", rw ? "" : "ro");
		json_set_bool(o, "RW", rw);
		append(out, o);
	}
	return 0;
}

static int
user_of(const json_t *process, char out[48], struct err *e)
{
	json_t *user = NULL;
	int64_t uid = 0, gid = 0;

	if (json_get_obj(process, "user", &user, e) < 0 ||
		(user != NULL &&
			(json_get_int(user, "uid", &uid, e) < 0 ||
				json_get_int(user, "gid", &gid, e) < 0)))
		return -1;
	out[0] = '\0';
	if (uid != 0 || gid != 0)
		snprintf(out, 48, "%lld:%lld", (long long)uid, (long long)gid);
	return 0;
}

static int
set_config(json_t *j, const json_t *spec, const struct ctr_conf *conf, struct err *e)
{
	CLEAN_STRV struct strv env = { 0 }, args = { 0 };
	json_t *o = json_set_newobj(j, "Config"), *process = NULL, *list;
	const char *hostname = "", *cwd = "/";
	bool terminal = false;
	char user[48];
	size_t i;

	if (json_get_obj(spec, "process", &process, e) < 0 ||
		json_get_str(spec, "hostname", &hostname, e) < 0)
		return -1;
	if (process == NULL)
		return err_setx(e, 0, "config.json has no process");
	if (json_get_str(process, "cwd", &cwd, e) < 0 ||
		json_get_strv(process, "env", &env, e) < 0 ||
		json_get_strv(process, "args", &args, e) < 0 ||
		json_get_bool(process, "terminal", &terminal, e) < 0 ||
		user_of(process, user, e) < 0)
		return -1;
	json_set_str(o, "Hostname", hostname);
	json_set_str(o, "User", user);
	json_set_bool(o, "Tty", terminal);
	list = json_set_newarr(o, "Env");
	for (i = 0; i < env.n; i++)
		append(list, json_str(env.v[i]));
	list = json_set_newarr(o, "Cmd");
	for (i = 0; i < args.n; i++)
		append(list, json_str(args.v[i]));
	json_set_str(o, "Image", conf->image);
	json_set_str(o, "WorkingDir", cwd);
	list = json_set_newobj(o, "Labels");
	for (i = 0; i < conf->labels.n; i++) {
		CLEAN_FREE char *key = xstrdup(conf->labels.v[i]);
		char *eq = strchr(key, '=');

		if (eq != NULL)
			*eq++ = '\0';
		json_set_str(list, key, eq != NULL ? eq : "");
	}
	return 0;
}

static int
describe(json_t *j, const struct ctr *c, const struct ctr_conf *conf, struct err *e)
{
	CLEAN_BUF struct buf b = BUF_INIT;
	CLEAN_JSON json_t *spec = NULL;
	CLEAN_FREE char *name = xasprintf("/%s", conf->name);
	struct ctr_state st;
	json_t *host;

	if (ctr_status(c, &st, e) < 0 ||
		fd_load(c->dir, "config.json", JSON_MAX_BYTES, &b, e) < 0 ||
		(spec = json_parse(buf_str(&b), b.len, "config.json", e)) == NULL)
		return -1;
	json_set_str(j, "Id", c->id);
	json_set_str(j, "Created", conf->created);
	set_command(j, conf);
	set_state(j, &st);
	json_set_str(j, "Image", conf->manifest.str);
	json_set_str(j, "Name", name);
	host = json_set_newobj(j, "HostConfig");
	json_set_bool(host, "AutoRemove", conf->remove);
	if (set_mounts(j, spec, e) < 0)
		return -1;
	return set_config(j, spec, conf, e);
}

int
inspect_container(struct store *s, const char *name, json_t **out, struct err *e)
{
	CLEAN_CTR struct ctr c = CTR_INIT;
	CLEAN_CTR_CONF struct ctr_conf conf = { 0 };
	CLEAN_JSON json_t *j = json_object();
	int r;

	if ((r = ctr_find(s, name, &c, e)) != 1)
		return r;
	if (ctr_read_conf(&c, &conf, e) < 0 || describe(j, &c, &conf, e) < 0)
		return err_wrap(e, "%s", name);
	*out = steal_ptr(&j);
	return 1;
}
