/* SPDX-License-Identifier: ISC */
/*
 * http.c: see http.h. One request at a time on a connection. A request on a kept connection that
 * the server closed meanwhile is sent once more on a new one, if nothing of an answer had come.
 */
#include <stdio.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/msg.h"
#include "conn.h"
#include "http.h"

#define DRAIN_MAX 65536 /* of a body nobody wants: rather that than a new connection */

/* ---- connections */

static struct conn *
take_idle(struct http *h, const struct url *u)
{
	struct conn *c;
	size_t i;

	for (i = 0; i < HTTP_IDLE; i++) {
		c = h->idle[i];
		if (c == NULL || !url_same_origin(&c->to, u))
			continue;
		h->idle[i] = NULL;
		if (!conn_readable(c))
			return c;
		conn_close(c); /* closed by the server, or it says what nobody asked */
	}
	return NULL;
}

static void
give_idle(struct http *h, struct conn *c)
{
	size_t i;

	for (i = 0; i < HTTP_IDLE - 1 && h->idle[i] != NULL; i++)
		;
	conn_close(h->idle[i]);
	c->used = true;
	h->idle[i] = c;
}

static struct conn *
new_conn(struct http *h, const struct url *u, struct err *e)
{
	if (u->tls && h->load_trust != NULL) {
		if (h->load_trust(h->arg, &h->trust, e) < 0)
			return NULL;
		h->load_trust = NULL;
	}
	return conn_open(u, h->trust, h->timeout, e);
}

int
http_probe_tls(struct http *h, const char *url, struct err *e)
{
	CLEAN_URL struct url u = { 0 };
	struct conn *c;

	if (url_parse(&u, url, e) < 0)
		return -1;
	c = new_conn(h, &u, e);
	if (c == NULL)
		return e->code == EPROTONOSUPPORT ? 0 : -1;
	give_idle(h, c);
	c->used = false;
	return 1;
}

void
http_close(struct http *h)
{
	size_t i;

	for (i = 0; i < HTTP_IDLE; i++) {
		conn_close(h->idle[i]);
		h->idle[i] = NULL;
	}
}

/* ---- one request, one answer */

static void
write_head(const struct http_req *req, const struct url *u, const char *auth, struct buf *out)
{
	CLEAN_FREE char *host = url_authority(u);
	size_t i;

	buf_addf(out, "%s %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: dk/" DK_VERSION "\r\n",
		req->method, u->target, host);
	if (auth != NULL)
		buf_addf(out, "Authorization: %s\r\n", auth);
	for (i = 0; i < req->headers.n; i++)
		buf_addf(out, "%s\r\n", req->headers.v[i]);
	if (req->fd >= 0)
		buf_addf(out, "Content-Length: %lld\r\n", (long long)req->fd_len);
	else if (req->data != NULL || strcmp(req->method, "GET") != 0)
		if (strcmp(req->method, "HEAD") != 0)
			buf_addf(out, "Content-Length: %zu\r\n", req->data_len);
	buf_adds(out, "\r\n");
}

/* Reads heads until one that is no 1xx. 0; 1: the connection ended before a byte of an answer; -1.
 */
static int
read_head(struct conn *c, struct http_res *res, bool for_head, struct err *e)
{
	int64_t n;
	int r, informal;

	for (informal = 0; informal < 20; informal++) {
		while ((n = c->len > c->off ? head_find(c->buf + c->off, c->len - c->off, e) : 0) ==
			0) {
			r = conn_fill(c, e);
			if (r < 0)
				return c->len == c->off &&
						(e->code == ECONNRESET || e->code == EPIPE)
					? 1
					: -1;
			if (r == 0 && c->len == c->off) {
				err_setx(e, ECONNRESET,
					"the server closed the connection without an answer");
				return 1;
			}
			if (r == 0)
				return err_setx(e, ECONNRESET,
					"the server closed the connection within its answer's "
					"head");
		}
		if (n < 0 || head_parse(&res->head, c->buf + c->off, (size_t)n, for_head, e) < 0)
			return -1;
		c->off += (size_t)n;
		if (res->head.status >= 200)
			return 0;
		if (res->head.status == 101)
			return err_setx(e, EPROTO, "the server switched to another protocol");
		head_free(&res->head);
	}
	return err_setx(e, EPROTO, "the server sends one informal answer after the other");
}

struct sent {
	const struct http_req *req;
	int64_t bytes;
};

static void
count_sent(void *arg, int64_t bytes)
{
	struct sent *s = arg;

	s->bytes += bytes;
	if (s->req->progress != NULL)
		s->req->progress(s->req->arg, s->bytes);
}

/* Head and body out, head of the answer in. 0; 1: the connection was of no use (e is set); -1. */
static int
exchange(struct conn *c, const struct http_req *req, const struct url *u, const char *auth,
	struct http_res *res, struct err *e)
{
	CLEAN_BUF struct buf head = BUF_INIT;
	struct sent sent = { req, 0 };
	bool early = false;
	int r;

	write_head(req, u, auth, &head);
	if (req->data != NULL)
		buf_add(&head, req->data, req->data_len);
	r = conn_write(c, head.data, head.len, e);
	if (r == 0 && req->fd >= 0)
		r = conn_send_file(c, req->fd, req->fd_off, req->fd_len, count_sent, &sent, e);
	early = r > 0;
	if (r >= 0)
		r = read_head(c, res, strcmp(req->method, "HEAD") == 0, e);
	else if (e->code == EPIPE || e->code == ECONNRESET)
		r = 1;
	if (r == 0 && early)
		res->head.keep_alive = false; /* half a request is still on the way */
	return r;
}

static int
request(struct http *h, const struct http_req *req, const struct url *u, const char *auth,
	struct http_res *res, struct err *e)
{
	struct conn *c;
	bool again;
	int r;

	do {
		c = take_idle(h, u);
		if (c == NULL)
			c = new_conn(h, u, e);
		if (c == NULL)
			return -1;
		again = c->used;
		r = exchange(c, req, u, auth, res, e);
		if (r == 0)
			break;
		conn_close(c);
		if (r < 0 || !again)
			return -1;
	} while (again);
	res->http = h;
	res->conn = c;
	res->left = res->head.length;
	res->ended =
		res->head.body == BODY_NONE || (res->head.body == BODY_LENGTH && res->left == 0);
	return 0;
}

static bool
is_redirect(const struct http_req *req, const struct http_res *res)
{
	int s = res->head.status;

	return (strcmp(req->method, "GET") == 0 || strcmp(req->method, "HEAD") == 0) &&
		(s == 301 || s == 302 || s == 303 || s == 307 || s == 308);
}

int
http_do(struct http *h, const struct http_req *req, struct http_res *res, struct err *e)
{
	CLEAN_URL struct url first = { 0 };
	struct url to;
	const char *where;
	int hops;

	memset(res, 0, sizeof(*res));
	if (url_parse(&first, req->url, e) < 0 || url_parse(&res->url, req->url, e) < 0)
		goto fail;
	for (hops = 0;; hops++) {
		if (request(h, req, &res->url,
			    url_same_origin(&first, &res->url) ? req->auth : NULL, res, e) < 0) {
			if (hops > 0)
				err_wrap(e, "redirected to %s", res->url.host);
			goto fail;
		}
		if (!is_redirect(req, res))
			return 0;
		where = head_get(&res->head, "location", 0);
		if (where == NULL) {
			err_setx(e, EPROTO, "redirect (%d) that does not say where to",
				res->head.status);
			goto fail;
		}
		if (hops == HTTP_REDIRECTS) {
			err_setx(e, ELOOP, "more than %d redirects", HTTP_REDIRECTS);
			goto fail;
		}
		if (url_resolve(&to, &res->url, where, e) < 0) {
			url_free(&to);
			err_wrap(e, "redirect");
			goto fail;
		}
		if (res->url.tls && !to.tls) {
			err_setx(e, EPROTO, "redirect from https to http (%s) refused", to.host);
			url_free(&to);
			goto fail;
		}
		http_done(res);
		res->url = to;
	}
fail:
	http_done(res);
	return -1;
}

/* ---- the body */

/* Framing in the connection's buffer, up to data. Bytes of data in it, 0 none there (chunked.left
 * says how many may be read), -1; sets ended. */
static ssize_t
next_chunk(struct http_res *res, struct err *e)
{
	struct conn *c = res->conn;
	size_t used, data;
	int r;

	for (;;) {
		r = chunked_next(&res->chunked, c->buf + c->off, c->len - c->off, &used, &data, e);
		if (r < 0)
			return -1;
		c->off += used;
		if (r == 0) {
			res->ended = true;
			return 0;
		}
		if (data > 0 || res->chunked.left > 0)
			return (ssize_t)data;
		r = conn_fill(c, e);
		if (r < 0)
			return -1;
		if (r == 0)
			return err_setx(e, ECONNRESET,
				"the server closed the connection within its answer");
	}
}

ssize_t
http_read(struct http_res *res, void *p, size_t n, struct err *e)
{
	ssize_t data = 0, r;

	if (res->ended || n == 0)
		return 0;
	if (res->head.body == BODY_LENGTH && (uint64_t)res->left < n)
		n = (size_t)res->left;
	if (res->head.body == BODY_CHUNKED) {
		data = next_chunk(res, e);
		if (data < 0)
			return -1;
		if (res->ended)
			return 0;
		if (data > 0 && (size_t)data < n)
			n = (size_t)data;
		if (data == 0 && res->chunked.left < n)
			n = (size_t)res->chunked.left;
	}
	r = conn_read(res->conn, p, n, e);
	if (r < 0)
		return -1;
	if (r == 0 && res->head.body == BODY_LENGTH)
		return err_setx(e, ECONNRESET,
			"the server closed the connection %lld bytes before the end",
			(long long)res->left);
	if (r == 0 && res->head.body == BODY_CHUNKED)
		return err_setx(
			e, ECONNRESET, "the server closed the connection within its answer");
	if (r == 0)
		res->ended = true;
	if (res->head.body == BODY_LENGTH) {
		res->left -= r;
		res->ended = res->left == 0;
	}
	/* chunked_next counted what was in the buffer; give back what was not taken, subtract what
	 * came from elsewhere */
	if (res->head.body == BODY_CHUNKED)
		res->chunked.left = res->chunked.left + (uint64_t)data - (uint64_t)r;
	return r;
}

int
http_body(struct http_res *res, size_t max, struct buf *out, struct err *e)
{
	ssize_t r;

	if (res->head.body == BODY_LENGTH && (uint64_t)res->left > max)
		return err_setx(e, EFBIG,
			"an answer of %lld bytes, more than the %zu that are sensible",
			(long long)res->left, max);
	for (;;) {
		buf_reserve(out, 4096);
		r = http_read(res, out->data + out->len, out->cap - out->len - 1, e);
		if (r < 0)
			return -1;
		out->len += (size_t)r;
		out->data[out->len] = '\0';
		if (r == 0)
			return 0;
		if (out->len > max)
			return err_setx(e, EFBIG,
				"an answer of more than the %zu bytes that are sensible", max);
	}
}

void
http_done(struct http_res *res)
{
	char rest[4096];
	size_t drained = 0;
	struct err e;
	ssize_t r;

	if (res->conn != NULL) {
		if (!res->ended && res->head.keep_alive &&
			(res->head.body == BODY_CHUNKED || res->left <= DRAIN_MAX)) {
			while (drained <= DRAIN_MAX &&
				(r = http_read(res, rest, sizeof(rest), &e)) > 0)
				drained += (size_t)r;
		}
		if (res->ended && res->head.keep_alive)
			give_idle(res->http, res->conn);
		else
			conn_close(res->conn);
	}
	head_free(&res->head);
	url_free(&res->url);
	memset(res, 0, sizeof(*res));
}
