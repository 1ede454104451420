/* SPDX-License-Identifier: ISC */
/* tls.h: TLS client connections, 1.2 and nothing older; tls.c alone knows which library does it */
#ifndef REMOTE_TLS_H
#define REMOTE_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct err;
struct tls;
struct trust;

/*
 * Makes a handshake over a connected non-blocking socket, which stays the caller's. host: the name
 * or IP address that the server's certificate must be for. trust: authorities it may come from;
 * NULL: any certificate will do. timeout_ms is the limit of each wait, then and later. NULL on
 * error; code EPROTONOSUPPORT: the other side does not speak TLS.
 */
struct tls *tls_connect(
	int fd, const char *host, const struct trust *trust, int timeout_ms, struct err *e);
/* Bytes (as many as are there, at least 1), 0 when the peer said that it is done, -1 (a connection
 * cut off without that too). */
ssize_t tls_read(struct tls *t, void *p, size_t n, struct err *e);
/* All n bytes, encrypted and sent. 0; 1: the peer began to answer, not everything was sent; -1. */
int tls_write(struct tls *t, const void *p, size_t n, struct err *e);
/* Is there something to read right now (the end or an error too)? Does not wait. */
bool tls_readable(struct tls *t);
/* Says good-bye as far as that can be done without waiting. NULL is fine. */
void tls_free(struct tls *t);

#endif
