/* SPDX-License-Identifier: ISC */
/* codec: round trips in odd chunks, concatenated members, padding, damage; what gzip(1) and zstd(1)
 * make of it is in the tool tests */
#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "layer/codec.h"
#include "tap.h"

struct src {
	const unsigned char *p;
	size_t n, chunk;
};

static ssize_t
from(void *arg, void *p, size_t n, struct err *e)
{
	struct src *s = arg;

	(void)e;
	if (n > s->n)
		n = s->n;
	if (n > s->chunk)
		n = s->chunk;
	if (n == 0)
		return 0;
	memcpy(p, s->p, n);
	s->p += n;
	s->n -= n;
	return (ssize_t)n;
}

static int
to(void *arg, const void *p, size_t n, struct err *e)
{
	(void)e;
	buf_add(arg, p, n);
	return 0;
}

static void
fill(struct buf *b, size_t n)
{
	unsigned long long x = 88172645463325252ull;
	static const char *const words[] = { "layer ", "whiteout ", "digest\n", "manifest.",
		"\0\0\0", "config " };

	while (b->len < n) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		if (x & 3)
			buf_adds(b, words[x % LEN(words)]);
		else
			buf_add(b, &x, sizeof(x));
	}
}

static void
encode(enum compression c, int level, const struct buf *in, size_t chunk, struct buf *out)
{
	struct err e;
	struct encoder *enc = encoder_new(c, level, to, out, &e);
	size_t i, k;

	if (enc == NULL) {
		printf("# %s\n", e.msg);
		return;
	}
	for (i = 0; i < in->len; i += k) {
		k = in->len - i < chunk ? in->len - i : chunk;
		if (encoder_write(enc, in->data + i, k, &e) < 0)
			printf("# %s\n", e.msg);
	}
	if (encoder_finish(enc, &e) < 0)
		printf("# %s\n", e.msg);
	encoder_free(enc);
}

/* 0 and the plain bytes in out, or -1 and e. */
static int
decode(enum compression c, const void *p, size_t n, size_t chunk, size_t outchunk, struct buf *out,
	struct err *e)
{
	struct src s = { p, n, chunk };
	struct decoder *d = decoder_new(c, from, &s, e);
	CLEAN_FREE char *block = xmalloc(outchunk);
	ssize_t k;

	buf_clear(out);
	if (d == NULL)
		return -1;
	while ((k = decoder_read(d, block, outchunk, e)) > 0)
		buf_add(out, block, (size_t)k);
	decoder_free(d);
	return k < 0 ? -1 : 0;
}

static bool
same(const struct buf *a, const struct buf *b)
{
	return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

static void
round_trips(enum compression c)
{
	static const size_t sizes[] = { 0, 1, 511, 1 << 20, (1 << 20) + 1, 3 << 20 };
	static const size_t chunks[] = { 1, 7, 4096, 1 << 20 };
	CLEAN_BUF struct buf in = BUF_INIT;
	CLEAN_BUF struct buf packed = BUF_INIT;
	CLEAN_BUF struct buf again = BUF_INIT;
	CLEAN_BUF struct buf out = BUF_INIT;
	struct err e;
	size_t i, j;

	for (i = 0; i < LEN(sizes); i++) {
		bool good = true;

		buf_clear(&in);
		fill(&in, sizes[i]);
		in.len = sizes[i];
		buf_clear(&packed);
		encode(c, 0, &in, 1 << 16, &packed);
		for (j = 0; j < LEN(chunks); j++) {
			if (chunks[j] == 1 && sizes[i] > 1 << 20)
				continue;
			buf_clear(&again);
			encode(c, 0, &in, chunks[j], &again);
			good = good && same(&packed, &again);
			if (decode(c, packed.data, packed.len, chunks[j], 1 << 16, &out, &e) < 0) {
				printf("# %s\n", e.msg);
				good = false;
			}
			good = good && same(&in, &out);
			if (decode(COMP_UNKNOWN, packed.data, packed.len, 1 << 16, chunks[j], &out,
				    &e) < 0)
				good = false;
			good = good && same(&in, &out);
		}
		ok(good, "%s: %zu bytes, the same in every chunking", codec_name(c), sizes[i]);
	}
	buf_clear(&in);
	fill(&in, 300000);
	for (i = 1; i < 10; i++) {
		buf_clear(&packed);
		encode(c, (int)i, &in, 5000, &packed);
		if (decode(c, packed.data, packed.len, 1000, 1000, &out, &e) < 0 ||
			!same(&in, &out))
			break;
	}
	ok(i == 10, "%s: levels 1 to 9", codec_name(c));
}

static void
damage(enum compression c)
{
	CLEAN_BUF struct buf in = BUF_INIT;
	CLEAN_BUF struct buf packed = BUF_INIT;
	CLEAN_BUF struct buf out = BUF_INIT;
	CLEAN_BUF struct buf twice = BUF_INIT;
	CLEAN_BUF struct buf two = BUF_INIT;
	struct err e;
	size_t i, bad;

	fill(&in, 200000);
	encode(c, 0, &in, 5000, &packed);
	for (i = 1; i < 4; i++) {
		buf_add(&two, packed.data, packed.len);
		buf_add(&twice, in.data, in.len);
		ok(decode(c, two.data, two.len, 1, 70000, &out, &e) == 0 && same(&out, &twice),
			"%s: %zu members, a byte at a time", codec_name(c), i);
		ok(decode(c, two.data, two.len, 1 << 20, 70000, &out, &e) == 0 &&
				same(&out, &twice),
			"%s: %zu members at once", codec_name(c), i);
	}
	bad = 0;
	for (i = 0; i < packed.len; i += i < 40 || i > packed.len - 40 ? 1 : 997)
		if (decode(c, packed.data, i, 1 << 20, 1 << 16, &out, &e) == 0)
			bad++;
	is_int((long long)bad, 0, "truncated anywhere is an error");
	bad = 0;
	for (i = 10; i < packed.len; i += 331) {
		packed.data[i] ^= 0x10;
		if (decode(c, packed.data, packed.len, 1 << 20, 1 << 16, &out, &e) == 0 &&
			!same(&in, &out))
			bad++;
		packed.data[i] ^= 0x10;
	}
	is_int((long long)bad, 0, "a flipped bit never gives other bytes");
	buf_adds(&packed, "garbage");
	ok(decode(c, packed.data, packed.len, 1 << 20, 1 << 16, &out, &e) < 0,
		"garbage behind the end: %s", e.msg);
}

int
main(void)
{
	CLEAN_BUF struct buf in = BUF_INIT;
	CLEAN_BUF struct buf packed = BUF_INIT;
	CLEAN_BUF struct buf out = BUF_INIT;
	const char *program;
	char zeros[3000] = { 0 };
	struct err e;

	round_trips(COMP_NONE);
	round_trips(COMP_GZIP);
	damage(COMP_GZIP);
#if DK_ZSTD
	round_trips(COMP_ZSTD);
	damage(COMP_ZSTD);
#endif

	/* gzip alone: padding, empty, what is not gzip */
	fill(&in, 1000);
	encode(COMP_GZIP, 0, &in, 100, &packed);
	buf_add(&packed, zeros, sizeof(zeros));
	ok(decode(COMP_GZIP, packed.data, packed.len, 1 << 20, 100, &out, &e) == 0 &&
			same(&in, &out),
		"zero padding is passed over");
	ok(decode(COMP_GZIP, packed.data, packed.len, 1, 100, &out, &e) == 0 && same(&in, &out),
		"zero padding a byte at a time");
	buf_addc(&packed, 'x');
	ok(decode(COMP_GZIP, packed.data, packed.len, 1 << 20, 100, &out, &e) < 0,
		"garbage behind padding: %s", e.msg);
	ok(decode(COMP_GZIP, "", 0, 1, 100, &out, &e) < 0, "no gzip data at all: %s", e.msg);
	ok(decode(COMP_GZIP, "plain text", 10, 100, 100, &out, &e) < 0, "not gzip: %s", e.msg);
	ok(decode(COMP_UNKNOWN, "", 0, 1, 100, &out, &e) == 0 && out.len == 0,
		"an empty stream is plain");
	ok(decode(COMP_UNKNOWN, "abc", 3, 1, 100, &out, &e) == 0 && out.len == 3,
		"a short stream is plain");
	/* "hello\n" with name and header checksum (RFC 1952, FNAME and FHCRC) */
	{
		static const unsigned char named[] =
			"\x1f\x8b\x08\x08\0\0\0\0\0\x03"
			"hello\0"
			"\xcb\x48\xcd\xc9\xc9\xe7\x02\0\x20\x30\x3a\x36\x06\0\0\0";

		ok(decode(COMP_UNKNOWN, named, sizeof(named) - 1, 1, 100, &out, &e) == 0 &&
				out.len == 6 && memcmp(out.data, "hello\n", 6) == 0,
			"a member with a name");
	}

	is_int(codec_sniff("\x1f\x8b\x08\0\0\0", 6, &program), COMP_GZIP, "sniff gzip");
	is_int(codec_sniff("\x28\xb5\x2f\xfd\0\0", 6, &program), COMP_ZSTD, "sniff zstd");
	is_int(codec_sniff("\x51\x2a\x4d\x18\0\0", 6, &program), COMP_ZSTD,
		"sniff a skippable frame");
	is_int(codec_sniff("\xfd"
			   "7zXZ",
		       6, &program),
		COMP_UNKNOWN, "sniff xz");
	is_str(program, "xz", "its program");
	is_int(codec_sniff("BZh91A", 6, &program), COMP_UNKNOWN, "sniff bzip2");
	is_str(program, "bzip2", "its program");
	is_int(codec_sniff("LZIP\1\0", 6, &program), COMP_UNKNOWN, "sniff lzip");
	is_str(program, "lzip", "its program");
	is_int(codec_sniff("\x1f\x9d\x90\0\0\0", 6, &program), COMP_UNKNOWN, "sniff compress");
	is_str(program, "gzip", "its program");
	is_int(codec_sniff("usr/bi", 6, &program), COMP_NONE, "a name is plain tar");
	is_str(program, NULL, "no program");
	ok(decode(COMP_UNKNOWN, "BZh91AY&SY", 10, 100, 100, &out, &e) < 0 && e.code == ENOTSUP,
		"bzip2 is refused by name: %s", e.msg);
	return done();
}
