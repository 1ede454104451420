/* SPDX-License-Identifier: ISC */
#include "base/err.h"
#include "base/mem.h"
#include "oci/digest.h"
#include "oci/hash.h"
#include "tap.h"

#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define MILLION_A "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"

static void
test_parse(void)
{
	static const struct {
		const char *s, *message;
	} bad[] = {
		{ "", "no digest" },
		{ "sha256", "no digest" },
		{ ":", "no digest" },
		{ ":" ABC, "no digest" },
		{ ABC, "no digest" },
		{ "sha256:", "64 lower-case" },
		{ "sha256:ba78", "64 lower-case" },
		{ "sha256:" ABC "0", "64 lower-case" },
		{ "sha256:" ABC " ", "64 lower-case" },
		{ "sha256:" ABC "\n", "64 lower-case" },
		{ "sha256:Ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
			"64 lower-case" },
		{ "sha256:ga7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
			"64 lower-case" },
		{ "sha256:/../../../../../../../../../../../../../../../../../../../../../",
			"64 lower-case" },
		{ " sha256:" ABC, "not supported" },
		{ "SHA256:" ABC, "'SHA256' is not supported" },
		{ "sha512:" ABC ABC, "'sha512' is not supported" },
		{ "sha384:" ABC, "'sha384' is not supported" },
		{ "sha256+b64:xyz", "'sha256+b64' is not supported" },
	};
	struct digest d;
	struct err e;
	size_t i;

	ok(digest_parse(&d, "sha256:" ABC, &e) == 0, "a good digest");
	is_str(d.str, "sha256:" ABC, "is kept as it is");
	is_str(digest_hex(&d), ABC, "its hex part");
	ok(digest_is_set(&d), "is set");
	for (i = 0; i < LEN(bad); i++) {
		memset(&d, 'x', sizeof(d));
		e.msg[0] = '\0';
		ok(digest_parse(&d, bad[i].s, &e) == -1 && strstr(e.msg, bad[i].message) != NULL,
			"'%.30s' is refused: %s", i == 9 ? "(newline)" : bad[i].s, bad[i].message);
		ok(!digest_is_set(&d), "and nothing is set");
	}
	is_str(digest_hex(&d), "", "no digest has no hex part");
}

static void
test_compare(void)
{
	struct digest a, b, v[3];

	digest_from_hex(&a, ABC);
	digest_from_hex(&b, EMPTY);
	ok(digest_eq(&a, &a) && !digest_eq(&a, &b), "equality");
	ok(digest_cmp(&a, &b) < 0 && digest_cmp(&b, &a) > 0 && digest_cmp(&a, &a) == 0, "order");
	v[0] = b;
	memset(&v[1], 0, sizeof(v[1]));
	v[2] = a;
	qsort(v, 3, sizeof(v[0]), digest_cmp);
	ok(!digest_is_set(&v[0]) && digest_eq(&v[1], &a) && digest_eq(&v[2], &b), "qsort");
}

static void
test_hash(void)
{
	char block[999];
	struct digest d;
	struct hash h;
	size_t left, n;

	hash_bytes("", 0, &d);
	is_str(d.str, "sha256:" EMPTY, "sha256 of nothing");
	hash_bytes("abc", 3, &d);
	is_str(d.str, "sha256:" ABC, "sha256 of abc");
	hash_init(&h);
	hash_update(&h, "a", 1);
	hash_update(&h, NULL, 0);
	hash_update(&h, "bc", 2);
	hash_final(&h, &d);
	is_str(d.str, "sha256:" ABC, "in pieces");
	memset(block, 'a', sizeof(block));
	hash_init(&h);
	for (left = 1000000; left > 0; left -= n) {
		n = left < sizeof(block) ? left : sizeof(block);
		hash_update(&h, block, n);
	}
	hash_final(&h, &d);
	is_str(d.str, "sha256:" MILLION_A, "of a million a");
}

int
main(void)
{
	test_parse();
	test_compare();
	test_hash();
	return done();
}
