/* SPDX-License-Identifier: ISC */
/*
 * data/good/ref.txt: input, domain, path, tag, digest, familiar form; data/bad/ref.txt: input, part
 * of the message
 */
#include "base/err.h"
#include "base/mem.h"
#include "oci/ref.h"
#include "tap.h"

#define FIELDS 6

/* Splits a line in place at its tabs. */
static size_t
split(char *line, char *field[FIELDS])
{
	size_t n = 0;
	char *tab;

	line[strcspn(line, "\n")] = '\0';
	for (;;) {
		field[n++] = line;
		if (n == FIELDS || (tab = strchr(line, '\t')) == NULL)
			return n;
		*tab = '\0';
		line = tab + 1;
	}
}

static FILE *
open_data(const char *path)
{
	FILE *f = fopen(path, "re");

	if (f == NULL) {
		printf("Bail out! cannot open %s\n", path);
		exit(1);
	}
	return f;
}

static bool
good_line(char *field[FIELDS])
{
	CLEAN_FREE char *name = NULL, *whole = NULL, *familiar = NULL, *want = NULL;
	struct ref r, again;
	struct err e;

	if (ref_parse(&r, field[0], &e) < 0) {
		printf("# %s\n", e.msg);
		return false;
	}
	if (strcmp(r.domain, field[1]) != 0 || strcmp(r.path, field[2]) != 0 ||
		strcmp(r.tag, field[3]) != 0 || strcmp(r.digest.str, field[4]) != 0) {
		printf("# got %s | %s | %s | %s\n", r.domain, r.path, r.tag, r.digest.str);
		return false;
	}
	familiar = ref_familiar(&r);
	if (strcmp(familiar, field[5]) != 0) {
		printf("# familiar %s\n", familiar);
		return false;
	}
	/*
	 * the complete and the familiar form mean the same again, but for a tag that a digest
	 * overrides
	 */
	name = ref_name(&r);
	whole = ref_string(&r);
	want = field[4][0] != '\0' ? xasprintf("%s/%s@%s", field[1], field[2], field[4])
				   : xasprintf("%s/%s:%s", field[1], field[2], field[3]);
	if (strcmp(whole, want) != 0 || strncmp(whole, name, strlen(name)) != 0)
		return false;
	if (r.digest.str[0] != '\0')
		memset(r.tag, 0, sizeof(r.tag));
	if (ref_parse(&again, whole, &e) < 0 || memcmp(&again, &r, sizeof(r)) != 0)
		return false;
	return ref_parse(&again, familiar, &e) == 0 && memcmp(&again, &r, sizeof(r)) == 0;
}

int
main(void)
{
	static const char *const bytes[] = { "al\npine", "alpine\n", "alpine:\x1b[2J", "a\x7f",
		"e.io\t/a", "\r" };
	CLEAN_FILE FILE *good = open_data("tests/data/good/ref.txt");
	CLEAN_FILE FILE *bad = open_data("tests/data/bad/ref.txt");
	char line[4096], *field[FIELDS];
	struct ref r;
	struct err e;
	size_t i;

	while (fgets(line, sizeof(line), good) != NULL)
		ok(split(line, field) == FIELDS && good_line(field), "good: %.80s", field[0]);
	while (fgets(line, sizeof(line), bad) != NULL) {
		e.msg[0] = '\0';
		ok(split(line, field) == 2 && ref_parse(&r, field[0], &e) == -1 &&
				strstr(e.msg, field[1]) != NULL,
			"bad: '%.80s'", field[0]);
		if (strstr(e.msg, field[1]) == NULL)
			printf("# %s\n", e.msg);
	}
	for (i = 0; i < LEN(bytes); i++)
		ok(ref_parse(&r, bytes[i], &e) == -1, "control byte %zu is refused", i);
	return done();
}
