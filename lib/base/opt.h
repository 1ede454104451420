/* SPDX-License-Identifier: ISC */
/* opt.h: a program's options as one table: parser, --help and completions come from it */
#ifndef BASE_OPT_H
#define BASE_OPT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * One option. name: long name without dashes; c: letter, or a number from 256 up where it has none.
 * arg: NULL for none, else the argument's name as help shows it (in brackets: it may be left out,
 * optarg is then NULL; such an option has no use as a letter with an argument). An entry with name
 * NULL ends the table. A help of NULL hides it from --help (spelling variants).
 */
struct opt {
	const char *name;
	int c;
	const char *arg;
	const char *help;
};

struct opt_cmd {
	const char *synopsis; /* "[-q] REF ..."; the name is put before each of its lines */
	const char *about; /* one sentence */
	const struct opt *opts;
	int usage_status; /* exit status of wrong usage: 2, or 125 for dk-run and dk-exec */
};

/*
 * The next option's c, -1 at the end (optind is then the first operand, as with getopt_long and a
 * leading '+'). optarg as there. --help and --version are handled here: stdout, exit 0. Unknown
 * option or missing argument: one line on stderr that names the nearest known option, exit with
 * usage_status.
 */
int opt_next(int argc, char **argv, const struct opt_cmd *cmd);
/* One line "name: text" and a pointer to --help; exits with usage_status. */
_Noreturn void opt_usage(const struct opt_cmd *cmd, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* A boolean argument: NULL and true, 1, t, yes are true; false, 0, f, no are false. 0, -1 for
 * others. */
int opt_parse_bool(const char *arg, bool *out);

#endif
