/* SPDX-License-Identifier: ISC */
/*
 * config.json of a bundle to struct spec (runtime-spec config.md and config-linux.md); specwrite.c
 * is the way back. Reading refuses what the struct cannot carry where it would change the
 * container; what the specification does not know it ignores, as config.md's Extensibility asks
 * for.
 */
#include "spec.h"

#include "json.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"

/*
 * "Unlimited" is 2^64-1 in a document, one bit more than jansson's integers have. It is swapped in
 * the text for a number that no one uses.
 */
#define INFINITE_TEXT "18446744073709551615"
#define INFINITE_OURS 9223372036854775806
#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)

/* Copies a document with each number from, outside strings, replaced by to. */
static void
swap_number(const char *s, size_t n, const char *from, const char *to, struct buf *out)
{
	size_t nfrom = strlen(from), i, k, start = 0;
	bool in_string = false;

	for (i = 0; i < n; i++) {
		if (s[i] == '"')
			in_string = !in_string;
		else if (s[i] == '\\')
			i++;
		if (i >= n || in_string || s[i] < '0' || s[i] > '9')
			continue;
		for (k = i; k < n && strchr("0123456789.eE+-", s[k]) != NULL && s[k] != '\0'; k++)
			continue;
		if (k - i == nfrom && memcmp(s + i, from, nfrom) == 0 &&
			(i == 0 || s[i - 1] != '-')) {
			buf_add(out, s + start, i - start);
			buf_adds(out, to);
			start = k;
		}
		i = k - 1;
	}
	buf_add(out, s + start, n - start);
}

/* ---- reading */

/* Members that the struct has no room for: absent or empty is fine. */
static int
refuse(const json_t *j, const char *const *keys, struct err *e)
{
	for (; *keys != NULL; keys++) {
		const json_t *v = json_object_get(j, *keys);

		if (v == NULL || json_is_null(v) ||
			(json_is_string(v) && json_string_length(v) == 0) ||
			(json_is_object(v) && json_object_size(v) == 0) ||
			(json_is_array(v) && json_array_size(v) == 0))
			continue;
		return err_setx(e, 0, "'%s' is not supported", *keys);
	}
	return 0;
}

static int
take_str(const json_t *j, const char *key, char **out, struct err *e)
{
	const char *s = NULL;

	if (json_get_str(j, key, &s, e) < 0)
		return -1;
	if (s != NULL) {
		free(*out);
		*out = xstrdup(s);
	}
	return 0;
}

static int
take_int(const json_t *j, const char *key, int64_t min, int64_t max, int64_t *out, struct err *e)
{
	if (json_get_int(j, key, out, e) < 0)
		return -1;
	if (*out < min || *out > max)
		return err_setx(e, 0, "'%s' is out of range", key);
	return 0;
}

/* A user or group ID; 2^32-1 is none. */
static int
take_id(const json_t *j, const char *key, uint32_t *out, struct err *e)
{
	int64_t v = *out;

	if (take_int(j, key, 0, UINT32_MAX - 1, &v, e) < 0)
		return -1;
	*out = (uint32_t)v;
	return 0;
}

static int
read_user(struct spec *s, const json_t *j, struct err *e)
{
	static const char *const refused[] = { "username", NULL };
	json_t *groups = NULL, *v;
	int64_t umask = -1;
	size_t i;

	if (refuse(j, refused, e) < 0 || take_id(j, "uid", &s->uid, e) < 0 ||
		take_id(j, "gid", &s->gid, e) < 0 ||
		take_int(j, "umask", -1, 0777, &umask, e) < 0 ||
		json_get_arr(j, "additionalGids", &groups, e) < 0)
		return -1;
	s->umask = (int)umask;
	s->groups = xcalloc(json_array_size(groups) + 1, sizeof(*s->groups));
	json_array_foreach (groups, i, v) {
		if (!json_is_integer(v) || json_integer_value(v) < 0 ||
			json_integer_value(v) >= UINT32_MAX)
			return err_setx(e, 0, "'additionalGids' is not an array of group IDs");
		s->groups[s->ngroups++] = (gid_t)json_integer_value(v);
	}
	return 0;
}

static int
read_cap_set(const json_t *j, const char *key, uint64_t *out, struct err *e)
{
	CLEAN_STRV struct strv names = { 0 };
	size_t i;
	int cap;

	*out = 0;
	if (json_get_strv(j, key, &names, e) < 0)
		return -1;
	for (i = 0; i < names.n; i++) {
		if ((cap = spec_cap_number(names.v[i])) < 0)
			return err_setx(e, 0, "'%s': unknown capability '%.40s'", key, names.v[i]);
		*out |= UINT64_C(1) << cap;
	}
	return 0;
}

static int
read_caps(struct spec *s, const json_t *j, struct err *e)
{
	uint64_t effective, permitted;

	if (read_cap_set(j, "bounding", &s->caps, e) < 0 ||
		read_cap_set(j, "effective", &effective, e) < 0 ||
		read_cap_set(j, "permitted", &permitted, e) < 0 ||
		read_cap_set(j, "inheritable", &s->caps_inheritable, e) < 0 ||
		read_cap_set(j, "ambient", &s->caps_ambient, e) < 0)
		return -1;
	if (effective != s->caps || permitted != s->caps)
		return err_setx(e, 0,
			"bounding, effective and permitted sets that differ are not supported");
	return 0;
}

static int
read_rlimit(struct spec_rlimit *r, const json_t *j, struct err *e)
{
	const char *type = "";
	int64_t soft = -1, hard = -1;

	if (json_get_str(j, "type", &type, e) < 0 ||
		take_int(j, "soft", 0, INT64_MAX, &soft, e) < 0 ||
		take_int(j, "hard", 0, INT64_MAX, &hard, e) < 0)
		return -1;
	if (!str_starts(type, "RLIMIT_") || strlen(type) >= sizeof(r->type))
		return err_setx(e, 0, "'type' is not RLIMIT_*");
	memcpy(r->type, type, strlen(type) + 1);
	r->soft = soft == INFINITE_OURS ? UINT64_MAX : (uint64_t)soft;
	r->hard = hard == INFINITE_OURS ? UINT64_MAX : (uint64_t)hard;
	return 0;
}

static int
read_process(struct spec *s, const json_t *j, struct err *e)
{
	static const char *const refused[] = { "apparmorProfile", "selinuxLabel", "scheduler",
		"ioPriority", "execCPUAffinity", "commandLine", NULL };
	json_t *user = NULL, *caps = NULL, *rlimits = NULL, *v;
	int64_t oom = 0;
	size_t i;

	if (refuse(j, refused, e) < 0 || json_get_bool(j, "terminal", &s->terminal, e) < 0 ||
		json_get_obj(j, "user", &user, e) < 0 ||
		json_get_strv(j, "args", &s->args, e) < 0 ||
		json_get_strv(j, "env", &s->env, e) < 0 || take_str(j, "cwd", &s->cwd, e) < 0 ||
		json_get_obj(j, "capabilities", &caps, e) < 0 ||
		json_get_arr(j, "rlimits", &rlimits, e) < 0 ||
		json_get_bool(j, "noNewPrivileges", &s->no_new_privileges, e) < 0 ||
		take_int(j, "oomScoreAdj", -1000, 1000, &oom, e) < 0)
		return -1;
	s->oom_score_adj = (int)oom;
	s->has_oom_score_adj = json_is_integer(json_object_get(j, "oomScoreAdj"));
	if (s->cwd == NULL || s->cwd[0] != '/')
		return err_setx(e, 0, "'cwd' is not an absolute path");
	if (user != NULL && read_user(s, user, e) < 0)
		return err_wrap(e, "user");
	if (caps == NULL)
		return err_setx(e, 0, "no 'capabilities'");
	if (read_caps(s, caps, e) < 0)
		return err_wrap(e, "capabilities");
	s->rlimits = xcalloc(json_array_size(rlimits) + 1, sizeof(*s->rlimits));
	json_array_foreach (rlimits, i, v) {
		if (read_rlimit(&s->rlimits[i], v, e) < 0)
			return err_wrap(e, "rlimits");
		s->nrlimits = i + 1;
	}
	return 0;
}

static int
read_mount(struct spec_mount *m, const json_t *j, struct err *e)
{
	static const char *const refused[] = { "uidMappings", "gidMappings", NULL };

	if (refuse(j, refused, e) < 0 || take_str(j, "destination", &m->destination, e) < 0 ||
		take_str(j, "type", &m->type, e) < 0 || take_str(j, "source", &m->source, e) < 0 ||
		json_get_strv(j, "options", &m->options, e) < 0)
		return -1;
	if (m->destination == NULL || m->destination[0] == '\0')
		return err_setx(e, 0, "no 'destination'");
	return 0;
}

static int
read_ns(struct spec *s, const json_t *j, struct err *e)
{
	static const char *const known[] = { "pid", "network", "ipc", "uts", "mount", "user",
		"cgroup" };
	const char *type = "", *path = NULL;
	size_t i;

	if (json_get_str(j, "type", &type, e) < 0 || json_get_str(j, "path", &path, e) < 0)
		return -1;
	for (i = 0; i < LEN(known) && strcmp(known[i], type) != 0; i++)
		continue;
	if (i == LEN(known))
		return err_setx(e, 0, "type '%.20s' is not supported", type);
	if (spec_has_ns(s, type))
		return err_setx(e, 0, "'%s' twice", type);
	if (path != NULL && path[0] != '/')
		return err_setx(e, 0, "'path' is not an absolute path");
	spec_add_ns(s, type, path);
	return 0;
}

static int
read_device(struct spec_device *d, const json_t *j, struct err *e)
{
	const char *type = "";
	int64_t mode = 0666;

	if (take_str(j, "path", &d->path, e) < 0 || json_get_str(j, "type", &type, e) < 0 ||
		take_int(j, "major", 0, UINT32_MAX, &d->major, e) < 0 ||
		take_int(j, "minor", 0, UINT32_MAX, &d->minor, e) < 0 ||
		take_int(j, "fileMode", 0, UINT32_MAX, &mode, e) < 0 ||
		take_id(j, "uid", &d->uid, e) < 0 || take_id(j, "gid", &d->gid, e) < 0)
		return -1;
	if (d->path == NULL || d->path[0] != '/')
		return err_setx(e, 0, "'path' is not an absolute path");
	if (strlen(type) != 1 || strchr("cbpu", *type) == NULL)
		return err_setx(e, 0, "'type' is none of c, b, p, u");
	d->type = *type;
	d->mode = (uint32_t)mode & 07777;
	return 0;
}

static int
read_devrule(struct spec_devrule *r, const json_t *j, struct err *e)
{
	const char *type = "a", *access = "rwm";

	r->major = r->minor = -1;
	if (!json_is_boolean(json_object_get(j, "allow")))
		return err_setx(e, 0, "'allow' is not true or false");
	if (json_get_bool(j, "allow", &r->allow, e) < 0 || json_get_str(j, "type", &type, e) < 0 ||
		take_int(j, "major", -1, UINT32_MAX, &r->major, e) < 0 ||
		take_int(j, "minor", -1, UINT32_MAX, &r->minor, e) < 0 ||
		json_get_str(j, "access", &access, e) < 0)
		return -1;
	if (strlen(type) != 1 || strchr("acb", *type) == NULL)
		return err_setx(e, 0, "'type' is none of a, c, b");
	if (*access == '\0' || strlen(access) >= sizeof(r->access) ||
		strspn(access, "rwm") != strlen(access))
		return err_setx(e, 0, "'access' is not of r, w, m");
	r->type = *type;
	memcpy(r->access, access, strlen(access) + 1);
	return 0;
}

/* The rules become ours, the rest stays JSON. */
static int
read_resources(struct spec *s, json_t *j, struct err *e)
{
	json_t *rules = NULL, *v;
	size_t i;

	if (json_get_arr(j, "devices", &rules, e) < 0)
		return -1;
	s->devrules = xcalloc(json_array_size(rules) + 1, sizeof(*s->devrules));
	json_array_foreach (rules, i, v) {
		if (read_devrule(&s->devrules[i], v, e) < 0)
			return err_wrap(e, "devices %zu", i);
		s->ndevrules = i + 1;
	}
	json_object_del(j, "devices");
	if (json_object_size(j) > 0)
		s->resources = json_incref(j);
	return 0;
}

static int
read_sysctl(struct spec *s, json_t *j, struct err *e)
{
	const char *key;
	json_t *v;

	if (json_check_strings(j, "value of", e) < 0)
		return -1;
	json_object_foreach (j, key, v)
		strv_addf(&s->sysctl, "%s=%s", key, json_string_value(v));
	return 0;
}

static int
read_linux(struct spec *s, const json_t *j, struct err *e)
{
	static const char *const refused[] = { "uidMappings", "gidMappings", "mountLabel",
		"intelRdt", "personality", "timeOffsets", "netDevices", NULL };
	json_t *resources = NULL, *ns = NULL, *devices = NULL, *sysctl = NULL, *seccomp = NULL, *v;
	const char *propagation = "";
	size_t i;

	if (refuse(j, refused, e) < 0 || json_get_obj(j, "resources", &resources, e) < 0 ||
		json_get_arr(j, "namespaces", &ns, e) < 0 ||
		json_get_arr(j, "devices", &devices, e) < 0 ||
		json_get_obj(j, "sysctl", &sysctl, e) < 0 ||
		json_get_obj(j, "seccomp", &seccomp, e) < 0 ||
		take_str(j, "cgroupsPath", &s->cgroups_path, e) < 0 ||
		json_get_strv(j, "maskedPaths", &s->masked, e) < 0 ||
		json_get_strv(j, "readonlyPaths", &s->readonly, e) < 0 ||
		json_get_str(j, "rootfsPropagation", &propagation, e) < 0)
		return -1;
	if (*propagation != '\0' && strcmp(propagation, "private") != 0 &&
		strcmp(propagation, "rprivate") != 0)
		return err_setx(e, 0, "'rootfsPropagation' %.20s is not supported", propagation);
	s->seccomp = json_incref(seccomp);
	json_array_foreach (ns, i, v)
		if (read_ns(s, v, e) < 0)
			return err_wrap(e, "namespaces %zu", i);
	s->devices = xcalloc(json_array_size(devices) + 1, sizeof(*s->devices));
	json_array_foreach (devices, i, v) {
		s->ndevices = i + 1;
		if (read_device(&s->devices[i], v, e) < 0)
			return err_wrap(e, "devices %zu", i);
	}
	if (sysctl != NULL && read_sysctl(s, sysctl, e) < 0)
		return err_wrap(e, "sysctl");
	if (resources != NULL && read_resources(s, resources, e) < 0)
		return err_wrap(e, "resources");
	return 0;
}

static int
read_mounts(struct spec *s, const json_t *mounts, struct err *e)
{
	json_t *v;
	size_t i;

	s->mounts = xcalloc(json_array_size(mounts) + 1, sizeof(*s->mounts));
	json_array_foreach (mounts, i, v) {
		s->nmounts = i + 1;
		if (read_mount(&s->mounts[i], v, e) < 0)
			return err_wrap(e, "mounts %zu", i);
	}
	return 0;
}

static int
read_spec(struct spec *s, const json_t *j, struct err *e)
{
	static const char *const refused[] = { "hooks", "domainname", "windows", "solaris", "vm",
		"zos", "freebsd", NULL };
	json_t *process = NULL, *root = NULL, *mounts = NULL, *lin = NULL, *annotations = NULL;
	const char *version = "";

	if (!json_is_object(j))
		return err_setx(e, 0, "not an object");
	if (json_get_str(j, "ociVersion", &version, e) < 0 || refuse(j, refused, e) < 0 ||
		json_get_obj(j, "process", &process, e) < 0 ||
		json_get_obj(j, "root", &root, e) < 0 ||
		take_str(j, "hostname", &s->hostname, e) < 0 ||
		json_get_arr(j, "mounts", &mounts, e) < 0 ||
		json_get_obj(j, "linux", &lin, e) < 0 ||
		json_get_obj(j, "annotations", &annotations, e) < 0)
		return -1;
	if (!str_starts(version, "1."))
		return err_setx(e, 0, "'ociVersion' is not 1.x");
	if (process == NULL)
		return err_setx(e, 0, "no 'process'");
	if (root == NULL)
		return err_setx(e, 0, "no 'root'");
	if (lin == NULL)
		return err_setx(e, 0, "no 'linux'");
	if (read_process(s, process, e) < 0)
		return err_wrap(e, "process");
	if (take_str(root, "path", &s->root_path, e) < 0 ||
		json_get_bool(root, "readonly", &s->root_readonly, e) < 0)
		return err_wrap(e, "root");
	if (s->root_path == NULL || s->root_path[0] == '\0')
		return err_setx(e, 0, "root: no 'path'");
	if (read_mounts(s, mounts, e) < 0)
		return -1;
	if (json_check_strings(annotations, "annotation", e) < 0)
		return -1;
	if (json_object_size(annotations) > 0)
		s->annotations = json_incref(annotations);
	if (read_linux(s, lin, e) < 0)
		return err_wrap(e, "linux");
	return 0;
}

int
spec_parse(struct spec *s, const void *p, size_t n, struct err *e)
{
	CLEAN_BUF struct buf text = BUF_INIT;
	CLEAN_SPEC struct spec got = { .umask = -1 };
	CLEAN_JSON json_t *j = NULL;

	memset(s, 0, sizeof(*s));
	s->umask = -1;
	if (n > JSON_MAX_BYTES)
		return err_setx(e, 0, "container configuration: larger than 4 MiB");
	swap_number(p, n, INFINITE_TEXT, TEXT(INFINITE_OURS), &text);
	if ((j = json_parse(buf_str(&text), text.len, "container configuration", e)) == NULL)
		return -1;
	if (read_spec(&got, j, e) < 0)
		return err_wrap(e, "container configuration");
	*s = got;
	memset(&got, 0, sizeof(got));
	return 0;
}
