/* SPDX-License-Identifier: ISC */
/*
 * tls.c: TLS over BearSSL, which is a state machine without input and output of its own.
 * Certificates are verifier.c's.
 */
#include <sys/random.h>
#include <sys/socket.h>

#include <bearssl.h>
#include <poll.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "net.h"
#include "tls.h"
#include "verifier.h"

#define RAW_SIZE 65536

struct tls {
	int fd;
	int timeout;
	bool handshaken;
	bool got; /* a byte came */
	bool eof;
	size_t off, len; /* of raw: bytes received and not yet taken by the engine */
	br_ssl_client_context cc;
	struct verifier v;
	unsigned char ibuf[BR_SSL_BUFSIZE_INPUT];
	unsigned char obuf[BR_SSL_BUFSIZE_OUTPUT];
	unsigned char raw[RAW_SIZE];
};

/* ECDHE only: what every server that speaks TLS 1.2 today has. AES first only where the CPU helps
 * with it. */
static const uint16_t suites_aes[] = {
	BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
	BR_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	BR_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
	BR_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	BR_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
	BR_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
};
static const uint16_t suites_soft[] = {
	BR_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
	BR_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
	BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
	BR_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	BR_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
	BR_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
};

static void
engine_init(struct tls *t)
{
	br_ssl_engine_context *eng = &t->cc.eng;
	bool aes = br_aes_x86ni_ctr_get_vtable() != NULL && br_ghash_pclmul_get() != NULL;

	br_ssl_client_zero(&t->cc);
	br_ssl_engine_set_versions(eng, BR_TLS12, BR_TLS12);
	br_ssl_engine_add_flags(eng, BR_OPT_NO_RENEGOTIATION);
	if (aes)
		br_ssl_engine_set_suites(eng, suites_aes, LEN(suites_aes));
	else
		br_ssl_engine_set_suites(eng, suites_soft, LEN(suites_soft));
	br_ssl_engine_set_default_rsavrfy(eng);
	br_ssl_engine_set_default_ecdsa(eng);
	br_ssl_engine_set_hash(eng, br_sha256_ID, &br_sha256_vtable);
	br_ssl_engine_set_hash(eng, br_sha384_ID, &br_sha384_vtable);
	br_ssl_engine_set_hash(eng, br_sha512_ID, &br_sha512_vtable);
	br_ssl_engine_set_prf_sha256(eng, &br_tls12_sha256_prf);
	br_ssl_engine_set_prf_sha384(eng, &br_tls12_sha384_prf);
	br_ssl_engine_set_default_aes_gcm(eng);
	br_ssl_engine_set_default_chapol(eng);
	br_ssl_engine_set_x509(eng, &t->v.vtable);
	br_ssl_engine_set_buffers_bidi(eng, t->ibuf, sizeof(t->ibuf), t->obuf, sizeof(t->obuf));
}

/* Why the engine stopped. */
static int
engine_error(struct tls *t, struct err *e)
{
	int code = br_ssl_engine_last_error(&t->cc.eng);

	if (t->v.why.len > 0)
		return err_setx(e, EACCES, "the server's certificate %s", buf_str(&t->v.why));
	switch (code) {
	case BR_ERR_OK:
		return err_setx(e, ECONNRESET, "the server closed the TLS connection");
	case BR_ERR_UNSUPPORTED_VERSION:
	case BR_ERR_BAD_VERSION:
		return err_setx(e, EPROTO,
			"the server speaks only TLS versions before 1.2, which are not safe");
	case BR_ERR_RECV_FATAL_ALERT + BR_ALERT_PROTOCOL_VERSION:
		return err_setx(e, EPROTO,
			"the server does not speak TLS 1.2, and dk speaks no other version");
	case BR_ERR_RECV_FATAL_ALERT + BR_ALERT_HANDSHAKE_FAILURE:
	case BR_ERR_RECV_FATAL_ALERT + BR_ALERT_INSUFFICIENT_SECURITY:
		return err_setx(e, EPROTO,
			"the server found no cipher suite of TLS 1.2 in common (ECDHE with AES-GCM "
			"or ChaCha20), or wants a client certificate");
	case BR_ERR_RECV_FATAL_ALERT + 112: /* unrecognized_name */
		return err_setx(e, EPROTO, "the server knows no host '%s' (TLS alert)", t->v.host);
	case BR_ERR_NO_CLIENT_AUTH:
		return err_setx(
			e, EPROTO, "the server wants a client certificate, which dk cannot give");
	case BR_ERR_BAD_MAC:
		return err_setx(e, EPROTO, "TLS: a record was damaged on the way");
	case BR_ERR_NO_RANDOM:
		return err_setx(e, EIO, "TLS: no random numbers");
	default:
		if (code >= BR_ERR_RECV_FATAL_ALERT && code < BR_ERR_SEND_FATAL_ALERT)
			return err_setx(e, EPROTO, "the server refused with TLS alert %d",
				code - BR_ERR_RECV_FATAL_ALERT);
		return err_setx(e, EPROTO, "TLS: error %d", code);
	}
}

/* Receives once into raw. 1, 0 would block, -1; the end of the stream sets eof. */
static int
receive(struct tls *t, struct err *e)
{
	ssize_t n;

	do
		n = recv(t->fd, t->raw, sizeof(t->raw), 0);
	while (n < 0 && errno == EINTR);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return 0;
	if (n < 0 && (t->got || errno != ECONNRESET))
		return err_set(e, errno, "receive");
	t->off = 0;
	t->len = n > 0 ? (size_t)n : 0;
	if (n <= 0) {
		t->eof = true;
		return 1;
	}
	/* a record begins with its type and the major version 3 */
	if (!t->got && (t->raw[0] < 20 || t->raw[0] > 23 || (n > 1 && t->raw[1] != 3)))
		return err_setx(e, EPROTONOSUPPORT,
			"the server does not speak TLS (--plain-http, if that is meant)");
	t->got = true;
	return 1;
}

/* Sends what the engine has ready. 1 something went, 0 would block, -1. */
static int
send_records(struct tls *t, struct err *e)
{
	unsigned char *p;
	size_t len;
	ssize_t n;

	p = br_ssl_engine_sendrec_buf(&t->cc.eng, &len);
	do
		n = send(t->fd, p, len, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : err_set(e, errno, "send");
	br_ssl_engine_sendrec_ack(&t->cc.eng, (size_t)n);
	return 1;
}

/* Gives received bytes to the engine. */
static void
feed(struct tls *t)
{
	unsigned char *p;
	size_t len;

	while (t->off < t->len && (p = br_ssl_engine_recvrec_buf(&t->cc.eng, &len)) != NULL) {
		if (len > t->len - t->off)
			len = t->len - t->off;
		memcpy(p, t->raw + t->off, len);
		t->off += len;
		br_ssl_engine_recvrec_ack(&t->cc.eng, len);
	}
}

/*
 * Moves records both ways until the engine is in one of the states of want with nothing left to
 * send. The state; with wait false 0 where it would have to wait; -1. A closed engine is an error,
 * unless BR_SSL_CLOSED is wanted.
 */
static int
run(struct tls *t, unsigned want, bool wait, struct err *e)
{
	unsigned st;
	short events;
	int r;

	for (;;) {
		feed(t);
		st = br_ssl_engine_current_state(&t->cc.eng);
		events = 0;
		if (st & BR_SSL_CLOSED)
			return want & BR_SSL_CLOSED ? (int)st : engine_error(t, e);
		if (st & BR_SSL_SENDREC) {
			r = send_records(t, e);
			if (r < 0)
				return -1;
			if (r > 0)
				continue;
			events |= POLLOUT;
		}
		if ((st & want) && ((want & BR_SSL_RECVAPP) || !(st & BR_SSL_SENDREC)))
			return (int)st;
		if (t->eof && !t->got)
			return err_setx(e, EPROTONOSUPPORT,
				"the server closed the connection instead of speaking TLS");
		if (t->eof)
			return err_setx(e, ECONNRESET, "the connection was cut off");
		if (st & BR_SSL_RECVREC) {
			r = receive(t, e);
			if (r < 0)
				return -1;
			if (r > 0)
				continue;
			events |= POLLIN;
		}
		/* writing, and the peer has begun to talk: its answer may be why it does not read
		 * any more */
		if ((want & BR_SSL_SENDAPP) && (st & BR_SSL_RECVAPP))
			return (int)st;
		if (!wait)
			return 0;
		if (net_wait(t->fd, events, t->timeout, e) < 0)
			return -1;
	}
}

struct tls *
tls_connect(int fd, const char *host, const struct trust *trust, int timeout_ms, struct err *e)
{
	struct tls *t = xcalloc(1, sizeof(*t));
	unsigned char ip[16], seed[32];

	t->fd = fd;
	t->timeout = timeout_ms;
	verifier_init(&t->v, host, trust);
	engine_init(t);
	/* not only BearSSL's own way to the kernel, which depends on how it was built */
	if (getrandom(seed, sizeof(seed), 0) == (ssize_t)sizeof(seed))
		br_ssl_engine_inject_entropy(&t->cc.eng, seed, sizeof(seed));
	if (!br_ssl_client_reset(&t->cc, net_ip(host, ip) > 0 ? NULL : host, 0)) {
		engine_error(t, e);
		goto fail;
	}
	if (run(t, BR_SSL_SENDAPP, true, e) < 0)
		goto fail;
	t->handshaken = true;
	verifier_done(&t->v);
	return t;
fail:
	tls_free(t);
	return NULL;
}

ssize_t
tls_read(struct tls *t, void *p, size_t n, struct err *e)
{
	unsigned char *out = p, *from;
	size_t done = 0, len;
	int st;

	while (done < n) {
		st = run(t, BR_SSL_RECVAPP | BR_SSL_CLOSED, done == 0, e);
		if (st < 0 && done == 0)
			return -1;
		if (st <= 0)
			break;
		if (st & BR_SSL_CLOSED) {
			if (done == 0 && br_ssl_engine_last_error(&t->cc.eng) != BR_ERR_OK)
				return engine_error(t, e);
			break;
		}
		from = br_ssl_engine_recvapp_buf(&t->cc.eng, &len);
		if (len > n - done)
			len = n - done;
		memcpy(out + done, from, len);
		br_ssl_engine_recvapp_ack(&t->cc.eng, len);
		done += len;
	}
	return (ssize_t)done;
}

int
tls_write(struct tls *t, const void *p, size_t n, struct err *e)
{
	const unsigned char *in = p;
	unsigned char *to;
	size_t len;
	int st;

	for (;;) {
		st = run(t, BR_SSL_SENDAPP, true, e);
		if (st < 0)
			return -1;
		if (!(st & BR_SSL_SENDAPP) || ((st & BR_SSL_RECVAPP) && (st & BR_SSL_SENDREC)))
			return 1;
		if (n == 0)
			return 0;
		to = br_ssl_engine_sendapp_buf(&t->cc.eng, &len);
		if (len > n)
			len = n;
		memcpy(to, in, len);
		br_ssl_engine_sendapp_ack(&t->cc.eng, len);
		in += len;
		n -= len;
		if (n == 0)
			br_ssl_engine_flush(&t->cc.eng, 0);
	}
}

bool
tls_readable(struct tls *t)
{
	struct err e;

	return run(t, BR_SSL_RECVAPP | BR_SSL_CLOSED, false, &e) != 0;
}

void
tls_free(struct tls *t)
{
	struct err e;

	if (t == NULL)
		return;
	if (t->handshaken && br_ssl_engine_last_error(&t->cc.eng) == BR_ERR_OK) {
		br_ssl_engine_close(&t->cc.eng);
		while (br_ssl_engine_current_state(&t->cc.eng) & BR_SSL_SENDREC)
			if (send_records(t, &e) <= 0)
				break;
	}
	verifier_free(&t->v);
	free(t);
}
