/* SPDX-License-Identifier: ISC */
/*
 * layermeta.c: {"size": N, "implied": [PATH ...], "bootId": ID, "synced": BOOL}.
 * File names are bytes and JSON is UTF-8, so in PATH all but printable ASCII,
 * and %, is written %XX.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/proc.h"
#include "layermeta.h"
#include "oci/json.h"

#define META_MAX (JSON_MAX_BYTES)

void
layer_meta_free(struct layer_meta *m)
{
	strv_free(&m->implied);
	*m = (struct layer_meta){ 0 };
}

static void
encode(const char *path, struct buf *out)
{
	const unsigned char *p;

	for (p = (const unsigned char *)path; *p != '\0'; p++)
		if (*p > ' ' && *p < 0x7f && *p != '%')
			buf_addc(out, (char)*p);
		else
			buf_addf(out, "%%%02X", *p);
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* In place; false for what encode() does not make. */
static bool
decode(char *s)
{
	char *to = s;
	int hi, lo;

	for (; *s != '\0'; s++) {
		if (*s != '%') {
			*to++ = *s;
			continue;
		}
		if ((hi = hex_digit(s[1])) < 0 || (lo = hex_digit(s[2])) < 0 || (hi | lo) == 0)
			return false;
		*to++ = (char)(hi << 4 | lo);
		s += 2;
	}
	*to = '\0';
	return true;
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int
parse(struct layer_meta *m, const struct buf *b, struct err *e)
{
	CLEAN_JSON json_t *j = json_parse(buf_str(b), b->len, "meta", e);
	const char *boot = "";
	size_t i;

	if (j == NULL || json_get_int(j, "size", &m->size, e) < 0 ||
		json_get_strv(j, "implied", &m->implied, e) < 0 ||
		json_get_str(j, "bootId", &boot, e) < 0 ||
		json_get_bool(j, "synced", &m->synced, e) < 0)
		return -1;
	snprintf(m->boot_id, sizeof(m->boot_id), "%s", boot);
	for (i = 0; i < m->implied.n; i++)
		if (!decode(m->implied.v[i]))
			return err_setx(e, 0, "meta: bad path '%s'", m->implied.v[i]);
	if (m->implied.n > 1)
		qsort(m->implied.v, m->implied.n, sizeof(*m->implied.v), compare);
	return 0;
}

int
layer_meta_read_at(int dir, struct layer_meta *m, struct err *e)
{
	CLEAN_BUF struct buf b = BUF_INIT;

	layer_meta_free(m);
	if (fd_load(dir, "meta", META_MAX, &b, e) < 0)
		return e->code == ENOENT ? 2 : -1;
	if (parse(m, &b, e) < 0) {
		layer_meta_free(m);
		return 2;
	}
	if (m->synced)
		return 1;
	return m->boot_id[0] != '\0' && str_eq(m->boot_id, proc_boot_id()) ? 1 : 2;
}

int
layer_meta_read(struct store *s, const char *path, struct layer_meta *m, struct err *e)
{
	CLEAN_FD int dir = fd_opendir(s->dir, path, e);

	if (dir < 0)
		return e->code == ENOENT ? 0 : -1;
	return layer_meta_read_at(dir, m, e);
}

int
layer_meta_write(int tmp, int dir, const struct layer_meta *m, bool sync, struct err *e)
{
	CLEAN_JSON json_t *j = json_object();
	CLEAN_STRV struct strv implied = { 0 };
	CLEAN_BUF struct buf b = BUF_INIT;
	size_t i;

	for (i = 0; i < m->implied.n; i++) {
		CLEAN_BUF struct buf path = BUF_INIT;

		encode(m->implied.v[i], &path);
		strv_add(&implied, buf_str(&path));
	}
	json_set_int(j, "size", m->size);
	json_set_strv(j, "implied", &implied);
	json_set_str(j, "bootId", m->boot_id);
	json_set_bool(j, "synced", m->synced);
	json_write(j, &b);
	buf_addc(&b, '\n');
	if (b.len > META_MAX)
		return err_setx(
			e, EFBIG, "too many directories are only implied (%zu)", m->implied.n);
	return fd_store(tmp, dir, "meta", b.data, b.len, 0644, sync, e);
}

bool
layer_meta_implies(const struct layer_meta *m, const char *path)
{
	return m->implied.n > 0 &&
		bsearch(&path, m->implied.v, m->implied.n, sizeof(*m->implied.v), compare) != NULL;
}
