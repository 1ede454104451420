/* SPDX-License-Identifier: ISC */
/*
 * dk-run: makes a container of an image and runs a command in it. Without -t
 * and -d this process is the container's monitor: it holds its lock, writes its
 * state, forwards signals and ends with its exit status.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/opt.h"
#include "base/proc.h"
#include "life.h"
#include "oci/ref.h"
#include "oci/spec.h"
#include "run/run.h"

enum { OPT_RM = 256, OPT_NAME, OPT_ENTRYPOINT, OPT_NETWORK, OPT_READ_ONLY, OPT_CIDFILE };

static const struct opt opts[] = {
	{ "cidfile", OPT_CIDFILE, "FILE",
		"write the container's ID to FILE, which must not exist" },
	{ "entrypoint", OPT_ENTRYPOINT, "PROGRAM",
		"run PROGRAM in place of the image's entrypoint and command" },
	{ "env", 'e', "NAME[=VALUE]", "set an environment variable, or pass ours on" },
	{ "hostname", 'h', "NAME", "the container's host name (its ID's first 12 digits)" },
	{ "interactive", 'i', NULL, "pass standard input on; else it is empty" },
	{ "name", OPT_NAME, "NAME", "the container's name (a made-up one)" },
	{ "network", OPT_NETWORK, "none|host",
		"none: loopback only (default); host: the host's network" },
	{ "net", OPT_NETWORK, "none|host", NULL },
	{ "read-only", OPT_READ_ONLY, NULL, "the root file system cannot be written to" },
	{ "rm", OPT_RM, NULL, "remove the container when it has ended" },
	{ "user", 'u', "USER[:GROUP]", "run as USER, a name in the image or a number" },
	{ "volume", 'v', "SRC:DST[:ro]",
		"the host's directory or file SRC is DST in the container" },
	{ "workdir", 'w', "DIR", "working directory; made if it is missing" },
	{ NULL, 0, NULL, NULL },
};

static const struct opt_cmd cmd = {
	.synopsis =
		"[-i] [--rm] [--read-only] [--name NAME] [-e NAME[=VALUE]] [-h NAME] [-u USER]\n"
		"[-v SRC:DST[:ro]] [-w DIR] [--cidfile FILE] [--entrypoint PROGRAM]\n"
		"[--network none|host] IMAGE [COMMAND [ARGUMENT ...]]",
	.about = "Makes a container of an image and runs a command in it.",
	.opts = opts,
	.usage_status = RUN_OWN,
};

static void
parse(int argc, char **argv, struct options *o, const char **image)
{
	int c;

	while ((c = opt_next(argc, argv, &cmd)) != -1) {
		switch (c) {
		case OPT_RM:
			o->rm = true;
			break;
		case OPT_NAME:
			o->name = optarg;
			break;
		case OPT_ENTRYPOINT:
			o->entrypoint = optarg;
			break;
		case OPT_NETWORK:
			o->network = optarg;
			break;
		case OPT_READ_ONLY:
			o->read_only = true;
			break;
		case OPT_CIDFILE:
			o->cidfile = optarg;
			break;
		case 'e':
			strv_add(&o->env, optarg);
			break;
		case 'h':
			o->hostname = optarg;
			break;
		case 'i':
			o->interactive = true;
			break;
		case 'u':
			o->user = optarg;
			break;
		case 'v':
			strv_add(&o->volumes, optarg);
			break;
		case 'w':
			o->workdir = optarg;
			break;
		}
	}
	if (optind == argc)
		opt_usage(&cmd, "which image?");
	*image = argv[optind++];
	for (; optind < argc; optind++)
		strv_add(&o->args, argv[optind]);
}

/* dk-pull says on stderr what it does and why it fails. */
static int
pull(struct life *l, const char *name, struct err *e)
{
	CLEAN_FREE char *tool = proc_tool("dk-pull");
	CLEAN_FREE char *copy = xstrdup(name);
	CLEAN_FREE char *full = NULL;
	CLEAN_FD int null = fd_open(AT_FDCWD, "/dev/null", O_WRONLY, 0, e);
	char *argv[] = { tool, copy, NULL };
	struct ref ref;
	pid_t pid;
	int code;

	if (null < 0 || ref_parse(&ref, name, e) < 0)
		return -1;
	full = ref_familiar(&ref);
	fprintf(stderr, "Unable to find image '%s' locally\n", full);
	pid = proc_spawn(argv, -1, null, -1, e);
	if (pid < 0 || (code = proc_wait(pid, e)) < 0)
		return -1;
	l->said = code != 0;
	return code == 0 ? 0 : err_setx(e, 0, "image '%s' could not be pulled", full);
}

static int
find_image(struct life *l, const char *name, struct image *i, struct err *e)
{
	int r = image_find(l->store, name, NULL, i, e);

	if (r != 0)
		return r < 0 ? -1 : 0;
	if (pull(l, name, e) < 0)
		return -1;
	return image_find(l->store, name, NULL, i, e) == 1 ? 0 : -1;
}

/* Made empty at first: it fails early where there is one. */
static int
open_cidfile(const char *path, struct err *e)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	if (fd < 0 && errno == EEXIST)
		return err_setx(e, EEXIST,
			"--cidfile: '%s' exists; remove it if its container is gone", path);
	return fd < 0 ? err_set(e, errno, "--cidfile '%s'", path) : fd;
}

/* A signal that comes before the container runs would leave half of one; it is taken when the
 * container is there. */
static void
block_signals(void)
{
	static const int v[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	sigset_t set;
	size_t i;

	sigemptyset(&set);
	for (i = 0; i < LEN(v); i++)
		sigaddset(&set, v[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

static int
run(struct life *l, const char *image_name, struct image *image, int *code, struct err *e)
{
	CLEAN_SPEC struct spec s = { 0 };
	CLEAN_FD int cid = -1;
	int r;

	*code = RUN_OWN;
	if (find_image(l, image_name, image, e) < 0)
		return -1;
	if (l->o->cidfile != NULL && (cid = open_cidfile(l->o->cidfile, e)) < 0)
		return -1;
	block_signals();
	r = life_create(l, &s, e);
	if (r == 0 && cid >= 0 && fd_write_all(cid, l->conf.id, strlen(l->conf.id)) < 0)
		r = err_set(e, errno, "--cidfile '%s'", l->o->cidfile);
	if (r < 0 && cid >= 0)
		unlink(l->o->cidfile);
	if (r == 0)
		r = life_run(l, &s, code, e);
	if (r < 0)
		life_failed(l, *code, e);
	life_detach(l);
	return r;
}

int
main(int argc, char **argv)
{
	struct options o = { 0 };
	struct store store = STORE_INIT;
	struct image image = { 0 };
	struct life l = { .store = &store,
		.writer = WRITER_INIT,
		.o = &o,
		.image = &image,
		.ctr = CTR_INIT,
		.rootfs = -1 };
	struct err e;
	int code;

	msg_init(argv[0]);
	parse(argc, argv, &o, &l.image_name);
	if (store_open(&store, &e) < 0)
		die_err(RUN_OWN, &e);
	if (!store.privileged)
		die(RUN_OWN, "needs root: running without it is not supported yet");
	if (run(&l, l.image_name, &image, &code, &e) < 0 && !l.said)
		warn_err(&e);
	return code;
}
