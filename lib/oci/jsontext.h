/* SPDX-License-Identifier: ISC */
/* jsontext.h: JSON written as text in one go, for documents that nobody looks at in between */
#ifndef OCI_JSONTEXT_H
#define OCI_JSONTEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct buf;

/*
 * Members go to the end of the buffer, with a comma where one is needed; key NULL: an element of an
 * array. Strings as json_str() has them. Compact, as json_write().
 */
void jt_begin(struct buf *b, const char *key, char bracket /* { or [ */);
void jt_end(struct buf *b, char bracket /* } or ] */);
void jt_str(struct buf *b, const char *key, const char *s); /* NULL: leaves it out */
void jt_int(struct buf *b, const char *key, int64_t v);
void jt_u64(struct buf *b, const char *key, uint64_t v);
void jt_bool(struct buf *b, const char *key, bool v);
void jt_strv(struct buf *b, const char *key, const struct strv *v); /* n == 0: leaves it out */
void jt_raw(struct buf *b, const char *key, const char *json); /* a value that is JSON text */

#endif
