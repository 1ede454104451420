/* SPDX-License-Identifier: ISC */
/* dk-inspect: shows images and containers as a JSON array, with docker's names of members. */
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/opt.h"
#include "base/str.h"
#include "inspect.h"
#include "oci/json.h"
#include "store/store.h"

enum { OPT_TYPE = 256 };

static const struct opt options[] = {
	{ "type", OPT_TYPE, "TYPE", "look for an image or a container only" },
	{ 0 },
};

static const struct opt_cmd cmd = {
	.synopsis = "[--type image|container] NAME ...",
	.about = "Shows images and containers as JSON.",
	.opts = options,
	.usage_status = 2,
};

/* A container of that name goes before an image, as docker has it. */
static int
inspect(struct store *s, const char *type, const char *name, json_t **out, struct err *e)
{
	int r = 0;

	if (!str_eq(type, "image"))
		r = inspect_container(s, name, out, e);
	/* what cannot be a reference is a name all the same: "no such" is said of it below */
	if (r == 0 && !str_eq(type, "container"))
		r = inspect_image(s, name, out, e);
	if (r == 0)
		err_setx(e, 0, "no such %s: %s", type != NULL ? type : "image or container", name);
	return r;
}

int
main(int argc, char **argv)
{
	CLEAN_STORE struct store s = STORE_INIT;
	CLEAN_BUF struct buf out = BUF_INIT;
	CLEAN_JSON json_t *list = json_array();
	const char *type = NULL;
	json_t *j;
	struct err e;
	int c, ret = 0;

	msg_init(argv[0]);
	while ((c = opt_next(argc, argv, &cmd)) != -1)
		if (c == OPT_TYPE)
			type = optarg;
	if (type != NULL && !str_eq(type, "image") && !str_eq(type, "container"))
		opt_usage(&cmd, "--type is image or container, not '%s'", type);
	if (optind == argc)
		opt_usage(&cmd, "which image or container?");
	if (store_open(&s, &e) < 0)
		die_err(1, &e);
	for (; optind < argc; optind++) {
		if (inspect(&s, type, argv[optind], &j, &e) != 1) {
			warn_err(&e);
			ret = 1;
		} else if (json_array_append_new(list, j) < 0) {
			abort();
		}
	}
	if (json_array_size(list) > 0) {
		json_write_pretty(list, &out);
		buf_addc(&out, '\n');
		fwrite(out.data, 1, out.len, stdout);
	}
	msg_fshut(1);
	return ret;
}
