/* SPDX-License-Identifier: ISC */
/*
 * ctrmake.c: making a container. Order: the run-time lock is held before
 * ctr/ID shows, ctr/ID is complete when it shows, and the name comes last, so a
 * link in names/ that leads nowhere always is of a container that is gone.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/fmt.h"
#include "base/mem.h"
#include "ctrfile.h"
#include "names.h"
#include "paths.h"

#define TRIES 20 /* generated names */

static int
name_in_use(struct store *s, const char *name, struct err *e)
{
	char id[65];
	int r = name_get(s, name, id, e);

	if (r == 1)
		err_setx(e, EEXIST, "the name '%s' is in use by container %.12s", name, id);
	else if (r == 0) /* it went meanwhile */
		err_setx(e, EEXIST, "the name '%s' is in use", name);
	return -1;
}

static int
choose_name(struct store *s, struct ctr_conf *conf, unsigned int try, struct err *e)
{
	char name[64], id[65];
	int r;

	if (conf->name == NULL) {
		name_generate(try, name);
		conf->name = xstrdup(name);
		return 0;
	}
	if (!name_is_valid(conf->name))
		return err_setx(e, EINVAL,
			"bad container name '%s': only [a-zA-Z0-9][a-zA-Z0-9_.-]+ is allowed",
			conf->name);
	if ((r = name_get(s, conf->name, id, e)) != 0)
		return r < 0 ? -1 : name_in_use(s, conf->name, e);
	return 0;
}

static int
make_dirs(struct writer *w, int dir, bool removed, struct err *e)
{
	static const struct {
		const char *name;
		mode_t mode;
	} v[] = { { "upper", 0755 }, { "work", 0700 }, { "rootfs", 0755 } };
	size_t i;

	/* one that goes when it ends is never mounted for the host */
	for (i = 0; i < (removed ? LEN(v) - 1 : LEN(v)); i++) {
		if (renameat(w->dir, v[i].name, dir, v[i].name) == 0)
			continue;
		if (mkdirat(dir, v[i].name, v[i].mode) < 0 ||
			fchmodat(dir, v[i].name, v[i].mode, 0) < 0)
			return err_set(e, errno, "mkdir '%s'", v[i].name);
	}
	return 0;
}

static int
write_conf(const struct ctr *c, const struct ctr_conf *conf, struct err *e)
{
	CLEAN_BUF struct buf b = BUF_INIT;

	ctr_conf_write(conf, &b);
	return fd_store(c->dir, c->dir, "container.json", b.data, b.len, 0644, !conf->remove, e);
}

/* Nobody sees the directory yet: no need to rename. */
static int
put_file(int dir, const char *name, const void *p, size_t n, bool sync, struct err *e)
{
	CLEAN_FD int fd = fd_open(dir, name, O_WRONLY | O_CREAT | O_EXCL, 0644, e);

	if (fd < 0)
		return -1;
	if (fd_write_all(fd, p, n) < 0 || (sync && fsync(fd) < 0))
		return err_set(e, errno, "write '%s'", name);
	return 0;
}

/* All of ctr/ID, still in the writer's directory. */
static int
fill(struct writer *w, struct ctr *c, const struct ctr_conf *conf, const void *spec, size_t nspec,
	struct err *e)
{
	static const char created[] = "status=created\nexit=0\n";
	CLEAN_BUF struct buf b = BUF_INIT;

	ctr_conf_write(conf, &b);
	if (make_dirs(w, c->dir, conf->remove, e) < 0 ||
		put_file(c->dir, "config.json", spec, nspec, !conf->remove, e) < 0 ||
		put_file(c->dir, "container.json", b.data, b.len, !conf->remove, e) < 0 ||
		put_file(c->dir, "state", created, sizeof(created) - 1, false, e) < 0)
		return -1;
	if (!conf->remove && fsync(c->dir) < 0)
		return err_set(e, errno, "sync container %.12s", c->id);
	return 0;
}

/* gc removes run-time directories that nobody holds and no container has: not while we are about
 * to. */
static int
take_lock(struct ctr *c, struct err *e)
{
	CLEAN_FD int lock = store_lock(c->store, false, e);

	return lock < 0 ? -1 : ctr_take_lock(c, e);
}

static int
show(struct writer *w, const char *tmp, const struct ctr *c, const struct ctr_conf *conf,
	struct err *e)
{
	char path[80];
	int r;

	snprintf(path, sizeof(path), "ctr/%s", c->id);
	if ((r = path_place(w, tmp, path, e)) != 1)
		return r < 0 ? -1 : err_set(e, EEXIST, "'%s'", path);
	return conf->remove ? 0 : fd_sync_parent(w->store->dir, path, e);
}

static int
claim(struct ctr *c, struct ctr_conf *conf, bool generated, struct err *e)
{
	unsigned int i;
	int r;

	for (i = 1;; i++) {
		if ((r = name_claim(c->store, conf->name, c->id, e)) != 0)
			return r < 0 ? -1 : 0;
		if (!generated || i == TRIES)
			return name_in_use(c->store, conf->name, e);
		free(conf->name);
		conf->name = NULL;
		if (choose_name(c->store, conf, i, e) < 0 || write_conf(c, conf, e) < 0)
			return -1;
	}
}

int
ctr_create(struct writer *w, struct ctr_conf *conf, const void *spec, size_t nspec, struct ctr *out,
	struct err *e)
{
	bool generated = conf->name == NULL;
	char tmp[24] = "ctr-", when[40];
	struct err ignored;

	*out = (struct ctr)CTR_INIT;
	if (choose_name(w->store, conf, 0, e) < 0)
		return -1;
	if (conf->id[0] == '\0')
		str_random_hex(32, conf->id);
	if (conf->created == NULL) {
		struct timespec now;

		clock_gettime(CLOCK_REALTIME, &now);
		conf->created = xstrdup(fmt_rfc3339(now, when));
	}
	out->store = w->store;
	memcpy(out->id, conf->id, sizeof(out->id));
	str_random_hex(8, tmp + 4);
	if (mkdirat(w->dir, tmp, 0700) < 0) {
		err_set(e, errno, "make a container in '%s'", w->store->path);
		ctr_close(out);
		return -1;
	}
	if ((out->dir = fd_opendir(w->dir, tmp, e)) < 0 || fill(w, out, conf, spec, nspec, e) < 0 ||
		take_lock(out, e) < 0 || show(w, tmp, out, conf, e) < 0 ||
		claim(out, conf, generated, e) < 0) {
		(void)ctr_remove(out, &ignored);
		(void)fd_rmtree(w->dir, tmp, &ignored);
		ctr_close(out);
		return -1;
	}
	return 0;
}
