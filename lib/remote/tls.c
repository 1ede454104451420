/* SPDX-License-Identifier: ISC */
/*
 * tls.c: TLS over BearSSL, which is a state machine without input and output of its own.
 *
 * Certificates: the chain is gathered whole, then the authorities that it names are looked up in
 * the trust store, and only then BearSSL's X.509 engine sees it: so that a bundle's 140 keys need
 * not be decoded, and messages can say whose certificate it was. IP addresses, which BearSSL does
 * not know as names, are checked here.
 */
#include <sys/random.h>
#include <sys/socket.h>

#include <bearssl.h>
#include <poll.h>
#include <time.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fmt.h"
#include "base/mem.h"
#include "net.h"
#include "tls.h"
#include "trust.h"
#include "x509.h"

#define MAX_CHAIN 12
#define MAX_CERT 65536
#define MAX_ANCHORS 16
#define RAW_SIZE 65536

struct anchor {
	br_x509_decoder_context key; /* holds the bytes that pkey points to */
};

struct verifier {
	const br_x509_class *vtable; /* first: BearSSL gets a pointer to it */
	char *host;
	const struct trust *trust; /* NULL: any certificate */
	struct buf chain; /* certificates end to end */
	size_t ends[MAX_CHAIN];
	size_t n;
	bool overflow; /* longer than we take */
	br_x509_minimal_context engine;
	br_x509_trust_anchor anchors[MAX_ANCHORS];
	struct anchor *decoders; /* of the anchors */
	size_t nanchors;
	br_x509_decoder_context leaf; /* its key, where nothing is verified */
	const char *unfit; /* what is wrong with an authority that was passed over */
	struct buf why; /* what is wrong, for people */
};

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

/* ---- certificates */

static struct verifier *
verifier_of(const br_x509_class **ctx)
{
	return (struct verifier *)(void *)ctx;
}

static void
v_start_chain(const br_x509_class **ctx, const char *server_name)
{
	struct verifier *v = verifier_of(ctx);

	(void)server_name; /* empty for IP addresses; host is the truth */
	buf_clear(&v->chain);
	buf_clear(&v->why);
	v->n = 0;
	v->nanchors = 0;
	v->unfit = NULL;
	v->overflow = false;
}

static void
v_start_cert(const br_x509_class **ctx, uint32_t length)
{
	struct verifier *v = verifier_of(ctx);

	if (v->n == MAX_CHAIN || v->chain.len + length > MAX_CERT)
		v->overflow = true;
}

static void
v_append(const br_x509_class **ctx, const unsigned char *p, size_t n)
{
	struct verifier *v = verifier_of(ctx);

	if (!v->overflow)
		buf_add(&v->chain, p, n);
}

static void
v_end_cert(const br_x509_class **ctx)
{
	struct verifier *v = verifier_of(ctx);

	if (!v->overflow)
		v->ends[v->n++] = v->chain.len;
}

static const unsigned char *
chain_cert(const struct verifier *v, size_t i, size_t *n)
{
	size_t start = i == 0 ? 0 : v->ends[i - 1];

	*n = v->ends[i] - start;
	return (const unsigned char *)v->chain.data + start;
}

/* May this authority sign, with so many intermediate ones between it and the server's certificate?
 * BearSSL knows nothing of an anchor but its name and key. */
static bool
is_fit(struct verifier *v, const struct x509 *ca, size_t between)
{
	int64_t now = time(NULL);

	if (now < ca->not_before || now > ca->not_after)
		v->unfit = "comes from a CA whose certificate has expired or is not yet valid";
	else if (ca->pathlen >= 0 && (size_t)ca->pathlen < between)
		v->unfit = "comes from a CA that allows fewer intermediate ones";
	else
		return true;
	return false;
}

/* Makes trust anchors of the store's certificates with this name. */
static void
add_anchors(struct verifier *v, const struct der *name, size_t between)
{
	const struct x509 *ca;
	br_x509_trust_anchor *a;
	br_x509_decoder_context *dc;
	const br_x509_pkey *key;
	size_t i = 0;

	while (v->nanchors < MAX_ANCHORS && (ca = trust_find(v->trust, name, &i)) != NULL) {
		if (!is_fit(v, ca, between))
			continue;
		dc = &v->decoders[v->nanchors].key;
		br_x509_decoder_init(dc, NULL, NULL);
		br_x509_decoder_push(dc, ca->whole.p, ca->whole.n);
		key = br_x509_decoder_get_pkey(dc);
		if (key == NULL)
			continue;
		a = &v->anchors[v->nanchors++];
		a->dn.data = (unsigned char *)(uintptr_t)ca->subject.p;
		a->dn.len = ca->subject.n;
		a->flags = br_x509_decoder_isCA(dc) ? BR_X509_TA_CA : 0;
		a->pkey = *key;
	}
}

/* The validity and the issuer of the chain's certificates, as far as they explain a refusal. */
static void
explain(struct verifier *v, unsigned code, const struct x509 *leaf, const struct x509 *last)
{
	char when[40];
	int64_t now = time(NULL);

	switch (code) {
	case BR_ERR_X509_NOT_TRUSTED:
		if (v->unfit != NULL) {
			buf_adds(&v->why, v->unfit);
			break;
		}
		if (v->n == 1 && der_eq(&leaf->issuer, &leaf->subject)) {
			buf_adds(&v->why, "is self-signed and not among the trusted ones");
		} else {
			buf_adds(&v->why, "is not from a trusted CA (the chain ends at '");
			x509_name(&last->issuer, &v->why);
			buf_adds(&v->why, "')");
		}
		buf_adds(&v->why, "; --ca-file names one to trust");
		break;
	case BR_ERR_X509_EXPIRED:
		if (now >= leaf->not_before && now <= leaf->not_after) {
			buf_adds(&v->why, "comes from a CA whose certificate has expired");
			break;
		}
		fmt_rfc3339(
			(struct timespec){
				now < leaf->not_before ? leaf->not_before : leaf->not_after, 0 },
			when);
		buf_addf(&v->why,
			now < leaf->not_before ? "is not valid before %s" : "expired at %s", when);
		break;
	case BR_ERR_X509_BAD_SERVER_NAME:
		buf_addf(&v->why, "is not for '%s' but for ", v->host);
		x509_describe(leaf, &v->why);
		break;
	case BR_ERR_X509_BAD_SIGNATURE:
		buf_adds(&v->why, "has a wrong signature");
		break;
	case BR_ERR_X509_WEAK_PUBLIC_KEY:
		buf_adds(&v->why, "has too short a key");
		break;
	case BR_ERR_X509_NOT_CA:
	case BR_ERR_X509_FORBIDDEN_KEY_USAGE:
		if (leaf->no_server) {
			buf_adds(&v->why, "is not meant for servers");
			break;
		}
		buf_adds(&v->why, "comes from a certificate that may not sign others");
		break;
	case BR_ERR_X509_DN_MISMATCH:
		buf_adds(&v->why, "comes with a chain that is not in order");
		break;
	case BR_ERR_X509_CRITICAL_EXTENSION:
		buf_adds(&v->why, "has a critical extension that is not known here");
		break;
	case BR_ERR_X509_UNSUPPORTED:
		buf_adds(&v->why, "has an algorithm that is not known here");
		break;
	default:
		buf_addf(&v->why, "cannot be read (error %u)", code);
		break;
	}
}

/* The gathered chain through BearSSL's engine, with the anchors it needs. Its verdict. */
static unsigned
validate(struct verifier *v, struct x509 *leaf, struct x509 *last)
{
	const br_x509_class **ctx = &v->engine.vtable;
	unsigned char ip[16];
	size_t i, n, nip = net_ip(v->host, ip);
	const unsigned char *p;
	time_t now = time(NULL);
	struct x509 x;
	unsigned code;

	v->decoders = xrealloc(v->decoders, MAX_ANCHORS, sizeof(*v->decoders));
	for (i = 0; i < v->n; i++) {
		p = chain_cert(v, i, &n);
		if (x509_parse(&x, p, n) < 0)
			return BR_ERR_X509_INVALID_VALUE;
		if (i == 0) {
			*leaf = x;
			add_anchors(v, &x.subject, 0); /* trusted itself */
		}
		*last = x;
		add_anchors(v, &x.issuer, i);
	}
	br_x509_minimal_init(&v->engine, &br_sha256_vtable, v->anchors, v->nanchors);
	br_x509_minimal_set_rsa(&v->engine, br_rsa_pkcs1_vrfy_get_default());
	br_x509_minimal_set_ecdsa(
		&v->engine, br_ec_get_default(), br_ecdsa_vrfy_asn1_get_default());
	br_x509_minimal_set_hash(&v->engine, br_sha256_ID, &br_sha256_vtable);
	br_x509_minimal_set_hash(&v->engine, br_sha384_ID, &br_sha384_vtable);
	br_x509_minimal_set_hash(&v->engine, br_sha512_ID, &br_sha512_vtable);
	br_x509_minimal_set_minrsa(&v->engine, 2048 / 8);
	br_x509_minimal_set_time(
		&v->engine, (uint32_t)(now / 86400 + 719528), (uint32_t)(now % 86400));

	(*ctx)->start_chain(ctx, nip > 0 ? NULL : v->host);
	for (i = 0; i < v->n; i++) {
		p = chain_cert(v, i, &n);
		(*ctx)->start_cert(ctx, (uint32_t)n);
		if (n > 0)
			(*ctx)->append(ctx, p, n);
		(*ctx)->end_cert(ctx);
	}
	code = (*ctx)->end_chain(ctx);
	if (code == 0 && nip > 0 && !x509_has_ip(leaf, ip, nip))
		code = BR_ERR_X509_BAD_SERVER_NAME;
	if (code == 0 && leaf->no_server) /* which BearSSL does not look at */
		code = BR_ERR_X509_FORBIDDEN_KEY_USAGE;
	return code;
}

static unsigned
v_end_chain(const br_x509_class **ctx)
{
	struct verifier *v = verifier_of(ctx);
	struct x509 leaf = { 0 }, last = { 0 };
	const unsigned char *p;
	unsigned code;
	size_t n;

	if (v->overflow) {
		buf_adds(&v->why, "comes with too long a chain");
		return BR_ERR_X509_LIMIT_EXCEEDED;
	}
	if (v->n == 0) {
		buf_adds(&v->why, "is missing");
		return BR_ERR_X509_EMPTY_CHAIN;
	}
	if (v->trust == NULL) {
		p = chain_cert(v, 0, &n);
		br_x509_decoder_init(&v->leaf, NULL, NULL);
		br_x509_decoder_push(&v->leaf, p, n);
		code = br_x509_decoder_get_pkey(&v->leaf) != NULL ? 0 : BR_ERR_X509_INVALID_VALUE;
	} else {
		code = validate(v, &leaf, &last);
	}
	if (code != 0)
		explain(v, code, &leaf, &last);
	return code;
}

static const br_x509_pkey *
v_get_pkey(const br_x509_class *const *ctx, unsigned *usages)
{
	struct verifier *v = (struct verifier *)(uintptr_t)ctx;

	if (v->trust != NULL)
		return v->engine.vtable->get_pkey(
			(const br_x509_class *const *)&v->engine.vtable, usages);
	if (usages != NULL)
		*usages = BR_KEYTYPE_KEYX | BR_KEYTYPE_SIGN;
	return br_x509_decoder_get_pkey(&v->leaf);
}

static const br_x509_class verifier_class = {
	sizeof(struct verifier),
	v_start_chain,
	v_start_cert,
	v_append,
	v_end_cert,
	v_end_chain,
	v_get_pkey,
};

/* ---- the engine */

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
	t->v.vtable = &verifier_class;
	t->v.host = xstrdup(host);
	t->v.trust = trust;
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
	buf_free(&t->v.chain);
	free(t->v.decoders);
	t->v.decoders = NULL;
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
	buf_free(&t->v.chain);
	buf_free(&t->v.why);
	free(t->v.decoders);
	free(t->v.host);
	free(t);
}
