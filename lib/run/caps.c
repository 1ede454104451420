/* SPDX-License-Identifier: ISC */
/*
 * caps: the calls go to the kernel directly. The C library's setuid(2) and
 * friends speak to all threads of the process it believes to be in, and this
 * runs in a child that shares its parent's memory.
 */
#include <errno.h>
#include <linux/capability.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "caps.h"
#include "oci/spec.h"

#ifndef PR_CAP_AMBIENT
#define PR_CAP_AMBIENT 47
#define PR_CAP_AMBIENT_RAISE 2
#endif

int
caps_bound(const struct spec *s, struct err *e)
{
	int cap;

	for (cap = 0; cap < 64; cap++) {
		if (s->caps >> cap & 1)
			continue;
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0) {
			if (errno == EINVAL)
				break; /* behind the last one of this kernel */
			return err_set(e, errno, "drop capability %d", cap);
		}
	}
	return 0;
}

static int
set_caps(uint64_t permitted, uint64_t inheritable)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];
	int i;

	for (i = 0; i < 2; i++) {
		data[i].permitted = data[i].effective = (uint32_t)(permitted >> (32 * i));
		data[i].inheritable = (uint32_t)(inheritable >> (32 * i));
	}
	return (int)syscall(SYS_capset, &head, data);
}

int
caps_become(const struct spec *s, struct err *e)
{
	int cap;

	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		return err_set(e, errno, "keep capabilities");
	if (syscall(SYS_setgroups, s->ngroups, s->groups) < 0)
		return err_set(e, errno, "set groups");
	if (syscall(SYS_setresgid, s->gid, s->gid, s->gid) < 0)
		return err_set(e, errno, "set group %u", (unsigned)s->gid);
	if (syscall(SYS_setresuid, s->uid, s->uid, s->uid) < 0)
		return err_set(e, errno, "set user %u", (unsigned)s->uid);
	if (set_caps(s->caps, s->caps_inheritable | s->caps_ambient) < 0)
		return err_set(e, errno, "set capabilities");
	for (cap = 0; cap < 64; cap++)
		if ((s->caps_ambient >> cap & 1) &&
			prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) < 0)
			return err_set(e, errno, "raise ambient capability %d", cap);
	return 0;
}
