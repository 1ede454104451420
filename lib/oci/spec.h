/* SPDX-License-Identifier: ISC */
/* spec.h: the OCI runtime configuration, config.json (runtime-spec config.md, config-linux.md) */
#ifndef OCI_SPEC_H
#define OCI_SPEC_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/str.h"

struct buf;
struct err;

struct spec_mount {
	char *destination;
	char *type;
	char *source;
	struct strv options;
};

struct spec_ns {
	char type[16]; /* pid network ipc uts mount user cgroup */
	char *path; /* NULL: a new one */
};

struct spec_rlimit {
	char type[24];
	uint64_t soft, hard;
};

struct spec_device {
	char *path;
	char type; /* c b p u */
	int64_t major, minor;
	uint32_t mode;
	uid_t uid;
	gid_t gid;
};

struct spec_devrule {
	bool allow;
	char type; /* a c b */
	int64_t major, minor; /* -1: any */
	char access[4]; /* of rwm */
};

struct spec {
	/* process */
	bool terminal;
	struct strv args, env;
	char *cwd;
	uid_t uid;
	gid_t gid;
	gid_t *groups;
	size_t ngroups;
	int umask; /* -1: not set */
	uint64_t caps; /* bit per capability number: bounding, permitted and effective */
	uint64_t caps_inheritable, caps_ambient;
	bool no_new_privileges;
	int oom_score_adj;
	bool has_oom_score_adj;
	struct spec_rlimit *rlimits;
	size_t nrlimits;
	/* root */
	char *root_path; /* relative to the bundle or absolute */
	bool root_readonly;
	char *hostname;
	struct spec_mount *mounts;
	size_t nmounts;
	struct spec_ns *ns;
	size_t nns;
	struct spec_device *devices; /* beyond the default ones */
	size_t ndevices;
	struct spec_devrule *devrules;
	size_t ndevrules;
	char *cgroups_path; /* NULL: none */
	struct strv masked, readonly; /* paths */
	struct strv sysctl; /* KEY=VALUE */
	json_t *seccomp; /* linux.seccomp as in the document, owned; NULL: unconfined */
	const char *seccomp_text; /* the same as text, in place of it, borrowed: written as it is.
				     Never set by spec_parse */
	json_t *resources; /* linux.resources less devices, owned; NULL none */
	json_t *annotations; /* owned; NULL none */
};

#define CLEAN_SPEC __attribute__((cleanup(spec_free)))

void spec_free(struct spec *s); /* leaves it empty */
/*
 * FACTS as data: the default container of docker and podman: namespaces, mounts, masked and
 * read-only paths, device rules, 14 capabilities, no process arguments. Everything a caller does
 * not change is what users of these expect.
 */
void spec_default(struct spec *s);
void spec_add_mount(struct spec *s, const char *dst, const char *type, const char *src,
	const char *const *options);
void spec_add_ns(struct spec *s, const char *type, const char *path);
bool spec_has_ns(const struct spec *s, const char *type);
void spec_del_ns(struct spec *s, const char *type);

/*
 * What spec_write wrote, and what other tools' bundles hold as far as the struct goes: a member it
 * does not carry that would change the container is an error. 0/-1.
 */
int spec_parse(struct spec *s, const void *p, size_t n, struct err *e);
void spec_write(const struct spec *s, struct buf *out);

/* CAP_NAME by number and back (capability.h numbering); NULL, -1. */
const char *spec_cap_name(int cap);
int spec_cap_number(const char *name); /* with or without CAP_, any case */
#define SPEC_CAPS_DEFAULT 0xa80425fbULL

#endif
