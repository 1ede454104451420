/* SPDX-License-Identifier: ISC */
#include "data.h"
#include "oci/config.h"
#include "oci/json.h"

static void
good_file(const char *name, const struct buf *b)
{
	CLEAN_CONFIG struct image_config c = { 0 };
	CLEAN_CONFIG struct image_config again = { 0 };
	CLEAN_BUF struct buf one = BUF_INIT, two = BUF_INIT;
	struct err e;

	if (image_config_parse(&c, b->data, b->len, &e) < 0) {
		ok(0, "%s: %s", name, e.msg);
		return;
	}
	image_config_write(&c, &one);
	if (image_config_parse(&again, one.data, one.len, &e) < 0) {
		ok(0, "%s, written: %s", name, e.msg);
		return;
	}
	image_config_write(&again, &two);
	is_str(buf_str(&two), buf_str(&one), name);
}

static int
bad_file(const struct buf *b, struct err *e)
{
	CLEAN_CONFIG struct image_config c = { 0 };

	return image_config_parse(&c, buf_str(b), b->len, e);
}

static void
load(const char *name, struct image_config *c)
{
	CLEAN_BUF struct buf b = BUF_INIT;
	struct err e;

	data_load("good", "config", name, &b);
	if (image_config_parse(c, b.data, b.len, &e) < 0)
		ok(0, "%s: %s", name, e.msg);
}

static void
test_fields(void)
{
	CLEAN_CONFIG struct image_config c = { 0 };
	CLEAN_CONFIG struct image_config w = { 0 };
	CLEAN_BUF struct buf b = BUF_INIT;
	struct err e;

	load("buildkit-app.json", &c);
	image_config_write(&c, &b);
	if (image_config_parse(&w, b.data, b.len, &e) < 0)
		ok(0, "%s", e.msg);
	/* of the written form, so that writing loses nothing */
	is_str(w.user, "app:app", "user");
	is_str(w.workdir, "/srv/app", "workdir");
	is_str(w.stop_signal, "SIGQUIT", "stop signal");
	is_str(w.created, "2024-04-02T11:22:33.123456789+02:00", "created");
	is_str(w.author, "Somebody", "author");
	ok(w.env.n == 5 && strcmp(w.env.v[4], "JAVA_OPTS=-Xmx1g -Dx=\"y z\"") == 0, "environment");
	ok(w.entrypoint.n == 3 && strcmp(w.entrypoint.v[2], "with space") == 0, "entrypoint");
	ok(w.cmd.n == 1 && w.shell.n == 4 && w.onbuild.n == 2, "cmd, shell, onbuild");
	ok(w.exposed.n == 2 && strcmp(w.exposed.v[1], "53/udp") == 0, "ports in order");
	ok(w.volumes.n == 2 && strcmp(w.volumes.v[0], "/var/lib/app") == 0, "volumes in order");
	ok(json_object_size(w.labels) == 3, "labels");
	is_int(json_integer_value(json_object_get(w.healthcheck, "Interval")), 30000000000LL,
		"health check");
	ok(w.args_escaped, "args escaped");
	ok(strcmp(w.platform.arch, "arm64") == 0 && strcmp(w.platform.variant, "v8") == 0,
		"platform");
	ok(w.ndiff_ids == 2 && digest_eq(&w.diff_ids[1], &c.diff_ids[1]), "diff_ids");
	ok(w.nhistory == 2 && !w.history[0].empty_layer && w.history[1].empty_layer &&
			strcmp(w.history[1].author, "S") == 0 &&
			strcmp(w.history[0].comment, "buildkit.dockerfile.v0") == 0,
		"history");
}

static void
test_write(void)
{
	CLEAN_CONFIG struct image_config c = { 0 };
	CLEAN_JSON json_t *container = NULL;
	CLEAN_BUF struct buf b = BUF_INIT;
	struct digest d;
	struct err e;

	platform_parse(&c.platform, "linux/amd64", &e);
	digest_parse(
		&d, "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", &e);
	image_config_add_layer(&c, &d);
	image_config_add_history(&c, "2024-01-01T00:00:00Z", "import", NULL, false);
	image_config_add_history(&c, NULL, NULL, NULL, true);
	image_config_set_label(&c, "k\xff", "v\xff");
	image_config_set_label(&c, "z", "1");
	image_config_set_label(&c, "z", "2");
	image_config_write(&c, &b);
	is_str(buf_str(&b),
		"{\"architecture\":\"amd64\",\"os\":\"linux\",\"config\":{\"Labels\":{"
		"\"k\xef\xbf\xbd\":\"v\xef\xbf\xbd\","
		"\"z\":\"2\"}},\"rootfs\":{\"type\":\"layers\","
		"\"diff_ids\":[\"sha256:"
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"]},"
		"\"history\":[{\"created\":\"2024-01-01T00:00:00Z\",\"created_by\":\"import\"},{"
		"\"empty_layer\":true}]}",
		"canonical bytes");
	container = image_config_container(&c);
	buf_clear(&b);
	json_write(container, &b);
	is_str(buf_str(&b),
		"{\"User\":\"\",\"Env\":null,\"Entrypoint\":null,\"Cmd\":null,\"Volumes\":null,"
		"\"WorkingDir\":\"\","
		"\"Labels\":{\"k\xef\xbf\xbd\":\"v\xef\xbf\xbd\",\"z\":\"2\"},\"OnBuild\":null}",
		"as docker inspect shows it");
}

/* The config object of an image after changes, one a line of before. */
static void
changed(const char *before, const char *line, const char *want)
{
	CLEAN_CONFIG struct image_config c = { 0 };
	CLEAN_FREE char *lines = xstrdup(before);
	CLEAN_BUF struct buf b = BUF_INIT;
	char *p, *got, *save = NULL;
	struct err e;

	memcpy(c.platform.os, "linux", 6);
	memcpy(c.platform.arch, "amd64", 6);
	for (p = strtok_r(lines, "\n", &save); p != NULL; p = strtok_r(NULL, "\n", &save))
		if (image_config_change(&c, p, &e) < 0)
			ok(0, "%s: %s", p, e.msg);
	if (image_config_change(&c, line, &e) < 0) {
		is_str(e.msg, want, line);
		return;
	}
	image_config_write(&c, &b);
	got = strstr(b.data, "\"config\":") + 9;
	*strstr(got, ",\"rootfs\"") = '\0';
	is_str(got, want, line);
}

static void
test_change(void)
{
	static const struct {
		const char *before, *line, *want;
	} cases[] = {
		{ "", "CMD echo hi", "{\"Cmd\":[\"/bin/sh\",\"-c\",\"echo hi\"]}" },
		{ "", "cmd  [ \"echo\" , \"hi there\" ] ", "{\"Cmd\":[\"echo\",\"hi there\"]}" },
		{ "", "CMD [\"unterminated\"",
			"{\"Cmd\":[\"/bin/sh\",\"-c\",\"[\\\"unterminated\\\"\"]}" },
		{ "", "CMD [ -f /x ] && y", "{\"Cmd\":[\"/bin/sh\",\"-c\",\"[ -f /x ] && y\"]}" },
		{ "", "CMD ['single']", "{\"Cmd\":[\"/bin/sh\",\"-c\",\"['single']\"]}" },
		{ "", "CMD [1]", "{\"Cmd\":[\"/bin/sh\",\"-c\",\"[1]\"]}" },
		{ "", "CMD echo $HOME \"$x\"",
			"{\"Cmd\":[\"/bin/sh\",\"-c\",\"echo $HOME \\\"$x\\\"\"]}" },
		{ "CMD [\"a\"]", "CMD []", "{}" },
		{ "CMD [\"a\"]", "ENTRYPOINT [\"/init\",\"\"]",
			"{\"Entrypoint\":[\"/init\",\"\"],\"Cmd\":[\"a\"]}" },
		{ "CMD a", "ENTRYPOINT /init",
			"{\"Entrypoint\":[\"/bin/sh\",\"-c\",\"/init\"],\"Cmd\":[\"/bin/"
			"sh\",\"-c\",\"a\"]}" },
		{ "", "ENV a=b", "{\"Env\":[\"a=b\"]}" },
		{ "", "ENV a=b c=\"d e\" f='g h' i=j\\ k",
			"{\"Env\":[\"a=b\",\"c=d e\",\"f=g h\",\"i=j k\"]}" },
		{ "", "ENV a=", "{\"Env\":[\"a=\"]}" },
		{ "", "ENV a=b=c", "{\"Env\":[\"a=b=c\"]}" },
		{ "", "ENV legacy the   whole rest ", "{\"Env\":[\"legacy=the   whole rest\"]}" },
		{ "", "ENV legacy a=b c", "{\"Env\":[\"legacy=a=b c\"]}" },
		{ "", "ENV legacy \"quoted  value\" x", "{\"Env\":[\"legacy=quoted  value x\"]}" },
		{ "", "ENV\ttab\tvalue", "{\"Env\":[\"tab=value\"]}" },
		{ "ENV a=1 b=2", "ENV a=3", "{\"Env\":[\"a=3\",\"b=2\"]}" },
		{ "ENV abc=hello", "ENV abc=bye def=$abc",
			"{\"Env\":[\"abc=bye\",\"def=hello\"]}" },
		{ "ENV P=/bin", "ENV P=/x:$P:${P}y:\\$P:'$P':\"$P\":\"\\$P\"",
			"{\"Env\":[\"P=/x:/bin:/biny:$P:$P:/bin:$P\"]}" },
		{ "ENV e=\nENV s=x",
			"ENV r=${e:-d}${e-d}${u-d}${s:-d},${s:+y}${u:+y}${e:+y}${e+y},${s:?no}$u$",
			"{\"Env\":[\"e=\",\"s=x\",\"r=ddx,yy,x$\"]}" },
		{ "ENV s=x", "ENV r=${u:-${s}/${u:-\"a } b\"}}",
			"{\"Env\":[\"s=x\",\"r=x/a } b\"]}" },
		{ "", "ENV a=\"x\\y\" b=x\\y c='x\\y'",
			"{\"Env\":[\"a=x\\\\y\",\"b=xy\",\"c=x\\\\y\"]}" },
		{ "", "LABEL a=b \"com.example.k\"=\"v w\" e=\"\"",
			"{\"Labels\":{\"a\":\"b\",\"com.example.k\":\"v w\",\"e\":\"\"}}" },
		{ "LABEL a=1", "LABEL a 2", "{\"Labels\":{\"a\":\"2\"}}" },
		{ "ENV v=1", "LABEL \"$v\"=$v", "{\"Env\":[\"v=1\"],\"Labels\":{\"1\":\"1\"}}" },
		{ "", "EXPOSE 80 443/tcp 53/UDP 80/tcp",
			"{\"ExposedPorts\":{\"80/tcp\":{},\"443/tcp\":{},\"53/udp\":{}}}" },
		{ "", "EXPOSE 8000-8002/sctp",
			"{\"ExposedPorts\":{\"8000/sctp\":{},\"8001/sctp\":{},\"8002/sctp\":{}}}" },
		{ "ENV ports='80 81/udp'", "EXPOSE $ports",
			"{\"ExposedPorts\":{\"80/tcp\":{},\"81/udp\":{}},\"Env\":[\"ports=80 "
			"81/udp\"]}" },
		{ "", "ONBUILD RUN make \"x\"", "{\"OnBuild\":[\"RUN make \\\"x\\\"\"]}" },
		{ "", "STOPSIGNAL SIGRTMIN+3", "{\"StopSignal\":\"SIGRTMIN+3\"}" },
		{ "", "STOPSIGNAL 9", "{\"StopSignal\":\"9\"}" },
		{ "", "USER app:staff", "{\"User\":\"app:staff\"}" },
		{ "ENV u=1000", "USER ${u}:0", "{\"User\":\"1000:0\",\"Env\":[\"u=1000\"]}" },
		{ "", "VOLUME /a \"/b c\" /a", "{\"Volumes\":{\"/a\":{},\"/b c\":{}}}" },
		{ "VOLUME /z", "VOLUME [\"/a\", \"/b c\"]",
			"{\"Volumes\":{\"/z\":{},\"/a\":{},\"/b c\":{}}}" },
		{ "", "WORKDIR a//b/../c/", "{\"WorkingDir\":\"/a/c\"}" },
		{ "WORKDIR /x", "WORKDIR y", "{\"WorkingDir\":\"/x/y\"}" },
		{ "WORKDIR /x/y", "WORKDIR ../../../..", "{\"WorkingDir\":\"/\"}" },
		{ "WORKDIR /x", "WORKDIR /y z", "{\"WorkingDir\":\"/y z\"}" },
		{ "", "  Env  a=b\r\n", "{\"Env\":[\"a=b\"]}" },
		/* refused */
		{ "", "",
			"'' is no change (CMD ENTRYPOINT ENV EXPOSE LABEL ONBUILD STOPSIGNAL USER "
			"VOLUME WORKDIR)" },
		{ "", "RUN make",
			"'RUN' is no change (CMD ENTRYPOINT ENV EXPOSE LABEL ONBUILD STOPSIGNAL "
			"USER VOLUME WORKDIR)" },
		{ "", "ENV", "ENV: no argument" },
		{ "", "CMD  ", "CMD: no argument" },
		{ "", "ENV a", "ENV: 'a' has no value" },
		{ "", "ENV a=b c", "ENV: 'c' is not name=value" },
		{ "", "ENV =b", "ENV: a name is empty" },
		{ "", "ENV a='b", "ENV: cannot expand ''b': no closing single quote" },
		{ "", "ENV a=\"b c", "ENV: cannot expand '\"b c': no closing double quote" },
		{ "", "ENV a=${b", "ENV: cannot expand '${b': ${ without a matching }" },
		{ "", "ENV a=${b:-c", "ENV: cannot expand '${b:-c': ${ without a matching }" },
		{ "", "ENV a=${", "ENV: cannot expand '${': ${ without a matching }" },
		{ "", "ENV a=${-}", "{\"Env\":[\"a=\"]}" },
		{ "", "ENV a=${b:?is missing}",
			"ENV: cannot expand '${b:?is': ${ without a matching }" },
		{ "", "ENV a=${b:?gone}", "ENV: cannot expand '${b:?gone}': b: gone" },
		{ "", "ENV a=${b?}", "ENV: cannot expand '${b?}': b: is not set" },
		{ "", "EXPOSE 0", "EXPOSE: '0' is not a port or a range of ports" },
		{ "", "EXPOSE 65536", "EXPOSE: '65536' is not a port or a range of ports" },
		{ "", "EXPOSE 90-80", "EXPOSE: '90-80' is not a port or a range of ports" },
		{ "", "EXPOSE 80/icmp", "EXPOSE: '80/icmp': protocols are tcp, udp and sctp" },
		{ "", "EXPOSE 127.0.0.1:80:80",
			"EXPOSE: '127.0.0.1:80:80' is not a port or a range of ports" },
		{ "", "EXPOSE $none", "EXPOSE: no argument" },
		{ "", "ONBUILD FROM x", "ONBUILD: FROM is not allowed there" },
		{ "", "ONBUILD onbuild RUN x", "ONBUILD: ONBUILD is not allowed there" },
		{ "", "STOPSIGNAL SIG KILL", "STOPSIGNAL: 'SIG KILL' is no signal" },
		{ "", "VOLUME []", "VOLUME: no argument" },
		{ "", "VOLUME [\"\"]", "VOLUME: a path is empty" },
		{ "", "WORKDIR $none", "WORKDIR: no argument" },
	};
	size_t i;

	for (i = 0; i < LEN(cases); i++)
		changed(cases[i].before, cases[i].line, cases[i].want);
}

static void
test_shell_and_bounds(void)
{
	CLEAN_CONFIG struct image_config c = { 0 };
	CLEAN_BUF struct buf b = BUF_INIT;
	struct err e;
	int i;

	strv_add(&c.shell, "/bin/bash");
	strv_add(&c.shell, "-c");
	c.args_escaped = true;
	ok(image_config_change(&c, "CMD x", &e) == 0 && c.cmd.n == 3 &&
			strcmp(c.cmd.v[0], "/bin/bash") == 0 && c.shell.n == 2,
		"the image's own shell");
	ok(!c.args_escaped, "a new command is not escaped");
	buf_adds(&b, "ENV a=");
	for (i = 0; i < 100; i++)
		buf_adds(&b, "${x:-");
	ok(image_config_change(&c, buf_str(&b), &e) == -1 && strstr(e.msg, "deep") != NULL, "%s",
		e.msg);
	/* doubling: each ENV is twice the last */
	ok(image_config_change(&c, "ENV a=0123456789", &e) == 0, "a start");
	for (i = 0; i < 30 && image_config_change(&c, "ENV a=$a$a", &e) == 0; i++)
		continue;
	ok(i < 20 && strstr(e.msg, "1 MiB") != NULL, "growth ends: %s", e.msg);
	ok(image_config_change(&c, "ENV b=${a//0/$a}", &e) == -1 && strstr(e.msg, "1 MiB") != NULL,
		"that of a replacement, too: %s", e.msg);
}

static void
test_chain(void)
{
	struct digest d[3], chain[3];
	struct err e;

	/*
	 * image-spec config.md: ChainID(A|B) = Digest(ChainID(A) + " " + DiffID(B)); values by
	 * sha256sum(1)
	 */
	digest_parse(&d[0],
		"sha256:1111111111111111111111111111111111111111111111111111111111111111", &e);
	digest_parse(&d[1],
		"sha256:2222222222222222222222222222222222222222222222222222222222222222", &e);
	digest_parse(&d[2],
		"sha256:3333333333333333333333333333333333333333333333333333333333333333", &e);
	image_chain_ids(d, 3, chain);
	is_str(chain[0].str, d[0].str, "the first is the diff_id");
	is_str(chain[1].str,
		"sha256:9932074217c35353d2e03a3f5a86549f7c67bfeb0ba53e23d69f4d4c8f7958f5",
		"the second");
	is_str(chain[2].str,
		"sha256:50127c0d6b338be78246434b4bce23ecf75e505158ea0bbd15effeb162fbf3ec",
		"the third");
	image_chain_ids(NULL, 0, NULL);
}

int
main(void)
{
	data_good("config", good_file);
	data_bad("config", bad_file);
	test_fields();
	test_write();
	test_change();
	test_shell_and_bounds();
	test_chain();
	return done();
}
