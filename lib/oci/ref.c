/* SPDX-License-Identifier: ISC */
/*
 * Image references. The scan goes once from left to right: the domain is decided by its first
 * component, then path, tag and digest each check their own characters, so a parsed reference is
 * safe as a relative file name: no component is empty, starts with a dot or holds a slash, blank or
 * control byte.
 */
#include "ref.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"

#define HUB "docker.io"
#define HUB_OLD "index.docker.io"
#define OFFICIAL "library/"
#define NAME_MAX_LEN 255
#define TAG_MAX_LEN 128

static bool
is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool
is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_alnum(char c)
{
	return is_lower(c) || is_upper(c) || is_digit(c);
}

static bool
span_has(const char *s, size_t n, bool (*is)(char))
{
	size_t i;

	for (i = 0; i < n; i++)
		if (is(s[i]))
			return true;
	return false;
}

static bool
span_eq(const char *s, size_t n, const char *word)
{
	return n == strlen(word) && memcmp(s, word, n) == 0;
}

/* Labels of letters, digits and inner dashes with single dots between them. */
static bool
host_is_valid(const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		bool edge = i == 0 || i + 1 == n || s[i - 1] == '.' || s[i + 1] == '.';

		if (!is_alnum(s[i]) && (edge || (s[i] != '-' && s[i] != '.')))
			return false;
	}
	return n > 0;
}

/* [IPv6 address]: its characters only, as the distribution grammar has it. */
static bool
ipv6_is_valid(const char *s, size_t n)
{
	size_t i;

	if (n < 3 || s[0] != '[' || s[n - 1] != ']')
		return false;
	for (i = 1; i < n - 1; i++)
		if (!is_digit(s[i]) && s[i] != ':' && !(s[i] >= 'a' && s[i] <= 'f') &&
			!(s[i] >= 'A' && s[i] <= 'F'))
			return false;
	return true;
}

static bool
domain_is_valid(const char *s, size_t n)
{
	const char *end = s + n, *port;

	for (port = end; port > s && is_digit(port[-1]); port--)
		continue;
	if (port > s && port[-1] == ':' && (s[0] != '[' || (port - 1 > s && port[-2] == ']'))) {
		if (port == end)
			return false;
		n = (size_t)(port - 1 - s);
	}
	return s[0] == '[' ? ipv6_is_valid(s, n) : host_is_valid(s, n);
}

/*
 * Components of lower-case alphanumerics, parted by one '.', one or two '_' or any number of '-'.
 */
static bool
path_is_valid(const char *s, size_t n)
{
	size_t i = 0, from;

	for (;;) {
		from = i;
		while (i < n && (is_lower(s[i]) || is_digit(s[i])))
			i++;
		if (i == from)
			return false;
		if (i == n)
			return true;
		if (s[i] == '/' || s[i] == '.')
			i++;
		else if (s[i] == '_')
			i += i + 1 < n && s[i + 1] == '_' ? 2 : 1;
		else if (s[i] == '-')
			while (i < n && s[i] == '-')
				i++;
		else
			return false;
	}
}

static bool
tag_is_valid(const char *s, size_t n)
{
	size_t i;

	if (n == 0 || n > TAG_MAX_LEN)
		return false;
	for (i = 0; i < n; i++)
		if (!is_alnum(s[i]) && s[i] != '_' && (i == 0 || (s[i] != '.' && s[i] != '-')))
			return false;
	return true;
}

/* Is the first component of a name, which a slash follows, a domain? */
static bool
looks_like_domain(const char *s, size_t n)
{
	return memchr(s, '.', n) != NULL || memchr(s, ':', n) != NULL ||
		span_eq(s, n, "localhost") || span_has(s, n, is_upper);
}

int
ref_parse(struct ref *r, const char *s, struct err *e)
{
	const char *domain = HUB, *path = s, *slash, *end, *at, *tag = NULL;
	size_t ndomain = strlen(HUB), npath, ntag = 0, nprefix;

	memset(r, 0, sizeof(*r));
	if (*s == '\0')
		return err_setx(e, 0, "empty image reference");
	if (strlen(s) > NAME_MAX_LEN + 1 + TAG_MAX_LEN + 1 + 256)
		return err_setx(e, 0, "image reference '%.40s...' is too long", s);
	if (str_is_hex(s, DIGEST_HEX))
		return err_setx(e, 0, "'%s': 64 hex digits are an ID, no repository name", s);

	if ((slash = strchr(s, '/')) != NULL && looks_like_domain(s, (size_t)(slash - s))) {
		domain = s;
		ndomain = (size_t)(slash - s);
		path = slash + 1;
		if (!domain_is_valid(domain, ndomain))
			return err_setx(e, 0, "image reference '%s': bad registry host '%.*s'", s,
				(int)ndomain, domain);
		if (span_eq(domain, ndomain, HUB_OLD)) {
			domain = HUB;
			ndomain = strlen(HUB);
		}
	}

	end = path + strlen(path);
	if ((at = strchr(path, '@')) != NULL)
		end = at;
	if ((tag = memchr(path, ':', (size_t)(end - path))) != NULL) {
		tag++;
		ntag = (size_t)(end - tag);
		end = tag - 1;
	}
	npath = (size_t)(end - path);

	if (!path_is_valid(path, npath)) {
		if (span_has(path, npath, is_upper))
			return err_setx(e, 0,
				"image reference '%s': a repository name is in lower case", s);
		return err_setx(e, 0, "image reference '%s': bad repository name '%.*s'", s,
			(int)npath, path);
	}
	nprefix = span_eq(domain, ndomain, HUB) && memchr(path, '/', npath) == NULL
		? strlen(OFFICIAL)
		: 0;
	if (ndomain + 1 + nprefix + npath > NAME_MAX_LEN)
		return err_setx(e, 0, "image reference '%.40s...': a name is at most %d bytes", s,
			NAME_MAX_LEN);
	if (tag != NULL && !tag_is_valid(tag, ntag))
		return err_setx(e, 0, "image reference '%s': bad tag '%.*s'", s, (int)ntag, tag);
	if (at != NULL && digest_parse(&r->digest, at + 1, e) < 0)
		return err_wrap(e, "image reference '%s'", s);

	memcpy(r->domain, domain, ndomain);
	memcpy(r->path, OFFICIAL, nprefix);
	memcpy(r->path + nprefix, path, npath);
	if (tag != NULL)
		memcpy(r->tag, tag, ntag);
	else if (at == NULL)
		memcpy(r->tag, "latest", sizeof("latest"));
	return 0;
}

/* With tag and digest the digest wins. */
static char *
with_version(const struct ref *r, const char *name)
{
	if (digest_is_set(&r->digest))
		return xasprintf("%s@%s", name, r->digest.str);
	return xasprintf("%s:%s", name, r->tag);
}

char *
ref_string(const struct ref *r)
{
	CLEAN_FREE char *name = ref_name(r);

	return with_version(r, name);
}

char *
ref_name(const struct ref *r)
{
	return xasprintf("%s/%s", r->domain, r->path);
}

char *
ref_familiar_name(const struct ref *r)
{
	const char *path = r->path;

	if (!str_eq(r->domain, HUB))
		return ref_name(r);
	/* library/a/b is no official image: it keeps its path */
	if (str_starts(path, OFFICIAL) && strchr(path + strlen(OFFICIAL), '/') == NULL)
		path += strlen(OFFICIAL);
	return xstrdup(path);
}

char *
ref_familiar(const struct ref *r)
{
	CLEAN_FREE char *name = ref_familiar_name(r);

	return with_version(r, name);
}
