/* SPDX-License-Identifier: ISC */
/* token.c: see token.h */
#include <stdio.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "http.h"
#include "oci/json.h"
#include "token.h"

#define ANSWER_MAX (1u << 20)

bool
token_is_clean(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s <= ' ' || (unsigned char)*s >= 0x7f)
			return false;
	return true;
}

char *
token_parse(const void *p, size_t n, struct err *e)
{
	CLEAN_JSON json_t *j = NULL;
	const char *token = NULL;

	j = json_parse(p, n, "the authorization service's answer", e);
	if (j == NULL)
		return NULL;
	if (json_get_str(j, "token", &token, e) < 0 ||
		(token == NULL && json_get_str(j, "access_token", &token, e) < 0))
		return NULL;
	if (token == NULL || token[0] == '\0' || !token_is_clean(token)) {
		err_setx(e, EPROTO, "the authorization service's answer holds no token");
		return NULL;
	}
	return xasprintf("Bearer %s", token);
}

/* &key=value of a query or form; value NULL: nothing. */
static void
add_param(struct buf *out, const char *key, const char *value)
{
	const char *p;

	if (value == NULL)
		return;
	buf_addf(out, "%s%s=", out->len > 0 ? "&" : "", key);
	for (p = value; *p != '\0'; p++) {
		if ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
			(*p >= '0' && *p <= '9') || strchr("-._~", *p) != NULL)
			buf_addc(out, *p);
		else
			buf_addf(out, "%%%02X", (unsigned char)*p);
	}
}

/* Each of the scopes, which the challenge separates by blanks. */
static void
add_scopes(struct buf *out, const char *scope)
{
	CLEAN_FREE char *one = NULL;
	size_t n;

	for (; scope != NULL && *scope != '\0'; scope += n) {
		scope += strspn(scope, " ");
		n = strcspn(scope, " ");
		free(one);
		one = xstrndup(scope, n);
		if (n > 0)
			add_param(out, "scope", one);
	}
}

char *
token_fetch(struct http *h, const struct challenge *ch, const struct creds *creds, bool tls,
	struct err *e)
{
	const char *realm = strv_getenv(&ch->params, "realm"),
		   *scope = strv_getenv(&ch->params, "scope");
	CLEAN_RES struct http_res res = HTTP_RES_INIT;
	CLEAN_BUF struct buf query = BUF_INIT;
	CLEAN_BUF struct buf body = BUF_INIT;
	CLEAN_FREE char *url = NULL;
	char *token = NULL, *basic = NULL;
	struct http_req req = HTTP_REQ("GET", NULL);
	bool form = creds != NULL && creds->identity_token != NULL;

	if (realm == NULL) {
		err_setx(e, EPROTO,
			"the registry asks for a token but does not say where to get one");
		return NULL;
	}
	if (tls && !str_starts(realm, "https://")) {
		err_setx(e, EPROTO, "the registry's authorization service is not on https");
		return NULL;
	}
	add_param(&query, "service", strv_getenv(&ch->params, "service"));
	if (form) {
		add_param(&query, "scope", scope); /* one field, blanks and all (OAuth 2) */
		add_param(&query, "grant_type", "refresh_token");
		add_param(&query, "client_id", "dk");
		add_param(&query, "refresh_token", creds->identity_token);
		req.method = "POST";
		req.data = buf_str(&query);
		req.data_len = query.len;
		strv_add(&req.headers, "Content-Type: application/x-www-form-urlencoded");
		url = xstrdup(realm);
	} else {
		add_scopes(&query, scope);
		if (creds != NULL && creds->user != NULL) {
			add_param(&query, "account", creds->user);
			req.auth = basic = creds_basic(creds);
		}
		url = xasprintf(
			"%s%c%s", realm, strchr(realm, '?') != NULL ? '&' : '?', buf_str(&query));
	}
	req.url = url;
	if (http_do(h, &req, &res, e) < 0) {
		err_wrap(e, "authorization service");
	} else if (res.head.status == 401 || res.head.status == 403) {
		if (creds != NULL && creds->user != NULL)
			err_setx(e, EACCES,
				"the registry's authorization service refuses the credentials of "
				"'%s'",
				creds->user);
		else
			err_setx(e, EACCES,
				"the registry's authorization service wants credentials");
	} else if (res.head.status != 200) {
		err_setx(e, EPROTO, "the registry's authorization service answers with status %d",
			res.head.status);
	} else if (http_body(&res, ANSWER_MAX, &body, e) == 0) {
		token = token_parse(buf_str(&body), body.len, e);
	}
	if (query.data != NULL)
		explicit_bzero(query.data, query.cap);
	if (basic != NULL)
		explicit_bzero(basic, strlen(basic));
	free(basic);
	strv_free(&req.headers);
	return token;
}
