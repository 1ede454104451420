/* SPDX-License-Identifier: ISC */
#include "base/err.h"
#include "base/mem.h"
#include "oci/json.h"
#include "oci/platform.h"
#include "tap.h"

static void
test_parse(void)
{
	static const struct {
		const char *s, *want;
	} good[] = {
		{ "linux/amd64", "linux/amd64" },
		{ "linux/x86_64", "linux/amd64" },
		{ "linux/amd64/v1", "linux/amd64" },
		{ "linux/amd64/v3", "linux/amd64/v3" },
		{ "amd64", "linux/amd64" },
		{ "AMD64", "linux/amd64" },
		{ "Linux/AMD64", "linux/amd64" },
		{ "x86-64", "linux/amd64" },
		{ "arm64", "linux/arm64/v8" },
		{ "aarch64", "linux/arm64/v8" },
		{ "linux/arm64", "linux/arm64/v8" },
		{ "linux/arm64/v8", "linux/arm64/v8" },
		{ "linux/arm64/8", "linux/arm64/v8" },
		{ "linux/arm64/v9", "linux/arm64/v9" },
		{ "arm", "linux/arm/v7" },
		{ "armhf", "linux/arm/v7" },
		{ "armel", "linux/arm/v6" },
		{ "linux/arm/v6", "linux/arm/v6" },
		{ "linux/arm/6", "linux/arm/v6" },
		{ "i686", "linux/386" },
		{ "linux/386", "linux/386" },
		{ "ppc64le", "linux/ppc64le" },
		{ "riscv64", "linux/riscv64" },
		{ "s390x", "linux/s390x" },
		{ "loongarch64", "linux/loong64" },
		{ "windows/amd64", "windows/amd64" },
		{ "macos/arm64", "darwin/arm64/v8" },
		{ "wasip1/wasm", "wasip1/wasm" },
		{ "plan9/pdp11", "plan9/pdp11" },
	};
	static const char *const bad[] = {
		"",
		"/",
		"linux/",
		"/amd64",
		"linux//v8",
		"linux/arm/v7/x",
		"linux/arm/",
		"pdp11",
		"linux/am d64",
		"linux/amd64\n",
		"linux/\xc3\xa4",
		"linux/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"linux/*",
	};
	struct platform p;
	char name[100];
	struct err e;
	size_t i;

	for (i = 0; i < LEN(good); i++) {
		e.msg[0] = name[0] = '\0';
		if (platform_parse(&p, good[i].s, &e) == 0)
			platform_string(&p, name);
		is_str(name, good[i].want, good[i].s);
	}
	for (i = 0; i < LEN(bad); i++)
		ok(platform_parse(&p, bad[i], &e) == -1, "bad platform %zu: %s", i, e.msg);
	platform_host(&p);
	is_str(p.os, "linux", "the host is linux");
	ok(platform_parse(&p, "linux", &e) == 0 && p.arch[0] != '\0',
		"a system alone means this machine's architecture");
}

static void
test_match(void)
{
	/* from best to worst; the first that matches not at all begins with '!' */
	static const char *const orders[][8] = {
		{ "linux/arm/v7", "linux/arm/v7", "linux/arm/v6", "linux/arm/v5", "!linux/arm/v8",
			"!linux/arm64", "!windows/arm/v7" },
		{ "linux/arm/v6", "linux/arm/v6", "linux/arm/v5", "!linux/arm/v7" },
		{ "linux/arm64", "linux/arm64/v8", "!linux/arm64/v9", "!linux/arm/v7" },
		{ "linux/arm64/v9", "linux/arm64/v9", "linux/arm64/v8" },
		{ "linux/amd64", "linux/amd64", "!linux/amd64/v2", "!linux/386" },
		{ "linux/amd64/v3", "linux/amd64/v3", "linux/amd64/v2", "linux/amd64",
			"!linux/amd64/v4" },
		{ "linux/riscv64", "linux/riscv64", "!linux/riscv64/x" },
	};
	struct platform want, have;
	int last, score;
	struct err e;
	size_t i, k;

	for (i = 0; i < LEN(orders); i++) {
		last = 1 << 30;
		if (platform_parse(&want, orders[i][0], &e) < 0)
			ok(0, "%s", e.msg);
		for (k = 1; k < LEN(orders[i]) && orders[i][k] != NULL; k++) {
			const char *s = orders[i][k];
			bool none = *s == '!';

			if (platform_parse(&have, s + none, &e) < 0)
				ok(0, "%s", e.msg);
			score = platform_match(&want, &have);
			ok(none ? score == 0 : score > 0 && score < last, "%s wanted: %s",
				orders[i][0], s);
			last = score;
		}
	}
	/* documents leave the usual variant out */
	platform_parse(&want, "arm64", &e);
	memset(&have, 0, sizeof(have));
	memcpy(have.os, "linux", 6);
	memcpy(have.arch, "arm64", 6);
	ok(platform_match(&want, &have) == 1000, "arm64 is arm64/v8");
	memcpy(have.arch, "arm", 4);
	platform_parse(&want, "arm", &e);
	ok(platform_match(&want, &have) == 1000, "arm is arm/v7");
}

static int
from(const char *text, struct platform *p, struct err *e)
{
	CLEAN_JSON json_t *j = json_parse(text, strlen(text), "test", e);

	return j != NULL ? platform_from_json(p, j, e) : -1;
}

static void
test_json(void)
{
	static const char *const bad[] = {
		"{}",
		"{\"os\":\"linux\"}",
		"{\"architecture\":\"amd64\"}",
		"{\"os\":\"\",\"architecture\":\"amd64\"}",
		"{\"os\":1,\"architecture\":\"amd64\"}",
		"{\"os\":\"linux\",\"architecture\":\"amd64\",\"variant\":[]}",
		"{\"os\":\"linux\",\"architecture\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}",
	};
	CLEAN_JSON json_t *j = NULL;
	struct platform p;
	struct err e;
	size_t i;

	ok(from("{\"architecture\":\"arm64\",\"os\":\"linux\",\"os.version\":\"x\",\"variant\":"
		"\"v8\"}",
		   &p, &e) == 0,
		"from JSON");
	ok(strcmp(p.os, "linux") == 0 && strcmp(p.arch, "arm64") == 0 &&
			strcmp(p.variant, "v8") == 0,
		"has its three parts");
	ok(from("{\"architecture\":\"arm64\",\"os\":\"linux\",\"variant\":null}", &p, &e) == 0 &&
			p.variant[0] == '\0',
		"a document's platform is kept as it is");
	for (i = 0; i < LEN(bad); i++)
		ok(from(bad[i], &p, &e) == -1, "refused: %s (%s)", bad[i], e.msg);
	platform_parse(&p, "linux/arm/v6", &e);
	j = platform_to_json(&p);
	memset(&p, 0, sizeof(p));
	ok(platform_from_json(&p, j, &e) == 0 && strcmp(p.variant, "v6") == 0, "to JSON and back");
}

int
main(void)
{
	test_parse();
	test_match();
	test_json();
	return done();
}
