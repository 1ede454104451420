/* SPDX-License-Identifier: ISC */
/*
 * With arguments it prints the default container with these as its command: tests/oci gives it to
 * other runtimes.
 */
#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "oci/json.h"
#include "oci/spec.h"
#include "tap.h"

static int
parse(struct spec *s, const char *text, struct err *e)
{
	e->msg[0] = '\0';
	return spec_parse(s, text, strlen(text), e);
}

static void
test_caps(void)
{
	static const char *const docker[] = { "chown", "DAC_OVERRIDE", "CAP_FSETID", "fowner",
		"cap_mknod", "NET_RAW", "SETGID", "SETUID", "SETFCAP", "SETPCAP",
		"NET_BIND_SERVICE", "SYS_CHROOT", "KILL", "AUDIT_WRITE" };
	uint64_t mask = 0;
	size_t i;
	int n;

	for (i = 0; i < LEN(docker); i++)
		mask |= UINT64_C(1) << spec_cap_number(docker[i]);
	ok(mask == SPEC_CAPS_DEFAULT, "the fourteen default capabilities");
	is_str(spec_cap_name(21), "CAP_SYS_ADMIN", "by number");
	is_str(spec_cap_name(40), "CAP_CHECKPOINT_RESTORE", "the last one");
	ok(spec_cap_name(41) == NULL && spec_cap_name(-1) == NULL, "no such number");
	ok(spec_cap_number("ALL") == -1 && spec_cap_number("") == -1 &&
			spec_cap_number("CAP_") == -1,
		"no such name");
	for (n = 0; spec_cap_name(n) != NULL; n++)
		if (spec_cap_number(spec_cap_name(n)) != n)
			ok(0, "%s", spec_cap_name(n));
	is_int(n, 41, "names of Linux 5.9 and later");
}

static void
test_lists(void)
{
	static const char *const options[] = { "rbind", "ro", NULL };
	CLEAN_SPEC struct spec s = { 0 };

	spec_default(&s);
	ok(spec_has_ns(&s, "pid") && spec_has_ns(&s, "network") && !spec_has_ns(&s, "user") &&
			!spec_has_ns(&s, "cgroup"),
		"default namespaces");
	is_int((long long)s.sysctl.n, 2, "sysctls of an own network");
	strv_add(&s.sysctl, "kernel.shmmax=1");
	spec_del_ns(&s, "network");
	ok(!spec_has_ns(&s, "network") && s.nns == 4, "host network");
	ok(s.sysctl.n == 1 && strcmp(s.sysctl.v[0], "kernel.shmmax=1") == 0 &&
			s.sysctl.v[1] == NULL,
		"has no sysctls of it");
	spec_del_ns(&s, "network");
	is_int((long long)s.nns, 4, "deleting twice");
	spec_add_ns(&s, "network", "/run/netns/x");
	spec_add_ns(&s, "network", "/run/netns/y");
	ok(s.nns == 5 && strcmp(s.ns[4].path, "/run/netns/y") == 0, "a namespace is there once");
	spec_add_mount(&s, "/data", "bind", "/srv", options);
	spec_add_mount(&s, "/t", NULL, NULL, NULL);
	ok(s.nmounts == 9 && s.mounts[7].options.n == 2 &&
			strcmp(s.mounts[7].options.v[1], "ro") == 0 && s.mounts[8].type == NULL &&
			s.mounts[8].options.n == 0,
		"mounts");
}

/* What spec_write() made of s is read and written again: the same bytes. */
static void
round_trip(const struct spec *s, const char *what)
{
	CLEAN_BUF struct buf one = BUF_INIT, two = BUF_INIT;
	CLEAN_SPEC struct spec again = { 0 };
	struct err e;

	spec_write(s, &one);
	if (spec_parse(&again, one.data, one.len, &e) < 0) {
		ok(0, "%s: %s", what, e.msg);
		return;
	}
	spec_write(&again, &two);
	is_str(buf_str(&two), buf_str(&one), what);
}

static void
test_round_trip(void)
{
	CLEAN_SPEC struct spec s = { 0 };

	spec_default(&s);
	round_trip(&s, "the default container");

	s.terminal = true;
	strv_add(&s.args, "sh");
	strv_add(&s.args, "-c");
	strv_add(&s.args, "echo \"18446744073709551615\", 9223372036854775806 \\");
	s.uid = 1000;
	s.gid = 4294967294u;
	s.groups = xcalloc(2, sizeof(*s.groups));
	s.groups[1] = 27;
	s.ngroups = 2;
	s.umask = 027;
	s.caps_ambient = s.caps_inheritable = 1 << 10;
	s.no_new_privileges = true;
	s.oom_score_adj = -500;
	s.has_oom_score_adj = true;
	s.rlimits = xcalloc(2, sizeof(*s.rlimits));
	s.rlimits[0] = (struct spec_rlimit){ "RLIMIT_NOFILE", 1024, 1048576 };
	s.rlimits[1] = (struct spec_rlimit){ "RLIMIT_CORE", 0, UINT64_MAX };
	s.nrlimits = 2;
	s.root_readonly = true;
	s.hostname = xstrdup("host");
	s.devices = xcalloc(2, sizeof(*s.devices));
	s.devices[0] = (struct spec_device){ xstrdup("/dev/fuse"), 'c', 10, 229, 0666, 0, 0 };
	s.devices[1] = (struct spec_device){ xstrdup("/dev/pipe"), 'p', 0, 0, 0600, 1, 2 };
	s.ndevices = 2;
	s.cgroups_path = xstrdup("/dk/x");
	s.resources = json_pack("{s{sI} s{sI}}", "memory", "limit", (json_int_t)INT64_MAX, "pids",
		"limit", (json_int_t)100);
	s.annotations = json_pack("{ss}", "a", "18446744073709551615");
	s.seccomp = json_pack("{ss s[s]}", "defaultAction", "SCMP_ACT_ERRNO", "architectures",
		"SCMP_ARCH_X86_64");
	spec_add_ns(&s, "cgroup", "/proc/1/ns/cgroup");
	round_trip(&s, "everything set");
}

static void
test_values(void)
{
	CLEAN_SPEC struct spec s = { 0 };
	CLEAN_BUF struct buf b = BUF_INIT;
	CLEAN_SPEC struct spec r = { 0 };
	struct err e;

	spec_default(&s);
	s.rlimits = xcalloc(1, sizeof(*s.rlimits));
	s.rlimits[0] = (struct spec_rlimit){ "RLIMIT_CORE", UINT64_MAX, UINT64_MAX };
	s.nrlimits = 1;
	strv_add(&s.env, "A=\xff");
	spec_write(&s, &b);
	ok(strstr(buf_str(&b), "\"hard\":18446744073709551615,\"soft\":18446744073709551615}") !=
			NULL,
		"unlimited as others write it");
	ok(spec_parse(&r, b.data, b.len, &e) == 0 && r.nrlimits == 1 &&
			r.rlimits[0].hard == UINT64_MAX,
		"and read");
	ok(r.caps == SPEC_CAPS_DEFAULT && r.nmounts == 7 && r.ndevrules == s.ndevrules &&
			r.masked.n == 12 && r.readonly.n == 5 && r.umask == -1 &&
			!r.has_oom_score_adj && r.resources == NULL && r.seccomp == NULL,
		"defaults survive");
	ok(memcmp(r.devrules, s.devrules, r.ndevrules * sizeof(*r.devrules)) == 0,
		"device rules too");
	ok(strstr(buf_str(&b), "{\"allow\":false,\"type\":\"a\",\"access\":\"rwm\"}") != NULL,
		"all devices are denied first");
}

#define PROCESS "\"process\":{\"cwd\":\"/\",\"args\":[\"sh\"],\"capabilities\":{}"
#define HEAD "{\"ociVersion\":\"1.2.0\",\"root\":{\"path\":\"rootfs\"},"

static void
test_good(void)
{
	static const char *const good[] = {
		HEAD PROCESS "},\"linux\":{}}",
		HEAD PROCESS ",\"apparmorProfile\":\"\",\"user\":{\"uid\":0,\"gid\":0,\"umask\":18}"
			     "},\"linux\":{\"rootfsPropagation\":\"rprivate\"}}",
		HEAD PROCESS ",\"oomScoreAdj\":0},\"hooks\":{},\"linux\":{\"uidMappings\":[],"
			     "\"resources\":{\"cpu\":{\"shares\":512}}},\"x-new\":{\"a\":1}}",
		HEAD PROCESS
		"},\"mounts\":[{\"destination\":\"/data\",\"source\":\"/"
		"srv\",\"options\":[\"rbind\"]}],\"annotations\":{\"a\":\"b\"},\"linux\":{}}",
		HEAD PROCESS "},\"mounts\":null,\"hostname\":\"\",\"linux\":{\"resources\":{"
			     "\"devices\":[{\"allow\":false}]}}}",
	};
	struct err e;
	size_t i;

	for (i = 0; i < LEN(good); i++) {
		CLEAN_SPEC struct spec s = { 0 };

		ok(parse(&s, good[i], &e) == 0, "good %zu %s", i, e.msg);
	}
}

static void
test_bad(void)
{
	static const struct {
		const char *text, *message;
	} bad[] = {
		{ "", "empty" },
		{ "[]", "not an object" },
		{ "{}", "ociVersion" },
		{ "{\"ociVersion\":\"2.0\"}", "ociVersion" },
		{ HEAD "\"linux\":{}}", "no 'process'" },
		{ HEAD PROCESS "}}", "no 'linux'" },
		{ "{\"ociVersion\":\"1.0.2\"," PROCESS "},\"linux\":{}}", "no 'root'" },
		{ HEAD "\"process\":{\"cwd\":\"/\"},\"linux\":{}}", "no 'capabilities'" },
		{ HEAD "\"process\":{\"cwd\":\"x\",\"capabilities\":{}},\"linux\":{}}", "'cwd'" },
		{ HEAD "\"process\":{\"capabilities\":{}},\"linux\":{}}", "'cwd'" },
		{ HEAD "\"process\":{\"cwd\":\"/"
		       "\",\"capabilities\":{\"bounding\":[\"CAP_KILL\"]}},\"linux\":{}}",
			"differ" },
		{ HEAD "\"process\":{\"cwd\":\"/"
		       "\",\"capabilities\":{\"bounding\":[\"CAP_FLY\"]}},\"linux\":{}}",
			"CAP_FLY" },
		{ HEAD PROCESS ",\"apparmorProfile\":\"docker-default\"},\"linux\":{}}",
			"apparmorProfile" },
		{ HEAD PROCESS ",\"selinuxLabel\":\"x\"},\"linux\":{}}", "selinuxLabel" },
		{ HEAD PROCESS ",\"user\":{\"uid\":-1,\"gid\":0}},\"linux\":{}}",
			"'uid' is out of range" },
		{ HEAD PROCESS ",\"user\":{\"uid\":4294967295,\"gid\":0}},\"linux\":{}}",
			"'uid' is out of range" },
		{ HEAD PROCESS ",\"user\":{\"uid\":\"0\",\"gid\":0}},\"linux\":{}}",
			"not an integer" },
		{ HEAD PROCESS ",\"user\":{\"additionalGids\":[-1]}},\"linux\":{}}",
			"additionalGids" },
		{ HEAD PROCESS ",\"user\":{\"umask\":512}},\"linux\":{}}", "umask" },
		{ HEAD PROCESS ",\"oomScoreAdj\":1001},\"linux\":{}}", "oomScoreAdj" },
		{ HEAD PROCESS
			",\"rlimits\":[{\"type\":\"NOFILE\",\"soft\":1,\"hard\":1}]},\"linux\":{}}",
			"RLIMIT" },
		{ HEAD PROCESS
			",\"rlimits\":[{\"type\":\"RLIMIT_NOFILE\",\"soft\":1}]},\"linux\":{}}",
			"hard" },
		{ HEAD PROCESS ",\"rlimits\":[{\"type\":\"RLIMIT_NOFILE\",\"soft\":-1,\"hard\":1}]}"
			       ",\"linux\":{}}",
			"soft" },
		{ HEAD PROCESS ",\"rlimits\":[{\"type\":\"RLIMIT_NOFILE\",\"soft\":"
			       "18446744073709551616,\"hard\":1}]},\"linux\":{}}",
			"integer" },
		{ HEAD PROCESS "},\"hooks\":{\"prestart\":[{\"path\":\"/x\"}]},\"linux\":{}}",
			"hooks" },
		{ HEAD PROCESS "},\"domainname\":\"x\",\"linux\":{}}", "domainname" },
		{ HEAD PROCESS "},\"annotations\":{\"a\":1},\"linux\":{}}", "annotation 'a'" },
		{ HEAD PROCESS "},\"mounts\":[{\"type\":\"proc\"}],\"linux\":{}}",
			"no 'destination'" },
		{ HEAD PROCESS "},\"mounts\":[{\"destination\":\"/"
			       "a\",\"uidMappings\":[{}]}],\"linux\":{}}",
			"uidMappings" },
		{ HEAD PROCESS
			"},\"mounts\":[{\"destination\":\"/a\",\"options\":[1]}],\"linux\":{}}",
			"array of strings" },
		{ HEAD PROCESS "},\"linux\":{\"uidMappings\":[{}]}}", "uidMappings" },
		{ HEAD PROCESS "},\"linux\":{\"namespaces\":[{\"type\":\"time\"}]}}",
			"'time' is not supported" },
		{ HEAD PROCESS
			"},\"linux\":{\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"pid\"}]}}",
			"twice" },
		{ HEAD PROCESS "},\"linux\":{\"namespaces\":[{\"type\":\"pid\",\"path\":\"x\"}]}}",
			"absolute" },
		{ HEAD PROCESS "},\"linux\":{\"namespaces\":[1]}}", "'' is not supported" },
		{ HEAD PROCESS "},\"linux\":{\"rootfsPropagation\":\"shared\"}}",
			"rootfsPropagation" },
		{ HEAD PROCESS "},\"linux\":{\"devices\":[{\"path\":\"dev\",\"type\":\"c\"}]}}",
			"absolute" },
		{ HEAD PROCESS "},\"linux\":{\"devices\":[{\"path\":\"/dev/x\",\"type\":\"cc\"}]}}",
			"none of" },
		{ HEAD PROCESS "},\"linux\":{\"devices\":[{\"path\":\"/dev/"
			       "x\",\"type\":\"c\",\"major\":-1}]}}",
			"major" },
		{ HEAD PROCESS "},\"linux\":{\"resources\":{\"devices\":[{}]}}}", "allow" },
		{ HEAD PROCESS "},\"linux\":{\"resources\":{\"devices\":[{\"allow\":true,"
			       "\"access\":\"rx\"}]}}}",
			"access" },
		{ HEAD PROCESS "},\"linux\":{\"resources\":{\"devices\":[{\"allow\":true,"
			       "\"access\":\"rwmr\"}]}}}",
			"access" },
		{ HEAD PROCESS "},\"linux\":{\"resources\":{\"devices\":[{\"allow\":true,\"type\":"
			       "\"p\"}]}}}",
			"none of" },
		{ HEAD PROCESS "},\"linux\":{\"sysctl\":{\"a\":1}}}", "'a' is not a string" },
		{ HEAD PROCESS "},\"linux\":{\"seccomp\":[]}}", "seccomp" },
		{ HEAD PROCESS "},\"linux\":{\"intelRdt\":{\"closID\":\"a\"}}}", "intelRdt" },
		{ HEAD PROCESS "},\"linux\":{\"maskedPaths\":\"/proc\"}}", "maskedPaths" },
	};
	struct err e;
	size_t i;

	for (i = 0; i < LEN(bad); i++) {
		CLEAN_SPEC struct spec s = { 0 };

		ok(parse(&s, bad[i].text, &e) == -1 && strstr(e.msg, bad[i].message) != NULL,
			"bad %zu: %s", i, e.msg);
	}
}

int
main(int argc, char **argv)
{
	CLEAN_SPEC struct spec s = { 0 };
	CLEAN_BUF struct buf b = BUF_INIT;

	if (argc > 1) {
		spec_default(&s);
		while (*++argv != NULL)
			strv_add(&s.args, *argv);
		s.hostname = xstrdup("spec-test");
		spec_write(&s, &b);
		puts(buf_str(&b));
		return 0;
	}
	test_caps();
	test_lists();
	test_round_trip();
	test_values();
	test_good();
	test_bad();
	return done();
}
