/* SPDX-License-Identifier: ISC */
/* data/good/http.txt: an answer, what its head says, its body as far as framing shows it;
 * data/bad/http.txt: an answer, part of the message */
#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "lines.h"
#include "remote/head.h"
#include "tap.h"

/* A chunked body given step bytes at a time. 0 whole, 1 more to come, -1. */
static int
decode(const char *p, size_t n, size_t step, struct buf *out, struct err *e)
{
	struct chunked c = CHUNKED_INIT;
	size_t used, data, at, len;
	int r = 1;

	for (at = 0; at < n && r > 0;) {
		len = n - at < step ? n - at : step;
		r = chunked_next(&c, p + at, len, &used, &data, e);
		if (r < 0)
			return -1;
		buf_add(out, p + at + used, data);
		at += used + data;
	}
	return at == n ? r : 2;
}

static int
parse(const char *p, size_t n, size_t step, struct buf *what, struct buf *body, struct err *e)
{
	static const char *const kinds[] = { "none", "length", "chunked", "close" };
	CLEAN_HEAD struct head h = { 0 };
	int64_t len = head_find(p, n, e);

	if (len <= 0 || head_parse(&h, p, (size_t)len, false, e) < 0)
		return -1;
	buf_addf(what, "%d %s %s %lld", h.status, h.keep_alive ? "keep" : "close", kinds[h.body],
		(long long)h.length);
	if (h.body == BODY_CHUNKED)
		return decode(p + len, n - (size_t)len, step, body, e);
	if (h.body == BODY_LENGTH)
		buf_add(body, p + len, n - (size_t)len);
	return 0;
}

static void
good(const struct line *l)
{
	size_t step;
	bool same = true;
	struct err e = { 0, "" };

	for (step = 1; step < 200; step += 3) {
		CLEAN_BUF struct buf what = BUF_INIT;
		CLEAN_BUF struct buf body = BUF_INIT;

		if (parse(l->f[0], l->len[0], step, &what, &body, &e) != 0 ||
			strcmp(buf_str(&what), l->f[1]) != 0 ||
			strcmp(buf_str(&body), l->f[2]) != 0) {
			if (same)
				printf("# step %zu: %s '%s' %s\n", step, buf_str(&what),
					buf_str(&body), e.msg);
			same = false;
		}
	}
	ok(same, "%s", l->f[1]);
}

static void
bad(const struct line *l)
{
	CLEAN_BUF struct buf what = BUF_INIT;
	CLEAN_BUF struct buf body = BUF_INIT;
	struct err e = { 0, "accepted" };
	int r = parse(l->f[0], l->len[0], 1 << 20, &what, &body, &e);

	if (!ok(r < 0 && strstr(e.msg, l->f[1]) != NULL, "refused: %s", l->f[1]))
		printf("# %d %s\n", r, e.msg);
}

/* Lookups and limits. */
static void
fields(void)
{
	static const char text[] = "HTTP/1.1 200 OK\r\nA: 1\r\nb:2\r\na:  3 \r\nEmpty:\r\n\r\n";
	CLEAN_BUF struct buf many = BUF_INIT;
	CLEAN_HEAD struct head h = { 0 };
	struct err e;
	int i;

	ok(head_parse(&h, text, sizeof(text) - 1, false, &e) == 0, "head with fields");
	is_str(head_get(&h, "a", 0), "1", "first of two");
	is_str(head_get(&h, "a", 1), "3", "second of two");
	is_str(head_get(&h, "a", 2), NULL, "no third");
	is_str(head_get(&h, "empty", 0), "", "empty value");
	is_str(head_get(&h, "c", 0), NULL, "absent");
	head_free(&h);

	ok(head_find("HTTP/1.1 200 OK\r\n\r", 18, &e) == 0, "an unfinished head");
	buf_adds(&many, "HTTP/1.1 200 OK\r\n");
	for (i = 0; i < 201; i++)
		buf_addf(&many, "x: %d\r\n", i);
	buf_adds(&many, "\r\n");
	ok(head_parse(&h, many.data, many.len, false, &e) < 0, "201 fields are refused");
	while (many.len < HEAD_MAX)
		buf_adds(&many, "padding");
	ok(head_find("x", 1, &e) == 0, "one byte");
	buf_clear(&many);
	while (many.len < HEAD_MAX)
		buf_adds(&many, "padding");
	ok(head_find(many.data, many.len, &e) < 0, "a head without an end is refused");
}

int
main(void)
{
	struct line l = { 0 };
	FILE *f;

	f = lines_open("tests/data/good/http.txt");
	while (lines_next(f, &l, false))
		good(&l);
	fclose(f);
	f = lines_open("tests/data/bad/http.txt");
	while (lines_next(f, &l, false))
		bad(&l);
	fclose(f);
	fields();
	return done();
}
