/* SPDX-License-Identifier: ISC */
/* b64.h: base64 (RFC 4648, section 4) of text that is not secret-timing: certificates, config.json
 */
#ifndef REMOTE_B64_H
#define REMOTE_B64_H

#include <stddef.h>

struct buf;

void b64_encode(const void *p, size_t n, struct buf *out);
/* Appends the decoded bytes; white space is passed over, padding may be left out. 0, -1 where p is
 * not base64. */
int b64_decode(const char *p, size_t n, struct buf *out);

#endif
