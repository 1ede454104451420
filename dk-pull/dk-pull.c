/* SPDX-License-Identifier: ISC */
/*
 * dk-pull: fetches images from registries into the store and unpacks them. The unpackers are forked
 * before anything comes from the network; this process, which talks to it, never unpacks.
 */
#include <stdio.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/opt.h"
#include "pull.h"
#include "remote/net.h"
#include "remote/remoteopt.h"
#include "store/layerdir.h"

enum { OPT_PLATFORM = 256, OPT_SYNC };

static const struct opt opts[] = {
	{ "platform", OPT_PLATFORM, "OS/ARCH", "the image for this platform, not this machine's" },
	{ "sync", OPT_SYNC, NULL, "wait until all is on disk" },
	REMOTEOPTS,
	{ NULL, 0, NULL, NULL },
};

static const struct opt_cmd cmd = {
	.synopsis = "[OPTION ...] REF ...",
	.about = "Fetches images from a registry; prints the digest of each.",
	.opts = opts,
	.usage_status = 2,
};

static int
pull_all(struct pull *p, char **names)
{
	struct err e, stop;
	struct digest d;
	int status = 0;

	for (; *names != NULL && net_interrupted(&e) == 0; names++) {
		if (pull_ref(p, *names, &d, &e) == 0) {
			printf("%s\n", d.str);
			fflush(stdout);
			continue;
		}
		status = 1;
		err_wrap(&e, "%s", *names);
		if (net_interrupted(&stop) == 0)
			warn_err(&e);
	}
	return status;
}

int
main(int argc, char **argv)
{
	CLEAN_STORE struct store store = STORE_INIT;
	CLEAN_UNPACKD struct unpackd unpackd = UNPACKD_INIT;
	struct pull p = { .store = &store, .mode = PROGRESS_AUTO };
	struct platform platform;
	bool wait = false;
	int c, status;
	struct err e;

	msg_init(argv[0]);
	while ((c = opt_next(argc, argv, &cmd)) != -1) {
		switch (c) {
		case OPT_PLATFORM:
			if (platform_parse(&platform, optarg, &e) < 0)
				opt_usage(&cmd, "--platform: %s", e.msg);
			p.platform = &platform;
			break;
		case OPT_SYNC:
			wait = true;
			break;
		default:
			if (remoteopt(&p.remote, &p.mode, c, optarg, &e) < 0)
				opt_usage(&cmd, "%s", e.msg);
			break;
		}
	}
	if (optind == argc)
		opt_usage(&cmd, "no reference given");
	if (store_open(&store, &e) < 0)
		die_err(1, &e);
	store_tidy(&store); /* of pulls that were killed */
	if (store.privileged) {
		if (unpackd_open(&unpackd, &e) < 0)
			die_err(1, &e);
		p.unpackd = &unpackd;
	}
	net_catch_signals();
	status = pull_all(&p, argv + optind);
	unpackd_close(&unpackd);
	net_end_by_signal();
	msg_fshut(1);
	if (!wait)
		layer_sync_later(&store, p.layers.v, p.layers.n);
	else if (layer_sync(&store, p.layers.v, p.layers.n, &e) < 0)
		die_err(1, &e);
	pull_close(&p);
	return status;
}
