/* SPDX-License-Identifier: ISC */
/*
 * opt: getopt_long over one table. getopt's own messages are replaced: one
 * line, the nearest known option named.
 */
#include <getopt.h>
#include <stdio.h>

#include "mem.h"
#include "msg.h"
#include "opt.h"
#include "str.h"

enum { OPT_HELP = 100000, OPT_VERSION };

static void
usage_lines(const struct opt_cmd *cmd)
{
	const char *s = cmd->synopsis, *head = "usage:";
	size_t n;

	for (;; s += n + 1) {
		n = strcspn(s, "\n");
		printf("%s %s%s%.*s\n", head, msg_name(), n != 0 ? " " : "", (int)n, s);
		head = "      ";
		if (s[n] == '\0')
			return;
	}
}

_Noreturn static void
help(const struct opt_cmd *cmd)
{
	const struct opt *o;
	char left[80];

	usage_lines(cmd);
	printf("\n%s\n\n", cmd->about);
	for (o = cmd->opts; o->name != NULL; o++) {
		if (o->help == NULL)
			continue;
		if (o->c < 256)
			snprintf(left, sizeof(left), "-%c, --%s%s%s", o->c, o->name,
				o->arg == NULL             ? ""
					: o->arg[0] == '[' ? "="
							   : " ",
				o->arg != NULL ? o->arg : "");
		else
			snprintf(left, sizeof(left), "    --%s%s%s", o->name,
				o->arg == NULL             ? ""
					: o->arg[0] == '[' ? "="
							   : " ",
				o->arg != NULL ? o->arg : "");
		printf("  %-28s %s\n", left, o->help);
	}
	printf("  %-28s %s\n", "    --help", "print this and exit");
	printf("  %-28s %s\n", "    --version", "print the version and exit");
	msg_fshut(1);
	exit(0);
}

void
opt_usage(const struct opt_cmd *cmd, const char *fmt, ...)
{
	CLEAN_FREE char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	die(cmd->usage_status, "%s (see %s --help)", text, msg_name());
}

/* What stands behind the dashes, without =VALUE. */
_Noreturn static void
unknown(const struct opt_cmd *cmd, const char *arg)
{
	CLEAN_FREE char *name = xstrndup(arg, strcspn(arg, "="));
	const struct opt *o, *best = NULL;
	int d, least = 4;

	for (o = cmd->opts; o->name != NULL; o++) {
		d = str_distance(name + 2, o->name);
		if (d < least && d <= (int)strlen(name + 2) / 2) {
			least = d;
			best = o;
		}
	}
	if (best != NULL)
		opt_usage(cmd, "unknown option %s, did you mean --%s?", name, best->name);
	opt_usage(cmd, "unknown option %s", name);
}

int
opt_next(int argc, char **argv, const struct opt_cmd *cmd)
{
	static struct option *longs;
	static char *shorts;
	const struct opt *o;
	size_t n = 0, s = 0;
	int c, at;

	if (longs == NULL) {
		while (cmd->opts[n].name != NULL)
			n++;
		longs = xcalloc(n + 3, sizeof(*longs));
		shorts = xcalloc(2 * n + 3, 1);
		shorts[s++] = '+';
		shorts[s++] = ':';
		for (n = 0, o = cmd->opts; o->name != NULL; o++, n++) {
			longs[n].name = o->name;
			longs[n].has_arg = o->arg == NULL ? no_argument
				: o->arg[0] == '['        ? optional_argument
							  : required_argument;
			longs[n].val = o->c;
			if (o->c < 256 && strchr(shorts, o->c) == NULL) {
				shorts[s++] = (char)o->c;
				if (o->arg != NULL && o->arg[0] != '[')
					shorts[s++] = ':';
			}
		}
		longs[n].name = "help";
		longs[n++].val = OPT_HELP;
		longs[n].name = "version";
		longs[n].val = OPT_VERSION;
		opterr = 0;
	}
	at = optind;
	c = getopt_long(argc, argv, shorts, longs, NULL);
	if (c == OPT_HELP)
		help(cmd);
	if (c == OPT_VERSION) {
		printf("%s %s\n", msg_name(), DK_VERSION);
		msg_fshut(1);
		exit(0);
	}
	if (c == '?' || c == ':') {
		if (at == 0)
			at = 1;
		if (str_starts(argv[at], "--")) {
			if (c == ':')
				opt_usage(cmd, "option %s needs an argument", argv[at]);
			if (optopt != 0)
				opt_usage(cmd, "option %.*s takes no argument",
					(int)strcspn(argv[at], "="), argv[at]);
			unknown(cmd, argv[at]);
		}
		if (c == ':')
			opt_usage(cmd, "option -%c needs an argument", optopt);
		opt_usage(cmd, "unknown option -%c", optopt);
	}
	return c;
}

int
opt_parse_bool(const char *arg, bool *out)
{
	static const char *const yes[] = { "true", "1", "t", "yes", "TRUE", "True" };
	static const char *const no[] = { "false", "0", "f", "no", "FALSE", "False" };
	size_t i;

	*out = true;
	if (arg == NULL)
		return 0;
	for (i = 0; i < LEN(yes); i++) {
		if (strcmp(arg, yes[i]) == 0)
			return 0;
		if (strcmp(arg, no[i]) == 0) {
			*out = false;
			return 0;
		}
	}
	return -1;
}
