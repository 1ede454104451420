/* SPDX-License-Identifier: ISC */
/* life: the monitor's side of dk-store(5): ctr/ID, state, pid, events. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/fmt.h"
#include "base/mem.h"
#include "base/proc.h"
#include "life.h"
#include "oci/spec.h"
#include "run/rootfs.h"
#include "run/run.h"
#include "store/events.h"
#include "store/layerdir.h"

/* Layers that are absent, or of an earlier boot and not synced: dk-mount has the unpacker, we do
 * not. */
static int
unpack(struct life *l, struct err *e)
{
	const struct image *i = l->image;
	CLEAN_FREE char *tool = proc_tool("dk-mount");
	CLEAN_FREE char *id = xstrdup(i->id.str);
	char flag[] = "--unpack-only";
	char *argv[] = { tool, flag, id, NULL };
	CLEAN_FD int null = fd_open(AT_FDCWD, "/dev/null", O_WRONLY, 0, e);
	pid_t pid;
	int code;

	if (null < 0)
		return -1;
	pid = proc_spawn(argv, -1, null, -1, e);
	if (pid < 0)
		return err_wrap(e, "layers of %s have to be unpacked first", i->id.str);
	code = proc_wait(pid, e);
	if (code < 0)
		return -1;
	l->said = code != 0;
	return code == 0 ? 0 : err_setx(e, 0, "layers of %s could not be unpacked", i->id.str);
}

/* The overlay's lower directories; the layers are announced first, so that nobody removes them. */
static int
lowers(struct life *l, struct strv *v, struct err *e)
{
	const struct image_config *c = &l->image->config;
	size_t i;

	for (i = 0; i < c->ndiff_ids; i++)
		if (writer_want_layer(&l->writer, &c->diff_ids[i], e) < 0)
			return -1;
	if (layer_chain(&l->writer, c->diff_ids, c->ndiff_ids, v, e) == 0)
		return 0;
	strv_free(v);
	if (e->code != ENOENT || unpack(l, e) < 0)
		return -1;
	return layer_chain(&l->writer, c->diff_ids, c->ndiff_ids, v, e);
}

static int
make_dir(int dir, const char *name, mode_t mode, struct err *e)
{
	if (mkdirat(dir, name, mode) < 0)
		return err_set(e, errno, "mkdir '%s'", name);
	return fd_opendir(dir, name, e);
}

/* Mounted while upper and work are in tmp/, as the user is looked up in it before ctr/ID can be
 * written; ctr_create() takes them. */
static int
mount_root(struct life *l, struct err *e)
{
	CLEAN_STRV struct strv v = { NULL, 0 };
	CLEAN_FD int upper = -1;
	CLEAN_FD int work = -1;
	struct rootfs_opts o = { .lowers = &v, .is_volatile = l->o->rm };

	if (lowers(l, &v, e) < 0)
		return -1;
	o.upper = upper = make_dir(l->writer.dir, "upper", 0755, e);
	o.work = work = make_dir(l->writer.dir, "work", 0700, e);
	if (upper < 0 || work < 0 || rootfs_init_upper(l->store, &v, upper, e) < 0)
		return -1;
	l->rootfs = rootfs_mount(l->store, &o, e);
	return l->rootfs < 0 ? -1 : 0;
}

static void
event(const struct life *l, const char *action, const char *extra)
{
	CLEAN_FREE char *image = xasprintf("image=%s", l->image_name);
	CLEAN_FREE char *name = xasprintf("name=%s", l->conf.name);
	const char *kv[] = { image, name, extra, NULL };

	event_log(l->store, "container", action, l->conf.id, kv);
}

static void
conf_fill(struct life *l, const struct spec *s)
{
	const struct image_config *c = &l->image->config;
	const char *key;
	json_t *value;

	l->conf.name = l->o->name != NULL ? xstrdup(l->o->name) : NULL;
	l->conf.image = xstrdup(l->image_name);
	l->conf.manifest = l->image->id;
	l->conf.ndiff_ids = c->ndiff_ids;
	l->conf.diff_ids = xcalloc(c->ndiff_ids + 1, sizeof(*l->conf.diff_ids));
	if (c->ndiff_ids > 0)
		memcpy(l->conf.diff_ids, c->diff_ids, c->ndiff_ids * sizeof(*c->diff_ids));
	strv_copy(&l->conf.command, &s->args);
	json_object_foreach (c->labels, key, value)
		if (json_is_string(value))
			strv_addf(&l->conf.labels, "%s=%s", key, json_string_value(value));
	l->conf.remove = l->o->rm;
}

int
life_create(struct life *l, struct spec *s, struct err *e)
{
	CLEAN_BUF struct buf json = BUF_INIT;
	CLEAN_FREE char *dir = NULL;

	if (writer_open(&l->writer, l->store, e) < 0 || mount_root(l, e) < 0)
		return -1;
	str_random_hex(32, l->conf.id);
	/* what does not outlive the container is on a tmpfs */
	dir = xasprintf("%s/ctr/%s", l->o->rm ? l->store->run_path : l->store->path, l->conf.id);
	if (plan_spec(s, l->o, &l->image->config, l->rootfs, l->conf.id, dir, e) < 0)
		return -1;
	conf_fill(l, s);
	spec_write(s, &json);
	if (ctr_create(&l->writer, &l->conf, json.data, json.len, &l->ctr, e) < 0)
		return -1;
	event(l, "create", NULL);
	if (plan_etc(s, l->o, l->o->rm ? l->ctr.run : l->ctr.dir, e) < 0)
		return -1;
	/* what it needs from the store, ctr/ID says now */
	writer_close(&l->writer);
	return 0;
}

static void
now(char out[40])
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	fmt_rfc3339(t, out);
}

static int
started(void *arg, pid_t pid, struct err *e)
{
	struct life *l = arg;

	l->state.status = CTR_RUNNING;
	l->state.pid = pid;
	now(l->state.started);
	if (ctr_write_pid(&l->ctr, pid, e) < 0 || ctr_write_state(&l->ctr, &l->state, e) < 0)
		return -1;
	event(l, "start", NULL);
	return 0;
}

static void
ended(struct life *l, int code, const struct err *why)
{
	CLEAN_FREE char *exit_code = xasprintf("exitCode=%d", code);
	struct err ignored;

	if (l->state.status == CTR_RUNNING) {
		l->state.status = CTR_EXITED;
		now(l->state.finished);
	}
	l->state.pid = 0;
	l->state.exit_code = code;
	if (why != NULL)
		snprintf(l->state.error, sizeof(l->state.error), "%.*s",
			(int)sizeof(l->state.error) - 1, why->msg);
	if (!l->o->rm)
		(void)ctr_write_state(&l->ctr, &l->state, &ignored);
	if (l->state.status == CTR_EXITED)
		event(l, "die", exit_code);
}

static int
destroy(struct life *l, struct err *e)
{
	if (!l->o->rm || l->ctr.dir < 0)
		return 0;
	if (ctr_remove(&l->ctr, e) < 0)
		return -1;
	event(l, "destroy", NULL);
	return 0;
}

int
life_run(struct life *l, const struct spec *s, int *code, struct err *e)
{
	struct run_opts r = {
		.spec = s,
		.id = l->conf.id,
		.rootfs = l->rootfs,
		.in = l->o->interactive ? STDIN_FILENO : -1,
		.out = STDOUT_FILENO,
		.err = STDERR_FILENO,
		.forward_signals = true,
		.started = started,
		.arg = l,
	};

	if (run_container(&r, code, e) < 0)
		return -1;
	ended(l, *code, NULL);
	return destroy(l, e);
}

void
life_failed(struct life *l, int code, const struct err *e)
{
	struct err ignored;

	if (l->ctr.dir >= 0) {
		ended(l, code, e);
		(void)destroy(l, &ignored);
	}
	writer_close(&l->writer);
}

void
life_detach(struct life *l)
{
	if (l->rootfs < 0 || l->o->rm)
		return;
	/* first the lock, which a child would hold on to while we are gone */
	ctr_close(&l->ctr);
	if (fork() != 0)
		return;
	/* our end is what the caller waits for; the child has nothing of his */
	close(STDIN_FILENO);
	close(STDOUT_FILENO);
	close(STDERR_FILENO);
	_exit(0);
}
