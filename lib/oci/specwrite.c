/* SPDX-License-Identifier: ISC */
/* struct spec to config.json of a bundle; specjson.c reads it. Written for each container that
 * starts: as text at once. */
#include "spec.h"

#include "json.h"
#include "jsontext.h"

#include "base/buf.h"
#include "base/mem.h"

#define OCI_VERSION "1.0.2"

static void
write_caps(struct buf *b, const char *key, uint64_t set)
{
	int cap;

	jt_begin(b, key, '[');
	for (cap = 0; spec_cap_name(cap) != NULL; cap++)
		if ((set >> cap & 1) != 0)
			jt_str(b, NULL, spec_cap_name(cap));
	jt_end(b, ']');
}

static void
write_user(struct buf *b, const struct spec *s)
{
	size_t i;

	jt_begin(b, "user", '{');
	jt_int(b, "uid", s->uid);
	jt_int(b, "gid", s->gid);
	if (s->umask >= 0)
		jt_int(b, "umask", s->umask);
	if (s->ngroups > 0) {
		jt_begin(b, "additionalGids", '[');
		for (i = 0; i < s->ngroups; i++)
			jt_int(b, NULL, s->groups[i]);
		jt_end(b, ']');
	}
	jt_end(b, '}');
}

static void
write_rlimits(struct buf *b, const struct spec *s)
{
	size_t i;

	if (s->nrlimits == 0)
		return;
	jt_begin(b, "rlimits", '[');
	for (i = 0; i < s->nrlimits; i++) {
		jt_begin(b, NULL, '{');
		jt_str(b, "type", s->rlimits[i].type);
		jt_u64(b, "hard", s->rlimits[i].hard);
		jt_u64(b, "soft", s->rlimits[i].soft);
		jt_end(b, '}');
	}
	jt_end(b, ']');
}

static void
write_process(struct buf *b, const struct spec *s)
{
	jt_begin(b, "process", '{');
	jt_bool(b, "terminal", s->terminal);
	write_user(b, s);
	jt_strv(b, "args", &s->args);
	jt_strv(b, "env", &s->env);
	jt_str(b, "cwd", s->cwd);
	jt_begin(b, "capabilities", '{');
	write_caps(b, "bounding", s->caps);
	write_caps(b, "effective", s->caps);
	write_caps(b, "inheritable", s->caps_inheritable);
	write_caps(b, "permitted", s->caps);
	write_caps(b, "ambient", s->caps_ambient);
	jt_end(b, '}');
	write_rlimits(b, s);
	jt_bool(b, "noNewPrivileges", s->no_new_privileges);
	if (s->has_oom_score_adj)
		jt_int(b, "oomScoreAdj", s->oom_score_adj);
	jt_end(b, '}');
}

static void
write_mounts(struct buf *b, const struct spec *s)
{
	size_t i;

	jt_begin(b, "mounts", '[');
	for (i = 0; i < s->nmounts; i++) {
		jt_begin(b, NULL, '{');
		jt_str(b, "destination", s->mounts[i].destination);
		jt_str(b, "type", s->mounts[i].type);
		jt_str(b, "source", s->mounts[i].source);
		jt_strv(b, "options", &s->mounts[i].options);
		jt_end(b, '}');
	}
	jt_end(b, ']');
}

static void
write_sysctl(struct buf *b, const struct spec *s)
{
	size_t i;

	if (s->sysctl.n == 0)
		return;
	jt_begin(b, "sysctl", '{');
	for (i = 0; i < s->sysctl.n; i++) {
		CLEAN_FREE char *key = xstrdup(s->sysctl.v[i]);
		char *eq = strchr(key, '=');

		if (eq != NULL)
			*eq++ = '\0';
		jt_str(b, key, eq != NULL ? eq : "");
	}
	jt_end(b, '}');
}

static void
write_tree(struct buf *b, const char *key, const json_t *j)
{
	CLEAN_BUF struct buf text = BUF_INIT;

	if (j == NULL)
		return;
	json_write(j, &text);
	jt_raw(b, key, buf_str(&text));
}

static void
write_resources(struct buf *b, const struct spec *s)
{
	json_t *v;
	const char *key;
	size_t i;

	jt_begin(b, "resources", '{');
	jt_begin(b, "devices", '[');
	for (i = 0; i < s->ndevrules; i++) {
		const struct spec_devrule *r = &s->devrules[i];

		jt_begin(b, NULL, '{');
		jt_bool(b, "allow", r->allow);
		jt_str(b, "type", (char[2]){ r->type, '\0' });
		if (r->major >= 0)
			jt_int(b, "major", r->major);
		if (r->minor >= 0)
			jt_int(b, "minor", r->minor);
		jt_str(b, "access", r->access);
		jt_end(b, '}');
	}
	jt_end(b, ']');
	json_object_foreach (s->resources, key, v)
		if (strcmp(key, "devices") != 0)
			write_tree(b, key, v);
	jt_end(b, '}');
}

static void
write_namespaces(struct buf *b, const struct spec *s)
{
	size_t i;

	jt_begin(b, "namespaces", '[');
	for (i = 0; i < s->nns; i++) {
		jt_begin(b, NULL, '{');
		jt_str(b, "type", s->ns[i].type);
		jt_str(b, "path", s->ns[i].path);
		jt_end(b, '}');
	}
	jt_end(b, ']');
}

static void
write_devices(struct buf *b, const struct spec *s)
{
	size_t i;

	if (s->ndevices == 0)
		return;
	jt_begin(b, "devices", '[');
	for (i = 0; i < s->ndevices; i++) {
		const struct spec_device *d = &s->devices[i];

		jt_begin(b, NULL, '{');
		jt_str(b, "path", d->path);
		jt_str(b, "type", (char[2]){ d->type, '\0' });
		if (d->type != 'p') {
			jt_int(b, "major", d->major);
			jt_int(b, "minor", d->minor);
		}
		jt_int(b, "fileMode", d->mode);
		jt_int(b, "uid", d->uid);
		jt_int(b, "gid", d->gid);
		jt_end(b, '}');
	}
	jt_end(b, ']');
}

static void
write_linux(struct buf *b, const struct spec *s)
{
	jt_begin(b, "linux", '{');
	write_sysctl(b, s);
	write_resources(b, s);
	jt_str(b, "cgroupsPath", s->cgroups_path);
	write_namespaces(b, s);
	write_devices(b, s);
	if (s->seccomp_text != NULL)
		jt_raw(b, "seccomp", s->seccomp_text);
	else
		write_tree(b, "seccomp", s->seccomp);
	jt_strv(b, "maskedPaths", &s->masked);
	jt_strv(b, "readonlyPaths", &s->readonly);
	jt_end(b, '}');
}

void
spec_write(const struct spec *s, struct buf *out)
{
	/* all of it at once: growing would copy what is there */
	buf_reserve(out, 16 << 10);
	jt_begin(out, NULL, '{');
	jt_str(out, "ociVersion", OCI_VERSION);
	write_process(out, s);
	jt_begin(out, "root", '{');
	jt_str(out, "path", s->root_path);
	jt_bool(out, "readonly", s->root_readonly);
	jt_end(out, '}');
	jt_str(out, "hostname", s->hostname);
	write_mounts(out, s);
	write_tree(out, "annotations", s->annotations);
	write_linux(out, s);
	jt_end(out, '}');
}
