/* SPDX-License-Identifier: ISC */
/*
 * JSON from outside. Size, depth and the number of values are bounded by a scan of the bytes before
 * the parser allocates anything; the rest of the strictness (duplicate keys, NUL, UTF-8, trailing
 * bytes) is jansson's.
 */
#include "json.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"

#define MAX_DEPTH 64
#define MAX_VALUES (1u << 17) /* about 100 bytes of memory each */

void
json_clean(json_t **j)
{
	json_decref(*j);
	*j = NULL;
}

/* NULL, or what is beyond the bounds. Malformed documents are left to the parser. */
static const char *
beyond_bounds(const char *s, size_t n)
{
	size_t i, depth = 0, values = 0;
	bool in_string = false;

	if (n > JSON_MAX_BYTES)
		return "larger than 4 MiB";
	for (i = 0; i < n; i++) {
		if (in_string) {
			if (s[i] == '\\')
				i++;
			else if (s[i] == '"')
				in_string = false;
			continue;
		}
		switch (s[i]) {
		case '"':
			in_string = true;
			break;
		case '[':
		case '{':
			if (++depth > MAX_DEPTH)
				return "nested too deeply";
			/* FALLTHROUGH */
		case ',':
		case ':':
			if (++values > MAX_VALUES)
				return "too many values";
			break;
		case ']':
		case '}':
			if (depth > 0)
				depth--;
			break;
		}
	}
	return NULL;
}

json_t *
json_parse(const void *p, size_t n, const char *what, struct err *e)
{
	const char *bad;
	json_error_t je;
	json_t *j;

	if ((bad = beyond_bounds(p, n)) != NULL) {
		err_setx(e, 0, "%s: %s", what, bad);
		return NULL;
	}
	if (n == 0) {
		err_setx(e, 0, "%s: empty, not a JSON document", what);
		return NULL;
	}
	if ((j = json_loadb(p, n, JSON_REJECT_DUPLICATES, &je)) == NULL)
		err_setx(e, 0, "%s: line %d, column %d: %s", what, je.line, je.column, je.text);
	return j;
}

static int
dump_to_buf(const char *p, size_t n, void *arg)
{
	buf_add(arg, p, n);
	return 0;
}

static void
write_flags(const json_t *j, struct buf *out, size_t flags)
{
	if (json_dump_callback(j, dump_to_buf, out, flags | JSON_ENCODE_ANY) < 0)
		abort();
}

void
json_write(const json_t *j, struct buf *out)
{
	write_flags(j, out, JSON_COMPACT);
}

void
json_write_pretty(const json_t *j, struct buf *out)
{
	write_flags(j, out, JSON_INDENT(4));
}

/* The member, NULL where it is absent or null. */
static json_t *
member(const json_t *j, const char *key)
{
	json_t *v = json_object_get(j, key);

	return json_is_null(v) ? NULL : v;
}

static int
wrong_type(const char *key, const char *want, struct err *e)
{
	return err_setx(e, 0, "'%s' is not %s", key, want);
}

int
json_get_str(const json_t *j, const char *key, const char **out, struct err *e)
{
	json_t *v = member(j, key);

	if (v == NULL)
		return 0;
	if (!json_is_string(v))
		return wrong_type(key, "a string", e);
	*out = json_string_value(v);
	return 0;
}

int
json_get_int(const json_t *j, const char *key, int64_t *out, struct err *e)
{
	json_t *v = member(j, key);

	if (v == NULL)
		return 0;
	if (!json_is_integer(v))
		return wrong_type(key, "an integer", e);
	*out = json_integer_value(v);
	return 0;
}

int
json_get_bool(const json_t *j, const char *key, bool *out, struct err *e)
{
	json_t *v = member(j, key);

	if (v == NULL)
		return 0;
	if (!json_is_boolean(v))
		return wrong_type(key, "true or false", e);
	*out = json_is_true(v);
	return 0;
}

int
json_get_obj(const json_t *j, const char *key, json_t **out, struct err *e)
{
	json_t *v = member(j, key);

	if (v == NULL)
		return 0;
	if (!json_is_object(v))
		return wrong_type(key, "an object", e);
	*out = v;
	return 0;
}

int
json_get_arr(const json_t *j, const char *key, json_t **out, struct err *e)
{
	json_t *v = member(j, key);

	if (v == NULL)
		return 0;
	if (!json_is_array(v))
		return wrong_type(key, "an array", e);
	*out = v;
	return 0;
}

int
json_get_strv(const json_t *j, const char *key, struct strv *out, struct err *e)
{
	CLEAN_STRV struct strv got = { 0 };
	json_t *a = NULL, *v;
	size_t i;

	if (json_get_arr(j, key, &a, e) < 0)
		return -1;
	if (a == NULL)
		return 0;
	json_array_foreach (a, i, v) {
		if (!json_is_string(v))
			return wrong_type(key, "an array of strings", e);
		strv_add(&got, json_string_value(v));
	}
	strv_free(out);
	*out = got;
	got = (struct strv){ 0 };
	return 0;
}

int
json_check_strings(json_t *j, const char *what, struct err *e)
{
	const char *key;
	json_t *v;

	json_object_foreach (j, key, v)
		if (!json_is_string(v))
			return err_setx(e, 0, "%s '%.80s' is not a string", what, key);
	return 0;
}

size_t
json_utf8_len(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t n, i;
	uint32_t c;

	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		n = 2;
	else if ((s[0] & 0xf0) == 0xe0)
		n = 3;
	else if (s[0] >= 0xf0 && s[0] <= 0xf4)
		n = 4;
	else
		return 0;
	c = s[0] & (0xffu >> (n + 1));
	for (i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3fu);
	}
	if ((n == 3 && c < 0x800) || (n == 4 && c < 0x10000) || c > 0x10ffff ||
		(c >= 0xd800 && c <= 0xdfff))
		return 0;
	return n;
}

static json_t *
must(json_t *j)
{
	if (j == NULL)
		abort();
	return j;
}

json_t *
json_str(const char *s)
{
	CLEAN_BUF struct buf b = BUF_INIT;
	size_t n;

	for (; *s != '\0'; s += n) {
		if ((n = json_utf8_len(s)) > 0) {
			buf_add(&b, s, n);
		} else {
			buf_adds(&b, "\xef\xbf\xbd");
			n = 1;
		}
	}
	return must(json_stringn(buf_str(&b), b.len));
}

static void
set(json_t *j, const char *key, json_t *v)
{
	if (json_object_set_new(j, key, v) < 0)
		abort();
}

void
json_set_str(json_t *j, const char *key, const char *s)
{
	if (s != NULL)
		set(j, key, json_str(s));
}

void
json_set_int(json_t *j, const char *key, int64_t v)
{
	set(j, key, must(json_integer(v)));
}

void
json_set_bool(json_t *j, const char *key, bool v)
{
	set(j, key, json_boolean(v));
}

void
json_set_strv(json_t *j, const char *key, const struct strv *v)
{
	json_t *a;
	size_t i;

	if (v->n == 0)
		return;
	a = json_set_newarr(j, key);
	for (i = 0; i < v->n; i++)
		if (json_array_append_new(a, json_str(v->v[i])) < 0)
			abort();
}

json_t *
json_set_newobj(json_t *j, const char *key)
{
	json_t *v = must(json_object());

	set(j, key, v);
	return v;
}

json_t *
json_set_newarr(json_t *j, const char *key)
{
	json_t *v = must(json_array());

	set(j, key, v);
	return v;
}
