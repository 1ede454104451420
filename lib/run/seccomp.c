/* SPDX-License-Identifier: ISC */
/* seccomp: the filter is data made at build time (gen-seccomp.c), so no program links libseccomp
 * for it. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "base/err.h"
#include "base/mem.h"
#include "oci/spec.h"
#include "seccomp.h"
#include "seccomp_default.h"
#include "seccomp_table.h"

static void
add(json_t *o, const char *key, json_t *value)
{
	if (json_object_set_new(o, key, value) < 0)
		abort();
}

static void
push(json_t *a, json_t *value)
{
	if (json_array_append_new(a, value) < 0)
		abort();
}

static void
push_names(json_t *a, const char *const *names, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		push(a, json_string(names[i]));
}

/* An entry of syscalls; the array of its names is returned, borrowed. */
static json_t *
entry(json_t *calls, const char *action)
{
	json_t *o = json_object(), *names = json_array();

	add(o, "names", names);
	add(o, "action", json_string(action));
	push(calls, o);
	return names;
}

/* One name, allowed if its first argument compares to value. */
static void
entry_arg(json_t *calls, const char *name, uint32_t value, const char *op)
{
	json_t *o = json_object(), *args = json_array(), *arg = json_object(),
	       *names = json_array();

	push(names, json_string(name));
	add(o, "names", names);
	add(o, "action", json_string("SCMP_ACT_ALLOW"));
	add(arg, "index", json_integer(0));
	add(arg, "value", json_integer(value));
	if (strcmp(op, "SCMP_CMP_MASKED_EQ") == 0)
		add(arg, "valueTwo", json_integer(0));
	add(arg, "op", json_string(op));
	push(args, arg);
	add(o, "args", args);
	push(calls, o);
}

static json_t *
make_default(void)
{
	json_t *o = json_object(), *arches = json_array(), *calls = json_array(), *names;
	size_t i;

	add(o, "defaultAction", json_string("SCMP_ACT_ERRNO"));
	add(o, "defaultErrnoRet", json_integer(EPERM));
#if defined(__x86_64__)
	static const char *const own[] = { "SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32" };
#else
	static const char *const own[] = { "SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM" };
#endif
	push_names(arches, own, LEN(own));
	add(o, "architectures", arches);
	names = entry(calls, "SCMP_ACT_ALLOW");
	push_names(names, seccomp_allowed, LEN(seccomp_allowed));
#if defined(__x86_64__)
	push_names(names, seccomp_allowed_x86, LEN(seccomp_allowed_x86));
	push(names, json_string("uretprobe"));
#else
	push_names(names, seccomp_allowed_arm, LEN(seccomp_allowed_arm));
#endif
	entry_arg(calls, "clone", SECCOMP_CLONE_FLAGS, "SCMP_CMP_MASKED_EQ");
	entry_arg(calls, "socket", SECCOMP_FAMILY_BELOW, "SCMP_CMP_LT");
	for (i = 0; i < LEN(seccomp_families); i++)
		entry_arg(calls, "socket", seccomp_families[i], "SCMP_CMP_EQ");
	for (i = 0; i < LEN(seccomp_personalities); i++)
		entry_arg(calls, "personality", seccomp_personalities[i], "SCMP_CMP_EQ");
	names = entry(calls, "SCMP_ACT_ERRNO");
	push(names, json_string("clone3"));
	add(json_array_get(calls, json_array_size(calls) - 1), "errnoRet", json_integer(ENOSYS));
	add(o, "syscalls", calls);
	return o;
}

json_t *
seccomp_default(void)
{
	static json_t *made;

	if (made == NULL)
		made = make_default();
	return json_incref(made);
}

int
seccomp_check(const struct spec *s, struct err *e)
{
	json_t *mine;
	bool same;

	if (s->seccomp == NULL)
		return 0;
	mine = seccomp_default();
	same = s->seccomp == mine || json_equal(s->seccomp, mine);
	json_decref(mine);
	/* NEEDSWORK: other profiles, and the default one of other capability sets */
	return same ? 0
		    : err_setx(e, ENOTSUP,
			      "a seccomp profile other than the default one is not supported yet");
}

int
seccomp_enter(const struct spec *s, struct err *e)
{
	struct sock_fprog prog = {
		.len = LEN(seccomp_default_filter),
		/* the kernel only reads it */
		.filter = (struct sock_filter *)(uintptr_t)seccomp_default_filter,
	};

	if (s->seccomp == NULL)
		return 0;
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) < 0)
		return err_set(e, errno, "seccomp filter");
	return 0;
}
