/* SPDX-License-Identifier: ISC */
/* verifier.h: whether a server's certificates are to be believed, as BearSSL's TLS engine asks it
 */
#ifndef REMOTE_VERIFIER_H
#define REMOTE_VERIFIER_H

#include <bearssl.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct trust;

#define VERIFIER_CHAIN 12 /* certificates of a chain, at most */
#define VERIFIER_ANCHORS 16

struct verifier {
	const br_x509_class *vtable; /* first: BearSSL gets a pointer to it */
	char *host;
	const struct trust *trust; /* NULL: any certificate */
	struct buf chain; /* certificates end to end */
	size_t ends[VERIFIER_CHAIN];
	size_t n;
	bool overflow; /* longer than we take */
	br_x509_minimal_context engine;
	br_x509_trust_anchor anchors[VERIFIER_ANCHORS];
	br_x509_decoder_context *decoders; /* of the anchors: they hold the bytes of their keys */
	size_t nanchors;
	br_x509_decoder_context leaf; /* its key, where nothing is verified */
	const char *unfit; /* what is wrong with an authority that was passed over */
	struct buf why; /* what is wrong, for people: goes on behind "the server's certificate" */
};

/* For one connection to host (a name or an IP address); not to be copied or moved. */
void verifier_init(struct verifier *v, const char *host, const struct trust *trust);
/* What is needed no more once the handshake is done. */
void verifier_done(struct verifier *v);
void verifier_free(struct verifier *v);

#endif
