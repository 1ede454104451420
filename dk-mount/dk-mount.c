/* SPDX-License-Identifier: ISC */
/*
 * dk-mount: makes the root file system of a container or an image visible to
 * the host and prints where. Of a container that is at rest it is writable: with
 * it ctr/ID is a complete OCI bundle, which another runtime can run.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/opt.h"
#include "layer/unpack.h"
#include "run/rootfs.h"
#include "store/ctr.h"
#include "store/ctrfile.h"
#include "store/image.h"
#include "store/layerdir.h"
#include "store/mnt.h"
#include "store/store.h"

enum { OPT_UNPACK = 256 };

static const struct opt opts[] = {
	{ "unpack-only", OPT_UNPACK, NULL, "make the layers of images ready, mount nothing" },
	{ NULL, 0, NULL, NULL },
};

static const struct opt_cmd cmd = {
	.synopsis = "[--unpack-only] IMAGE|CONTAINER ...",
	.about = "Mounts root file systems and prints where.",
	.opts = opts,
	.usage_status = 2,
};

/* The overlay's lower directories. */
static int
lowers(struct writer *w, const struct digest *ids, size_t n, struct strv *v, struct err *e)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (writer_want_layer(w, &ids[i], e) < 0)
			return -1;
	return layer_chain(w, ids, n, v, e);
}

static int
unpack(struct writer *w, const struct image *i, struct err *e)
{
	CLEAN_UNPACKD struct unpackd d = UNPACKD_INIT;
	size_t k;
	int r;

	for (k = 0; k < i->config.ndiff_ids; k++) {
		r = writer_want_layer(w, &i->config.diff_ids[k], e);
		if (r == 1)
			r = layer_get(w->store, &i->config.diff_ids[k], NULL, e);
		if (r < 0)
			return -1;
		if (r != 1) /* not there, or not to be trusted */
			break;
	}
	if (k == i->config.ndiff_ids)
		return 0;
	return unpackd_open(&d, e) < 0 ? -1 : unpack_image(w, &d, i, e);
}

static int
attach(struct store *s, struct rootfs_opts *o, const char *path, struct err *e)
{
	CLEAN_FD int mnt = rootfs_mount(s, o, e);

	return mnt < 0 ? -1 : rootfs_attach(mnt, AT_FDCWD, path, e);
}

/* Prints where it is; what was mounted for it goes again where that cannot be told. */
static int
tell(const char *path, bool mounted, struct err *e)
{
	if (puts(path) >= 0 && fflush(stdout) == 0)
		return 0;
	err_set(e, errno, "standard output");
	clearerr(stdout); /* it has been told */
	if (mounted)
		(void)umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW);
	return -1;
}

static int
mount_image(struct store *s, const struct image *i, bool unpack_only, struct err *e)
{
	CLEAN_WRITER struct writer w = WRITER_INIT;
	CLEAN_FREE char *path = mnt_path_image(s, &i->id);
	CLEAN_STRV struct strv v = { NULL, 0 };
	CLEAN_FD int lock = -1;
	struct rootfs_opts o = { .lowers = &v, .upper = -1, .work = -1, .readonly = true };
	int r;

	if (writer_open(&w, s, e) < 0 || unpack(&w, i, e) < 0)
		return -1;
	if (unpack_only)
		return tell(i->id.str, false, e);
	if (store_run_dir(s, e) < 0 || fd_mkdirs(s->run, "mnt", 0700, e) < 0 ||
		fd_mkdirs(AT_FDCWD, path, 0700, e) < 0)
		return -1;
	lock = fd_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0, e);
	if (lock < 0)
		return -1;
	if (flock(lock, LOCK_EX) < 0)
		return err_set(e, errno, "lock '%s'", path);
	r = mnt_is_mounted(path, e);
	if (r == 0 &&
		(lowers(&w, i->config.diff_ids, i->config.ndiff_ids, &v, e) < 0 ||
			attach(s, &o, path, e) < 0))
		return -1;
	return r < 0 ? -1 : tell(path, r == 0, e);
}

/* At rest: its overlay, writable. The lock keeps it at rest until it is mounted. 1 it is now, 0 it
 * was already, -1. */
static int
mount_stopped(struct ctr *c, const char *path, struct err *e)
{
	CLEAN_CTR_CONF struct ctr_conf conf = { 0 };
	CLEAN_WRITER struct writer w = WRITER_INIT;
	CLEAN_STRV struct strv v = { NULL, 0 };
	CLEAN_FD int upper = -1;
	CLEAN_FD int work = -1;
	struct rootfs_opts o = { .lowers = &v };
	int r;

	if (ctr_take_lock(c, e) < 0)
		return -1;
	r = mnt_is_mounted(path, e);
	if (r != 0)
		return r < 0 ? -1 : 0;
	/* left of dk-run --rm, it has none */
	if (mkdirat(c->dir, "rootfs", 0755) < 0 && errno != EEXIST)
		return err_set(e, errno, "mkdir '%s'", path);
	if (ctr_read_conf(c, &conf, e) < 0 || writer_open(&w, c->store, e) < 0 ||
		lowers(&w, conf.diff_ids, conf.ndiff_ids, &v, e) < 0)
		return -1;
	o.upper = upper = fd_opendir(c->dir, "upper", e);
	if (upper < 0)
		return -1;
	o.work = work = fd_opendir(c->dir, "work", e);
	return work < 0 || attach(c->store, &o, path, e) < 0 ? -1 : 1;
}

static int
mount_ctr(struct ctr *c, struct err *e)
{
	CLEAN_FREE char *path = mnt_path_ctr(c);
	struct ctr_state st;
	int mounted = 0;

	if (ctr_status(c, &st, e) < 0)
		return -1;
	if (st.status == CTR_DEAD)
		return err_setx(e, EBUSY,
			"it has lost its monitor but not its processes: dk-rm -f ends it");
	if (st.status == CTR_RUNNING) {
		/* an upper directory is never mounted twice: as its own processes see it */
		free(path);
		path = xasprintf("/proc/%d/root", (int)st.pid);
	} else if ((mounted = mount_stopped(c, path, e)) < 0) {
		return -1;
	}
	return tell(path, mounted == 1, e);
}

static int
mount_one(struct store *s, const char *name, bool unpack_only, struct err *e)
{
	CLEAN_CTR struct ctr c = CTR_INIT;
	CLEAN_IMAGE struct image i = { 0 };
	int r = unpack_only ? 0 : ctr_find(s, name, &c, e);

	if (r < 0)
		return -1;
	if (r == 1)
		return mount_ctr(&c, e);
	r = image_find(s, name, NULL, &i, e);
	if (r == 0 && !unpack_only)
		return err_setx(e, ENOENT, "no such container or image in the store");
	if (r != 1 || mount_image(s, &i, unpack_only, e) < 0)
		return -1;
	layer_sync_later(s, i.config.diff_ids, i.config.ndiff_ids);
	return 0;
}

int
main(int argc, char **argv)
{
	struct store s = STORE_INIT;
	struct err e;
	bool unpack_only = false;
	int c, ret = 0;

	msg_init(argv[0]);
	while ((c = opt_next(argc, argv, &cmd)) != -1)
		if (c == OPT_UNPACK)
			unpack_only = true;
	if (optind == argc)
		opt_usage(&cmd, "which image or container?");
	if (store_open(&s, &e) < 0)
		die_err(1, &e);
	if (!s.privileged)
		die(1, "needs root: mounting without it is not supported yet");
	for (; optind < argc; optind++) {
		if (mount_one(&s, argv[optind], unpack_only, &e) < 0) {
			err_wrap(&e, "%s", argv[optind]);
			warn_err(&e);
			ret = 1;
		}
	}
	msg_fshut(1);
	return ret;
}
