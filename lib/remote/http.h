/* SPDX-License-Identifier: ISC */
/* http.h: an HTTP/1.1 client: connections kept for the next request, redirects, streamed bodies
 * both ways */
#ifndef REMOTE_HTTP_H
#define REMOTE_HTTP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/str.h"
#include "head.h"
#include "url.h"

struct buf;
struct conn;
struct err;
struct trust;

#define HTTP_IDLE 4 /* connections kept */
#define HTTP_REDIRECTS 10

struct http {
	const struct trust *trust; /* NULL: certificates are not verified */
	/* Fills trust when the first TLS connection is due; may be NULL. 0/-1. */
	int (*load_trust)(void *arg, const struct trust **trust, struct err *e);
	void *arg;
	int timeout; /* ms, of each wait */
	struct conn *idle[HTTP_IDLE];
};

struct http_req {
	const char *method; /* GET and HEAD follow redirects, others do not */
	const char *url;
	const char *auth; /* value of Authorization, never sent to another origin than url's; NULL
			     none */
	struct strv headers; /* "Name: value" */
	/* body: memory, or a file; neither: none */
	const void *data;
	size_t data_len;
	int fd; /* -1 none */
	int64_t fd_off, fd_len;
	void (*progress)(void *arg, int64_t sent); /* bytes of the file so far; less again when it
						      starts anew; may be NULL */
	void *arg;
};

#define HTTP_REQ(m, u)                                                                             \
	{                                                                                          \
		.method = (m), .url = (u), .fd = -1                                                \
	}

/* An answer; its body is read with http_read until 0, then http_done. */
struct http_res {
	struct head head;
	struct url url; /* where it came from in the end */
	struct http *http;
	struct conn *conn;
	int64_t left; /* BODY_LENGTH: bytes to come */
	struct chunked chunked;
	bool ended; /* the whole body was read */
};

#define HTTP_RES_INIT                                                                              \
	{                                                                                          \
		.conn = NULL                                                                       \
	}
#define CLEAN_RES __attribute__((cleanup(http_done)))

/* Sends and reads the head of the final answer (1xx are passed over), whatever its status. 0/-1; on
 * -1 there is nothing to http_done. */
int http_do(struct http *h, const struct http_req *req, struct http_res *res, struct err *e);
/* Up to n bytes of the body; 0 at its end; -1, which a body that ends early is too. */
ssize_t http_read(struct http_res *res, void *p, size_t n, struct err *e);
/* The whole body, at most max bytes (EFBIG). 0/-1. */
int http_body(struct http_res *res, size_t max, struct buf *out, struct err *e);
/* Keeps the connection where the body was read to its end (a small rest is read away), else closes
 * it. */
void http_done(struct http_res *res);
/* Opens a connection to url's host and keeps it for the next request: is TLS spoken there? 1, 0,
 * -1. */
int http_probe_tls(struct http *h, const char *url, struct err *e);
void http_close(struct http *h);

#endif
