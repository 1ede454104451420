/* SPDX-License-Identifier: ISC */
/*
 * registry.c: see registry.h. Credentials go to the registry's own origin only, and only after it
 * asked for them; its error bodies become one line.
 */
#include <stdio.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "net.h"
#include "oci/descriptor.h"
#include "oci/hash.h"
#include "oci/json.h"
#include "registry.h"
#include "token.h"

#define HUB_API "https://registry-1.docker.io"
#define ERROR_BODY_MAX 65536

/* ---- opening */

static int
load_trust(void *arg, const struct trust **trust, struct err *e)
{
	struct registry *r = arg;
	int n;

	if (r->opts.no_verify)
		return 0;
	if (trust_add_system(&r->trust, e) < 0 || trust_add_host(&r->trust, r->name, e) < 0)
		return err_wrap(e, "trusted certificates");
	if (r->opts.ca_file != NULL) {
		n = trust_add_file(&r->trust, r->opts.ca_file, e);
		if (n < 0)
			return err_wrap(e, "trusted certificates");
		if (n == 0)
			return err_setx(e, EINVAL, "%s holds no PEM certificate", r->opts.ca_file);
	}
	*trust = &r->trust;
	return 0;
}

int
registry_open(struct registry *r, const char *name, const struct registry_opts *opts, struct err *e)
{
	char host[256], port[6];
	int tls = 1;

	memset(r, 0, sizeof(*r));
	r->opts = *opts;
	r->have_creds = -1;
	r->http.timeout = net_timeout();
	r->http.load_trust = load_trust;
	r->http.arg = r;
	r->name = xstrdup(name);
	if (url_split_host(name, host, port) < 0)
		return err_setx(e, EINVAL, "'%s' is no registry's HOST[:PORT]", name);
	if (opts->plain_http) {
		r->api = xasprintf("http://%s", name);
		return 0;
	}
	r->api = strcmp(name, "docker.io") == 0 ? xstrdup(HUB_API) : xasprintf("https://%s", name);
	if (net_is_loopback(host)) {
		tls = http_probe_tls(&r->http, r->api, e);
		if (tls < 0)
			return -1;
	}
	if (!tls) {
		free(r->api);
		r->api = xasprintf("http://%s", name);
	}
	return 0;
}

void
registry_close(struct registry *r)
{
	http_close(&r->http);
	trust_free(&r->trust);
	creds_free(&r->creds);
	free(r->name);
	free(r->api);
	free(r->repo);
	if (r->auth != NULL)
		explicit_bzero(r->auth, strlen(r->auth));
	free(r->auth);
	memset(r, 0, sizeof(*r));
}

void
registry_set_repo(struct registry *r, const char *path)
{
	if (str_eq(r->repo, path))
		return;
	free(r->repo);
	r->repo = xstrdup(path);
	/* a token is for one repository */
	if (r->auth != NULL && str_starts(r->auth, "Bearer ")) {
		free(r->auth);
		r->auth = NULL;
	}
}

/* ---- errors */

/* Adds ": CODE: message" of {"errors":[{"code":...,"message":...}]} (spec.md, Error Codes). */
static void
add_error_body(struct http_res *res, struct buf *out)
{
	CLEAN_BUF struct buf body = BUF_INIT;
	CLEAN_JSON json_t *j = NULL;
	const char *code = NULL, *message = NULL;
	json_t *errors = NULL, *first;
	struct err e;

	if (res->head.body == BODY_NONE || http_body(res, ERROR_BODY_MAX, &body, &e) < 0 ||
		body.len == 0)
		return;
	j = json_parse(buf_str(&body), body.len, "error", &e);
	if (j == NULL || !json_is_object(j) || json_get_arr(j, "errors", &errors, &e) < 0)
		return;
	first = json_array_get(errors, 0);
	if (!json_is_object(first))
		return;
	if (json_get_str(first, "code", &code, &e) == 0 && code != NULL)
		buf_addf(out, ": %.60s", code);
	if (json_get_str(first, "message", &message, &e) == 0 && message != NULL)
		buf_addf(out, ": %.300s", message);
}

/* Is an answer the registry's own, and not of whom a redirect led to? */
static bool
is_ours(const struct registry *r, const struct http_res *res)
{
	CLEAN_URL struct url api = { 0 };
	struct err e;

	return url_parse(&api, r->api, &e) == 0 && url_same_origin(&api, &res->url);
}

/* The error for an answer whose status was not wanted. what: what was asked for. Always -1. */
static int
refuse(struct registry *r, struct http_res *res, const char *what, struct err *e)
{
	CLEAN_BUF struct buf why = BUF_INIT;
	int status = res->head.status;

	add_error_body(res, &why);
	switch (status) {
	case 401:
		if (!is_ours(r, res))
			return err_setx(e, EACCES,
				"%s: the server that the registry sends us to, %s, wants "
				"credentials%s",
				what, res->url.host, buf_str(&why));
		if (r->auth != NULL && r->creds.user != NULL)
			return err_setx(e, EACCES,
				"%s: the registry refuses the credentials of user '%s'%s", what,
				r->creds.user, buf_str(&why));
		return err_setx(
			e, EACCES, "%s: the registry wants credentials%s", what, buf_str(&why));
	case 403:
		return err_setx(e, EACCES, "%s: access denied%s", what, buf_str(&why));
	case 404:
		return err_setx(
			e, ENOENT, "%s: the registry has no such thing%s", what, buf_str(&why));
	case 429:
		return err_setx(e, EAGAIN, "%s: too many requests, says the registry%s", what,
			buf_str(&why));
	default:
		return err_setx(e, EPROTO, "%s: the registry answers with status %d%s", what,
			status, buf_str(&why));
	}
}

/* ---- authentication */

static int
need_creds(struct registry *r, struct err *e)
{
	if (r->have_creds < 0) {
		r->have_creds = creds_find(&r->creds, r->name, e);
		if (r->have_creds < 0) {
			r->have_creds = 0;
			return -1;
		}
	}
	return 0;
}

static void
set_auth(struct registry *r, char *value)
{
	free(r->auth);
	r->auth = value;
}

static int
no_creds(struct registry *r, struct err *e)
{
	if (r->creds.helper != NULL)
		return err_setx(e, EACCES,
			"the registry wants credentials, and they are in docker-credential-%s, "
			"which dk does not ask yet",
			r->creds.helper);
	return err_setx(e, EACCES,
		"the registry wants credentials, and config.json has none for %s", r->name);
}

/* Does what a 401 asks for. 1: worth another attempt, 0: it is not, the 401 stands; -1. */
static int
authenticate(struct registry *r, struct http_res *res, struct err *e)
{
	CLEAN_CHALLENGES struct challenges c = { .n = 0 };
	const struct challenge *bearer, *basic;
	char *value;
	bool tls = res->url.tls;

	if (challenges_of(&c, &res->head, e) < 0 || need_creds(r, e) < 0)
		return -1;
	bearer = challenges_find(&c, "bearer");
	basic = challenges_find(&c, "basic");
	if (bearer != NULL && r->creds.registry_token != NULL && r->auth == NULL &&
		token_is_clean(r->creds.registry_token)) {
		set_auth(r, xasprintf("Bearer %s", r->creds.registry_token));
		return 1;
	}
	if (bearer != NULL) {
		value = token_fetch(&r->http, bearer, r->have_creds ? &r->creds : NULL, tls, e);
		if (value == NULL)
			return e->code == EACCES && !r->have_creds ? no_creds(r, e) : -1;
		if (str_eq(value, r->auth)) {
			free(value);
			return 0;
		}
		set_auth(r, value);
		return 1;
	}
	if (basic != NULL) {
		if (r->creds.user == NULL)
			return no_creds(r, e);
		if (r->auth != NULL)
			return 0; /* they were sent and refused */
		set_auth(r, creds_basic(&r->creds));
		return 1;
	}
	if (c.n > 0)
		return err_setx(e, EACCES,
			"the registry wants authentication by '%s', which dk does not know",
			c.v[0].scheme);
	return 0;
}

/* A request to the registry, authenticated where it asks for that. Headers are freed. 0/-1. */
static int
ask(struct registry *r, struct http_req *req, struct http_res *res, struct err *e)
{
	CLEAN_URL struct url api = { 0 };
	CLEAN_URL struct url to = { 0 };
	bool ours;
	int st = -1, again;

	/* an upload's Location may be elsewhere */
	if (url_parse(&api, r->api, e) < 0 || url_parse(&to, req->url, e) < 0)
		goto out;
	ours = url_same_origin(&api, &to);
	for (again = 0; again < 2; again++) {
		req->auth = ours ? r->auth : NULL;
		st = http_do(&r->http, req, res, e);
		/* whom a redirect led to gets no say in where credentials go */
		if (st < 0 || res->head.status != 401 || again == 1 || !is_ours(r, res))
			break;
		st = authenticate(r, res, e);
		if (st < 0)
			http_done(res);
		if (st <= 0)
			break;
		http_done(res);
	}
out:
	strv_free(&req->headers);
	return st;
}

/* ---- pull */

static void
accept_manifests(struct http_req *req)
{
	strv_add(&req->headers,
		"Accept: " MT_OCI_INDEX ", " MT_OCI_MANIFEST ", " MT_DOCKER_LIST
		", " MT_DOCKER_MANIFEST);
}

/* What the registry says the digest is must be what the bytes say. */
static int
check_digest(
	const struct http_res *res, const char *reference, const struct digest *d, struct err *e)
{
	const char *said = head_get(&res->head, "docker-content-digest", 0);

	if (str_starts(reference, "sha256:") && strcmp(reference, d->str) != 0)
		return err_setx(e, EBADMSG, "manifest %s: digest mismatch: what came is %s",
			reference, d->str);
	if (said != NULL && str_starts(said, "sha256:") && strcmp(said, d->str) != 0)
		return err_setx(e, EBADMSG,
			"manifest: digest mismatch: the registry says %s, what came is %s", said,
			d->str);
	return 0;
}

int
registry_get_manifest(struct registry *r, const char *reference, struct buf *out,
	char media_type[128], struct digest *digest, struct err *e)
{
	CLEAN_FREE char *url = xasprintf("%s/v2/%s/manifests/%s", r->api, r->repo, reference);
	CLEAN_RES struct http_res res = HTTP_RES_INIT;
	struct http_req req = HTTP_REQ("GET", url);
	const char *type;

	accept_manifests(&req);
	if (ask(r, &req, &res, e) < 0)
		return -1;
	if (res.head.status != 200)
		return refuse(r, &res, "manifest", e);
	type = head_get(&res.head, "content-type", 0);
	snprintf(media_type, 128, "%.*s", type != NULL ? (int)strcspn(type, "; \t") : 0,
		type != NULL ? type : "");
	buf_clear(out);
	if (http_body(&res, JSON_MAX_BYTES, out, e) < 0)
		return err_wrap(e, "manifest");
	hash_bytes(buf_str(out), out->len, digest);
	return check_digest(&res, reference, digest, e);
}

int
registry_has_blob(struct registry *r, const struct digest *d, int64_t *size, struct err *e)
{
	CLEAN_FREE char *url = xasprintf("%s/v2/%s/blobs/%s", r->api, r->repo, d->str);
	CLEAN_RES struct http_res res = HTTP_RES_INIT;
	struct http_req req = HTTP_REQ("HEAD", url);

	if (ask(r, &req, &res, e) < 0)
		return -1;
	if (res.head.status == 404)
		return 0;
	if (res.head.status != 200)
		return refuse(r, &res, "blob", e);
	*size = head_get(&res.head, "content-length", 0) != NULL ? res.head.length : -1;
	return 1;
}

int
registry_get_blob(struct registry *r, const struct digest *d, struct http_res *res, struct err *e)
{
	CLEAN_FREE char *url = xasprintf("%s/v2/%s/blobs/%s", r->api, r->repo, d->str);
	struct http_req req = HTTP_REQ("GET", url);

	if (ask(r, &req, res, e) < 0)
		return -1;
	if (res->head.status == 200)
		return 0;
	refuse(r, res, "blob", e);
	http_done(res);
	return -1;
}

/* ---- push */

/* Begins an upload: where its bytes go. Caller frees; NULL on error. */
static char *
begin_upload(struct registry *r, const struct digest *d, struct err *e)
{
	CLEAN_FREE char *url = xasprintf("%s/v2/%s/blobs/uploads/", r->api, r->repo);
	CLEAN_FREE char *origin = NULL;
	CLEAN_RES struct http_res res = HTTP_RES_INIT;
	CLEAN_URL struct url to = { 0 };
	struct http_req req = HTTP_REQ("POST", url);
	const char *where;

	if (ask(r, &req, &res, e) < 0)
		return NULL;
	where = head_get(&res.head, "location", 0);
	if (res.head.status != 202) {
		refuse(r, &res, "upload", e);
		return NULL;
	}
	if (where == NULL) {
		err_setx(e, EPROTO, "upload: the registry does not say where to");
		return NULL;
	}
	if (url_resolve(&to, &res.url, where, e) < 0)
		return NULL;
	if (res.url.tls && !to.tls) {
		err_setx(e, EPROTO, "upload: sent from https to http (%s), refused", to.host);
		return NULL;
	}
	origin = url_origin(&to);
	return xasprintf("%s%s%cdigest=%s", origin, to.target,
		strchr(to.target, '?') != NULL ? '&' : '?', d->str);
}

int
registry_put_blob(struct registry *r, const struct digest *d, int fd, int64_t size,
	void (*progress)(void *arg, int64_t bytes), void *arg, struct err *e)
{
	CLEAN_FREE char *url = begin_upload(r, d, e);
	CLEAN_RES struct http_res res = HTTP_RES_INIT;
	struct http_req req = HTTP_REQ("PUT", url);

	if (url == NULL)
		return -1;
	req.fd = fd;
	req.fd_len = size;
	req.progress = progress;
	req.arg = arg;
	strv_add(&req.headers, "Content-Type: application/octet-stream");
	if (ask(r, &req, &res, e) < 0)
		return -1;
	if (res.head.status < 200 || res.head.status > 299)
		return refuse(r, &res, "upload", e);
	return 0;
}

int
registry_put_manifest(struct registry *r, const char *reference, const char *media_type,
	const void *p, size_t n, struct err *e)
{
	CLEAN_FREE char *url = xasprintf("%s/v2/%s/manifests/%s", r->api, r->repo, reference);
	CLEAN_RES struct http_res res = HTTP_RES_INIT;
	struct http_req req = HTTP_REQ("PUT", url);
	const char *said;
	struct digest d;

	req.data = p;
	req.data_len = n;
	strv_addf(&req.headers, "Content-Type: %s", media_type);
	if (ask(r, &req, &res, e) < 0)
		return -1;
	if (res.head.status < 200 || res.head.status > 299)
		return refuse(r, &res, "manifest", e);
	said = head_get(&res.head, "docker-content-digest", 0);
	hash_bytes(p, n, &d);
	if (said != NULL && str_starts(said, "sha256:") && strcmp(said, d.str) != 0)
		return err_setx(e, EBADMSG, "manifest: the registry stored it as %s, not as %s",
			said, d.str);
	return 0;
}
