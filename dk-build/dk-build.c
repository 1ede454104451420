/* SPDX-License-Identifier: ISC */
/* dk-build: an image from a Dockerfile and a build context */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/opt.h"
#include "oci/ref.h"
#include "run/cgroup.h"
#include "store/gc.h"
#include "store/layerdir.h"
#include "store/tag.h"

#include "build.h"
#include "stop.h"

enum { OPT_BUILD_ARG = 256 };

static const struct opt opts[] = {
	{ "build-arg", OPT_BUILD_ARG, "NAME[=VALUE]", "set a build variable that an ARG asks for" },
	{ "file", 'f', "FILE", "the Dockerfile (Dockerfile in the context; - is standard input)" },
	{ "quiet", 'q', NULL, "print the image's digest only; a failing command's output too" },
	{ "tag", 't', "NAME[:TAG]", "name the image; may be repeated" },
	{ NULL, 0, NULL, NULL },
};

static const struct opt_cmd cmd = {
	"[-q] [-f FILE] [-t NAME[:TAG]] [--build-arg NAME[=VALUE]] DIRECTORY\n"
	"[-q] [-f FILE] [-t NAME[:TAG]] [--build-arg NAME[=VALUE]] -",
	"Builds an image from a Dockerfile and prints its digest.", opts, 2
};

/* NAME alone takes the value from the environment, or is nothing where it has none. */
static void
add_build_arg(struct strv *args, const char *arg)
{
	const char *value;

	if (*arg == '\0' || *arg == '=')
		opt_usage(&cmd, "--build-arg '%s': no name", arg);
	if (strchr(arg, '=') != NULL) {
		strv_setenv(args, arg);
	} else if ((value = getenv(arg)) != NULL) {
		CLEAN_FREE char *kv = xasprintf("%s=%s", arg, value);

		strv_setenv(args, kv);
	}
}

static void
check_tag(const char *tag)
{
	struct ref ref;
	struct err e;

	if (ref_parse(&ref, tag, &e) < 0)
		opt_usage(&cmd, "%s", e.msg);
	if (digest_is_set(&ref.digest))
		opt_usage(&cmd, "--tag '%s': a tag has no digest", tag);
}

/* The build's clock: all times in the image are at most this. */
static int64_t
source_date_epoch(const struct strv *args)
{
	const char *s = strv_getenv(args, "SOURCE_DATE_EPOCH");
	uint64_t n;

	if (s != NULL)
		setenv("SOURCE_DATE_EPOCH", s, 1);
	s = getenv("SOURCE_DATE_EPOCH");
	if (s == NULL || *s == '\0')
		return -1;
	if (str_u64(s, 0, INT64_MAX, &n) < 0)
		opt_usage(&cmd, "SOURCE_DATE_EPOCH '%s' is no number of seconds", s);
	return (int64_t)n;
}

/* The way a program ends that a signal ended. */
static void
end_by_signal(void)
{
	int sig = stop_signal();

	if (sig != 0) {
		signal(sig, SIG_DFL);
		raise(sig);
	}
}

int
main(int argc, char **argv)
{
	struct store store = STORE_INIT;
	struct unpackd unpackd = UNPACKD_INIT;
	struct strv build_args = { NULL, 0 }, tags = { NULL, 0 };
	struct build b = { .store = &store,
		.unpackd = &unpackd,
		.w = WRITER_INIT,
		.ctx = CONTEXT_INIT,
		.build_args = &build_args };
	const char *file = NULL;
	struct digest_list layers = { 0 };
	struct digest digest;
	struct err e;
	size_t k;
	int c, r;

	msg_init(argv[0]);
	while ((c = opt_next(argc, argv, &cmd)) != -1) {
		switch (c) {
		case OPT_BUILD_ARG:
			add_build_arg(&build_args, optarg);
			break;
		case 'f':
			file = optarg;
			break;
		case 'q':
			b.quiet = true;
			break;
		case 't':
			check_tag(optarg);
			strv_add(&tags, optarg);
			break;
		}
	}
	if (argc == optind)
		opt_usage(&cmd, "no build context");
	if (argc - optind > 1)
		opt_usage(&cmd,
			argv[optind + 1][0] == '-' ? "options stand before the build context"
						   : "more than one build context");
	b.epoch = source_date_epoch(&build_args);
	if (geteuid() != 0)
		die(1, "building images needs root");
	if (store_open(&store, &e) < 0 || store_run_dir(&store, &e) < 0 ||
		unpackd_open(&unpackd, &e) < 0)
		die_err(1, &e);
	stop_catch();
	/* of builds that were killed */
	cgroup_sweep();
	store_tidy(&store);
	r = writer_open(&b.w, &store, &e);
	if (r == 0)
		r = context_open(&b.ctx, &b.w, argv[optind], file, &e);
	if (r == 0)
		r = build_image(&b, &tags, &digest, &e);
	for (k = 0; r == 0 && k < b.config.ndiff_ids; k++)
		digest_list_add(&layers, &b.config.diff_ids[k]);
	build_free(&b);
	unpackd_close(&unpackd);
	strv_free(&build_args);
	strv_free(&tags);
	if (r < 0) {
		if (b.writing)
			gc_unreached(&store);
		warn_err(&e);
		end_by_signal();
		return 1;
	}
	puts(digest.str);
	msg_fshut(1);
	layer_sync_later(&store, layers.v, layers.n);
	return 0;
}
