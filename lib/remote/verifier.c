/* SPDX-License-Identifier: ISC */
/*
 * verifier.c: the chain is gathered whole, then the authorities that it names are looked up in the
 * trust store, and only then BearSSL's X.509 engine sees it: so that a bundle's 140 keys need not
 * be decoded, and messages can say whose certificate it was. IP addresses, which BearSSL does not
 * know as names, are checked here.
 */
#include <stdint.h>
#include <time.h>

#include "base/fmt.h"
#include "base/mem.h"
#include "net.h"
#include "trust.h"
#include "verifier.h"
#include "x509.h"

#define MAX_CERT 65536 /* bytes of a chain */

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

	if (v->n == VERIFIER_CHAIN || v->chain.len + length > MAX_CERT)
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

	while (v->nanchors < VERIFIER_ANCHORS && (ca = trust_find(v->trust, name, &i)) != NULL) {
		if (!is_fit(v, ca, between))
			continue;
		dc = &v->decoders[v->nanchors];
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

	v->decoders = xrealloc(v->decoders, VERIFIER_ANCHORS, sizeof(*v->decoders));
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

void
verifier_init(struct verifier *v, const char *host, const struct trust *trust)
{
	*v = (struct verifier){ .vtable = &verifier_class, .host = xstrdup(host), .trust = trust };
}

void
verifier_done(struct verifier *v)
{
	buf_free(&v->chain);
	free(v->decoders);
	v->decoders = NULL;
}

void
verifier_free(struct verifier *v)
{
	verifier_done(v);
	buf_free(&v->why);
	free(v->host);
}
