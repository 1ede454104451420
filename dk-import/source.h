/* SPDX-License-Identifier: ISC */
/* source.h: a tar as it comes, decompressed whatever it was compressed with */
#ifndef SOURCE_H
#define SOURCE_H

#include <stddef.h>
#include <sys/types.h>

struct err;

/* Bytes of the plain tar out of fd. Formats that are not built in are decompressed by a program
 * found in PATH. */
struct source;
struct source *source_open(int fd, struct err *e);
ssize_t source_read(struct source *s, void *p, size_t n, struct err *e); /* bytes, 0 end, -1 */
void source_close(struct source *s);

#endif
