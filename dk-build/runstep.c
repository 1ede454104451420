/* SPDX-License-Identifier: ISC */
/*
 * runstep: RUN. The command's root is an overlay whose upper directory becomes the
 * layer. It runs in a container like dk-run's, on the host's network unless
 * told otherwise.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"
#include "oci/spec.h"
#include "run/rootfs.h"
#include "run/run.h"
#include "run/seccomp.h"

#include "build.h"
#include "clean.h"
#include "layer.h"
#include "output.h"
#include "stop.h"
#include "targets.h"

#define HOST_NAME "dk-build"
#define SCRIPT_DIR "/dev/pipes"

struct run {
	struct build *b;
	const struct instr *instr;
	struct strv argv;
	bool host_network;
	char *script_dir; /* holds the script of a here-document with #!; NULL: none */
	char *resolv_conf, *hosts; /* paths of copies */
	int root; /* the mount */
};

static void
run_free(struct run *r)
{
	strv_free(&r->argv);
	free(r->script_dir);
	free(r->resolv_conf);
	free(r->hosts);
	mem_clean_fd(&r->root);
}

/* Path of a file or directory of the writer's. */
static char *
own_path(const struct build *b, const char *name)
{
	return xasprintf("%s/tmp/%s/%s", b->store->path, b->w.id, name);
}

/* A body that begins with #! is a program of its own. */
static int
write_script(struct run *r, const char *name, const char *text, struct err *e)
{
	CLEAN_FREE char *dir_name = xasprintf("script-%d", r->b->nmade++);
	CLEAN_FD int dir = -1, fd = -1;

	if (strchr(name, '/') != NULL || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return err_setx(e, EINVAL, "here-document '%.100s': no name for a script", name);
	if (mkdirat(r->b->w.dir, dir_name, 0755) < 0)
		return err_set(e, errno, "mkdir '%s'", dir_name);
	dir = fd_opendir(r->b->w.dir, dir_name, e);
	fd = dir < 0 ? -1 : fd_open(dir, name, O_WRONLY | O_CREAT | O_EXCL, 0755, e);
	if (fd < 0)
		return -1;
	if (fd_write_all(fd, text, strlen(text)) < 0 || fchmod(fd, 0755) < 0)
		return err_set(e, errno, "write '%s'", name);
	r->script_dir = own_path(r->b, dir_name);
	strv_addf(&r->argv, SCRIPT_DIR "/%s", name);
	return 0;
}

/* What is executed: the words themselves, or the shell with the line and its here-documents. */
static int
set_argv(struct run *r, struct err *e)
{
	const struct instr *i = r->instr;
	CLEAN_BUF struct buf line = BUF_INIT;
	CLEAN_FREE char *text = NULL;
	size_t k;

	if (i->json) {
		strv_copy(&r->argv, &i->args);
		return 0;
	}
	if (i->ndocs == 1 && instr_is_heredoc(i->args.v[0])) {
		text = instr_heredoc_text(&i->docs[0]);
		if (strncmp(i->docs[0].body, "#!", 2) == 0)
			return write_script(r, i->docs[0].name, text, e);
		build_shell(r->b, text, &r->argv);
		return 0;
	}
	buf_adds(&line, i->args.v[0]);
	for (k = 0; k < i->ndocs; k++)
		buf_addf(&line, "\n%s%s", i->docs[k].body, i->docs[k].name);
	build_shell(r->b, buf_str(&line), &r->argv);
	return 0;
}

/* The host's file as a copy: the command may write to it. */
static int
copy_host_file(struct run *r, const char *host, const char *name, const char *more, char **out,
	struct err *e)
{
	CLEAN_BUF struct buf text = BUF_INIT;
	struct err absent;

	if (host != NULL && fd_load(AT_FDCWD, host, 1 << 20, &text, &absent) < 0)
		buf_clear(&text);
	if (text.len > 0 && text.data[text.len - 1] != '\n')
		buf_addc(&text, '\n');
	buf_adds(&text, more);
	if (fd_store(r->b->w.dir, r->b->w.dir, name, buf_str(&text), text.len, 0644, false, e) < 0)
		return -1;
	*out = own_path(r->b, name);
	return 0;
}

static int
make_etc(struct run *r, struct err *e)
{
	const char *names = r->host_network ? "127.0.0.1\t" HOST_NAME "\n"
					    : "127.0.0.1\tlocalhost " HOST_NAME
					      "\n::1\tlocalhost ip6-localhost ip6-loopback\n";

	if (copy_host_file(r, r->host_network ? "/etc/hosts" : NULL, "hosts", names, &r->hosts, e) <
		0)
		return -1;
	return copy_host_file(r, "/etc/resolv.conf", "resolv.conf", "", &r->resolv_conf, e);
}

/* HTTP_PROXY and its like may be given without an ARG; then RUN alone sees them, in both cases. */
static void
add_proxies(const struct build *b, struct strv *env)
{
	static const char *const names[][2] = { { "HTTP_PROXY", "http_proxy" },
		{ "HTTPS_PROXY", "https_proxy" }, { "FTP_PROXY", "ftp_proxy" },
		{ "NO_PROXY", "no_proxy" }, { "ALL_PROXY", "all_proxy" } };
	const char *value;
	size_t k, c;

	for (k = 0; k < LEN(names); k++) {
		value = strv_getenv(b->build_args, names[k][0]);
		if (value == NULL)
			value = strv_getenv(b->build_args, names[k][1]);
		for (c = 0; c < 2 && value != NULL; c++) {
			CLEAN_FREE char *kv = xasprintf("%s=%s", names[k][c], value);

			if (strv_getenv(env, names[k][c]) == NULL)
				strv_add(env, kv);
		}
	}
}

static void
drop_net_sysctls(struct spec *s)
{
	CLEAN_STRV struct strv old = s->sysctl;
	size_t k;

	s->sysctl = (struct strv){ NULL, 0 };
	for (k = 0; k < old.n; k++)
		if (!str_starts(old.v[k], "net."))
			strv_add(&s->sysctl, old.v[k]);
}

static int
make_spec(struct run *r, struct spec *s, struct err *e)
{
	static const char *const script_options[] = { "rbind", "ro", NULL };
	struct build *b = r->b;
	struct run_user user;

	if (run_user_resolve(r->root, b->config.user != NULL ? b->config.user : "", &user, e) < 0)
		return -1;
	spec_default(s);
	s->uid = user.uid;
	s->gid = user.gid;
	s->groups = user.groups;
	s->ngroups = user.ngroups;
	strv_copy(&s->args, &r->argv);
	strv_copy(&s->env, &b->env);
	add_proxies(b, &s->env);
	if (strv_getenv(&s->env, "HOME") == NULL)
		strv_addf(&s->env, "HOME=%s", user.home);
	free(user.home);
	free(s->cwd);
	s->cwd = xstrdup(b->config.workdir != NULL ? b->config.workdir : "/");
	s->hostname = xstrdup(HOST_NAME);
	s->seccomp_text = seccomp_default_text();
	if (r->host_network) {
		spec_del_ns(s, "network");
		drop_net_sysctls(s);
	}
	if (r->script_dir != NULL)
		spec_add_mount(s, SCRIPT_DIR, "bind", r->script_dir, script_options);
	return 0;
}

/* A work directory serves one volatile mount. */
static int
mount_over(struct run *r, int upper, const struct strv *lowers, char **work, struct err *e)
{
	CLEAN_FREE char *name = xasprintf("work-%d", r->b->nmade++);
	CLEAN_FD int fd = -1;
	struct rootfs_opts o = { .lowers = lowers, .upper = upper, .is_volatile = true };

	if (mkdirat(r->b->w.dir, name, 0700) < 0)
		return err_set(e, errno, "mkdir '%s'", name);
	*work = steal_ptr(&name);
	fd = fd_opendir(r->b->w.dir, *work, e);
	if (fd < 0)
		return -1;
	o.work = fd;
	r->root = rootfs_mount(r->b->store, &o, e);
	return r->root < 0 ? -1 : 0;
}

static void
unmount(struct run *r, char **work)
{
	struct err ignored; /* goes with the writer */

	mem_clean_fd(&r->root);
	r->root = -1;
	if (*work != NULL)
		(void)fd_rmtree(r->b->w.dir, *work, &ignored);
	free(*work);
	*work = NULL;
}

/* The root with all mount points in it; those the image lacks come from a layer that is not the
 * image's. */
static int
mount_root(struct run *r, int upper, char **work, struct err *e)
{
	const struct target targets[] = {
		{ "proc", true },
		{ "dev", true },
		{ "sys", true },
		{ "etc/resolv.conf", false },
		{ "etc/hosts", false },
	};
	CLEAN_STRV struct strv lowers = { NULL, 0 };
	CLEAN_FREE char *extra = NULL;
	size_t k;
	int there;

	if (mount_over(r, upper, &r->b->lowers, work, e) < 0)
		return -1;
	there = targets_there(r->root, targets, LEN(targets), e);
	if (there != 0)
		return there < 0 ? -1 : 0;
	unmount(r, work);
	if (targets_make(r->b, targets, LEN(targets), &extra, e) < 0)
		return -1;
	strv_add(&lowers, extra);
	for (k = 0; k < r->b->lowers.n; k++)
		strv_add(&lowers, r->b->lowers.v[k]);
	return mount_over(r, upper, &lowers, work, e);
}

/* -1: it could not be run; else its exit status. */
static int
run_command(struct run *r, int upper, struct err *e)
{
	CLEAN_SPEC struct spec spec = { .umask = -1 };
	CLEAN_OUTPUT struct output out = OUTPUT_INIT;
	char *work = NULL, id[65];
	sigset_t before;
	int code = 0, ret = -1;

	str_random_hex(32, id);
	if (mount_root(r, upper, &work, e) == 0 && make_spec(r, &spec, e) == 0 &&
		output_open(&out, r->b->quiet, e) == 0) {
		const struct run_opts o = {
			.spec = &spec,
			.id = id,
			.rootfs = r->root,
			.in = -1,
			.out = out.fd,
			.err = out.fd,
			.resolv_conf = r->resolv_conf,
			.hosts = r->hosts,
		};

		ret = stop_hold(&before, e);
		if (ret == 0)
			ret = run_container(&o, &code, e);
		stop_release(&before);
		output_close(&out, ret < 0 || code != 0);
	}
	unmount(r, &work);
	return ret < 0 ? -1 : code;
}

static int
lower_mount(void *arg, int *r, struct err *e)
{
	return layer_lower_mount(arg, r, e);
}

/* RUN |2 A=1 B= /bin/sh -c ... # buildkit */
static void
history_text(const struct run *r, struct buf *out)
{
	const struct strv *args = &r->b->args;
	size_t k;

	buf_adds(out, "RUN");
	if (args->n > 0)
		buf_addf(out, " |%zu", args->n);
	for (k = 0; k < args->n; k++) {
		CLEAN_FREE char *key = xstrndup(args->v[k], strcspn(args->v[k], "="));
		const char *value = strv_getenv(&r->b->env, key);

		buf_addf(out, " %s=%s", key, value != NULL ? value : "");
	}
	for (k = 0; k < r->argv.n; k++)
		buf_addf(out, " %s", r->argv.v[k]);
	buf_adds(out, " # buildkit");
}

static int
run_in_layer(struct run *r, struct err *e)
{
	const struct clean c = { lower_mount, r->b };
	CLEAN_LAYER struct layer l = { .dir = LAYER_NEW_INIT };
	CLEAN_BUF struct buf history = BUF_INIT;
	int code;

	if (set_argv(r, e) < 0 || make_etc(r, e) < 0 || layer_open(&l, r->b, e) < 0)
		return -1;
	code = run_command(r, l.dir.fs, e);
	if (stop_check(e) < 0)
		return -1;
	if (code != 0) {
		if (code > 0)
			err_setx(e, 0, "exit status %d", code);
		return err_wrap(
			e, "%.72s%s", r->instr->text, strlen(r->instr->text) > 72 ? "..." : "");
	}
	if (clean_upper(l.dir.fs, &c, e) < 0)
		return -1;
	history_text(r, &history);
	return layer_take(&l, buf_str(&history), e);
}

int
runstep(struct build *b, const struct instr *i, struct err *e)
{
	const char *network = instr_flag(i, "network");
	struct run r = { .b = b, .instr = i, .root = -1 };
	int ret;

	r.host_network = network == NULL || strcmp(network, "none") != 0;
	ret = run_in_layer(&r, e);
	run_free(&r);
	return ret;
}
