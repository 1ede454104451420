/* SPDX-License-Identifier: ISC */
/* conn.c: see conn.h. While it sends it watches for an answer: a server that refuses an upload
 * often does not read it to the end. */
#include <sys/sendfile.h>
#include <sys/socket.h>

#include <poll.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"
#include "conn.h"
#include "net.h"
#include "tls.h"

#define CONNECT_MS 30000
#define SEND_STEP (1 << 20)
#define FILE_BUF 65536

struct conn *
conn_open(const struct url *to, const struct trust *trust, int timeout_ms, struct err *e)
{
	struct conn *c = xcalloc(1, sizeof(*c));

	c->timeout = timeout_ms;
	c->to = *to;
	c->to.target = NULL;
	c->fd = net_connect(
		to->host, to->port, timeout_ms < CONNECT_MS ? timeout_ms : CONNECT_MS, e);
	if (c->fd < 0)
		goto fail;
	if (to->tls) {
		c->tls = tls_connect(c->fd, to->host, trust, timeout_ms, e);
		if (c->tls == NULL)
			goto fail;
	}
	return c;
fail:
	conn_close(c);
	return NULL;
}

void
conn_close(struct conn *c)
{
	if (c == NULL)
		return;
	tls_free(c->tls);
	mem_clean_fd(&c->fd);
	free(c->buf);
	free(c);
}

/* One read from the other side. Bytes, 0 at the end, -1. */
static ssize_t
receive(struct conn *c, void *p, size_t n, struct err *e)
{
	ssize_t r;

	if (c->tls != NULL)
		return tls_read(c->tls, p, n, e);
	for (;;) {
		r = recv(c->fd, p, n, 0);
		if (r >= 0)
			return r;
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN && errno != EWOULDBLOCK)
			return err_set(e, errno, "receive");
		if (net_wait(c->fd, POLLIN, c->timeout, e) < 0)
			return -1;
	}
}

int
conn_fill(struct conn *c, struct err *e)
{
	ssize_t r;

	if (c->off > 0) {
		memmove(c->buf, c->buf + c->off, c->len - c->off);
		c->len -= c->off;
		c->off = 0;
	}
	if (c->len == c->cap) {
		c->cap = c->cap == 0 ? CONN_BUF : c->cap * 2;
		c->buf = xrealloc(c->buf, c->cap, 1);
	}
	r = receive(c, c->buf + c->len, c->cap - c->len, e);
	if (r <= 0)
		return (int)r;
	c->len += (size_t)r;
	return 1;
}

ssize_t
conn_read(struct conn *c, void *p, size_t n, struct err *e)
{
	if (c->off == c->len)
		return receive(c, p, n, e);
	if (n > c->len - c->off)
		n = c->len - c->off;
	memcpy(p, c->buf + c->off, n);
	c->off += n;
	return (ssize_t)n;
}

/* What a failed send(2) means: 0 try again, 1 there may be an answer, -1. */
static int
send_failed(struct conn *c, struct err *e)
{
	int r;

	if (errno == EINTR)
		return 0;
	/* closed on us: the reason may be in what it sent before */
	if (errno == EPIPE || errno == ECONNRESET)
		return 1;
	if (errno != EAGAIN && errno != EWOULDBLOCK)
		return err_set(e, errno, "send");
	r = net_wait(c->fd, POLLOUT | POLLIN, c->timeout, e);
	if (r < 0)
		return -1;
	return r & POLLIN && !(r & POLLOUT);
}

int
conn_write(struct conn *c, const void *p, size_t n, struct err *e)
{
	const char *s = p;
	ssize_t r;
	int st;

	if (c->tls != NULL)
		return tls_write(c->tls, p, n, e);
	while (n > 0) {
		r = send(c->fd, s, n, MSG_NOSIGNAL);
		if (r < 0) {
			st = send_failed(c, e);
			if (st != 0)
				return st;
			continue;
		}
		s += r;
		n -= (size_t)r;
	}
	return 0;
}

/* Plain: the kernel moves the bytes. */
static int
send_file_plain(struct conn *c, int fd, off_t off, int64_t n, void (*progress)(void *, int64_t),
	void *arg, struct err *e)
{
	ssize_t r;
	int st;

	while (n > 0) {
		if (net_interrupted(e) < 0)
			return -1;
		r = sendfile(c->fd, fd, &off, n < SEND_STEP ? (size_t)n : SEND_STEP);
		if (r == 0)
			return err_setx(e, EIO, "the file is shorter than it was");
		if (r < 0) {
			st = send_failed(c, e);
			if (st != 0)
				return st;
			continue;
		}
		n -= r;
		if (progress != NULL)
			progress(arg, r);
	}
	return 0;
}

int
conn_send_file(struct conn *c, int fd, int64_t off, int64_t n, void (*progress)(void *, int64_t),
	void *arg, struct err *e)
{
	CLEAN_FREE char *buf = NULL;
	ssize_t r;
	int st;

	if (c->tls == NULL)
		return send_file_plain(c, fd, off, n, progress, arg, e);
	buf = xmalloc(FILE_BUF);
	for (; n > 0; n -= r, off += r) {
		if (net_interrupted(e) < 0)
			return -1;
		r = pread(fd, buf, n < FILE_BUF ? (size_t)n : FILE_BUF, off);
		if (r < 0)
			return err_set(e, errno, "read");
		if (r == 0)
			return err_setx(e, EIO, "the file is shorter than it was");
		st = tls_write(c->tls, buf, (size_t)r, e);
		if (st != 0)
			return st;
		if (progress != NULL)
			progress(arg, r);
		if (conn_readable(c))
			return 1;
	}
	return 0;
}

bool
conn_readable(struct conn *c)
{
	struct pollfd p = { c->fd, POLLIN, 0 };

	if (c->off < c->len)
		return true;
	if (c->tls != NULL)
		return tls_readable(c->tls);
	return poll(&p, 1, 0) != 0;
}
