/* SPDX-License-Identifier: ISC */
/* jsontext: no tree is built, which for a container's configuration is most of the work. */
#include "jsontext.h"

#include <string.h>

#include "base/buf.h"
#include "json.h"

static void
quote(struct buf *b, const char *s)
{
	static const char letters[] = "\b\f\n\r\t\"\\", names[] = "bfnrt\"\\";
	const char *run = s, *p;
	size_t n;

	buf_addc(b, '"');
	for (; *s != '\0'; s += n) {
		n = json_utf8_len(s);
		if (n > 0 && (unsigned char)*s >= ' ' && *s != '"' && *s != '\\')
			continue;
		buf_add(b, run, (size_t)(s - run));
		if (n == 0) {
			buf_adds(b, "\xef\xbf\xbd");
			n = 1;
		} else if ((p = strchr(letters, *s)) != NULL) {
			buf_addc(b, '\\');
			buf_addc(b, names[p - letters]);
		} else {
			buf_addf(b, "\\u%04X", (unsigned int)*s);
		}
		run = s + n;
	}
	buf_add(b, run, (size_t)(s - run));
	buf_addc(b, '"');
}

static void
name(struct buf *b, const char *key)
{
	if (b->len > 0 && strchr("{[:", b->data[b->len - 1]) == NULL)
		buf_addc(b, ',');
	if (key != NULL) {
		quote(b, key);
		buf_addc(b, ':');
	}
}

void
jt_begin(struct buf *b, const char *key, char bracket)
{
	name(b, key);
	buf_addc(b, bracket);
}

void
jt_end(struct buf *b, char bracket)
{
	buf_addc(b, bracket);
}

void
jt_str(struct buf *b, const char *key, const char *s)
{
	if (s == NULL)
		return;
	name(b, key);
	quote(b, s);
}

void
jt_int(struct buf *b, const char *key, int64_t v)
{
	name(b, key);
	buf_addf(b, "%lld", (long long)v);
}

void
jt_u64(struct buf *b, const char *key, uint64_t v)
{
	name(b, key);
	buf_addf(b, "%llu", (unsigned long long)v);
}

void
jt_bool(struct buf *b, const char *key, bool v)
{
	name(b, key);
	buf_adds(b, v ? "true" : "false");
}

void
jt_strv(struct buf *b, const char *key, const struct strv *v)
{
	size_t i;

	if (v->n == 0)
		return;
	jt_begin(b, key, '[');
	for (i = 0; i < v->n; i++)
		jt_str(b, NULL, v->v[i]);
	jt_end(b, ']');
}

void
jt_raw(struct buf *b, const char *key, const char *json)
{
	name(b, key);
	buf_adds(b, json);
}
