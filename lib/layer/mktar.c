/* SPDX-License-Identifier: ISC */
/*
 * mktar: a directory as a tar of a layer (image-spec layer.md; POSIX pax). The
 * same tree gives the same bytes: names in byte order within a directory,
 * numbers only (no user names), no access or change times, pax records only
 * for what ustar cannot say, and those in a fixed order.
 *
 * Names are written as the bytes they are. ustar fields carry any bytes; a name
 * too long for them goes to a pax record, which should be UTF-8: one that is
 * not is announced by hdrcharset=BINARY.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"

#include "mktar.h"
#include "whiteout.h"

enum {
	BLOCK = 512,
	OUT_SIZE = 256 << 10, /* a multiple of BLOCK */
};

#define OCTAL7 2097151 /* largest number of the seven-digit fields */
#define OCTAL11 8589934591LL /* ... of the eleven-digit fields */

/* POSIX ustar header */
struct ustar {
	char name[100];
	char mode[8];
	char uid[8];
	char gid[8];
	char size[12];
	char mtime[12];
	char chksum[8];
	char typeflag;
	char linkname[100];
	char magic[8];
	char uname[32];
	char gname[32];
	char devmajor[8];
	char devminor[8];
	char prefix[155];
	char pad[12];
};
_Static_assert(sizeof(struct ustar) == BLOCK, "ustar header");

/* A file with several links that has been written under path. */
struct inode {
	dev_t dev;
	ino_t ino;
	char *path;
};

struct mktar {
	const struct mktar_opts *o;
	codec_write_fn *fn;
	void *arg;
	char *out;
	size_t len;
	int64_t bytes;
	void *inodes; /* of tsearch(3) */
	struct buf path; /* of the entry, relative to the root */
	struct buf pax; /* records of the entry */
	struct buf names, value; /* of extended attributes */
};

/* One entry, as it will be written. */
struct member {
	const char *path; /* a directory's ends with a slash */
	const char *link; /* NULL none */
	char type;
	mode_t mode;
	uid_t uid;
	gid_t gid;
	int64_t size;
	struct timespec mtime;
	dev_t rdev;
};

static int
flush(struct mktar *m, struct err *e)
{
	size_t n = m->len;

	m->len = 0;
	return n > 0 ? m->fn(m->arg, m->out, n, e) : 0;
}

static int
put(struct mktar *m, const void *p, size_t n, struct err *e)
{
	const char *s = p;
	size_t k;

	while (n > 0) {
		k = OUT_SIZE - m->len;
		if (k > n)
			k = n;
		memcpy(m->out + m->len, s, k);
		m->len += k;
		s += k;
		n -= k;
		if (m->len == OUT_SIZE && flush(m, e) < 0)
			return -1;
	}
	return 0;
}

static int
pad(struct mktar *m, int64_t size, struct err *e)
{
	static const char zero[BLOCK];

	return put(m, zero, (size_t)(-size & (BLOCK - 1)), e);
}

/* ---- headers */

/* digits octal digits and a NUL. */
static void
octal(char *field, size_t digits, uint64_t v)
{
	field[digits] = '\0';
	while (digits > 0) {
		field[--digits] = (char)('0' + (v & 7));
		v >>= 3;
	}
}

static bool
is_utf8(const char *str)
{
	const unsigned char *s = (const unsigned char *)str;
	uint32_t c;
	int more;

	while (*s != '\0') {
		c = *s++;
		if (c < 0x80)
			continue;
		more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
		if (c < 0xc2 || c > 0xf4)
			return false;
		c &= 0x3fu >> more;
		for (int i = 0; i < more; i++, s++) {
			if ((*s & 0xc0) != 0x80)
				return false;
			c = c << 6 | (*s & 0x3f);
		}
		if ((more == 2 && (c < 0x800 || (c >= 0xd800 && c < 0xe000))) ||
			(more == 3 && (c < 0x10000 || c > 0x10ffff)))
			return false;
	}
	return true;
}

/* "LEN KEY=VALUE\n" where LEN counts itself too. */
static void
pax_add(struct buf *b, const char *key, const void *value, size_t n)
{
	size_t rest = 1 + strlen(key) + 1 + n + 1, len = rest + 1, digits, v;

	for (;;) {
		for (digits = 0, v = len; v > 0; v /= 10)
			digits++;
		if (len == rest + digits)
			break;
		len = rest + digits;
	}
	buf_addf(b, "%zu %s=", len, key);
	buf_add(b, value, n);
	buf_addc(b, '\n');
}

static void
pax_num(struct buf *b, const char *key, int64_t v)
{
	char s[32];
	int n = snprintf(s, sizeof(s), "%lld", (long long)v);

	pax_add(b, key, s, (size_t)n);
}

static void
pax_time(struct buf *b, const char *key, struct timespec t)
{
	char s[48];
	int n;
	bool before = t.tv_sec < 0 && t.tv_nsec > 0;

	/* POSIX wants a decimal fraction: -1 s + 250 ms is -0.75 */
	n = snprintf(s, sizeof(s), "%s%lld", before && t.tv_sec == -1 ? "-" : "",
		(long long)(before ? t.tv_sec + 1 : t.tv_sec));
	if (t.tv_nsec > 0) {
		n += snprintf(s + n, sizeof(s) - (size_t)n, ".%09ld",
			before ? 1000000000L - t.tv_nsec : t.tv_nsec);
		while (s[n - 1] == '0')
			n--;
	}
	pax_add(b, key, s, (size_t)n);
}

/* Splits a path into prefix and name at a slash; false: it does not fit. */
static bool
set_name(struct ustar *h, const char *path)
{
	size_t n = strlen(path), i;

	if (n <= sizeof(h->name)) {
		memcpy(h->name, path, n);
		return true;
	}
	/* the longest prefix; the name must not be empty, also of a directory */
	for (i = n - 1 < sizeof(h->prefix) + 1 ? n - 1 : sizeof(h->prefix) + 1; i-- > 1;)
		if (path[i] == '/')
			break;
	if (i == 0 || n - i - 1 > sizeof(h->name))
		return false;
	memcpy(h->prefix, path, i);
	memcpy(h->name, path + i + 1, n - i - 1);
	return true;
}

static int
put_header(struct mktar *m, struct ustar *h, struct err *e)
{
	const unsigned char *p = (const unsigned char *)h;
	unsigned sum = 0;
	size_t i;

	memcpy(h->magic, "ustar\00000", 8);
	memset(h->chksum, ' ', sizeof(h->chksum));
	for (i = 0; i < sizeof(*h); i++)
		sum += p[i];
	octal(h->chksum, 6, sum);
	return put(m, h, sizeof(*h), e);
}

/* The pax header that carries m->pax for the entry behind it. */
static int
put_pax(struct mktar *m, struct err *e)
{
	struct ustar h = { .typeflag = 'x' };

	memcpy(h.name, "PaxHeaders", 10);
	octal(h.mode, 7, 0644);
	octal(h.uid, 7, 0);
	octal(h.gid, 7, 0);
	octal(h.size, 11, m->pax.len);
	octal(h.mtime, 11, 0);
	octal(h.devmajor, 7, 0);
	octal(h.devminor, 7, 0);
	if (put_header(m, &h, e) < 0 || put(m, m->pax.data, m->pax.len, e) < 0)
		return -1;
	return pad(m, (int64_t)m->pax.len, e);
}

/* m->pax holds the extended attributes already; what else needs a record comes before them. */
static int
put_entry(struct mktar *m, const struct member *n, struct err *e)
{
	CLEAN_BUF struct buf pax = BUF_INIT;
	struct ustar h = { .typeflag = n->type };
	bool name, link;

	name = set_name(&h, n->path);
	link = n->link == NULL || strlen(n->link) <= sizeof(h.linkname);
	if ((!name && !is_utf8(n->path)) || (!link && !is_utf8(n->link)))
		pax_add(&pax, "hdrcharset", "BINARY", 6);
	if (!name) {
		pax_add(&pax, "path", n->path, strlen(n->path));
		memcpy(h.name, n->path, sizeof(h.name));
	}
	if (!link)
		pax_add(&pax, "linkpath", n->link, strlen(n->link));
	if (n->link != NULL)
		memcpy(h.linkname, n->link, link ? strlen(n->link) : sizeof(h.linkname));
	if (n->size > OCTAL11)
		pax_num(&pax, "size", n->size);
	if (n->uid > OCTAL7)
		pax_num(&pax, "uid", n->uid);
	if (n->gid > OCTAL7)
		pax_num(&pax, "gid", n->gid);
	if (n->mtime.tv_nsec != 0 || n->mtime.tv_sec < 0 || n->mtime.tv_sec > OCTAL11)
		pax_time(&pax, "mtime", n->mtime);
	buf_add(&pax, m->pax.data, m->pax.len);
	buf_clear(&m->pax);
	if (pax.len > 0) {
		buf_add(&m->pax, pax.data, pax.len);
		if (put_pax(m, e) < 0)
			return -1;
		buf_clear(&m->pax);
	}
	octal(h.mode, 7, n->mode & 07777);
	octal(h.uid, 7, n->uid > OCTAL7 ? 0 : n->uid);
	octal(h.gid, 7, n->gid > OCTAL7 ? 0 : n->gid);
	octal(h.size, 11, n->size > OCTAL11 ? 0 : (uint64_t)n->size);
	octal(h.mtime, 11,
		n->mtime.tv_sec < 0 || n->mtime.tv_sec > OCTAL11 ? 0 : (uint64_t)n->mtime.tv_sec);
	octal(h.devmajor, 7, major(n->rdev));
	octal(h.devminor, 7, minor(n->rdev));
	return put_header(m, &h, e);
}

/* ---- extended attributes */

static int
by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* fd of the object, or -1 and a path to it (not followed). Sizes can change between the calls:
 * asked again then. */
static ssize_t
list_xattrs(int fd, const char *path, struct buf *b)
{
	ssize_t n;

	buf_reserve(b, 1024);
	for (;;) {
		n = fd >= 0 ? flistxattr(fd, b->data, b->cap - 1)
			    : llistxattr(path, b->data, b->cap - 1);
		if (n >= 0 || errno != ERANGE || b->cap > 1 << 20)
			return n;
		buf_reserve(b, 2 * b->cap);
	}
}

static ssize_t
get_xattr(int fd, const char *path, const char *name, struct buf *b)
{
	ssize_t n;

	buf_reserve(b, 1024);
	for (;;) {
		n = fd >= 0 ? fgetxattr(fd, name, b->data, b->cap - 1)
			    : lgetxattr(path, name, b->data, b->cap - 1);
		if (n >= 0 || errno != ERANGE || b->cap > 1 << 20)
			return n;
		buf_reserve(b, 2 * b->cap);
	}
}

/* Those that are content, sorted, to m->pax. */
static int
add_xattrs(struct mktar *m, int fd, const char *path, struct err *e)
{
	CLEAN_STRV struct strv names = { 0 };
	const char *p;
	ssize_t n;
	size_t i;

	n = list_xattrs(fd, path, &m->names);
	if (n < 0) {
		if (errno == ENOTSUP || (fd < 0 && errno == ENOENT)) /* none here; no /proc */
			return 0;
		return err_set(e, errno, "list extended attributes");
	}
	for (p = m->names.data; p < m->names.data + n; p += strlen(p) + 1)
		if (xattr_is_content(p))
			strv_add(&names, p);
	if (names.n > 1)
		qsort(names.v, names.n, sizeof(*names.v), by_bytes);
	for (i = 0; i < names.n; i++) {
		CLEAN_FREE char *key = NULL;

		n = get_xattr(fd, path, names.v[i], &m->value);
		if (n < 0) {
			if (errno == ENODATA)
				continue;
			return err_set(e, errno, "extended attribute '%s'", names.v[i]);
		}
		key = xasprintf("SCHILY.xattr.%s", names.v[i]);
		pax_add(&m->pax, key, m->value.data, (size_t)n);
	}
	return 0;
}

/* ---- the tree */

static int
inode_cmp(const void *a, const void *b)
{
	const struct inode *x = a, *y = b;

	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	if (x->ino != y->ino)
		return x->ino < y->ino ? -1 : 1;
	return 0;
}

static void
inode_free(void *p)
{
	struct inode *i = p;

	free(i->path);
	free(i);
}

/* The path this file was written under before, or NULL: then it is remembered. */
static const char *
seen(struct mktar *m, const struct stat *st)
{
	struct inode key = { .dev = st->st_dev, .ino = st->st_ino }, *i;
	void *found;

	if (st->st_nlink < 2 || S_ISDIR(st->st_mode))
		return NULL;
	found = tfind(&key, &m->inodes, inode_cmp);
	if (found != NULL)
		return (*(struct inode **)found)->path;
	i = xmalloc(sizeof(*i));
	*i = (struct inode){ st->st_dev, st->st_ino, xstrdup(m->path.data) };
	if (tsearch(i, &m->inodes, inode_cmp) == NULL)
		abort(); /* out of memory */
	return NULL;
}

static void
set_stat(const struct mktar *m, struct member *n, const struct stat *st)
{
	n->mode = st->st_mode & 07777;
	n->uid = st->st_uid;
	n->gid = st->st_gid;
	n->mtime = st->st_mtim;
	if (m->o->clamp_mtime >= 0 && n->mtime.tv_sec >= m->o->clamp_mtime)
		n->mtime = (struct timespec){ m->o->clamp_mtime, 0 };
}

/* Straight into the output buffer. A file that shrinks meanwhile is an error; one that grows is
 * cut. */
static int
put_content(struct mktar *m, int fd, int64_t size, struct err *e)
{
	int64_t left = size;
	ssize_t n;
	size_t k;

	while (left > 0) {
		k = OUT_SIZE - m->len;
		if ((int64_t)k > left)
			k = (size_t)left;
		n = read(fd, m->out + m->len, k);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(e, errno, "read");
		if (n == 0)
			return err_setx(e, EIO, "the file shrank while it was read");
		m->len += (size_t)n;
		left -= n;
		if (m->len == OUT_SIZE && flush(m, e) < 0)
			return -1;
	}
	m->bytes += size;
	return pad(m, size, e);
}

static int
put_regular(struct mktar *m, int dir, const char *name, struct err *e)
{
	struct member n = { .path = m->path.data, .type = '0' };
	CLEAN_FD int fd =
		openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_set(e, errno, "open");
	if (!S_ISREG(st.st_mode))
		return err_setx(e, EIO, "the file was replaced while it was read");
	set_stat(m, &n, &st);
	n.link = seen(m, &st);
	if (n.link != NULL) {
		n.type = '1';
		return put_entry(m, &n, e);
	}
	n.size = st.st_size;
	if (add_xattrs(m, fd, NULL, e) < 0 || put_entry(m, &n, e) < 0)
		return -1;
	return put_content(m, fd, n.size, e);
}

static int
put_special(struct mktar *m, int dir, const char *name, const struct stat *st, struct err *e)
{
	struct member n = { .path = m->path.data };
	CLEAN_FREE char *target = NULL;
	CLEAN_FREE char *proc = NULL;
	size_t size = 256;
	ssize_t len;

	set_stat(m, &n, st);
	n.link = seen(m, st);
	if (n.link != NULL) {
		n.type = '1';
		return put_entry(m, &n, e);
	}
	switch (st->st_mode & S_IFMT) {
	case S_IFLNK:
		n.type = '2';
		do {
			size *= 2;
			target = xrealloc(target, size, 1);
			len = readlinkat(dir, name, target, size);
		} while (len == (ssize_t)size);
		if (len < 0)
			return err_set(e, errno, "read the link");
		target[len] = '\0';
		n.link = target;
		n.mode = 0777;
		break;
	case S_IFCHR:
		n.type = '3';
		n.rdev = st->st_rdev;
		break;
	case S_IFBLK:
		n.type = '4';
		n.rdev = st->st_rdev;
		break;
	case S_IFIFO:
		n.type = '6';
		break;
	}
	proc = xasprintf("/proc/self/fd/%d/%s", dir, name);
	if (add_xattrs(m, -1, proc, e) < 0)
		return -1;
	return put_entry(m, &n, e);
}

/* A whiteout for name in the directory m->path. */
static int
put_whiteout(struct mktar *m, const char *name, struct err *e)
{
	struct member n = { .type = '0' };
	size_t len = m->path.len;
	int r;

	buf_adds(&m->path, name);
	n.path = m->path.data;
	r = put_entry(m, &n, e);
	m->path.len = len;
	m->path.data[len] = '\0';
	return r;
}

struct name {
	char *name;
	unsigned char type;
};

struct names {
	struct name *v;
	size_t n, cap;
};

static void
names_free(struct names *l)
{
	while (l->n > 0)
		free(l->v[--l->n].name);
	free(l->v);
}

static int
name_cmp(const void *a, const void *b)
{
	return strcmp(((const struct name *)a)->name, ((const struct name *)b)->name);
}

static int
read_names(int dir, struct names *l, struct err *e)
{
	CLEAN_DIR DIR *d = NULL;
	struct dirent *ent;
	int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (copy < 0 || (d = fdopendir(copy)) == NULL) {
		err_set(e, errno, "open");
		if (copy >= 0)
			close(copy);
		return -1;
	}
	for (;;) {
		errno = 0;
		ent = readdir(d);
		if (ent == NULL)
			break;
		if (strcmp(ent->d_name, ".") == 0 || strcmp(ent->d_name, "..") == 0)
			continue;
		if (l->n == l->cap) {
			l->cap = l->cap > 0 ? 2 * l->cap : 32;
			l->v = xrealloc(l->v, l->cap, sizeof(*l->v));
		}
		l->v[l->n++] = (struct name){ xstrdup(ent->d_name), ent->d_type };
	}
	if (errno != 0)
		return err_set(e, errno, "read");
	if (l->n > 1)
		qsort(l->v, l->n, sizeof(*l->v), name_cmp);
	return 0;
}

static int put_dir(struct mktar *m, int dir, struct err *e);

static int
put_name(struct mktar *m, int dir, const struct name *name, struct err *e)
{
	CLEAN_FD int fd = -1;
	unsigned char type = name->type;
	struct stat st;

	if (m->o->whiteouts && str_starts(name->name, WHITEOUT_PREFIX))
		return err_setx(e, EINVAL, "a layer cannot hold this name: it would be a whiteout");
	/* DT_REG spares a stat(2) before the open */
	if (type == DT_REG)
		return put_regular(m, dir, name->name, e);
	if (fstatat(dir, name->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_set(e, errno, "stat");
	if (S_ISREG(st.st_mode))
		return put_regular(m, dir, name->name, e);
	if (S_ISSOCK(st.st_mode))
		return 0;
	if (!S_ISDIR(st.st_mode))
		return put_special(m, dir, name->name, &st, e);
	fd = openat(dir, name->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_set(e, errno, "open");
	buf_addc(&m->path, '/');
	return put_dir(m, fd, e);
}

/* Whiteouts come before what else is in a directory (image-spec layer.md, Whiteouts); those written
 * leave the list. */
static int
put_whiteouts(struct mktar *m, int dir, struct names *l, struct err *e)
{
	CLEAN_FREE char *wh = NULL;
	size_t i, kept = 0;
	struct stat st;
	int r = whiteout_is_opaque(dir, m->o->userxattr);

	if (r < 0)
		return err_set(e, errno, "read '%s'", whiteout_opaque_xattr(m->o->userxattr));
	if (r > 0 && put_whiteout(m, WHITEOUT_OPAQUE, e) < 0)
		return -1;
	for (i = 0; i < l->n; i++) {
		struct name *n = &l->v[i];

		if ((n->type == DT_CHR || n->type == DT_UNKNOWN) &&
			fstatat(dir, n->name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
			whiteout_is_dev(&st)) {
			free(wh);
			wh = xasprintf(WHITEOUT_PREFIX "%s", n->name);
			if (whiteout_kind(n->name) != WHITEOUT_NONE)
				return err_setx(e, EINVAL,
					"a layer cannot hold '%s': it would be a whiteout",
					n->name);
			if (put_whiteout(m, wh, e) < 0)
				return -1;
			free(n->name);
			n->name = NULL;
		} else {
			l->v[kept++] = *n;
		}
	}
	l->n = kept;
	return 0;
}

/* m->path is the directory's, with a slash at its end; "" the root. Its own entry, then what it
 * holds. */
static int
put_dir(struct mktar *m, int dir, struct err *e)
{
	__attribute__((cleanup(names_free))) struct names l = { NULL, 0, 0 };
	struct member n = { .type = '5', .path = m->path.data };
	size_t len = m->path.len, i;
	struct stat st;

	if (len > 0 || m->o->root_entry) {
		if (fstat(dir, &st) < 0)
			return err_set(e, errno, "stat");
		if (len == 0)
			n.path = "./";
		set_stat(m, &n, &st);
		if (add_xattrs(m, dir, NULL, e) < 0 || put_entry(m, &n, e) < 0)
			return -1;
	}
	if (read_names(dir, &l, e) < 0)
		return -1;
	if (m->o->whiteouts && put_whiteouts(m, dir, &l, e) < 0)
		return -1;
	for (i = 0; i < l.n; i++) {
		buf_adds(&m->path, l.v[i].name);
		if (put_name(m, dir, &l.v[i], e) < 0)
			return -1; /* the path stays, for the message */
		m->path.len = len;
		if (m->path.data != NULL)
			m->path.data[len] = '\0';
	}
	return 0;
}

int
mktar(int fs, const struct mktar_opts *o, codec_write_fn *fn, void *arg, int64_t *bytes,
	struct err *e)
{
	static const char zero[2 * BLOCK];
	struct mktar m = { .o = o, .fn = fn, .arg = arg, .out = xmalloc(OUT_SIZE) };
	int r;

	r = put_dir(&m, fs, e);
	if (r < 0 && m.path.len > 0)
		err_wrap(e, "'%.200s'", m.path.data);
	if (r == 0 && (put(&m, zero, sizeof(zero), e) < 0 || flush(&m, e) < 0))
		r = -1;
	if (bytes != NULL)
		*bytes = m.bytes;
	tdestroy(m.inodes, inode_free);
	free(m.out);
	buf_free(&m.path);
	buf_free(&m.pax);
	buf_free(&m.names);
	buf_free(&m.value);
	return r;
}
