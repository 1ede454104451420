/* SPDX-License-Identifier: ISC */
/* seccomp: the filter is data made at build time (gen-seccomp.c), so no program links libseccomp
 * for it. */
#include <errno.h>
#include <jansson.h>
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

const char *
seccomp_default_text(void)
{
	return seccomp_default_json;
}

/* The bundle of an earlier run has the profile as a document. */
static bool
is_default(const json_t *profile)
{
	json_t *mine = json_loads(seccomp_default_json, 0, NULL);
	bool same;

	if (mine == NULL)
		abort();
	same = json_equal(profile, mine);
	json_decref(mine);
	return same;
}

int
seccomp_check(const struct spec *s, struct err *e)
{
	/* NEEDSWORK: other profiles, and the default one of other capability sets */
	if (s->seccomp_text != NULL ? s->seccomp_text == seccomp_default_json
				    : s->seccomp == NULL || is_default(s->seccomp))
		return 0;
	return err_setx(
		e, ENOTSUP, "a seccomp profile other than the default one is not supported yet");
}

int
seccomp_enter(const struct spec *s, struct err *e)
{
	struct sock_fprog prog = {
		.len = LEN(seccomp_default_filter),
		/* the kernel only reads it */
		.filter = (struct sock_filter *)(uintptr_t)seccomp_default_filter,
	};

	if (s->seccomp == NULL && s->seccomp_text == NULL)
		return 0;
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) < 0)
		return err_set(e, errno, "seccomp filter");
	return 0;
}
