/* SPDX-License-Identifier: ISC */
/* base64, PEM bundles and what x509.c reads in a certificate; data/{good,bad}/certs.pem */
#include <fcntl.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fmt.h"
#include "base/mem.h"
#include "remote/b64.h"
#include "remote/trust.h"
#include "remote/x509.h"
#include "tap.h"

static void
base64(void)
{
	static const struct {
		const char *plain, *coded;
	} good[] = { { "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" }, { "foo", "Zm9v" },
		{ "foob", "Zm9vYg==" }, { "\377\376\375", "//79" } };
	static const char *const lenient[] = { "Zm9vYg", " Zm9v\r\nYg==\n", "Zm9vYg ==" };
	static const char *const bad[] = { "Z", "Zm9vY", "Zg=", "Zg===", "Zg==Zg==", "Zm9-",
		"Zm9v====", "=" };
	size_t i;

	for (i = 0; i < LEN(good); i++) {
		CLEAN_BUF struct buf a = BUF_INIT;
		CLEAN_BUF struct buf b = BUF_INIT;

		b64_encode(good[i].plain, strlen(good[i].plain), &a);
		is_str(buf_str(&a), good[i].coded, "encode");
		ok(b64_decode(good[i].coded, strlen(good[i].coded), &b) == 0, "decode");
		is_str(buf_str(&b), good[i].plain, "decoded");
	}
	for (i = 0; i < LEN(lenient); i++) {
		CLEAN_BUF struct buf b = BUF_INIT;

		ok(b64_decode(lenient[i], strlen(lenient[i]), &b) == 0,
			"decode with blanks or without padding");
		is_str(buf_str(&b), "foob", "decoded");
	}
	for (i = 0; i < LEN(bad); i++) {
		CLEAN_BUF struct buf b = BUF_INIT;

		buf_adds(&b, "kept");
		ok(b64_decode(bad[i], strlen(bad[i]), &b) < 0, "refused: %s", bad[i]);
		is_str(buf_str(&b), "kept", "nothing added");
	}
}

static void
names(const struct trust *t)
{
	static const unsigned char v4[] = { 127, 0, 0, 1 }, other[] = { 127, 0, 0, 2 };
	static const unsigned char v6[16] = { [15] = 1 };
	CLEAN_BUF struct buf b = BUF_INIT;
	char when[40];

	ok(x509_has_ip(&t->v[0], v4, 4) && x509_has_ip(&t->v[0], v6, 16), "addresses");
	ok(!x509_has_ip(&t->v[0], other, 4) && !x509_has_ip(&t->v[0], v6, 4) &&
			!x509_has_ip(&t->v[1], v4, 4),
		"no others");
	x509_describe(&t->v[0], &b);
	is_str(buf_str(&b), "registry.example, *.example, 127.0.0.1, ::1", "alternative names");
	buf_clear(&b);
	x509_name(&t->v[0].subject, &b);
	is_str(buf_str(&b), "dk test", "common name");
	buf_clear(&b);
	x509_describe(&t->v[1], &b);
	is_str(buf_str(&b), "only an organisation", "organisation");
	fmt_rfc3339((struct timespec){ t->v[0].not_before, 0 }, when);
	is_str(when, "2026-11-24T04:42:37Z", "not before");
	fmt_rfc3339((struct timespec){ t->v[0].not_after, 0 }, when);
	is_str(when, "2126-10-31T04:42:37Z", "not after");
}

/* Every truncation and every changed byte: an error or a parse, nothing else (the sanitizers
 * watch). */
static void
damage(const struct x509 *good)
{
	CLEAN_FREE unsigned char *copy = NULL;
	CLEAN_BUF struct buf text = BUF_INIT;
	static const unsigned char ip[4] = { 127, 0, 0, 1 };
	size_t n, i, parsed = 0;
	struct x509 x;

	for (n = 0; n < good->whole.n; n++) {
		free(copy);
		copy = xmalloc(n + 1);
		memcpy(copy, good->whole.p, n);
		if (x509_parse(&x, copy, n) == 0)
			parsed++;
	}
	ok(parsed == 0, "no truncated certificate parses");
	free(copy);
	copy = xmalloc(good->whole.n);
	for (i = 0; i < good->whole.n; i++) {
		for (n = 0; n < 256; n += 17) {
			memcpy(copy, good->whole.p, good->whole.n);
			copy[i] = (unsigned char)n;
			if (x509_parse(&x, copy, good->whole.n) < 0)
				continue;
			parsed += x509_has_ip(&x, ip, 4);
			buf_clear(&text);
			x509_describe(&x, &text);
			x509_name(&x.issuer, &text);
		}
	}
	ok(parsed > 0, "changed certificates");
}

int
main(void)
{
	struct trust t = TRUST_INIT, none = TRUST_INIT;
	struct err e;
	size_t i = 0;

	base64();
	is_int(trust_add_file(&t, "tests/data/good/certs.pem", &e), 2,
		"certificates in the bundle");
	is_int(trust_add_file(&none, "tests/data/bad/certs.pem", &e), 0,
		"broken ones are passed over");
	is_int(trust_add_file(&none, "tests/data/none.pem", &e), -1, "no such file");
	if (t.n == 2) {
		ok(trust_find(&t, &t.v[1].issuer, &i) == &t.v[1], "found by name");
		ok(trust_find(&t, &t.v[1].issuer, &i) == NULL, "only once");
		names(&t);
		damage(&t.v[0]);
	}
	trust_free(&t);
	trust_free(&none);
	return done();
}
