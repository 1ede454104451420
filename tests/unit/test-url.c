/* SPDX-License-Identifier: ISC */
/*
 * data/good/url.txt: URL, scheme, host, port, target; data/bad/url.txt: URL, part of the message;
 * data/good/location.txt: base, Location, result
 * ("-": refused); data/{good,bad}/challenge.txt: WWW-Authenticate values
 */
#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "lines.h"
#include "remote/auth.h"
#include "remote/net.h"
#include "remote/url.h"
#include "tap.h"

static void
urls(void)
{
	struct line l = { 0 };
	struct url u;
	struct err e;
	FILE *f;

	f = lines_open("tests/data/good/url.txt");
	while (lines_next(f, &l, false)) {
		bool good = url_parse(&u, l.f[0], &e) == 0;

		ok(good && strcmp(u.tls ? "https" : "http", l.f[1]) == 0 &&
				strcmp(u.host, l.f[2]) == 0 && strcmp(u.port, l.f[3]) == 0 &&
				strcmp(u.target, l.f[4]) == 0,
			"%s", l.f[0]);
		url_free(&u);
	}
	fclose(f);
	f = lines_open("tests/data/bad/url.txt");
	while (lines_next(f, &l, false)) {
		bool refused = url_parse(&u, l.f[0], &e) < 0;

		ok(refused && strstr(e.msg, l.f[1]) != NULL && strstr(e.msg, "secret") == NULL,
			"refused: %s", l.f[1]);
		url_free(&u);
	}
	fclose(f);
}

static void
locations(void)
{
	struct line l = { 0 };
	struct url base, u;
	struct err e;
	FILE *f = lines_open("tests/data/good/location.txt");

	while (lines_next(f, &l, false)) {
		CLEAN_FREE char *origin = NULL;
		CLEAN_FREE char *got = NULL;

		if (url_parse(&base, l.f[0], &e) < 0 || url_resolve(&u, &base, l.f[1], &e) < 0) {
			got = xstrdup("-");
		} else {
			origin = url_origin(&u);
			got = xasprintf("%s%s", origin, u.target);
		}
		is_str(got, l.f[2], "location");
		url_free(&u);
		url_free(&base);
	}
	fclose(f);
}

static void
challenges(void)
{
	struct challenges c = { .n = 0 };
	struct line l = { 0 };
	struct err e;
	size_t i, k;
	FILE *f;

	f = lines_open("tests/data/good/challenge.txt");
	while (lines_next(f, &l, true)) {
		CLEAN_BUF struct buf got = BUF_INIT;

		if (challenges_parse(&c, l.f[0], &e) < 0)
			buf_adds(&got, e.msg);
		for (i = 0; i < c.n; i++) {
			buf_addf(&got, "%s%s", i > 0 ? " ; " : "", c.v[i].scheme);
			for (k = 0; k < c.v[i].params.n; k++)
				buf_addf(&got, "%s%s", k > 0 ? "|" : " ", c.v[i].params.v[k]);
		}
		is_str(buf_str(&got), l.f[1], "challenge");
		challenges_free(&c);
	}
	fclose(f);
	f = lines_open("tests/data/bad/challenge.txt");
	while (lines_next(f, &l, true)) {
		ok(challenges_parse(&c, l.f[0], &e) < 0, "refused: %s", l.f[0]);
		challenges_free(&c);
	}
	fclose(f);
}

static const char config[] =
	"{\"auths\":{"
	"\"https://index.docker.io/v1/\":{\"auth\":\"aHViOnNlY3JldA==\"},"
	"\"reg.example:5000\":{\"auth\":\"Ym9iOnA6dw==\"},"
	"\"https://other.example/v1/\":{\"username\":\"u\",\"password\":\"p\"},"
	"\"token.example\":{\"identitytoken\":\"tok\"},"
	"\"empty.example\":{},"
	"\"broken.example\":{\"auth\":\"!\"}},"
	"\"credHelpers\":{\"helper.example\":\"pass\"},\"credsStore\":\"store\",\"x\":1}";

static void
found(const char *host, int want, const char *user, const char *password)
{
	CLEAN_CREDS struct creds c = { 0 };
	struct err e = { 0, "" };
	int r = creds_parse(&c, host, config, sizeof(config) - 1, "config.json", &e);

	if (!ok(r == want && str_eq(c.user, user) && str_eq(c.password, password),
		    "credentials for %s", host))
		printf("# %d %s\n", r, e.msg);
}

static void
credentials(void)
{
	CLEAN_CREDS struct creds c = { 0 };
	CLEAN_FREE char *basic = NULL;
	struct err e;

	found("docker.io", 1, "hub", "secret");
	found("reg.example:5000", 1, "bob", "p:w");
	found("reg.example", 0, NULL, NULL);
	found("other.example", 1, "u", "p");
	found("token.example", 1, NULL, NULL);
	found("empty.example", 0, NULL, NULL);
	found("broken.example", -1, NULL, NULL);
	found("helper.example", 0, NULL, NULL);
	ok(creds_parse(&c, "helper.example", config, sizeof(config) - 1, "x", &e) == 0 &&
			str_eq(c.helper, "pass"),
		"its helper is known");
	creds_free(&c);
	ok(creds_parse(&c, "reg.example:5000", config, sizeof(config) - 1, "x", &e) == 1, "found");
	basic = creds_basic(&c);
	is_str(basic, "Basic Ym9iOnA6dw==", "Basic");
	creds_free(&c);
	ok(creds_parse(&c, "a", "{\"auths\":[]}", 12, "x", &e) < 0, "auths must be an object");
	ok(creds_parse(&c, "a", "{\"auths\":{\"a\":3}}", 17, "x", &e) < 0,
		"an entry must be an object");
	ok(creds_parse(&c, "a", "[]", 2, "x", &e) < 0, "the document must be an object");
}

static void
hosts(void)
{
	char host[256], port[6];

	ok(net_is_loopback("localhost") && net_is_loopback("127.1.2.3") && net_is_loopback("::1"),
		"loopback");
	ok(!net_is_loopback("localhost.example") && !net_is_loopback("128.0.0.1") &&
			!net_is_loopback("::2") && !net_is_loopback("127.0.0.1.example"),
		"not loopback");
	ok(url_split_host("[::1]:5000", host, port) == 0 && str_eq(host, "::1") &&
			str_eq(port, "5000"),
		"[::1]:5000");
	ok(url_split_host("a.example", host, port) == 0 && str_eq(host, "a.example") &&
			str_eq(port, ""),
		"a.example");
	ok(url_split_host("a:b", host, port) < 0 && url_split_host("", host, port) < 0, "no hosts");
}

int
main(void)
{
	urls();
	locations();
	challenges();
	credentials();
	hosts();
	return done();
}
