/* SPDX-License-Identifier: ISC */
/* net.h: TCP connections that cannot hang: non-blocking sockets, and every wait has a limit */
#ifndef REMOTE_NET_H
#define REMOTE_NET_H

#include <stdbool.h>
#include <stddef.h>

struct err;

/* How long a peer may keep silent, in milliseconds: $DK_TIMEOUT seconds (1 to 86400), else 60 s. */
int net_timeout(void);

/*
 * Connects to host (name, IPv4, or IPv6 without brackets), each of its addresses in turn, each
 * within timeout_ms. A non-blocking, close-on-exec socket with TCP_NODELAY; -1 and the last
 * address' error.
 */
int net_connect(const char *host, const char *port, int timeout_ms, struct err *e);
/* poll(2) on one descriptor: the events that are there, -1 (ETIMEDOUT: none came in time; EINTR:
 * net_interrupt). */
int net_wait(int fd, short events, int timeout_ms, struct err *e);

/* An IP address in text: its bytes and their number (4 or 16); 0 where host is a name. */
size_t net_ip(const char *host, unsigned char out[16]);
/* localhost, 127.0.0.0/8 or ::1, by its text alone: no look-up. */
bool net_is_loopback(const char *host);

/*
 * From now on SIGINT, SIGTERM and SIGHUP (where they are not ignored) do not kill: they make every
 * wait here fail, "interrupted", so that the program unwinds and takes away what it began. The
 * same signal once more kills.
 */
void net_catch_signals(void);
int net_interrupted(struct err *e); /* 0, or -1 with that error */
/* Ends the program by the signal that was caught, if one was, as who waits for it wants to see. */
void net_end_by_signal(void);

#endif
