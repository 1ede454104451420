/* SPDX-License-Identifier: ISC */
/* Platforms: names as Go writes them (GOOS, GOARCH), as image-index.md asks for. */
#include "platform.h"

#include <ctype.h>
#include <sys/utsname.h>

#include "json.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"

/* Other names for an architecture, and the variant that each implies. */
static const struct {
	const char *name, *arch, *variant;
} archs[] = {
	{ "amd64", "amd64", "" },
	{ "x86_64", "amd64", "" },
	{ "x86-64", "amd64", "" },
	{ "386", "386", "" },
	{ "i386", "386", "" },
	{ "i486", "386", "" },
	{ "i586", "386", "" },
	{ "i686", "386", "" },
	{ "x86", "386", "" },
	{ "arm64", "arm64", "v8" },
	{ "aarch64", "arm64", "v8" },
	{ "armv8l", "arm", "v7" }, /* a 32-bit process on a 64-bit kernel */
	{ "arm", "arm", "v7" },
	{ "armhf", "arm", "v7" },
	{ "armv7l", "arm", "v7" },
	{ "armel", "arm", "v6" },
	{ "armv6l", "arm", "v6" },
	{ "armv5tel", "arm", "v5" },
	{ "armv5tejl", "arm", "v5" },
	{ "ppc64le", "ppc64le", "" },
	{ "powerpc64le", "ppc64le", "" },
	{ "ppc64el", "ppc64le", "" },
	{ "ppc64", "ppc64", "" },
	{ "s390x", "s390x", "" },
	{ "riscv64", "riscv64", "" },
	{ "loong64", "loong64", "" },
	{ "loongarch64", "loong64", "" },
	{ "mips64le", "mips64le", "" },
	{ "mips64el", "mips64le", "" },
	{ "mips64", "mips64", "" },
	{ "mipsle", "mipsle", "" },
	{ "mipsel", "mipsle", "" },
	{ "mips", "mips", "" },
	{ "wasm", "wasm", "" },
};

static const char *const systems[] = { "linux", "windows", "darwin", "freebsd", "openbsd", "netbsd",
	"wasip1" };

static int
find_arch(const char *name)
{
	size_t i;

	for (i = 0; i < LEN(archs); i++)
		if (strcmp(archs[i].name, name) == 0)
			return (int)i;
	return -1;
}

static bool
is_system(const char *name)
{
	size_t i;

	for (i = 0; i < LEN(systems); i++)
		if (strcmp(systems[i], name) == 0)
			return true;
	return false;
}

/* n must be less than 32. */
static void
assign(char to[32], const char *s, size_t n)
{
	memset(to, 0, 32);
	memcpy(to, s, n);
}

/* Go's name, and the variant that the name implies where none was given. */
static void
normalise(struct platform *p)
{
	int i = find_arch(p->arch);

	if (i < 0)
		return;
	assign(p->arch, archs[i].arch, strlen(archs[i].arch));
	if (p->variant[0] == '\0')
		assign(p->variant, archs[i].variant, strlen(archs[i].variant));
	else if (isdigit((unsigned char)p->variant[0]) && p->variant[1] == '\0')
		assign(p->variant, (char[2]){ 'v', p->variant[0] }, 2);
	if (strcmp(p->arch, "amd64") == 0 && strcmp(p->variant, "v1") == 0)
		p->variant[0] = '\0';
}

int
platform_parse(struct platform *p, const char *s, struct err *e)
{
	char part[3][32];
	size_t n = 0, len, i;
	const char *at = s;

	memset(p, 0, sizeof(*p));
	for (;;) {
		len = strcspn(at, "/");
		if (n == LEN(part) || len == 0 || len >= sizeof(part[0]))
			return err_setx(e, 0, "platform '%.80s' is not os/arch[/variant]", s);
		assign(part[n], at, len);
		for (i = 0; i < len; i++) {
			part[n][i] = (char)tolower((unsigned char)part[n][i]);
			if (!isalnum((unsigned char)part[n][i]) &&
				strchr("_.-", part[n][i]) == NULL)
				return err_setx(
					e, 0, "platform '%.80s' is not os/arch[/variant]", s);
		}
		n++;
		if (at[len] == '\0')
			break;
		at += len + 1;
	}
	if (n > 1) {
		assign(p->os, part[0], strlen(part[0]));
		assign(p->arch, part[1], strlen(part[1]));
		if (n > 2)
			assign(p->variant, part[2], strlen(part[2]));
	} else if (is_system(part[0])) {
		platform_host(p);
		assign(p->os, part[0], strlen(part[0]));
	} else if (find_arch(part[0]) >= 0) {
		assign(p->os, "linux", 5);
		assign(p->arch, part[0], strlen(part[0]));
	} else {
		return err_setx(e, 0, "platform '%s': unknown architecture or system", s);
	}
	if (strcmp(p->os, "macos") == 0)
		assign(p->os, "darwin", 6);
	normalise(p);
	return 0;
}

void
platform_host(struct platform *p)
{
	struct utsname u;

	memset(p, 0, sizeof(*p));
	assign(p->os, "linux", 5);
	if (uname(&u) < 0)
		abort();
	assign(p->arch, u.machine, strnlen(u.machine, sizeof(p->arch) - 1));
	normalise(p);
}

/* One member into a fixed array; required ones may not be absent or empty. */
static int
take(char to[32], const json_t *j, const char *key, bool required, struct err *e)
{
	const char *s = "";

	if (json_get_str(j, key, &s, e) < 0)
		return -1;
	if (required && *s == '\0')
		return err_setx(e, 0, "no '%s'", key);
	if (strlen(s) >= 32)
		return err_setx(e, 0, "'%s' is too long", key);
	assign(to, s, strlen(s));
	return 0;
}

int
platform_from_json(struct platform *p, const json_t *j, struct err *e)
{
	memset(p, 0, sizeof(*p));
	if (take(p->os, j, "os", true, e) < 0 || take(p->arch, j, "architecture", true, e) < 0 ||
		take(p->variant, j, "variant", false, e) < 0)
		return -1;
	return 0;
}

json_t *
platform_to_json(const struct platform *p)
{
	json_t *j = json_object();

	if (j == NULL)
		abort();
	json_set_str(j, "architecture", p->arch);
	json_set_str(j, "os", p->os);
	json_set_str(j, "variant", p->variant[0] != '\0' ? p->variant : NULL);
	return j;
}

void
platform_string(const struct platform *p, char out[100])
{
	snprintf(out, 100, "%s/%s%s%s", p->os, p->arch, p->variant[0] != '\0' ? "/" : "",
		p->variant);
}

/* "v7" is 7, anything else -1. */
static int
variant_number(const char *v)
{
	int n;

	return v[0] == 'v' && str_int(v + 1, 0, 99, &n) == 0 ? n : -1;
}

int
platform_match(const struct platform *want, const struct platform *have)
{
	struct platform w = *want, h = *have;
	int wn, hn;

	normalise(&w);
	normalise(&h);
	if (strcmp(w.os, h.os) != 0 || strcmp(w.arch, h.arch) != 0)
		return 0;
	if (strcmp(w.variant, h.variant) == 0)
		return 1000;
	/*
	 * a machine runs what was built for an older one of its line; without a variant amd64 is v1
	 */
	if (strcmp(w.arch, "amd64") != 0 && strcmp(w.arch, "arm") != 0 &&
		strcmp(w.arch, "arm64") != 0)
		return h.variant[0] == '\0' ? 1 : 0;
	wn = w.variant[0] == '\0' ? 1 : variant_number(w.variant);
	hn = h.variant[0] == '\0' ? 1 : variant_number(h.variant);
	return hn >= 0 && wn >= 0 && hn < wn ? 1 + hn : 0;
}
