/* SPDX-License-Identifier: ISC */
/* platform.h: os/arch[/variant] (image-spec image-index.md) and which of several fits */
#ifndef OCI_PLATFORM_H
#define OCI_PLATFORM_H

#include <jansson.h>
#include <stdbool.h>

struct err;

struct platform {
	char os[32];
	char arch[32];
	char variant[32]; /* "" none; arm64 is v8, arm v7 where none is given */
};

/* "linux/arm64/v8", "arm64" (linux assumed); GNU names (x86_64, aarch64) are normalised. 0/-1. */
int platform_parse(struct platform *p, const char *s, struct err *e);
void platform_host(struct platform *p); /* from uname(2) */
/* A descriptor's platform or an image configuration; nothing is normalised. 0/-1. */
int platform_from_json(struct platform *p, const json_t *j, struct err *e);
json_t *platform_to_json(const struct platform *p); /* new reference */
void platform_string(const struct platform *p, char out[100]);
/*
 * How well have serves want: 0 not at all, higher is better (the exact variant over a lower one,
 * which runs too).
 */
int platform_match(const struct platform *want, const struct platform *have);

#endif
