/* SPDX-License-Identifier: ISC */
/* auth.c: see auth.h. Secrets live in heap strings that are overwritten when freed, and never get
 * into a message. */
#include <fcntl.h>
#include <stdio.h>

#include "auth.h"
#include "b64.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"
#include "head.h"
#include "oci/json.h"
#include "url.h"

#define HUB_KEY "https://index.docker.io/v1/"

/* ---- challenges */

void
challenges_free(struct challenges *c)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		strv_free(&c->v[i].params);
	c->n = 0;
}

static bool
is_token(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		(c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static size_t
token_len(const char *p)
{
	size_t n = 0;

	while (is_token((unsigned char)p[n]))
		n++;
	return n;
}

static size_t
blanks(const char *p)
{
	return strspn(p, " \t");
}

/* A quoted string at p: its text to out. Bytes taken, 0 where it does not end. */
static size_t
quoted(const char *p, struct buf *out)
{
	size_t i;

	for (i = 1; p[i] != '"'; i++) {
		if (p[i] == '\\')
			i++;
		if (p[i] == '\0')
			return 0;
		buf_addc(out, p[i]);
	}
	return i + 1;
}

/* name=value or name="value" at p. Bytes taken, 0 where there is none, -1. */
static ssize_t
param(struct challenge *c, const char *p)
{
	CLEAN_BUF struct buf value = BUF_INIT;
	size_t name = token_len(p), n = name, k;
	char *low;

	if (name == 0)
		return 0;
	n += blanks(p + n);
	if (p[n] != '=')
		return 0;
	n++;
	n += blanks(p + n);
	if (p[n] == '"') {
		k = quoted(p + n, &value);
		if (k == 0)
			return -1;
	} else {
		k = token_len(p + n);
		if (k == 0)
			return 0; /* the padding of a token68 */
		buf_add(&value, p + n, k);
	}
	strv_addf(&c->params, "%.*s=%s", (int)name, p, buf_str(&value));
	for (low = c->params.v[c->params.n - 1]; *low != '='; low++)
		if (*low >= 'A' && *low <= 'Z')
			*low += 32;
	return (ssize_t)(n + k);
}

/* The parameters behind a scheme, or its token68. Bytes taken, -1. */
static ssize_t
params(struct challenge *c, const char *s)
{
	const char *p = s, *q;
	ssize_t r;
	size_t n;

	for (;;) {
		r = param(c, p);
		if (r < 0)
			return -1;
		if (r == 0 && c->params.n == 0) {
			/* a token68, or nothing and the next scheme behind a comma */
			n = strspn(p,
				"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
				"+/");
			n += strspn(p + n, "=");
			p += n;
			p += blanks(p);
			return *p == ',' || *p == '\0' ? p - s : -1;
		}
		p += r;
		p += blanks(p);
		if (*p == '\0')
			return p - s;
		if (*p != ',')
			return -1;
		/* a name and '=' behind the comma: one more of ours; a word alone: the next scheme
		 */
		for (q = p; *q == ',' || *q == ' ' || *q == '\t'; q++)
			;
		n = token_len(q);
		n += blanks(q + n);
		if (q[n] != '=')
			return p - s;
		p = q;
	}
}

int
challenges_parse(struct challenges *c, const char *value, struct err *e)
{
	struct challenge *ch;
	const char *p = value;
	size_t n, i;
	ssize_t r;

	for (;;) {
		while (*p == ',' || *p == ' ' || *p == '\t')
			p++;
		if (*p == '\0')
			return 0;
		n = token_len(p);
		if (n == 0 || n >= sizeof(ch->scheme) || c->n == AUTH_CHALLENGES)
			break;
		ch = &c->v[c->n++];
		memset(ch, 0, sizeof(*ch));
		for (i = 0; i < n; i++)
			ch->scheme[i] = p[i] >= 'A' && p[i] <= 'Z' ? (char)(p[i] + 32) : p[i];
		p += n;
		if (*p != '\0' && *p != ',' && blanks(p) == 0)
			break;
		p += blanks(p);
		r = params(ch, p);
		if (r < 0)
			break;
		p += r;
	}
	return err_setx(e, EPROTO, "the server's WWW-Authenticate header cannot be read");
}

int
challenges_of(struct challenges *c, const struct head *h, struct err *e)
{
	const char *v;
	int i;

	for (i = 0; (v = head_get(h, "www-authenticate", i)) != NULL; i++)
		if (challenges_parse(c, v, e) < 0)
			return -1;
	return 0;
}

const struct challenge *
challenges_find(const struct challenges *c, const char *scheme)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		if (strcmp(c->v[i].scheme, scheme) == 0)
			return &c->v[i];
	return NULL;
}

/* ---- config.json */

static void
wipe(char **s)
{
	if (*s != NULL)
		explicit_bzero(*s, strlen(*s));
	free(*s);
	*s = NULL;
}

void
creds_free(struct creds *c)
{
	wipe(&c->user);
	wipe(&c->password);
	wipe(&c->identity_token);
	wipe(&c->registry_token);
	wipe(&c->helper);
}

/* Is a key of auths ("host", "https://host/v1/", "host:5000") this host? */
static bool
key_matches(const char *key, const char *host)
{
	const char *p = key;
	size_t n;

	if (strcmp(host, "docker.io") == 0)
		return strcmp(key, HUB_KEY) == 0 || strcmp(key, "docker.io") == 0 ||
			strcmp(key, "index.docker.io") == 0;
	if (str_starts(p, "https://"))
		p += 8;
	else if (str_starts(p, "http://"))
		p += 7;
	n = strcspn(p, "/");
	return strlen(host) == n && strncasecmp(p, host, n) == 0;
}

/* auth is base64 of user:password. 0/-1. */
static int
split_auth(struct creds *c, const char *auth, struct err *e)
{
	CLEAN_BUF struct buf plain = BUF_INIT;
	const char *colon;
	int r = -1;

	if (b64_decode(auth, strlen(auth), &plain) == 0 && strlen(buf_str(&plain)) == plain.len &&
		(colon = strchr(buf_str(&plain), ':')) != NULL) {
		c->user = xstrndup(plain.data, (size_t)(colon - plain.data));
		c->password = xstrdup(colon + 1);
		r = 0;
	}
	if (plain.data != NULL)
		explicit_bzero(plain.data, plain.cap);
	return r < 0 ? err_setx(e, EINVAL, "auth is not base64 of user:password") : 0;
}

static int
copy_str(const json_t *j, const char *key, char **out, struct err *e)
{
	const char *s = NULL;

	if (json_get_str(j, key, &s, e) < 0)
		return -1;
	if (s != NULL && s[0] != '\0')
		*out = xstrdup(s);
	return 0;
}

static int
entry(struct creds *c, const json_t *j, struct err *e)
{
	const char *auth = NULL;

	if (!json_is_object(j))
		return err_setx(e, EINVAL, "not an object");
	if (json_get_str(j, "auth", &auth, e) < 0)
		return -1;
	if (auth != NULL && auth[0] != '\0') {
		if (split_auth(c, auth, e) < 0)
			return -1;
	} else if (copy_str(j, "username", &c->user, e) < 0 ||
		copy_str(j, "password", &c->password, e) < 0) {
		return -1;
	}
	return copy_str(j, "identitytoken", &c->identity_token, e) < 0 ||
			copy_str(j, "registrytoken", &c->registry_token, e) < 0
		? -1
		: 0;
}

/* The name of a credential helper that is set for this host, if there is one. */
static int
find_helper(struct creds *c, const json_t *j, const char *host, struct err *e)
{
	json_t *helpers = NULL, *v;
	const char *key;

	if (json_get_obj(j, "credHelpers", &helpers, e) < 0)
		return -1;
	json_object_foreach (helpers, key, v)
		if (c->helper == NULL && json_is_string(v) && key_matches(key, host))
			c->helper = xstrdup(json_string_value(v));
	return c->helper == NULL ? copy_str(j, "credsStore", &c->helper, e) : 0;
}

int
creds_parse(
	struct creds *c, const char *host, const void *p, size_t n, const char *what, struct err *e)
{
	CLEAN_JSON json_t *j = NULL;
	json_t *auths = NULL, *v;
	const char *key;
	int found = 0;

	memset(c, 0, sizeof(*c));
	j = json_parse(p, n, what, e);
	if (j == NULL)
		return -1;
	if (!json_is_object(j))
		return err_setx(e, EINVAL, "%s: not a JSON object", what);
	if (json_get_obj(j, "auths", &auths, e) < 0 || find_helper(c, j, host, e) < 0)
		goto fail;
	json_object_foreach (auths, key, v) {
		if (found || !key_matches(key, host))
			continue;
		if (entry(c, v, e) < 0) {
			err_wrap(e, "auths '%s'", key);
			goto fail;
		}
		found = c->user != NULL || c->identity_token != NULL || c->registry_token != NULL;
	}
	return found;
fail:
	creds_free(c);
	return err_wrap(e, "%s", what);
}

int
creds_find(struct creds *c, const char *host, struct err *e)
{
	CLEAN_BUF struct buf text = BUF_INIT;
	CLEAN_FREE char *path = NULL;
	const char *env, *dir, *home;
	int r = 0;

	memset(c, 0, sizeof(*c));
	env = getenv("DOCKER_AUTH_CONFIG");
	if (env != NULL && env[0] != '\0')
		r = creds_parse(c, host, env, strlen(env), "DOCKER_AUTH_CONFIG", e);
	if (r != 0)
		return r;
	dir = getenv("DOCKER_CONFIG");
	home = getenv("HOME");
	if (dir != NULL && dir[0] != '\0')
		path = xasprintf("%s/config.json", dir);
	else if (home != NULL && home[0] != '\0')
		path = xasprintf("%s/.docker/config.json", home);
	else
		return 0;
	if (fd_load(AT_FDCWD, path, JSON_MAX_BYTES, &text, e) < 0)
		return e->code == ENOENT || e->code == ENOTDIR ? 0 : -1;
	creds_free(c);
	r = creds_parse(c, host, buf_str(&text), text.len, path, e);
	if (text.data != NULL)
		explicit_bzero(text.data, text.cap);
	return r;
}

char *
creds_basic(const struct creds *c)
{
	CLEAN_BUF struct buf out = BUF_INIT;
	char *pair = xasprintf(
		"%s:%s", c->user != NULL ? c->user : "", c->password != NULL ? c->password : "");

	buf_adds(&out, "Basic ");
	b64_encode(pair, strlen(pair), &out);
	wipe(&pair);
	return buf_steal(&out);
}
