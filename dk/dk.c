/* SPDX-License-Identifier: ISC */
/* dk: "dk run ..." becomes "dk-run ...": the tool beside this binary, else the one in PATH. */
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/opt.h"
#include "base/proc.h"
#include "base/str.h"

static const struct opt opts[] = {
	{ NULL, 0, NULL, NULL },
};

static const struct opt_cmd cmd = {
	.synopsis = "TOOL [ARG ...]",
	.about = "Runs dk-TOOL with the arguments, as in 'dk run --rm alpine true'.",
	.opts = opts,
	.usage_status = 125,
};

/* docker's longer spellings: "dk image ls" is dk-images */
static const struct {
	const char *group, *verb, *tool;
} spellings[] = {
	{ "image", "ls", "images" },
	{ "image", "list", "images" },
	{ "image", "rm", "rmi" },
	{ "image", "remove", "rmi" },
	{ "container", "ls", "ps" },
	{ "container", "list", "ps" },
	{ "container", "ps", "ps" },
	{ "image", NULL, NULL }, /* image X is X */
	{ "container", NULL, NULL },
	{ "builder", NULL, NULL },
};

/* The tool's name behind argv[1] (and [2]); *used is how many words name it. */
static const char *
tool_name(int argc, char **argv, int *used)
{
	size_t i;

	*used = 1;
	for (i = 0; i < LEN(spellings); i++) {
		if (argc < 3 || strcmp(argv[1], spellings[i].group) != 0)
			continue;
		if (spellings[i].verb == NULL) {
			*used = 2;
			return argv[2];
		}
		if (strcmp(argv[2], spellings[i].verb) == 0) {
			*used = 2;
			return spellings[i].tool;
		}
	}
	return argv[1];
}

/* The existing tool whose name is nearest, or NULL; caller frees. */
static char *
nearest(const char *name)
{
	const char *dir = proc_self_dir();
	CLEAN_DIR DIR *d = dir != NULL ? opendir(dir) : NULL;
	struct dirent *ent;
	char *best = NULL;
	int dist, least = 3;

	while (d != NULL && (ent = readdir(d)) != NULL) {
		if (!str_starts(ent->d_name, "dk-"))
			continue;
		dist = str_distance(ent->d_name + 3, name);
		if (dist < least) {
			least = dist;
			free(best);
			best = xstrdup(ent->d_name + 3);
		}
	}
	return best;
}

int
main(int argc, char **argv)
{
	CLEAN_FREE char *tool = NULL;
	CLEAN_FREE char *path = NULL;
	CLEAN_FREE char *other = NULL;
	const char *name;
	int used;

	msg_init(argv[0]);
	while (opt_next(argc, argv, &cmd) != -1)
		;
	if (optind == argc)
		opt_usage(&cmd, "which tool?");
	argc -= optind - 1;
	argv += optind - 1;
	name = tool_name(argc, argv, &used);
	if (strchr(name, '/') != NULL)
		opt_usage(&cmd, "'%s' is no tool's name", name);
	tool = xasprintf("dk-%s", name);
	path = proc_tool(tool);
	argv[used] = tool;
	execvp(path, argv + used);
	if (errno != ENOENT)
		die(126, "%s: %s", tool, strerror(errno));
	other = nearest(name);
	if (other != NULL)
		die(127, "there is no %s, did you mean '%s'?", tool, other);
	die(127, "there is no %s beside this program or in PATH", tool);
}
