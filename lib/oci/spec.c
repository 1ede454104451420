/* SPDX-License-Identifier: ISC */
/*
 * The default container as data, and the lists of a spec. specjson.c reads and writes the document.
 */
#include "spec.h"

#include <strings.h>

#include "base/mem.h"

/* capability.h's numbers are the indices */
static const char *const cap_names[] = {
	"CAP_CHOWN",
	"CAP_DAC_OVERRIDE",
	"CAP_DAC_READ_SEARCH",
	"CAP_FOWNER",
	"CAP_FSETID",
	"CAP_KILL",
	"CAP_SETGID",
	"CAP_SETUID",
	"CAP_SETPCAP",
	"CAP_LINUX_IMMUTABLE",
	"CAP_NET_BIND_SERVICE",
	"CAP_NET_BROADCAST",
	"CAP_NET_ADMIN",
	"CAP_NET_RAW",
	"CAP_IPC_LOCK",
	"CAP_IPC_OWNER",
	"CAP_SYS_MODULE",
	"CAP_SYS_RAWIO",
	"CAP_SYS_CHROOT",
	"CAP_SYS_PTRACE",
	"CAP_SYS_PACCT",
	"CAP_SYS_ADMIN",
	"CAP_SYS_BOOT",
	"CAP_SYS_NICE",
	"CAP_SYS_RESOURCE",
	"CAP_SYS_TIME",
	"CAP_SYS_TTY_CONFIG",
	"CAP_MKNOD",
	"CAP_LEASE",
	"CAP_AUDIT_WRITE",
	"CAP_AUDIT_CONTROL",
	"CAP_SETFCAP",
	"CAP_MAC_OVERRIDE",
	"CAP_MAC_ADMIN",
	"CAP_SYSLOG",
	"CAP_WAKE_ALARM",
	"CAP_BLOCK_SUSPEND",
	"CAP_AUDIT_READ",
	"CAP_PERFMON",
	"CAP_BPF",
	"CAP_CHECKPOINT_RESTORE",
};

static const char *const default_ns[] = { "mount", "network", "uts", "pid", "ipc" };

/* Order matters: /dev before what is mounted in it. */
static const struct {
	const char *destination, *type, *source;
	const char *options[8];
} default_mounts[] = {
	{ "/proc", "proc", "proc", { "nosuid", "noexec", "nodev" } },
	{ "/dev", "tmpfs", "tmpfs", { "nosuid", "strictatime", "mode=755", "size=65536k" } },
	{ "/dev/pts", "devpts", "devpts",
		{ "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5" } },
	{ "/sys", "sysfs", "sysfs", { "nosuid", "noexec", "nodev", "ro" } },
	{ "/sys/fs/cgroup", "cgroup", "cgroup", { "nosuid", "noexec", "nodev", "ro" } },
	{ "/dev/mqueue", "mqueue", "mqueue", { "nosuid", "noexec", "nodev" } },
	{ "/dev/shm", "tmpfs", "shm",
		{ "nosuid", "noexec", "nodev", "mode=1777", "size=67108864" } },
};

static const char *const default_masked[] = {
	"/proc/acpi",
	"/proc/asound",
	"/proc/interrupts",
	"/proc/kcore",
	"/proc/keys",
	"/proc/latency_stats",
	"/proc/sched_debug",
	"/proc/scsi",
	"/proc/timer_list",
	"/proc/timer_stats",
	"/sys/devices/virtual/powercap",
	"/sys/firmware",
};

static const char *const default_readonly[] = {
	"/proc/bus",
	"/proc/fs",
	"/proc/irq",
	"/proc/sys",
	"/proc/sysrq-trigger",
};

static const char *const default_sysctl[] = {
	"net.ipv4.ip_unprivileged_port_start=0",
	"net.ipv4.ping_group_range=0 2147483647",
};

/*
 * The last rule that matches decides. Making nodes is allowed (CAP_MKNOD is in the default set),
 * opening them is not.
 */
static const struct spec_devrule default_devrules[] = {
	{ false, 'a', -1, -1, "rwm" }, { true, 'c', -1, -1, "m" }, { true, 'b', -1, -1, "m" },
	{ true, 'c', 1, 3, "rwm" }, /* null */
	{ true, 'c', 1, 5, "rwm" }, /* zero */
	{ true, 'c', 1, 7, "rwm" }, /* full */
	{ true, 'c', 1, 8, "rwm" }, /* random */
	{ true, 'c', 1, 9, "rwm" }, /* urandom */
	{ true, 'c', 5, 0, "rwm" }, /* tty */
	{ true, 'c', 5, 1, "rwm" }, /* console */
	{ true, 'c', 5, 2, "rwm" }, /* ptmx */
	{ true, 'c', 136, -1, "rwm" }, /* pts */
};

void
spec_free(struct spec *s)
{
	size_t i;

	strv_free(&s->args);
	strv_free(&s->env);
	free(s->cwd);
	free(s->groups);
	free(s->rlimits);
	free(s->root_path);
	free(s->hostname);
	for (i = 0; i < s->nmounts; i++) {
		free(s->mounts[i].destination);
		free(s->mounts[i].type);
		free(s->mounts[i].source);
		strv_free(&s->mounts[i].options);
	}
	free(s->mounts);
	for (i = 0; i < s->nns; i++)
		free(s->ns[i].path);
	free(s->ns);
	for (i = 0; i < s->ndevices; i++)
		free(s->devices[i].path);
	free(s->devices);
	free(s->devrules);
	free(s->cgroups_path);
	strv_free(&s->masked);
	strv_free(&s->readonly);
	strv_free(&s->sysctl);
	json_decref(s->seccomp);
	json_decref(s->resources);
	json_decref(s->annotations);
	memset(s, 0, sizeof(*s));
	s->umask = -1;
}

static void
add_all(struct strv *to, const char *const *v, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		strv_add(to, v[i]);
}

void
spec_default(struct spec *s)
{
	size_t i;

	memset(s, 0, sizeof(*s));
	strv_add(&s->env, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
	s->cwd = xstrdup("/");
	s->umask = -1;
	s->caps = SPEC_CAPS_DEFAULT;
	s->root_path = xstrdup("rootfs");
	for (i = 0; i < LEN(default_mounts); i++)
		spec_add_mount(s, default_mounts[i].destination, default_mounts[i].type,
			default_mounts[i].source, default_mounts[i].options);
	for (i = 0; i < LEN(default_ns); i++)
		spec_add_ns(s, default_ns[i], NULL);
	s->devrules = xcalloc(LEN(default_devrules), sizeof(*s->devrules));
	memcpy(s->devrules, default_devrules, sizeof(default_devrules));
	s->ndevrules = LEN(default_devrules);
	add_all(&s->masked, default_masked, LEN(default_masked));
	add_all(&s->readonly, default_readonly, LEN(default_readonly));
	add_all(&s->sysctl, default_sysctl, LEN(default_sysctl));
}

void
spec_add_mount(struct spec *s, const char *dst, const char *type, const char *src,
	const char *const *options)
{
	struct spec_mount *m;

	s->mounts = xrealloc(s->mounts, s->nmounts + 1, sizeof(*s->mounts));
	m = &s->mounts[s->nmounts++];
	*m = (struct spec_mount){
		.destination = xstrdup(dst),
		.type = type != NULL ? xstrdup(type) : NULL,
		.source = src != NULL ? xstrdup(src) : NULL,
	};
	for (; options != NULL && *options != NULL; options++)
		strv_add(&m->options, *options);
}

static size_t
find_ns(const struct spec *s, const char *type)
{
	size_t i;

	for (i = 0; i < s->nns; i++)
		if (strcmp(s->ns[i].type, type) == 0)
			break;
	return i;
}

void
spec_add_ns(struct spec *s, const char *type, const char *path)
{
	struct spec_ns *ns;
	size_t i = find_ns(s, type);

	if (strlen(type) >= sizeof(ns->type))
		abort();
	if (i == s->nns) {
		s->ns = xrealloc(s->ns, s->nns + 1, sizeof(*s->ns));
		memset(&s->ns[s->nns++], 0, sizeof(*s->ns));
	}
	ns = &s->ns[i];
	memcpy(ns->type, type, strlen(type) + 1);
	free(ns->path);
	ns->path = path != NULL ? xstrdup(path) : NULL;
}

bool
spec_has_ns(const struct spec *s, const char *type)
{
	return find_ns(s, type) < s->nns;
}

static void
drop_sysctl(struct spec *s, const char *prefix)
{
	size_t i, n = 0;

	for (i = 0; i < s->sysctl.n; i++) {
		if (str_starts(s->sysctl.v[i], prefix))
			free(s->sysctl.v[i]);
		else
			s->sysctl.v[n++] = s->sysctl.v[i];
	}
	if (s->sysctl.n > 0)
		s->sysctl.v[n] = NULL;
	s->sysctl.n = n;
}

void
spec_del_ns(struct spec *s, const char *type)
{
	size_t i = find_ns(s, type);

	if (i == s->nns)
		return;
	free(s->ns[i].path);
	memmove(&s->ns[i], &s->ns[i + 1], (s->nns - i - 1) * sizeof(*s->ns));
	s->nns--;
	if (strcmp(type, "network") == 0)
		drop_sysctl(s, "net.");
}

const char *
spec_cap_name(int cap)
{
	return cap >= 0 && cap < (int)LEN(cap_names) ? cap_names[cap] : NULL;
}

int
spec_cap_number(const char *name)
{
	size_t i;

	if (strncasecmp(name, "CAP_", 4) == 0)
		name += 4;
	for (i = 0; i < LEN(cap_names); i++)
		if (strcasecmp(cap_names[i] + 4, name) == 0)
			return (int)i;
	return -1;
}
