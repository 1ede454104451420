/* SPDX-License-Identifier: ISC */
#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "oci/json.h"
#include "oci/jsontext.h"
#include "tap.h"

static json_t *
parse(const char *s, struct err *e)
{
	e->msg[0] = '\0';
	return json_parse(s, strlen(s), "doc", e);
}

static void
test_good(void)
{
	static const struct {
		const char *in, *out;
	} good[] = {
		{ "{}", "{}" },
		{ "[]", "[]" },
		{ " { \"b\" : 1 , \"a\" : [ true , null ] }\r\n", "{\"b\":1,\"a\":[true,null]}" },
		{ "{\"a\":\"\\u00e4\\n\\ud83d\\ude00/\\/\"}",
			"{\"a\":\"\xc3\xa4\\n\xf0\x9f\x98\x80//\"}" },
		{ "{\"a\":\"[[[{{{,:\\\"]\"}", "{\"a\":\"[[[{{{,:\\\"]\"}" },
		{ "{\"a\":9223372036854775807,\"b\":-9223372036854775808}",
			"{\"a\":9223372036854775807,\"b\":-9223372036854775808}" },
		{ "{\"\":\"\",\"a\":{\"a\":{}}}", "{\"\":\"\",\"a\":{\"a\":{}}}" },
	};
	size_t i;

	for (i = 0; i < LEN(good); i++) {
		CLEAN_BUF struct buf b = BUF_INIT;
		CLEAN_JSON json_t *j = NULL;
		struct err e;

		if ((j = parse(good[i].in, &e)) == NULL) {
			ok(0, "good %zu: %s", i, e.msg);
			continue;
		}
		json_write(j, &b);
		is_str(buf_str(&b), good[i].out, "good document");
	}
}

static void
test_bad(void)
{
	static const char *const bad[] = {
		"",
		" ",
		"null",
		"1",
		"\"a\"",
		"true",
		"{",
		"}",
		"[",
		"{\"a\":1",
		"{\"a\"}",
		"{a:1}",
		"{'a':1}",
		"{\"a\":1,}",
		"[1,]",
		"[01]",
		"[+1]",
		"[.5]",
		"[1.]",
		"[0x10]",
		"[NaN]",
		"[Infinity]",
		"[1e999]",
		"[9223372036854775808]",
		"[\"\\x\"]",
		"[\"\\ud800\"]",
		"[\"\n\"]",
		"[\"\t\"]",
		"[\"\xff\"]",
		"[\"\xc0\x80\"]",
		"[\"\xed\xa0\x80\"]",
		"[\"\xf4\x90\x80\x80\"]",
		"[\"\xe4\xbd\"]",
		"\xef\xbb\xbf{}",
		"// x\n{}",
		"{} {}",
		"{}x",
		"[]]",
		"{}\v",
		"{\"a\":1,\"a\":2}",
		"{\"a\":{\"b\":1,\"c\":2,\"b\":3}}",
		"{\"a\":1,\"\\u0061\":2}",
		"[\"\\u0000\"]",
		"{\"\\u0000\":1}",
		"{\"a\\u0000b\":1}",
	};
	json_t *j;
	struct err e;
	size_t i;

	for (i = 0; i < LEN(bad); i++) {
		j = parse(bad[i], &e);
		ok(j == NULL && strncmp(e.msg, "doc: ", 5) == 0, "bad %zu", i);
		json_decref(j);
	}
	ok(json_parse("{\"a\":\"\0\"}", 9, "doc", &e) == NULL, "a NUL byte in a string");
	ok(json_parse("{}\0", 3, "doc", &e) == NULL, "a NUL byte behind");
	ok(json_parse("\0{}", 3, "doc", &e) == NULL, "a NUL byte before");
}

/* n opening brackets, what, n closing ones */
static void
nest(struct buf *b, size_t n, const char *open, const char *what, const char *close)
{
	size_t i;

	buf_clear(b);
	for (i = 0; i < n; i++)
		buf_adds(b, open);
	buf_adds(b, what);
	for (i = 0; i < n; i++)
		buf_adds(b, close);
}

static void
test_bounds(void)
{
	CLEAN_BUF struct buf b = BUF_INIT;
	json_t *j;
	struct err e;

	nest(&b, 64, "[", "", "]");
	j = parse(buf_str(&b), &e);
	ok(j != NULL, "64 deep");
	json_decref(j);
	nest(&b, 65, "[", "", "]");
	ok(parse(buf_str(&b), &e) == NULL && strstr(e.msg, "deep") != NULL, "65 deep: %s", e.msg);
	nest(&b, 65, "{\"a\":", "1", "}");
	ok(parse(buf_str(&b), &e) == NULL && strstr(e.msg, "deep") != NULL, "objects too");
	nest(&b, 1000000, "[", "", "");
	ok(parse(buf_str(&b), &e) == NULL && strstr(e.msg, "deep") != NULL,
		"a million open brackets");

	buf_clear(&b);
	buf_adds(&b, "[\"");
	while (b.len < JSON_MAX_BYTES - 2)
		buf_addc(&b, 'x');
	buf_adds(&b, "\"]");
	j = json_parse(b.data, b.len, "doc", &e);
	ok(j != NULL, "4 MiB");
	json_decref(j);
	buf_addc(&b, '\n');
	ok(json_parse(b.data, b.len, "doc", &e) == NULL && strstr(e.msg, "4 MiB") != NULL,
		"and a byte: %s", e.msg);

	buf_clear(&b);
	buf_adds(&b, "[0");
	while (b.len < 1000000)
		buf_adds(&b, ",0");
	buf_adds(&b, "]");
	ok(json_parse(b.data, b.len, "doc", &e) == NULL && strstr(e.msg, "many") != NULL,
		"half a million zeros: %s", e.msg);
}

static void
test_get(void)
{
	struct err e;
	CLEAN_JSON json_t *j =
		parse("{\"s\":\"x\",\"i\":-5,\"r\":1.5,\"b\":true,\"o\":{},\"a\":[\"p\",\"q\"],"
		      "\"m\":[\"p\",1],\"n\":null,\"z\":[null]}",
			&e);
	CLEAN_STRV struct strv v = { 0 };
	const char *s = "default";
	json_t *sub = NULL;
	bool b = false;
	int64_t i = 7;

	ok(json_get_str(j, "s", &s, &e) == 0 && strcmp(s, "x") == 0, "string");
	ok(json_get_int(j, "i", &i, &e) == 0 && i == -5, "integer");
	ok(json_get_bool(j, "b", &b, &e) == 0 && b, "boolean");
	ok(json_get_obj(j, "o", &sub, &e) == 0 && json_is_object(sub), "object");
	ok(json_get_arr(j, "a", &sub, &e) == 0 && json_array_size(sub) == 2, "array");
	ok(json_get_strv(j, "a", &v, &e) == 0 && v.n == 2 && strcmp(v.v[1], "q") == 0 &&
			v.v[2] == NULL,
		"strings");
	ok(json_get_str(j, "n", &s, &e) == 0 && strcmp(s, "x") == 0, "null leaves the old value");
	ok(json_get_str(j, "none", &s, &e) == 0 && strcmp(s, "x") == 0, "absence too");
	ok(json_get_strv(j, "none", &v, &e) == 0 && v.n == 2, "for strings too");
	ok(json_get_str(j, "i", &s, &e) == -1, "%s", e.msg);
	is_str(e.msg, "'i' is not a string", "the message names the key");
	ok(json_get_int(j, "r", &i, &e) == -1 && i == -5, "%s", e.msg);
	ok(json_get_int(j, "s", &i, &e) == -1, "%s", e.msg);
	ok(json_get_bool(j, "i", &b, &e) == -1 && b, "%s", e.msg);
	ok(json_get_obj(j, "a", &sub, &e) == -1, "%s", e.msg);
	ok(json_get_arr(j, "o", &sub, &e) == -1, "%s", e.msg);
	ok(json_get_strv(j, "m", &v, &e) == -1 && v.n == 2, "%s", e.msg);
	ok(json_get_strv(j, "z", &v, &e) == -1, "%s", e.msg);
	ok(json_get_strv(j, "o", &v, &e) == -1, "%s", e.msg);
	ok(json_get_str(NULL, "s", &s, &e) == 0, "no object has no members");
}

static void
test_set(void)
{
	CLEAN_JSON json_t *j = json_object();
	CLEAN_BUF struct buf b = BUF_INIT;
	CLEAN_STRV struct strv v = { 0 };

	json_set_str(j, "z", "last letter first");
	json_set_str(j, "none", NULL);
	json_set_int(j, "i", INT64_MIN);
	json_set_bool(j, "b", false);
	json_set_strv(j, "empty", &v);
	strv_add(&v, "a\x01\"\\");
	json_set_strv(j, "v", &v);
	json_set_str(json_set_newobj(j, "o"), "k", "v");
	json_set_newarr(j, "a");
	json_write(j, &b);
	is_str(buf_str(&b),
		"{\"z\":\"last letter "
		"first\",\"i\":-9223372036854775808,\"b\":false,\"v\":[\"a\\u0001\\\"\\\\\"],"
		"\"o\":{\"k\":\"v\"},\"a\":[]}",
		"setters, in order");
	buf_clear(&b);
	json_object_clear(j);
	json_set_str(j, "a", "b");
	json_write_pretty(j, &b);
	is_str(buf_str(&b), "{\n    \"a\": \"b\"\n}", "pretty");
}

static void
test_utf8(void)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "plain", "plain" },
		{ "\xc3\xa4", "\xc3\xa4" },
		{ "\xff", "\xef\xbf\xbd" },
		{ "a\xc3", "a\xef\xbf\xbd" },
		{ "\xc0\x80", "\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80" },
		{ "\xf0\x9f\x98", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xe0\x9f\xbf", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\x80 x", "\xef\xbf\xbd x" },
	};
	unsigned x;
	size_t i;

	for (i = 0; i < LEN(cases); i++) {
		CLEAN_JSON json_t *j = json_str(cases[i].in);

		is_str(json_string_value(j), cases[i].out, "bytes that are not UTF-8");
	}
	/*
	 * whatever json_str lets through is UTF-8 to the parser's judgement too, or it would abort
	 */
	for (x = 0; x < 1u << 24; x += 251) {
		char s[5] = { (char)(0x80 | x >> 17), (char)(x >> 10), (char)(x >> 5), (char)x,
			'\0' };
		CLEAN_JSON json_t *j = json_str(s);

		if (j == NULL)
			ok(0, "%x", x);
	}
	ok(1, "no four bytes break it");
}

/* What is written as text is what jansson writes of the same tree. */
static void
text(void)
{
	static const char *const strings[] = { "", "plain", "\"\\/", "\b\f\n\r\t", "\x01\x1f\x7f",
		"gr\xc3\xbc\xc3\x9f", "\xff", "a\xc3", "\xe2\x82\xac\xf0\x9f\x90\xb3",
		"\xed\xa0\x80", "{[:,", NULL };
	struct buf got = BUF_INIT, want = BUF_INIT;
	struct strv v = { NULL, 0 };
	json_t *j = json_object(), *o;
	size_t i;

	for (i = 0; strings[i] != NULL; i++)
		strv_add(&v, strings[i]);
	json_set_strv(j, "all", &v);
	json_set_int(j, "least", INT64_MIN);
	json_set_bool(j, "yes", true);
	o = json_set_newobj(j, "empty");
	o = json_set_newobj(j, "o");
	for (i = 0; strings[i] != NULL; i++)
		json_set_str(o, i == 2 ? "\"key\"" : "k", strings[i]);
	json_write(j, &want);

	jt_begin(&got, NULL, '{');
	jt_strv(&got, "all", &v);
	jt_strv(&got, "none", &(struct strv){ NULL, 0 });
	jt_str(&got, "null", NULL);
	jt_int(&got, "least", INT64_MIN);
	jt_bool(&got, "yes", true);
	jt_begin(&got, "empty", '{');
	jt_end(&got, '}');
	jt_begin(&got, "o", '{');
	jt_str(&got, "k", strings[i - 1]);
	jt_str(&got, "\"key\"", strings[2]);
	jt_end(&got, '}');
	jt_end(&got, '}');
	is_str(buf_str(&got), buf_str(&want), "as text and as a tree");
	buf_clear(&got);
	jt_begin(&got, NULL, '[');
	jt_u64(&got, NULL, UINT64_MAX);
	jt_raw(&got, NULL, "{}");
	jt_end(&got, ']');
	is_str(buf_str(&got), "[18446744073709551615,{}]", "an array");
	buf_free(&got);
	buf_free(&want);
	strv_free(&v);
	json_decref(j);
}

int
main(void)
{
	test_good();
	test_bad();
	test_bounds();
	test_get();
	test_set();
	test_utf8();
	text();
	return done();
}
