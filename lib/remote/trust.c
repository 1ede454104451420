/* SPDX-License-Identifier: ISC */
/*
 * trust.c: reads bundles of certificates. Only their names are parsed here (a bundle of 140 takes
 * half a millisecond); keys are decoded by tls.c, for those few whose name a server's chain
 * mentions.
 */
#include <dirent.h>
#include <fcntl.h>

#include "b64.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/str.h"
#include "trust.h"

#define MAX_BUNDLE (16u << 20)
#define DOCKER_CERTS "/etc/docker/certs.d"

static const char begin_mark[] = "-----BEGIN CERTIFICATE-----";
static const char end_mark[] = "-----END CERTIFICATE-----";

int
trust_add_pem(struct trust *t, const char *p, size_t n)
{
	CLEAN_BUF struct buf der = BUF_INIT;
	const char *end = p + n, *stop;
	struct x509 x;
	size_t start, first = t->n, i;

	/* one allocation for the whole bundle: decoding never grows it beyond this */
	buf_reserve(&der, n);
	while ((p = memmem(p, (size_t)(end - p), begin_mark, sizeof(begin_mark) - 1)) != NULL) {
		p += sizeof(begin_mark) - 1;
		stop = memmem(p, (size_t)(end - p), end_mark, sizeof(end_mark) - 1);
		if (stop == NULL)
			break;
		start = der.len;
		if (b64_decode(p, (size_t)(stop - p), &der) < 0 ||
			x509_parse(&x, der.data + start, der.len - start) < 0) {
			der.len = start;
		} else {
			t->v = xrealloc(t->v, t->n + 1, sizeof(*t->v));
			t->v[t->n++] = x;
		}
		p = stop;
	}
	i = t->n - first;
	if (i > 0) {
		t->mem = xrealloc(t->mem, t->nmem + 1, sizeof(*t->mem));
		t->mem[t->nmem++] = buf_steal(&der);
	}
	return (int)i;
}

int
trust_add_file(struct trust *t, const char *path, struct err *e)
{
	CLEAN_BUF struct buf pem = BUF_INIT;

	if (fd_load(AT_FDCWD, path, MAX_BUNDLE, &pem, e) < 0)
		return -1;
	return trust_add_pem(t, buf_str(&pem), pem.len);
}

int
trust_add_system(struct trust *t, struct err *e)
{
	static const char *const places[] = {
		"/etc/ssl/certs/ca-certificates.crt", /* Debian, Alpine, Arch */
		"/etc/pki/tls/certs/ca-bundle.crt", /* Fedora */
		"/etc/ssl/ca-bundle.pem", /* openSUSE */
		"/etc/ssl/cert.pem", /* Alpine, BSDs */
	};
	const char *path = getenv("SSL_CERT_FILE");
	size_t i;

	if (path != NULL && path[0] != '\0')
		return trust_add_file(t, path, e) < 0 ? -1 : 0;
	for (i = 0; i < LEN(places); i++) {
		if (trust_add_file(t, places[i], e) >= 0)
			return 0;
		if (e->code != ENOENT && e->code != ENOTDIR)
			return -1;
	}
	return 0;
}

struct add_host {
	struct trust *trust;
	const char *dir;
	struct err *e;
};

static int
add_host_file(void *arg, const char *name, unsigned char d_type)
{
	struct add_host *a = arg;
	CLEAN_FREE char *path = NULL;

	(void)d_type;
	if (!str_ends(name, ".crt"))
		return 0;
	path = xasprintf("%s/%s", a->dir, name);
	return trust_add_file(a->trust, path, a->e) < 0 ? -1 : 0;
}

int
trust_add_host(struct trust *t, const char *name, struct err *e)
{
	CLEAN_FREE char *dir = xasprintf(DOCKER_CERTS "/%s", name);
	struct add_host a = { t, dir, e };

	if (access(dir, F_OK) < 0)
		return 0;
	return fd_each(AT_FDCWD, dir, add_host_file, &a, e);
}

const struct x509 *
trust_find(const struct trust *t, const struct der *subject, size_t *i)
{
	while (*i < t->n)
		if (der_eq(&t->v[(*i)++].subject, subject))
			return &t->v[*i - 1];
	return NULL;
}

void
trust_free(struct trust *t)
{
	size_t i;

	for (i = 0; i < t->nmem; i++)
		free(t->mem[i]);
	free(t->mem);
	free(t->v);
	*t = (struct trust)TRUST_INIT;
}
