/* SPDX-License-Identifier: ISC */
/* str.h: strings, string vectors, numbers, hex */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A vector of owned strings; v[n] == NULL once it has been added to. */
struct strv {
	char **v;
	size_t n;
};

#define CLEAN_STRV __attribute__((cleanup(strv_free)))

void strv_free(struct strv *s); /* leaves it empty */
void strv_add(struct strv *s, const char *str); /* copies */
void strv_take(struct strv *s, char *str); /* owns */
void strv_addf(struct strv *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void strv_copy(struct strv *to, const struct strv *from); /* frees to first */
/* KEY=VALUE lists: sets or replaces; get returns the value or NULL. */
void strv_setenv(struct strv *s, const char *kv);
const char *strv_getenv(const struct strv *s, const char *key);

bool str_starts(const char *s, const char *prefix);
bool str_ends(const char *s, const char *suffix);
bool str_eq(const char *a, const char *b); /* NULL is equal to NULL only */

/* Whole string, decimal, min..max. 0/-1 (errno EINVAL or ERANGE). */
int str_u64(const char *s, uint64_t min, uint64_t max, uint64_t *out);
int str_int(const char *s, int min, int max, int *out);
int str_octal(const char *s, uint32_t max, uint32_t *out);
/* Docker's sizes: 10, 10b, 64k, 512m, 2g, 1.5g (binary units). 0/-1. */
int str_size(const char *s, uint64_t *out);

void str_hex(const unsigned char *p, size_t n, char *out /* 2n + 1 */);
bool str_is_hex(const char *s, size_t n); /* n lower-case hex digits, then NUL */
/* n random bytes as 2n hex digits. */
void str_random_hex(size_t n, char *out /* 2n + 1 */);

/* Edit distance, for "did you mean"; at most 63 characters a side count. */
int str_distance(const char *a, const char *b);

#endif
