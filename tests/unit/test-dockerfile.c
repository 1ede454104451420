/* SPDX-License-Identifier: ISC */
/*
 * Dockerfiles in, instructions out; the files of tests/data/good/dockerfile/ are
 * held against their .dump, those of bad/ against the message in their .err.
 */
#include <fcntl.h>
#include <stdlib.h>

#include "../../dk-build/dockerfile.h"
#include "../../dk-build/ignore.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"
#include "oci/expand.h"
#include "oci/match.h"
#include "tap.h"

static const char *const good[] = {
	"directives",
	"continuation",
	"heredoc",
	"quotes",
	"json",
	"flags",
	"windows",
	"minimal",
	"comments",
};

static const char *const bad[] = {
	"add",
	"arg-only",
	"arg-noname",
	"check-twice",
	"cmd-empty",
	"copy-chown",
	"copy-from",
	"copy-heredoc-dest",
	"copy-one",
	"empty",
	"env-noname",
	"env-novalue",
	"env-words",
	"escape-long",
	"escape-twice",
	"escape-word",
	"expose-empty",
	"flag-twice",
	"flag-unknown",
	"from-as",
	"from-five",
	"from-name",
	"healthcheck",
	"heredoc-open",
	"json-number",
	"nul",
	"onbuild",
	"run-before-from",
	"run-empty",
	"run-mount",
	"run-network",
	"second-from",
	"shell",
	"typo",
	"unknown",
	"user-empty",
	"volume",
	"workdir-flag",
};

static void
dump(const struct dockerfile *d, struct buf *out)
{
	const struct instr *i;
	size_t k, a;

	buf_addf(out, "escape %c\n", d->escape);
	for (k = 0; k < d->n; k++) {
		i = &d->v[k];
		buf_addf(out, "%d %s%s", i->line, i->name, i->json ? " json" : "");
		for (a = 0; a < i->flags.n; a++)
			buf_addf(out, " --%s", i->flags.v[a]);
		for (a = 0; a < i->args.n; a++)
			buf_addf(out, " <%s>", i->args.v[a]);
		buf_addc(out, '\n');
		for (a = 0; a < i->ndocs; a++) {
			CLEAN_FREE char *text = instr_heredoc_text(&i->docs[a]);

			buf_addf(out, "  %s%s%s:\n%s", i->docs[a].name,
				i->docs[a].expand ? "" : " quoted",
				i->docs[a].chomp ? " chomp" : "", text);
		}
	}
}

static void
good_file(const char *name)
{
	CLEAN_FREE char *path = xasprintf("tests/data/good/dockerfile/%s", name);
	CLEAN_FREE char *want_path = xasprintf("%s.dump", path);
	CLEAN_BUF struct buf in = BUF_INIT, want = BUF_INIT, got = BUF_INIT;
	CLEAN_DOCKERFILE struct dockerfile d = { .file = "Dockerfile" };
	struct err e = { 0, "" };

	if (fd_load(AT_FDCWD, path, 1 << 20, &in, &e) < 0 ||
		fd_load(AT_FDCWD, want_path, 1 << 20, &want, &e) < 0 ||
		dockerfile_parse(&d, buf_str(&in), in.len, &e) < 0) {
		ok(false, "%s: %s", name, e.msg);
		return;
	}
	dump(&d, &got);
	is_str(buf_str(&got), buf_str(&want), name);
}

static void
bad_file(const char *name)
{
	CLEAN_FREE char *path = xasprintf("tests/data/bad/dockerfile/%s", name);
	CLEAN_FREE char *want_path = xasprintf("%s.err", path);
	CLEAN_BUF struct buf in = BUF_INIT, want = BUF_INIT;
	CLEAN_DOCKERFILE struct dockerfile d = { .file = "Dockerfile" };
	struct err e = { 0, "" };

	if (fd_load(AT_FDCWD, path, 1 << 20, &in, &e) < 0 ||
		fd_load(AT_FDCWD, want_path, 1 << 20, &want, &e) < 0) {
		ok(false, "%s: %s", name, e.msg);
		return;
	}
	buf_addc(&want, '\0');
	want.data[strcspn(want.data, "\n")] = '\0';
	if (dockerfile_parse(&d, buf_str(&in), in.len, &e) == 0)
		ok(false, "%s is refused", name);
	else
		is_str(e.msg, buf_str(&want), name);
}

/* word, what becomes of it; NULL: an error */
static const char *const words[][2] = {
	{ "", "" },
	{ "plain", "plain" },
	{ "$A", "one" },
	{ "x$A", "xone" },
	{ "${A}x", "onex" },
	{ "$A$B", "onetwo words" },
	{ "$NONE", "" },
	{ "x${NONE}y", "xy" },
	{ "$", "$" },
	{ "a$ b", "a$ b" },
	{ "$.", "$." },
	{ "$$", "" },
	{ "$1x", "x" },
	{ "$Ax", "" },
	{ "\\$A", "$A" },
	{ "\\${A}", "${A}" },
	{ "\\\\$A", "\\one" },
	{ "a\\b", "ab" },
	{ "a\\", "a" },
	{ "'$A'", "$A" },
	{ "'a\\b'", "a\\b" },
	{ "\"$A\"", "one" },
	{ "\"a\\b\"", "a\\b" },
	{ "\"a\\\"b\"", "a\"b" },
	{ "\"\\$A\"", "$A" },
	{ "\"'$A'\"", "'one'" },
	{ "'\"'", "\"" },
	{ "a'b'\"c\"d", "abcd" },
	{ "''", "" },
	{ "'a", NULL },
	{ "\"a", NULL },
	{ "\"a\\", NULL },
	{ "\xc3\xa9$A", "\xc3\xa9one" },
	/* defaults and alternatives */
	{ "${NONE-w}", "w" },
	{ "${NONE:-w}", "w" },
	{ "${EMPTY-w}", "" },
	{ "${EMPTY:-w}", "w" },
	{ "${A-w}", "one" },
	{ "${A:-w}", "one" },
	{ "${NONE+w}", "" },
	{ "${NONE:+w}", "" },
	{ "${EMPTY+w}", "w" },
	{ "${EMPTY:+w}", "" },
	{ "${A+w}", "w" },
	{ "${A:+w}", "w" },
	{ "${A?w}", "one" },
	{ "${A:?w}", "one" },
	{ "${EMPTY?w}", "" },
	{ "${EMPTY:?w}", NULL },
	{ "${NONE?w}", NULL },
	{ "${NONE:?}", NULL },
	{ "${NONE:-$A}", "one" },
	{ "${NONE:-${EMPTY:-${A}}}", "one" },
	{ "${NONE:-'}'}", "}" },
	{ "${NONE:-\"a b\"}", "a b" },
	{ "${NONE:-\\}}", "}" },
	{ "${NONE:-\\$A:}", "$A:" },
	{ "${A:+${B}:}", "two words:" },
	{ "${NONE:-}", "" },
	/* what is not a substitution */
	{ "${", NULL },
	{ "${}", NULL },
	{ "${A", NULL },
	{ "${A:", NULL },
	{ "${A:-", NULL },
	{ "${A:-w", NULL },
	{ "${:-w}", NULL },
	{ "${{A}}", NULL },
	{ "${A^w}", NULL },
	{ "${A:w}", NULL },
	{ "${A b}", NULL },
	{ "${A:-'}", NULL },
	/* prefixes and suffixes */
	{ "${P#*.}", "tar.gz" },
	{ "${P##*.}", "gz" },
	{ "${P%.*}", "a.tar" },
	{ "${P%%.*}", "a" },
	{ "${P#a}", ".tar.gz" },
	{ "${P#b}", "a.tar.gz" },
	{ "${P%gz}", "a.tar." },
	{ "${P%g?}", "a.tar." },
	{ "${P#?}", ".tar.gz" },
	{ "${P##*}", "" },
	{ "${P#*}", "a.tar.gz" },
	{ "${P%%*}", "" },
	{ "${D##*/}", "c" },
	{ "${D%/*}", "/a/b" },
	{ "${NONE#x}", "" },
	{ "${S#\\*}", "a*" },
	{ "${S%\\*}", "*a" },
	{ "${S#\\a}", NULL },
	{ "${U#?}", "b" },
	{ "${U%b}", "\xc3\xa9" },
	{ "${U%%?b}", "" },
	{ "${P:#a}", ".tar.gz" },
	/* replacements */
	{ "${P/./-}", "a-tar.gz" },
	{ "${P//./-}", "a-tar-gz" },
	{ "${P/a/$A}", "one.tar.gz" },
	{ "${P/x/-}", "a.tar.gz" },
	{ "${P/t*r/-}", "a.-.gz" },
	{ "${P//a*/-}", "-" },
	{ "${P//?/x}", "xxxxxxxx" },
	{ "${P/./}", "atar.gz" },
	{ "${D//\\//-}", "-a-b-c" },
	{ "${EMPTY/*/x}", "x" },
	{ "${NONE/a/b}", "" },
	{ "${P/a}", NULL },
	{ "${P/a/b", NULL },
	{ "${P/[/b}", "a.tar.gz" },
	{ "${B/ /_}", "two_words" },
};

static void
test_expand(void)
{
	struct strv env = { NULL, 0 };
	struct expand x = { .env = &env, .escape = '\\' };
	struct strv out = { NULL, 0 };
	CLEAN_BUF struct buf deep = BUF_INIT;
	struct err e;
	char *got;
	size_t i;

	strv_add(&env, "A=one");
	strv_add(&env, "B=two words");
	strv_add(&env, "EMPTY=");
	strv_add(&env, "P=a.tar.gz");
	strv_add(&env, "D=/a/b/c");
	strv_add(&env, "S=*a*");
	strv_add(&env,
		"U=\xc3\xa9"
		"b");
	for (i = 0; i < LEN(words); i++) {
		got = NULL;
		if (expand_word(&x, words[i][0], &got, &e) < 0 && words[i][1] != NULL)
			printf("# %s\n", e.msg);
		is_str(got, words[i][1], words[i][0]);
		free(got);
	}
	x.escape = '`';
	ok(expand_word(&x, "`$A\\$A", &got, &e) == 0, "escape `");
	is_str(got, "$A\\one", "only the file's escape character escapes");
	free(got);
	x.escape = '\\';
	x.no_quotes = true;
	ok(expand_word(&x, "'$A' \"\\$B\"", &got, &e) == 0, "no quotes");
	is_str(got, "'one' \"$B\"", "in a body quotes are characters");
	free(got);
	x.no_quotes = false;
	ok(expand_split(&x, " a $B 'c d'\\ e \"\" f\"\"g ", &out, &e) == 0, "split");
	is_int((long long)out.n, 5, "five words");
	if (out.n == 5) {
		is_str(out.v[1], "two", "split behind the expansion");
		is_str(out.v[3], "c d e", "but not what was quoted");
		is_str(out.v[4], "fg", "empty quotes vanish");
	}
	strv_free(&out);
	for (i = 0; i < 100000; i++)
		buf_adds(&deep, "${A:+");
	ok(expand_word(&x, deep.data, &got, &e) < 0, "nesting is bounded");
	strv_free(&env);
}

static const struct {
	const char *pattern, *name;
	int name_want, path_want;
} matches[] = {
	{ "", "", 1, 1 },
	{ "abc", "abc", 1, 1 },
	{ "*", "abc", 1, 1 },
	{ "*", "", 1, 1 },
	{ "*", "a/b", 0, 0 },
	{ "*c", "abc", 1, 1 },
	{ "a*", "a", 1, 1 },
	{ "a*", "ab/c", 0, 0 },
	{ "a*/b", "abc/b", 1, 1 },
	{ "a*/b", "a/c/b", 0, 0 },
	{ "a*b*c*d*e*", "axbxcxdxe", 1, 1 },
	{ "a*b*c*d*e*/f", "axbxcxdxexxx/f", 1, 1 },
	{ "a*b*c*d*e*/f", "axbxcxdxexxx/fff", 0, 0 },
	{ "a*b?c*x", "abxbbxdbxebxczzx", 1, 1 },
	{ "a*b?c*x", "abxbbxdbxebxczzy", 0, 0 },
	{ "ab[c]", "abc", 1, 1 },
	{ "ab[b-d]", "abc", 1, 1 },
	{ "ab[e-g]", "abc", 0, 0 },
	{ "ab[^c]", "abc", 0, 0 },
	{ "ab[^e-g]", "abc", 1, 1 },
	{ "a\\*b", "a*b", 1, 1 },
	{ "a\\*b", "ab", 0, 0 },
	{ "a?b",
		"a\xe2\x98\xba"
		"b",
		1, 1 },
	{ "a[^a]b",
		"a\xe2\x98\xba"
		"b",
		1, 1 },
	{ "a???b",
		"a\xe2\x98\xba"
		"b",
		0, 0 },
	{ "[a-\xce\xb6]*", "\xce\xb1", 1, 1 },
	{ "*[a-\xce\xb6]", "A", 0, 0 },
	{ "a?b", "a/b", 0, 0 },
	{ "a*b", "a/b", 0, 0 },
	{ "[\\]a]", "]", 1, 1 },
	{ "[\\-]", "-", 1, 1 },
	{ "[x\\-]", "x", 1, 1 },
	{ "arr[[]0].txt", "arr[0].txt", 1, 1 },
	{ "[]a]", "]", -1, -1 },
	{ "[-]", "-", -1, -1 },
	{ "[x-]", "x", -1, -1 },
	{ "[-x]", "x", -1, -1 },
	{ "[a-b-c]", "a", -1, -1 },
	{ "[", "a", -1, -1 },
	{ "[^", "a", -1, -1 },
	{ "[^bc", "a", -1, -1 },
	{ "a[", "ab", -1, -1 },
	{ "\\", "a", -1, -1 },
	{ "[\\", "a", -1, -1 },
	/* any directories */
	{ "**", "a/b/c", 0, 1 },
	{ "**", "a", 1, 1 },
	{ "**/c", "a/b/c", 0, 1 },
	{ "**/c", "c", 0, 1 },
	{ "**/c", "abc", 0, 0 },
	{ "**/*.go", "a/b/c.go", 0, 1 },
	{ "**/*.go", "c.go", 0, 1 },
	{ "a/**", "a", 0, 0 },
	{ "a/**", "a/b", 1, 1 },
	{ "a/**", "a/b/c", 0, 1 },
	{ "a/**/d", "a/d", 0, 1 },
	{ "a/**/d", "a/b/c/d", 0, 1 },
	{ "a/**/d", "a/bd", 0, 0 },
	{ "a**", "ab/c", 0, 1 },
	{ "**/x/**/y", "p/x/q/r/y", 0, 1 },
	{ "**/x/**/y", "p/q/r/y", 0, 0 },
	{ "*/*", "a/b", 1, 1 },
};

static void
test_match(void)
{
	CLEAN_BUF struct buf pat = BUF_INIT, name = BUF_INIT;
	size_t i;

	for (i = 0; i < LEN(matches); i++) {
		CLEAN_FREE char *what = xasprintf("%s ~ %s", matches[i].pattern, matches[i].name);

		is_int(match_name(matches[i].pattern, matches[i].name), matches[i].name_want, what);
		is_int(match_path(matches[i].pattern, matches[i].name), matches[i].path_want, what);
	}
	for (i = 0; i < 1000; i++) {
		buf_adds(&pat, "**/a*");
		buf_adds(&name, "a/a");
	}
	is_int(match_path(pat.data, name.data), 1, "a pattern made to take long doesn't");
	ok(match_has_magic("a*"), "magic: *");
	ok(match_has_magic("a[b"), "magic: [");
	ok(!match_has_magic("a\\*"), "an escaped * is none");
	ok(!match_has_magic("abc"), "no magic");
}

static void
test_trigger(void)
{
	CLEAN_DOCKERFILE struct dockerfile a = { .file = "ONBUILD" }, b = { .file = "ONBUILD" };
	struct err e;

	ok(dockerfile_parse_trigger(&a, "COPY . /src", &e) == 0 && a.v[0].type == INSTR_COPY,
		"a trigger is one instruction");
	ok(dockerfile_parse_trigger(&b, "RUN a\nRUN b", &e) < 0, "and not two");
}

static const char rules[] = "\xef\xbb\xbf# a comment\r\n"
			    "  *.log  \r\n"
			    "/build/\n"
			    "\n"
			    "**/*.o\n"
			    "!keep.log\n"
			    "docs\n"
			    "!docs/README*\n"
			    "a/./b/../c\n"
			    " #not-a-comment\n"
			    "x/**/y\n"
			    "! !odd";

static const struct {
	const char *path;
	bool ignored;
} ignores[] = {
	{ "a.log", true },
	{ "sub/a.log", false },
	{ "keep.log", false },
	{ "build", true },
	{ "build/x/y", true },
	{ "sub/build", false },
	{ "m.o", true },
	{ "sub/deep/m.o", true },
	{ "m.c", false },
	{ "docs", true },
	{ "docs/x", true },
	{ "docs/README.md", false },
	{ "docs/README/x", false },
	{ "docs/sub/README", true },
	{ "a/c", true },
	{ "a/b", false },
	{ "#not-a-comment", true },
	{ "x/y", true },
	{ "x/p/q/y/z", true },
	{ "x", false },
	{ "", false },
	{ ".", false },
};

static void
test_ignore(void)
{
	struct ignore g = { NULL, 0, false }, bad_rule = { NULL, 0, false };
	bool own[16];
	struct err e;
	size_t i;

	ok(ignore_parse(&g, ".dockerignore", rules, sizeof(rules) - 1, &e) == 0, "rules are read");
	is_int((long long)g.n, 10, "ten of them");
	ok(g.any_keep, "some keep");
	for (i = 0; i < LEN(ignores); i++)
		is_int(ignore_path(&g, ignores[i].path, own), ignores[i].ignored, ignores[i].path);
	ok(ignore_parse(&bad_rule, ".dockerignore", "a\n[", 3, &e) < 0, "a malformed pattern");
	is_str(e.msg, ".dockerignore:2: malformed pattern '['", "names its line");
	ignore_free(&bad_rule);
	ok(ignore_parse(&bad_rule, ".dockerignore", "!", 1, &e) < 0, "! alone is refused");
	ignore_free(&bad_rule);
	ignore_free(&g);
}

int
main(void)
{
	size_t i;

	for (i = 0; i < LEN(good); i++)
		good_file(good[i]);
	for (i = 0; i < LEN(bad); i++)
		bad_file(bad[i]);
	test_expand();
	test_match();
	test_trigger();
	test_ignore();
	return done();
}
