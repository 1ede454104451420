/* SPDX-License-Identifier: ISC */
/* devbpf.h: device rules as the BPF program of a v2 cgroup */
#ifndef RUN_DEVBPF_H
#define RUN_DEVBPF_H

#include <stddef.h>

struct err;
struct spec_devrule;

/* Later rules win over earlier ones (runtime-spec config-linux.md, Allowed Device list); without a
 * rule nothing is allowed. 0/-1. */
int devbpf_attach(int cgroup, const struct spec_devrule *rules, size_t n, struct err *e);

#endif
