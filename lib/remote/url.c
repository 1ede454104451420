/* SPDX-License-Identifier: ISC */
/* url.c: see url.h. A URL comes from a server's Location, so everything in it is checked before it
 * gets into a request. */
#include <sys/socket.h>

#include <arpa/inet.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "url.h"

void
url_free(struct url *u)
{
	free(u->target);
	memset(u, 0, sizeof(*u));
}

static bool
is_host_char(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		c == '.' || c == '-' || c == '_';
}

static int
split(const char *s, size_t n, char host[256], char port[6])
{
	unsigned char ip[16];
	const char *end = s + n, *p = s, *start;
	size_t len, i;
	int number;

	if (n > 0 && *s == '[') {
		start = ++p;
		while (p < end && *p != ']')
			p++;
		len = (size_t)(p - start);
		if (p++ == end)
			return -1;
	} else {
		start = p;
		while (p < end && is_host_char((unsigned char)*p))
			p++;
		len = (size_t)(p - start);
	}
	if (len == 0 || len > 255)
		return -1;
	for (i = 0; i < len; i++)
		host[i] = start[i] >= 'A' && start[i] <= 'Z' ? (char)(start[i] + 32) : start[i];
	host[len] = '\0';
	if (*s == '[' && inet_pton(AF_INET6, host, ip) != 1)
		return -1;
	port[0] = '\0';
	if (p == end)
		return 0;
	len = (size_t)(end - p - 1);
	if (*p != ':' || len == 0 || len > 5)
		return -1;
	memcpy(port, p + 1, len);
	port[len] = '\0';
	return str_int(port, 1, 65535, &number);
}

int
url_split_host(const char *s, char host[256], char port[6])
{
	return split(s, strlen(s), host, port);
}

/* Fills target from path and query (s up to a fragment); an empty path is "/". 0/-1. */
static int
set_target(struct url *u, const char *prefix, const char *s, struct err *e)
{
	size_t n = strcspn(s, "#"), i;

	for (i = 0; i < n; i++)
		if ((unsigned char)s[i] <= ' ' || (unsigned char)s[i] >= 0x7f)
			return err_setx(
				e, EINVAL, "URL with a character that must be percent-encoded");
	u->target = xasprintf("%s%.*s", prefix, (int)n, s);
	return 0;
}

int
url_parse(struct url *u, const char *s, struct err *e)
{
	const char *p = s;
	size_t n;

	memset(u, 0, sizeof(*u));
	if (strlen(s) > URL_MAX)
		return err_setx(e, EINVAL, "URL longer than %d bytes", URL_MAX);
	if (strncasecmp(p, "https://", 8) == 0) {
		u->tls = true;
		p += 8;
	} else if (strncasecmp(p, "http://", 7) == 0) {
		p += 7;
	} else {
		return err_setx(e, EINVAL, "URL '%.40s' is neither http nor https", s);
	}
	n = strcspn(p, "/?#");
	if (memchr(p, '@', n) != NULL)
		return err_setx(e, EINVAL, "URL with a user name");
	if (split(p, n, u->host, u->port) < 0)
		return err_setx(e, EINVAL, "URL with a wrong host or port: '%.*s'",
			n > 80 ? 80 : (int)n, p);
	if (u->port[0] == '\0')
		snprintf(u->port, sizeof(u->port), "%s", u->tls ? "443" : "80");
	return set_target(u, p[n] == '/' ? "" : "/", p + n, e);
}

int
url_resolve(struct url *u, const struct url *base, const char *location, struct err *e)
{
	CLEAN_FREE char *full = NULL;
	CLEAN_FREE char *dir = NULL;
	size_t colon = strcspn(location, ":/?#"), n;

	if (location[colon] == ':')
		return url_parse(u, location, e);
	if (str_starts(location, "//")) {
		full = xasprintf("%s%s", base->tls ? "https:" : "http:", location);
		return url_parse(u, full, e);
	}
	memset(u, 0, sizeof(*u));
	if (strlen(location) > URL_MAX)
		return err_setx(e, EINVAL, "URL longer than %d bytes", URL_MAX);
	u->tls = base->tls;
	snprintf(u->host, sizeof(u->host), "%s", base->host);
	snprintf(u->port, sizeof(u->port), "%s", base->port);
	if (location[0] == '/')
		return set_target(u, "", location, e);
	n = strcspn(base->target, "?");
	if (location[0] != '?' && location[0] != '\0' && location[0] != '#')
		while (n > 0 && base->target[n - 1] != '/')
			n--;
	dir = xstrndup(base->target, n);
	return set_target(u, dir, location, e);
}

bool
url_same_origin(const struct url *a, const struct url *b)
{
	return a->tls == b->tls && strcmp(a->host, b->host) == 0 && strcmp(a->port, b->port) == 0;
}

char *
url_authority(const struct url *u)
{
	bool v6 = strchr(u->host, ':') != NULL;
	bool usual = strcmp(u->port, u->tls ? "443" : "80") == 0;

	return xasprintf("%s%s%s%s%s", v6 ? "[" : "", u->host, v6 ? "]" : "", usual ? "" : ":",
		usual ? "" : u->port);
}

char *
url_origin(const struct url *u)
{
	CLEAN_FREE char *a = url_authority(u);

	return xasprintf("%s://%s", u->tls ? "https" : "http", a);
}
