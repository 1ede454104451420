/* SPDX-License-Identifier: ISC */
/*
 * head.c: see head.h. Whatever two parsers could read differently is refused, not guessed at: the
 * same connection carries the next answer, and a length misread here would make bytes of a layer
 * into headers.
 */
#include <stdio.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "head.h"

#define LINE_MAX_CHUNK 4096

static int
bad(struct err *e, const char *what)
{
	return err_setx(e, EPROTO, "not a valid HTTP answer: %s", what);
}

void
head_free(struct head *h)
{
	free(h->text);
	memset(h, 0, sizeof(*h));
}

int64_t
head_find(const char *p, size_t n, struct err *e)
{
	const char *end = memmem(p, n, "\r\n\r\n", 4);

	if (end != NULL && end - p + 4 <= HEAD_MAX)
		return end - p + 4;
	if (end != NULL || n >= HEAD_MAX)
		return bad(e, "its head is longer than 64 KiB");
	return 0;
}

static bool
is_token(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		(c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

/* "HTTP/1.x NNN reason"; *minor and status. 0/-1. */
static int
status_line(struct head *h, const char *p, size_t n, int *minor, struct err *e)
{
	size_t i;

	if (n < 12 || memcmp(p, "HTTP/1.", 7) != 0 || (p[7] != '0' && p[7] != '1') || p[8] != ' ')
		return bad(e, "its status line");
	for (i = 9; i < 12; i++)
		if (p[i] < '0' || p[i] > '9')
			return bad(e, "its status line");
	if (n > 12 && p[12] != ' ')
		return bad(e, "its status line");
	for (i = 12; i < n; i++)
		if (((unsigned char)p[i] < ' ' && p[i] != '\t') || p[i] == 0x7f)
			return bad(e, "a control byte in its status line");
	*minor = p[7] - '0';
	h->status = (p[9] - '0') * 100 + (p[10] - '0') * 10 + (p[11] - '0');
	if (h->status < 100 || h->status > 599)
		return bad(e, "its status");
	return 0;
}

/* One "name: value" line, appended to text. 0/-1. */
static int
field_line(struct head *h, const char *p, size_t n, struct err *e)
{
	size_t i, k = 0, end = n;
	char *out = h->text + h->text_len;

	if (n > 0 && (p[0] == ' ' || p[0] == '\t'))
		return bad(e, "a folded header line");
	while (k < n && is_token((unsigned char)p[k]))
		k++;
	if (k == 0 || k == n || p[k] != ':')
		return bad(e, "a header line without a proper name");
	for (i = 0; i < k; i++)
		*out++ = p[i] >= 'A' && p[i] <= 'Z' ? (char)(p[i] + 32) : p[i];
	*out++ = '\0';
	for (k++; k < end && (p[k] == ' ' || p[k] == '\t'); k++)
		;
	while (end > k && (p[end - 1] == ' ' || p[end - 1] == '\t'))
		end--;
	for (i = k; i < end; i++) {
		if (((unsigned char)p[i] < ' ' && p[i] != '\t') || p[i] == 0x7f)
			return bad(e, "a control byte in a header");
		*out++ = p[i];
	}
	*out++ = '\0';
	h->text_len = (size_t)(out - h->text);
	return 0;
}

const char *
head_get(const struct head *h, const char *name, int nth)
{
	const char *p = h->text, *value;

	while (p < h->text + h->text_len) {
		value = p + strlen(p) + 1;
		if (strcmp(p, name) == 0 && nth-- == 0)
			return value;
		p = value + strlen(value) + 1;
	}
	return NULL;
}

/* Is word one of the comma-separated tokens of this field, in any case? */
static bool
has_token(const struct head *h, const char *name, const char *word)
{
	const char *v;
	size_t n, len = strlen(word);
	int i;

	for (i = 0; (v = head_get(h, name, i)) != NULL; i++) {
		while (*v != '\0') {
			v += strspn(v, ", \t");
			n = strcspn(v, ", \t");
			if (n == len && strncasecmp(v, word, len) == 0)
				return true;
			v += n;
		}
	}
	return false;
}

/* How long the body is (RFC 9112, 6.3). 0/-1. */
static int
framing(struct head *h, int minor, bool for_head, struct err *e)
{
	const char *te = head_get(h, "transfer-encoding", 0),
		   *cl = head_get(h, "content-length", 0);
	uint64_t n;

	h->keep_alive = minor == 1 ? !has_token(h, "connection", "close")
				   : has_token(h, "connection", "keep-alive");
	h->body = BODY_CLOSE;
	if (cl != NULL) {
		if (head_get(h, "content-length", 1) != NULL)
			return bad(e, "two Content-Length headers");
		if (str_u64(cl, 0, INT64_MAX, &n) < 0)
			return bad(e, "its Content-Length");
		h->length = (int64_t)n;
		h->body = BODY_LENGTH;
	}
	if (te != NULL) {
		if (cl != NULL)
			return bad(e, "Content-Length beside Transfer-Encoding");
		if (minor == 0 || head_get(h, "transfer-encoding", 1) != NULL ||
			strcasecmp(te, "chunked") != 0)
			return bad(e, "a Transfer-Encoding other than chunked");
		h->body = BODY_CHUNKED;
	}
	if (for_head || h->status < 200 || h->status == 204 || h->status == 304)
		h->body = BODY_NONE;
	if (h->body == BODY_CLOSE)
		h->keep_alive = false;
	return 0;
}

int
head_parse(struct head *h, const char *p, size_t n, bool for_head, struct err *e)
{
	const char *end = p + n, *eol;
	int minor = 0, lines = 0;

	memset(h, 0, sizeof(*h));
	if (n < 4 || n > HEAD_MAX || memcmp(end - 4, "\r\n\r\n", 4) != 0)
		return bad(e, "its head does not end");
	end -= 2; /* the empty line */
	h->text = xmalloc(n + 2);
	for (; p < end; p = eol + 2, lines++) {
		eol = memchr(p, '\r', (size_t)(end - p));
		if (eol == NULL || eol[1] != '\n' || memchr(p, '\n', (size_t)(eol - p)) != NULL)
			goto line;
		if (lines > HEAD_FIELDS) {
			bad(e, "more than 200 headers");
			goto fail;
		}
		if (lines == 0 ? status_line(h, p, (size_t)(eol - p), &minor, e) < 0
			       : field_line(h, p, (size_t)(eol - p), e) < 0)
			goto fail;
	}
	if (framing(h, minor, for_head, e) < 0)
		goto fail;
	return 0;
line:
	bad(e, "a line of its head ends wrongly");
fail:
	head_free(h);
	return -1;
}

enum {
	SIZE,
	EXTENSION,
	SIZE_LF,
	DATA,
	DATA_CR,
	DATA_LF,
	TRAILER,
	TRAILER_LINE,
	TRAILER_LF,
	END_LF,
	END
};

static int
hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* One byte of framing. 0/-1. */
static int
chunk_byte(struct chunked *c, char b, struct err *e)
{
	bool control = ((unsigned char)b < ' ' && b != '\t' && b != '\r') || b == 0x7f;

	switch (c->state) {
	case SIZE:
		if (hex(b) >= 0) {
			if (++c->digits > 15)
				return bad(e, "a chunk's size is too large");
			c->left = c->left << 4 | (uint64_t)hex(b);
			return 0;
		}
		if (c->digits == 0)
			return bad(e, "a chunk without a size");
		if (b != '\r' && b != ';' && b != ' ' && b != '\t')
			return bad(e, "a chunk's size");
		c->state = b == '\r' ? SIZE_LF : EXTENSION;
		return 0;
	case EXTENSION:
		if (control || ++c->line > LINE_MAX_CHUNK)
			return bad(e, "a chunk's extension");
		if (b == '\r')
			c->state = SIZE_LF;
		return 0;
	case SIZE_LF:
		c->line = 0;
		c->digits = 0;
		c->state = c->left > 0 ? DATA : TRAILER;
		break;
	case DATA_CR:
		if (b != '\r')
			return bad(e, "a chunk longer than its size");
		c->state = DATA_LF;
		return 0;
	case DATA_LF:
		c->state = SIZE;
		break;
	case TRAILER:
	case TRAILER_LINE:
		if (control || ++c->line > LINE_MAX_CHUNK)
			return bad(e, "its trailer");
		if (b == '\r')
			c->state = c->state == TRAILER ? END_LF : TRAILER_LF;
		else
			c->state = TRAILER_LINE;
		return 0;
	case TRAILER_LF:
		c->state = TRAILER;
		break;
	default: /* END_LF */
		c->state = END;
		break;
	}
	return b == '\n' ? 0 : bad(e, "a line of its chunks ends wrongly");
}

int
chunked_next(struct chunked *c, const char *p, size_t n, size_t *used, size_t *data, struct err *e)
{
	*used = 0;
	*data = 0;
	if (c->state == DATA && c->left == 0)
		c->state = DATA_CR;
	while (*used < n && c->state != DATA && c->state != END)
		if (chunk_byte(c, p[(*used)++], e) < 0)
			return -1;
	if (c->state == DATA) {
		*data = n - *used;
		if (*data > c->left)
			*data = (size_t)c->left;
		c->left -= *data;
	}
	return c->state != END;
}
