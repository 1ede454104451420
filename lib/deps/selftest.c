/* SPDX-License-Identifier: ISC */
/*
 * Calls into every third-party library once, with a known answer where there is one:
 * run by lib/deps/build to see that the archives link into a static program that works.
 */
#include <archive.h>
#include <bearssl.h>
#include <jansson.h>
#include <nettle/sha2.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <zlib.h>
#if ISAL
#include <isa-l/igzip_lib.h>
#endif
#if ZSTD
#include <zstd.h>
#endif

#define CHECK(cond)                                                                                \
	do {                                                                                       \
		if (!(cond)) {                                                                     \
			fprintf(stderr, "selftest: line %d: %s\n", __LINE__, #cond);               \
			exit(1);                                                                   \
		}                                                                                  \
	} while (0)

static const char text[] = "one two three one two three one two three one two three";

static void
test_hashes(void)
{
	static const unsigned char abc[4] = { 0xba, 0x78, 0x16, 0xbf };
	struct sha256_ctx n;
	br_sha256_context b;
	unsigned char out[32];

	sha256_init(&n);
	sha256_update(&n, 3, (const uint8_t *)"abc");
	sha256_digest(&n, 32, out);
	CHECK(memcmp(out, abc, 4) == 0);
	br_sha256_init(&b);
	br_sha256_update(&b, "abc", 3);
	br_sha256_out(&b, out);
	CHECK(memcmp(out, abc, 4) == 0);
}

static void
test_tls(void)
{
	br_prng_seeder seed = br_prng_seeder_system(NULL);
	br_hmac_drbg_context rng;

	br_hmac_drbg_init(&rng, &br_sha256_vtable, NULL, 0);
	CHECK(seed && seed(&rng.vtable));
#ifdef __x86_64__
	printf("bearssl: AES-NI %s\n", br_aes_x86ni_ctr_get_vtable() ? "yes" : "no");
#endif
}

static void
test_inflate(unsigned char *gz, size_t len)
{
	unsigned char out[256];
	z_stream z = { .next_in = gz, .avail_in = len, .next_out = out, .avail_out = sizeof(out) };

	CHECK(inflateInit2(&z, 16 + 15) == Z_OK);
	CHECK(inflate(&z, Z_FINISH) == Z_STREAM_END);
	CHECK(z.total_out == sizeof(text) && memcmp(out, text, sizeof(text)) == 0);
	inflateEnd(&z);
}

static void
test_gzip(void)
{
	unsigned char gz[512];
	z_stream z = { .next_in = (unsigned char *)text,
		.avail_in = sizeof(text),
		.next_out = gz,
		.avail_out = sizeof(gz) };

	CHECK(deflateInit2(&z, 6, Z_DEFLATED, 16 + 15, 8, Z_DEFAULT_STRATEGY) == Z_OK);
	CHECK(deflate(&z, Z_FINISH) == Z_STREAM_END);
	test_inflate(gz, z.total_out);
	deflateEnd(&z);
#if ISAL
	static unsigned char level[ISAL_DEF_LVL1_DEFAULT];
	struct isal_zstream s;

	isal_deflate_init(&s);
	s.level = 1;
	s.level_buf = level;
	s.level_buf_size = sizeof(level);
	s.gzip_flag = IGZIP_GZIP;
	s.end_of_stream = 1;
	s.next_in = (unsigned char *)text;
	s.avail_in = sizeof(text);
	s.next_out = gz;
	s.avail_out = sizeof(gz);
	CHECK(isal_deflate(&s) == COMP_OK && s.avail_in == 0);
	test_inflate(gz, s.total_out);
#endif
}

static void
test_zstd(void)
{
#if ZSTD
	char comp[512], out[256];
	size_t n = ZSTD_compress(comp, sizeof(comp), text, sizeof(text), 3);

	CHECK(!ZSTD_isError(n));
	CHECK(ZSTD_decompress(out, sizeof(out), comp, n) == sizeof(text));
	CHECK(memcmp(out, text, sizeof(text)) == 0);
#endif
}

static void
test_tar(void)
{
	static const char end[1024];
	struct archive_entry *entry;
	struct archive *a = archive_read_new();

	CHECK(a && archive_read_support_format_tar(a) == ARCHIVE_OK);
	CHECK(archive_read_open_memory(a, end, sizeof(end)) == ARCHIVE_OK);
	CHECK(archive_read_next_header(a, &entry) == ARCHIVE_EOF);
	archive_read_free(a);
}

static void
test_json(void)
{
	json_t *j = json_loads("{\"a\": [1, 2.5, null]}", JSON_REJECT_DUPLICATES, NULL);

	CHECK(j && json_array_size(json_object_get(j, "a")) == 3);
	json_decref(j);
}

static void
test_seccomp(void)
{
	scmp_filter_ctx s = seccomp_init(SCMP_ACT_ERRNO(1));

	CHECK(s && seccomp_rule_add(s, SCMP_ACT_ALLOW, SCMP_SYS(read), 0) == 0);
	CHECK(seccomp_attr_set(s, SCMP_FLTATR_CTL_OPTIMIZE, 2) == 0);
	seccomp_release(s);
}

int
main(void)
{
	test_hashes();
	test_tls();
	test_gzip();
	test_zstd();
	test_tar();
	test_json();
	test_seccomp();
	puts("ok");
	return 0;
}
