/* SPDX-License-Identifier: ISC */
/* plan: docker's rules for what an image says and what the command line says. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/path.h"
#include "oci/config.h"
#include "oci/spec.h"
#include "plan.h"
#include "run/cgroup.h"
#include "run/run.h"
#include "run/seccomp.h"
#include "volume.h"

static bool
host_network(const struct options *o)
{
	return o->network != NULL && strcmp(o->network, "host") == 0;
}

/* --entrypoint replaces the image's and drops its command; arguments replace the command. */
static int
command(struct spec *s, const struct options *o, const struct image_config *c, struct err *e)
{
	const struct strv *rest = o->args.n > 0 || o->entrypoint != NULL ? &o->args : &c->cmd;
	size_t i;

	if (o->entrypoint == NULL)
		for (i = 0; i < c->entrypoint.n; i++)
			strv_add(&s->args, c->entrypoint.v[i]);
	else if (*o->entrypoint != '\0')
		strv_add(&s->args, o->entrypoint);
	for (i = 0; i < rest->n; i++)
		strv_add(&s->args, rest->v[i]);
	if (s->args.n == 0)
		return err_setx(e, EINVAL, "no command: the image has none, so name one behind it");
	return 0;
}

static void
unset(struct strv *env, const char *key)
{
	size_t i, k = 0, n = strlen(key);

	for (i = 0; i < env->n; i++) {
		if (strncmp(env->v[i], key, n) == 0 && env->v[i][n] == '=')
			free(env->v[i]);
		else
			env->v[k++] = env->v[i];
	}
	env->n = k;
	if (env->v != NULL)
		env->v[k] = NULL;
}

/* PATH, HOSTNAME, the image, the command line, HOME; later ones win, HOME only where nobody set it.
 */
static int
environment(struct spec *s, const struct options *o, const struct image_config *c, const char *home,
	struct err *e)
{
	size_t i;

	strv_addf(&s->env, "HOSTNAME=%s", s->hostname);
	for (i = 0; i < c->env.n; i++)
		strv_setenv(&s->env, c->env.v[i]);
	for (i = 0; i < o->env.n; i++) {
		const char *kv = o->env.v[i], *value;
		CLEAN_FREE char *full = NULL;

		if (*kv == '\0' || *kv == '=')
			return err_setx(e, EINVAL, "-e '%s': it takes NAME=VALUE or NAME", kv);
		if (strchr(kv, '=') != NULL) {
			strv_setenv(&s->env, kv);
			continue;
		}
		value = getenv(kv);
		if (value == NULL) {
			unset(&s->env, kv);
			continue;
		}
		full = xasprintf("%s=%s", kv, value);
		strv_setenv(&s->env, full);
	}
	if (strv_getenv(&s->env, "HOME") == NULL)
		strv_addf(&s->env, "HOME=%s", home);
	return 0;
}

static int
user(struct spec *s, const char *name, int root, char **home, struct err *e)
{
	struct run_user u;

	if (run_user_resolve(root, name, &u, e) < 0)
		return err_wrap(e, "user '%s'", name);
	s->uid = u.uid;
	s->gid = u.gid;
	free(s->groups);
	s->groups = u.groups;
	s->ngroups = u.ngroups;
	*home = u.home;
	return 0;
}

static int
network(struct spec *s, const struct options *o, struct err *e)
{
	char name[HOST_NAME_MAX + 1];

	if (o->network != NULL && strcmp(o->network, "none") != 0 && !host_network(o))
		return err_setx(e, EINVAL, "--network '%s': only none and host are supported yet",
			o->network);
	if (!host_network(o))
		return 0;
	spec_del_ns(s, "network");
	/* the network's name is the host's */
	if (o->hostname == NULL && gethostname(name, sizeof(name)) == 0) {
		name[sizeof(name) - 1] = '\0';
		free(s->hostname);
		s->hostname = xstrdup(name);
	}
	return 0;
}

static int
working_directory(
	struct spec *s, const struct options *o, const struct image_config *c, struct err *e)
{
	const char *dir = o->workdir != NULL ? o->workdir : c->workdir;

	if (dir == NULL || *dir == '\0')
		return 0;
	if (o->workdir != NULL && *dir != '/')
		return err_setx(e, EINVAL, "-w '%s': not an absolute path", dir);
	free(s->cwd);
	s->cwd = *dir == '/' ? path_clean(dir) : xasprintf("/%s", dir);
	return 0;
}

/* Behind the volumes of the user, who may bring his own. */
static void
etc_mounts(struct spec *s, const char *dir)
{
	static const char *const names[] = { "resolv.conf", "hostname", "hosts" };
	static const char *const words[] = { "bind", "rprivate", NULL };
	size_t i, k;

	for (i = 0; i < LEN(names); i++) {
		CLEAN_FREE char *to = xasprintf("/etc/%s", names[i]);
		CLEAN_FREE char *from = xasprintf("%s/%s", dir, names[i]);

		for (k = 0; k < s->nmounts && strcmp(s->mounts[k].destination, to) != 0; k++)
			;
		if (k == s->nmounts)
			spec_add_mount(s, to, "bind", from, words);
	}
}

static int
compare_depth(const void *a, const void *b)
{
	const struct spec_mount *x = a, *y = b;
	const char *p;
	int d = 0;

	for (p = x->destination; *p != '\0'; p++)
		d += *p == '/';
	for (p = y->destination; *p != '\0'; p++)
		d -= *p == '/';
	return d;
}

/* A mount of the default ones gives way to the user's on the same place. */
static void
drop_default(struct spec *s, size_t *first, const char *destination)
{
	size_t i;

	for (i = 0; i < *first; i++) {
		struct spec_mount *m = &s->mounts[i];

		if (strcmp(m->destination, destination) != 0)
			continue;
		free(m->destination);
		free(m->type);
		free(m->source);
		strv_free(&m->options);
		memmove(m, m + 1, (s->nmounts - i - 1) * sizeof(*m));
		s->nmounts--;
		(*first)--;
		return;
	}
}

static int
volumes(struct spec *s, const struct options *o, struct err *e)
{
	size_t first = s->nmounts, i, k;

	for (i = 0; i < o->volumes.n; i++) {
		if (volume_add(s, o->volumes.v[i], e) < 0)
			return -1;
		for (k = first; k + 1 < s->nmounts; k++)
			if (strcmp(s->mounts[k].destination,
				    s->mounts[s->nmounts - 1].destination) == 0)
				return err_setx(e, EINVAL,
					"-v '%s': there is another mount on '%s'", o->volumes.v[i],
					s->mounts[k].destination);
		drop_default(s, &first, s->mounts[s->nmounts - 1].destination);
	}
	/* an outer one does not hide an inner one */
	for (i = first + 1; i < s->nmounts; i++) {
		struct spec_mount m = s->mounts[i];

		for (k = i; k > first && compare_depth(&s->mounts[k - 1], &m) > 0; k--)
			s->mounts[k] = s->mounts[k - 1];
		s->mounts[k] = m;
	}
	return 0;
}

static bool
valid_hostname(const char *name)
{
	size_t n = strlen(name), i;

	if (n == 0 || n > 63 || name[0] == '-' || name[n - 1] == '-')
		return false;
	for (i = 0; i < n; i++)
		if (!((name[i] >= 'a' && name[i] <= 'z') || (name[i] >= 'A' && name[i] <= 'Z') ||
			    (name[i] >= '0' && name[i] <= '9') || name[i] == '-' || name[i] == '.'))
			return false;
	return true;
}

int
plan_spec(struct spec *s, const struct options *o, const struct image_config *c, int root,
	const char *id, const char *dir, struct err *e)
{
	CLEAN_FREE char *home = NULL;
	const char *who = o->user != NULL ? o->user : c->user != NULL ? c->user : "";

	spec_default(s);
	if (o->hostname != NULL && !valid_hostname(o->hostname))
		return err_setx(e, EINVAL,
			"--hostname '%s': letters, digits, '-' and '.', at most 63", o->hostname);
	s->hostname = o->hostname != NULL ? xstrdup(o->hostname) : xstrndup(id, 12);
	s->root_readonly = o->read_only;
	s->cgroups_path = xasprintf("/dk-%s", id);
	if (cgroup_v2_only())
		spec_add_ns(s, "cgroup", NULL);
	s->seccomp_text = seccomp_default_text();
	if (network(s, o, e) < 0 || command(s, o, c, e) < 0 || working_directory(s, o, c, e) < 0 ||
		user(s, who, root, &home, e) < 0 || environment(s, o, c, home, e) < 0 ||
		volumes(s, o, e) < 0)
		return -1;
	etc_mounts(s, dir);
	return 0;
}

static int
put(int dir, const char *name, const char *text, struct err *e)
{
	CLEAN_FD int fd = fd_open(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0644, e);

	if (fd < 0)
		return -1;
	/* the container's users read it, whatever our umask is */
	if (fchmod(fd, 0644) < 0 || fd_write_all(fd, text, strlen(text)) < 0)
		return err_set(e, errno, "write '%s'", name);
	return 0;
}

/* The host's file as it is; none there: nothing. */
static int
copy(int dir, const char *from, const char *name, struct err *e)
{
	CLEAN_BUF struct buf b = BUF_INIT;

	if (fd_load(AT_FDCWD, from, 1 << 20, &b, e) < 0 && e->code != ENOENT)
		return -1;
	return put(dir, name, buf_str(&b), e);
}

int
plan_etc(const struct spec *s, const struct options *o, int dir, struct err *e)
{
	CLEAN_FREE char *hostname = xasprintf("%s\n", s->hostname);
	CLEAN_FREE char *hosts = xasprintf("127.0.0.1\tlocalhost\n"
					   "::1\tlocalhost ip6-localhost ip6-loopback\n"
					   "127.0.0.1\t%s\n",
		s->hostname);

	if (put(dir, "hostname", hostname, e) < 0)
		return -1;
	if (host_network(o))
		return copy(dir, "/etc/hosts", "hosts", e) < 0
			? -1
			: copy(dir, "/etc/resolv.conf", "resolv.conf", e);
	return put(dir, "hosts", hosts, e) < 0 ? -1 : put(dir, "resolv.conf", "# no network\n", e);
}
