/* SPDX-License-Identifier: ISC */
/* b64.c: see b64.h */
#include <stdint.h>

#include "b64.h"
#include "base/buf.h"
#include "base/mem.h"

void
b64_encode(const void *p, size_t n, struct buf *out)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *s = p;
	uint32_t v;
	size_t i;

	for (i = 0; i < n; i += 3) {
		v = (uint32_t)s[i] << 16;
		if (i + 1 < n)
			v |= (uint32_t)s[i + 1] << 8;
		if (i + 2 < n)
			v |= s[i + 2];
		buf_addc(out, digits[v >> 18]);
		buf_addc(out, digits[v >> 12 & 63]);
		buf_addc(out, i + 1 < n ? digits[v >> 6 & 63] : '=');
		buf_addc(out, i + 2 < n ? digits[v & 63] : '=');
	}
}

static int
value(unsigned char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	if (c == '/')
		return 63;
	return -1;
}

int
b64_decode(const char *p, size_t n, struct buf *out)
{
	size_t i, len = out->len, have = 0, pad = 0;
	uint32_t v = 0;
	int d;

	buf_reserve(out, n / 4 * 3 + 3);
	for (i = 0; i < n; i++) {
		if (p[i] == ' ' || p[i] == '\t' || p[i] == '\r' || p[i] == '\n')
			continue;
		if (p[i] == '=') {
			pad++;
			continue;
		}
		d = value((unsigned char)p[i]);
		if (d < 0 || pad > 0)
			goto bad;
		v = v << 6 | (uint32_t)d;
		if (++have == 4) {
			out->data[len++] = (char)(v >> 16);
			out->data[len++] = (char)(v >> 8);
			out->data[len++] = (char)v;
			have = 0;
			v = 0;
		}
	}
	if (have == 1 || pad > 2 || (pad > 0 && have + pad != 4))
		goto bad;
	if (have >= 2)
		out->data[len++] = (char)(v >> (have == 2 ? 4 : 10));
	if (have == 3)
		out->data[len++] = (char)(v >> 2);
	out->len = len;
	out->data[len] = '\0';
	return 0;
bad:
	out->data[out->len] = '\0';
	return -1;
}
