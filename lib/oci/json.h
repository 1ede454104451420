/* SPDX-License-Identifier: ISC */
/* json.h: JSON documents from outside, strictly and within bounds, over jansson */
#ifndef OCI_JSON_H
#define OCI_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct buf;
struct err;

/* manifests and configurations; distribution-spec asks for 4 MiB at least */
#define JSON_MAX_BYTES (4u << 20)

void json_clean(json_t **j);
#define CLEAN_JSON __attribute__((cleanup(json_clean)))

/*
 * Duplicate keys, NUL, trailing bytes, depth over 64 and more than JSON_MAX_BYTES are errors.
 * what names the document. New reference or NULL.
 */
json_t *json_parse(const void *p, size_t n, const char *what, struct err *e);
/* Compact, keys in insertion order, no trailing newline: the same document gives the same bytes. */
void json_write(const json_t *j, struct buf *out);
void json_write_pretty(const json_t *j, struct buf *out); /* four blanks, as docker inspect */

/*
 * Members of an object. Absent or null: 0 and *out untouched. Wrong type: -1 and a message with the
 * key. Strings are borrowed from j.
 */
int json_get_str(const json_t *j, const char *key, const char **out, struct err *e);
int json_get_int(const json_t *j, const char *key, int64_t *out, struct err *e);
int json_get_bool(const json_t *j, const char *key, bool *out, struct err *e);
int json_get_obj(const json_t *j, const char *key, json_t **out, struct err *e); /* borrowed */
int json_get_arr(const json_t *j, const char *key, json_t **out, struct err *e); /* borrowed */
int json_get_strv(const json_t *j, const char *key, struct strv *out, struct err *e);
/* Are all members of an object strings? what names one of them in the message. 0/-1. */
int json_check_strings(json_t *j, const char *what, struct err *e);

/* Setters that own nothing of the caller's; they abort on impossible input only. */
void json_set_str(json_t *j, const char *key, const char *s); /* NULL: leaves the key out */
void json_set_int(json_t *j, const char *key, int64_t v);
void json_set_bool(json_t *j, const char *key, bool v);
/* n == 0: leaves the key out */
void json_set_strv(json_t *j, const char *key, const struct strv *v);
json_t *json_set_newobj(json_t *j, const char *key); /* borrowed */
json_t *json_set_newarr(json_t *j, const char *key); /* borrowed */
/* Strings with bytes that are not UTF-8 get U+FFFD in their place. */
json_t *json_str(const char *s); /* new reference */

/* Length of the well-formed UTF-8 sequence at s (one that is not empty), 0 where there is none. */
size_t json_utf8_len(const char *s);

#endif
