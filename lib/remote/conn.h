/* SPDX-License-Identifier: ISC */
/* conn.h: a byte stream to a host, TCP or TLS over it, with a read buffer */
#ifndef REMOTE_CONN_H
#define REMOTE_CONN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "url.h"

struct err;
struct tls;
struct trust;

#define CONN_BUF 16384 /* heads and small answers; bodies are read around it */

struct conn {
	int fd;
	struct tls *tls; /* NULL: plain */
	int timeout;
	bool used; /* it carried an answer before, so the server may have closed it meanwhile */
	struct url to; /* origin only; target is NULL */
	char *buf;
	size_t off, len, cap;
};

/* trust NULL: certificates are not verified. NULL on error; code EPROTONOSUPPORT: TLS was asked for
 * and not spoken there. */
struct conn *conn_open(
	const struct url *to, const struct trust *trust, int timeout_ms, struct err *e);
void conn_close(struct conn *c); /* NULL is fine */
/* Reads more behind what the buffer holds. 1, 0 at the end of the stream, -1. */
int conn_fill(struct conn *c, struct err *e);
/* Up to n bytes, first those in the buffer, then straight from the socket. Bytes, 0 at the end, -1.
 */
ssize_t conn_read(struct conn *c, void *p, size_t n, struct err *e);
/* All of it. 0; 1: the server answered before it had everything, read the answer; -1. */
int conn_write(struct conn *c, const void *p, size_t n, struct err *e);
/* n bytes of a file from off. 0, 1, -1 likewise; a file that ends early is an error. progress (may
 * be NULL) gets what each step sent. */
int conn_send_file(struct conn *c, int fd, int64_t off, int64_t n,
	void (*progress)(void *, int64_t), void *arg, struct err *e);
/* Is there something to read at this moment, or has the other side closed? */
bool conn_readable(struct conn *c);

#endif
