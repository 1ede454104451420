/* SPDX-License-Identifier: ISC */
/*
 * untar: applies one layer's tar to an empty directory. libarchive parses, this
 * file alone touches the file system: every entry is made by name in a
 * directory that tree.c found inside the root, with O_EXCL or O_NOFOLLOW.
 *
 * libarchive converts pax names (UTF-8) to the locale's encoding. Under a UTF-8
 * locale it normalises them to NFC on the way, which is another name; under "C"
 * it gives up on every name that is not ASCII, warns, and hands out the bytes
 * as they are. That is what is wanted here, so untar runs under "C".
 */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/path.h"

#include "tree.h"
#include "untar.h"
#include "whiteout.h"

enum { IN_SIZE = 256 << 10 };

/* What has to wait until everything is there. */
struct late {
	char *path; /* real path of a directory */
	mode_t mode; /* 0: leave it */
	void *acl; /* default ACL; NULL none: entries made below would inherit it */
	size_t nacl;
};

struct untar {
	const struct untar_opts *o;
	struct untar_result *r;
	struct tree tree;
	bool root_implied; /* no entry was the root's own */
	bool root; /* what it makes is 0:0 */
	struct late *late;
	size_t nlate;
	size_t late_bytes;
	/* source */
	codec_read_fn *fn;
	void *arg;
	char *in;
	struct err *read_err;
	bool read_failed;
};

/* One entry, as it will be made. */
struct entry {
	struct archive_entry *ae;
	const char *path; /* clean, relative, "" the root */
	const char *base; /* points into path */
	int dir; /* the tree's */
	mode_t mode; /* 07777 */
	uid_t uid;
	gid_t gid;
	struct timespec mtime;
};

static la_ssize_t
feed(struct archive *a, void *arg, const void **p)
{
	struct untar *u = arg;
	ssize_t n;

	*p = u->in;
	n = u->fn(u->arg, u->in, IN_SIZE, u->read_err);
	if (n < 0) {
		u->read_failed = true;
		archive_set_error(a, EIO, "read");
		return ARCHIVE_FATAL;
	}
	return n;
}

/* What libarchive complains about, or what the source said before it did. */
static int
tar_err(const struct untar *u, struct archive *a, struct err *e)
{
	const char *s = archive_error_string(a);

	if (u->read_failed)
		return -1;
	return err_setx(e, EBADMSG, "damaged tar: %s", s != NULL ? s : "unknown reason");
}

/* Warnings that lose nothing: names handed out unconverted, ACLs as text, which are not used. */
static bool
harmless(struct archive *a)
{
	const char *s = archive_error_string(a);

	return s != NULL &&
		(strstr(s, "can't be converted") != NULL || strstr(s, "SCHILY.acl") != NULL);
}

/* ---- attributes */

/* Does a new entry already belong to uid:gid? */
static bool
owned(const struct untar *u, const struct entry *n)
{
	return !u->o->chown || (u->root && n->uid == 0 && n->gid == 0 && !tree_setgid(&u->tree));
}

/*
 * Extended attributes. fd for files and directories; -1: by name in n->dir, through the working
 * directory, for there is no call that takes a directory's fd and a name before Linux 6.13.
 */
static int
set_xattrs(struct untar *u, const struct entry *n, int fd, struct err *e)
{
	CLEAN_FD int cwd = -1;
	const char *name;
	const void *value;
	size_t size;
	int r;

	if (archive_entry_xattr_reset(n->ae) == 0)
		return 0;
	while (archive_entry_xattr_next(n->ae, &name, &value, &size) == ARCHIVE_OK) {
		if (!xattr_is_content(name))
			continue;
		if (strcmp(name, "system.posix_acl_default") == 0) {
			if (fd < 0 || archive_entry_filetype(n->ae) != AE_IFDIR)
				continue;
			u->late = xrealloc(u->late, u->nlate + 1, sizeof(*u->late));
			u->late[u->nlate] = (struct late){ tree_path(&u->tree, n->base), 0,
				xmalloc(size + 1), size };
			memcpy(u->late[u->nlate++].acl, value, size);
			u->late_bytes += sizeof(*u->late) + strlen(n->path) + size;
			continue;
		}
		if (fd < 0 && cwd < 0) {
			cwd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
			if (cwd < 0 || fchdir(n->dir) < 0)
				return err_set(e, errno, "change directory");
		}
		r = fd < 0 ? lsetxattr(n->base, name, value, size, 0)
			   : fsetxattr(fd, name, value, size, 0);
		if (r == 0 || errno == ENOTSUP)
			continue;
		/* without the privilege, or user.* on what is neither file nor directory */
		if (errno == EPERM && (!u->o->chown || fd < 0 || str_starts(name, "trusted.")))
			continue;
		err_set(e, errno, "extended attribute '%s'", name);
		if (cwd >= 0 && fchdir(cwd) < 0)
			return err_set(e, errno, "change directory");
		return -1;
	}
	if (cwd >= 0 && fchdir(cwd) < 0)
		return err_set(e, errno, "change directory");
	return 0;
}

/* Owner, then mode, then attributes: chown(2) takes set-user-ID and security.capability away. */
static int
set_attrs_fd(struct untar *u, const struct entry *n, int fd, bool mode_is_set, struct err *e)
{
	const struct timespec times[2] = { n->mtime, n->mtime };

	if (!owned(u, n) && fchown(fd, n->uid, n->gid) < 0)
		return err_set(e, errno, "chown to %u:%u", n->uid, n->gid);
	if ((!mode_is_set || (n->mode & 07000) != 0 || tree_setgid(&u->tree)) &&
		fchmod(fd, n->mode) < 0)
		return err_set(e, errno, "chmod");
	if (set_xattrs(u, n, fd, e) < 0)
		return -1;
	/* a directory gets its time when it is left */
	if (archive_entry_filetype(n->ae) != AE_IFDIR && futimens(fd, times) < 0)
		return err_set(e, errno, "set the time");
	return 0;
}

/* The same for what must not be opened: links, devices, fifos. */
static int
set_attrs_at(struct untar *u, const struct entry *n, bool link, struct err *e)
{
	const struct timespec times[2] = { n->mtime, n->mtime };

	if (!owned(u, n) && fchownat(n->dir, n->base, n->uid, n->gid, AT_SYMLINK_NOFOLLOW) < 0)
		return err_set(e, errno, "chown to %u:%u", n->uid, n->gid);
	if (!link && (n->mode & 07000) != 0 && fchmodat(n->dir, n->base, n->mode, 0) < 0)
		return err_set(e, errno, "chmod");
	if (set_xattrs(u, n, -1, e) < 0)
		return -1;
	if (utimensat(n->dir, n->base, times, AT_SYMLINK_NOFOLLOW) < 0)
		return err_set(e, errno, "set the time");
	return 0;
}

/* ---- entries */

/* Something is in an entry's place: an earlier entry of the same name gives way, a directory with
 * all it holds. */
static int
make_room(struct untar *u, const struct entry *n, struct err *e)
{
	CLEAN_FREE char *path = NULL;

	if (unlinkat(n->dir, n->base, 0) == 0)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return err_set(e, errno, "unlink");
	if (fd_rmtree(n->dir, n->base, e) < 0)
		return -1;
	if (tree_has_notes(&u->tree)) {
		path = tree_path(&u->tree, n->base);
		tree_forget_below(&u->tree, path);
	}
	return 0;
}

static int
write_data(struct untar *u, struct archive *a, const struct entry *n, int fd, struct err *e)
{
	int64_t size = archive_entry_size_is_set(n->ae) ? archive_entry_size(n->ae) : 0;
	int64_t end = 0, off;
	const void *p;
	size_t len;
	ssize_t k;
	int r;

	if (size == 0)
		return 0;
	if (u->o->max_bytes > 0 && size > u->o->max_bytes - u->r->bytes)
		return err_setx(e, EFBIG, "the content is larger than %lld bytes in all",
			(long long)u->o->max_bytes);
	u->r->bytes += size;
	for (;;) {
		r = archive_read_data_block(a, &p, &len, &off);
		if (r == ARCHIVE_EOF)
			break;
		if (r != ARCHIVE_OK)
			return tar_err(u, a, e);
		while (len > 0) {
			if (off < 0 || off > size - (int64_t)len)
				return err_setx(e, EBADMSG,
					"damaged tar: data beyond the size of the file");
			k = pwrite(fd, p, len, off);
			if (k < 0) {
				if (errno == EINTR)
					continue;
				return err_set(e, errno, "write");
			}
			p = (const char *)p + k;
			len -= (size_t)k;
			off += k;
			if (off > end)
				end = off;
		}
	}
	if (end < size && ftruncate(fd, size) < 0) /* a hole at the end */
		return err_set(e, errno, "truncate");
	return 0;
}

static int
make_file(struct untar *u, struct archive *a, const struct entry *n, struct err *e)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	CLEAN_FD int fd = -1;

	fd = openat(n->dir, n->base, flags, n->mode & 0777);
	if (fd < 0 && errno == EEXIST) {
		if (make_room(u, n, e) < 0)
			return -1;
		fd = openat(n->dir, n->base, flags, n->mode & 0777);
	}
	if (fd < 0)
		return err_set(e, errno, "create");
	if (write_data(u, a, n, fd, e) < 0)
		return -1;
	return set_attrs_fd(u, n, fd, true, e);
}

static int
make_dir(struct untar *u, const struct entry *n, struct err *e)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	CLEAN_FREE char *path = NULL;
	struct entry now = *n;
	CLEAN_FD int fd = -1;
	bool opaque = false, made = true;
	struct stat st;

	if (!u->o->chown) /* its entries must be made first */
		now.mode |= 0700;
	if (mkdirat(n->dir, n->base, now.mode) < 0) {
		if (errno != EEXIST || fstatat(n->dir, n->base, &st, AT_SYMLINK_NOFOLLOW) < 0)
			return err_set(e, errno, "mkdir");
		made = !S_ISDIR(st.st_mode);
		opaque = u->o->whiteouts && whiteout_is_dev(&st);
		if (made && (make_room(u, n, e) < 0 || mkdirat(n->dir, n->base, now.mode) < 0))
			return err_set(e, errno, "mkdir");
	}
	fd = openat(n->dir, n->base, flags);
	if (fd < 0)
		return err_set(e, errno, "open");
	if (!made || opaque || tree_has_notes(&u->tree) || now.mode != n->mode)
		path = tree_path(&u->tree, n->base);
	if (opaque)
		tree_note(&u->tree, path, TREE_OPAQUE);
	if (path != NULL)
		tree_forget(&u->tree, path, TREE_IMPLIED);
	if (!made && u->o->chown && fchown(fd, n->uid, n->gid) < 0)
		return err_set(e, errno, "chown to %u:%u", n->uid, n->gid);
	if (set_attrs_fd(u, &now, fd, made, e) < 0)
		return -1;
	if (now.mode != n->mode) {
		u->late = xrealloc(u->late, u->nlate + 1, sizeof(*u->late));
		u->late[u->nlate++] = (struct late){ steal_ptr(&path), n->mode | S_IFDIR, NULL, 0 };
		u->late_bytes += sizeof(*u->late) + strlen(n->path);
	}
	tree_enter(&u->tree, n->path, n->base, steal_fd(&fd), &n->mtime, (now.mode & S_ISGID) != 0);
	return 0;
}

/* The root is there already; its entry gives it its attributes. */
static int
set_root(struct untar *u, const struct entry *n, struct err *e)
{
	if (archive_entry_filetype(n->ae) != AE_IFDIR || archive_entry_hardlink(n->ae) != NULL)
		return err_setx(e, EBADMSG, "the root is not a directory");
	u->root_implied = false;
	u->tree.v[0].mtime = n->mtime;
	u->tree.v[0].touched = true;
	u->tree.v[0].setgid = (n->mode & S_ISGID) != 0;
	if (u->o->chown && fchown(n->dir, n->uid, n->gid) < 0)
		return err_set(e, errno, "chown to %u:%u", n->uid, n->gid);
	if (fchmod(n->dir, u->o->chown ? n->mode : n->mode | 0700) < 0)
		return err_set(e, errno, "chmod");
	return set_xattrs(u, n, n->dir, e);
}

static int
make_symlink(struct untar *u, const struct entry *n, struct err *e)
{
	const char *target = archive_entry_symlink(n->ae);

	if (target == NULL || *target == '\0')
		return err_setx(e, EBADMSG, "symbolic link without a target");
	if (symlinkat(target, n->dir, n->base) < 0) {
		if (errno != EEXIST)
			return err_set(e, errno, "symlink");
		if (make_room(u, n, e) < 0)
			return -1;
		if (symlinkat(target, n->dir, n->base) < 0)
			return err_set(e, errno, "symlink");
	}
	return set_attrs_at(u, n, true, e);
}

static int
make_node(struct untar *u, const struct entry *n, mode_t type, struct err *e)
{
	dev_t dev = 0;

	if (type != S_IFIFO) {
		dev = makedev(archive_entry_rdevmajor(n->ae), archive_entry_rdevminor(n->ae));
		if (type == S_IFCHR && dev == 0)
			return err_setx(e, EBADMSG, "a character device 0:0 would be a whiteout");
		if (!u->o->chown)
			return 0; /* only root makes devices; docker leaves them out too */
	}
	if (mknodat(n->dir, n->base, type | (n->mode & 0777), dev) < 0) {
		/* root of a user namespace makes no devices either */
		if (errno == EPERM && type != S_IFIFO && u->o->userxattr)
			return 0;
		if (errno != EEXIST)
			return err_set(e, errno, "mknod");
		if (make_room(u, n, e) < 0)
			return -1;
		if (mknodat(n->dir, n->base, type | (n->mode & 0777), dev) < 0)
			return err_set(e, errno, "mknod");
	}
	return set_attrs_at(u, n, false, e);
}

/* The target must be in this layer: what another layer has cannot be linked to. */
static int
make_link(struct untar *u, struct entry *n, const char *target, struct err *e)
{
	CLEAN_FREE char *clean = path_clean(target);
	const char *from = *clean == '/' ? clean + 1 : clean, *base;
	CLEAN_FD int dir = -1;
	struct stat st, old;

	if (tree_parent(&u->tree, from, false, &base, e) < 0)
		return e->code != ENOENT
			? -1
			: err_setx(e, EBADMSG, "hard link to '%s', which is not in this layer",
				  target);
	dir = fcntl(u->tree.v[u->tree.n - 1].fd, F_DUPFD_CLOEXEC, 0);
	if (dir < 0)
		return err_set(e, errno, "open");
	n->dir = tree_parent(&u->tree, n->path, true, &n->base, e);
	if (n->dir < 0)
		return -1;
	if (tree_touch(&u->tree) < 0)
		return err_set(e, errno, "stat");
	if (*base == '\0' || fstatat(dir, base, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		whiteout_is_dev(&st))
		return err_setx(
			e, EBADMSG, "hard link to '%s', which is not in this layer", target);
	if (S_ISDIR(st.st_mode))
		return err_setx(e, EBADMSG, "hard link to '%s', which is a directory", target);
	if (linkat(dir, base, n->dir, n->base, 0) == 0)
		return 0;
	if (errno != EEXIST)
		return err_set(e, errno, "link to '%s'", target);
	if (fstatat(n->dir, n->base, &old, AT_SYMLINK_NOFOLLOW) == 0 && old.st_ino == st.st_ino &&
		old.st_dev == st.st_dev)
		return 0; /* to itself, or there already */
	if (make_room(u, n, e) < 0)
		return -1;
	if (linkat(dir, base, n->dir, n->base, 0) < 0)
		return err_set(e, errno, "link to '%s'", target);
	return 0;
}

/* NAME of this layer wins over .wh.NAME beside it; a directory then hides the one below. */
static int
make_whiteout(struct untar *u, const struct entry *n, const char *name, struct err *e)
{
	CLEAN_FREE char *path = NULL;
	struct stat st;

	if (mknodat(n->dir, name, S_IFCHR, 0) == 0)
		return 0;
	if (errno != EEXIST || fstatat(n->dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_set(e, errno, "make a whiteout");
	if (!S_ISDIR(st.st_mode))
		return 0;
	path = tree_path(&u->tree, name);
	tree_forget(&u->tree, path, TREE_IMPLIED);
	tree_note(&u->tree, path, TREE_OPAQUE);
	return 0;
}

/* Is a directory on the way to the entry spelled as a whiteout? 0 no, 1 AUFS bookkeeping, -1. */
static int
whiteout_parent(const struct entry *n, struct err *e)
{
	const char *p = n->path, *slash;
	char name[16];
	size_t k;

	if (strstr(p, WHITEOUT_PREFIX) == NULL)
		return 0;
	for (; (slash = strchr(p, '/')) != NULL; p = slash + 1) {
		k = (size_t)(slash - p);
		if (k >= sizeof(name))
			k = sizeof(name) - 1;
		memcpy(name, p, k);
		name[k] = '\0';
		switch (whiteout_kind(name)) {
		case WHITEOUT_NONE:
			break;
		case WHITEOUT_META:
			return 1;
		default:
			return err_setx(e, EBADMSG, "a whiteout holds entries");
		}
	}
	return 0;
}

static int
make_entry(struct untar *u, struct archive *a, struct entry *n, struct err *e)
{
	const char *link = archive_entry_hardlink(n->ae);
	enum whiteout kind;
	int r;

	r = whiteout_parent(n, e);
	if (r != 0)
		return r > 0 ? 0 : -1;
	kind = whiteout_kind(path_base(n->path));
	if (kind != WHITEOUT_NONE && !u->o->whiteouts)
		return err_setx(e, EINVAL, "the name is that of a whiteout");
	if (kind == WHITEOUT_BAD)
		return err_setx(e, EBADMSG, "malformed whiteout");
	if (kind == WHITEOUT_META)
		return 0;
	if (kind == WHITEOUT_NONE && link != NULL && *n->path != '\0')
		return make_link(u, n, link, e);

	n->dir = tree_parent(&u->tree, n->path, true, &n->base, e);
	if (n->dir < 0)
		return -1;
	if (*n->base == '\0')
		return set_root(u, n, e);
	if (tree_touch(&u->tree) < 0)
		return err_set(e, errno, "stat");
	if (kind == WHITEOUT_FILE)
		return make_whiteout(u, n, n->base + strlen(WHITEOUT_PREFIX), e);
	if (kind == WHITEOUT_DIR_OPAQUE) {
		CLEAN_FREE char *path = tree_path(&u->tree, "");

		tree_note(&u->tree, path, TREE_OPAQUE);
		return 0;
	}
	switch (archive_entry_filetype(n->ae)) {
	case AE_IFREG:
		return make_file(u, a, n, e);
	case AE_IFDIR:
		return make_dir(u, n, e);
	case AE_IFLNK:
		return make_symlink(u, n, e);
	case AE_IFIFO:
		return make_node(u, n, S_IFIFO, e);
	case AE_IFCHR:
		return make_node(u, n, S_IFCHR, e);
	case AE_IFBLK:
		return make_node(u, n, S_IFBLK, e);
	default:
		return err_setx(e, EBADMSG, "unknown file type");
	}
}

static int
read_entry(struct untar *u, struct archive *a, struct archive_entry *ae, struct err *e)
{
	const char *name = archive_entry_pathname(ae);
	int64_t uid = archive_entry_uid(ae), gid = archive_entry_gid(ae);
	CLEAN_FREE char *clean = NULL;
	struct entry n = { .ae = ae };

	if (name == NULL || *name == '\0')
		return err_setx(e, EBADMSG, "damaged tar: an entry without a name");
	if (u->o->max_entries > 0 && u->r->entries >= u->o->max_entries)
		return err_setx(e, EFBIG, "more than %lld entries", (long long)u->o->max_entries);
	u->r->entries++;
	clean = path_clean(name);
	n.path = *clean == '/' ? clean + 1 : clean;
	if (strcmp(n.path, ".") == 0)
		n.path = "";
	if (uid < 0 || uid >= UINT32_MAX || gid < 0 || gid >= UINT32_MAX) {
		err_setx(e, EBADMSG, "owner %lld:%lld is out of range", (long long)uid,
			(long long)gid);
	} else {
		n.mode = archive_entry_perm(ae) & 07777;
		n.uid = (uid_t)uid;
		n.gid = (gid_t)gid;
		n.mtime.tv_sec = archive_entry_mtime(ae);
		n.mtime.tv_nsec = archive_entry_mtime_nsec(ae);
		if (make_entry(u, a, &n, e) == 0) {
			if (u->tree.noted + u->late_bytes <= TREE_NOTED)
				return 0;
			err_setx(e, EFBIG, "too many directories without entries or with ACLs");
		}
	}
	return u->read_failed ? -1 : err_wrap(e, "'%.200s'", name);
}

/* ---- the end */

static int
by_path_down(const void *a, const void *b)
{
	return strcmp(((const struct late *)b)->path, ((const struct late *)a)->path);
}

/* Directories below come first, because a mode may close the way to them. */
static int
finish_late(struct untar *u, int fs, struct err *e)
{
	size_t i;

	if (u->nlate > 1)
		qsort(u->late, u->nlate, sizeof(*u->late), by_path_down);
	for (i = 0; i < u->nlate; i++) {
		const struct late *l = &u->late[i];
		CLEAN_FD int fd =
			path_open_in(fs, l->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, e);

		if (fd < 0) {
			if (e->code == ENOENT || e->code == ENOTDIR || e->code == ELOOP)
				continue; /* replaced by a later entry */
			return -1;
		}
		if (l->acl != NULL &&
			fsetxattr(fd, "system.posix_acl_default", l->acl, l->nacl, 0) < 0 &&
			errno != ENOTSUP && errno != EPERM)
			return err_set(e, errno, "'%s': default ACL", l->path);
		if (l->mode != 0 && fchmod(fd, l->mode & 07777) < 0)
			return err_set(e, errno, "chmod '%s'", l->path);
	}
	return 0;
}

int
untar_set_opaque(int fs, const struct strv *opaque, bool userxattr, struct err *e)
{
	size_t i;

	for (i = 0; i < opaque->n; i++) {
		CLEAN_FD int fd =
			path_open_in(fs, opaque->v[i], O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, e);

		if (fd < 0)
			return -1;
		if (whiteout_set_opaque(fd, userxattr) < 0)
			return err_set(e, errno, "make '%s' opaque", opaque->v[i]);
	}
	return 0;
}

void
untar_result_free(struct untar_result *r)
{
	strv_free(&r->implied);
	strv_free(&r->opaque);
}

static int
open_archive(struct untar *u, struct archive *a, struct err *e)
{
	if (archive_read_support_format_tar(a) != ARCHIVE_OK ||
		archive_read_support_format_empty(a) != ARCHIVE_OK)
		return tar_err(u, a, e);
	if (archive_read_open(a, u, NULL, feed, NULL) == ARCHIVE_OK)
		return 0;
	return u->read_failed ? -1 : err_setx(e, EBADMSG, "not a tar");
}

/* 1 and the next entry, 0 at the end, -1. */
static int
next_entry(struct untar *u, struct archive *a, struct archive_entry **ae, struct err *e)
{
	int r = archive_read_next_header(a, ae);

	if (r == ARCHIVE_EOF)
		return 0;
	if (r == ARCHIVE_OK || (r == ARCHIVE_WARN && harmless(a)))
		return 1;
	return tar_err(u, a, e);
}

static int
untar_archive(struct untar *u, int fs, struct archive *a, struct err *e)
{
	struct archive_entry *ae;
	int r;

	if (open_archive(u, a, e) < 0)
		return -1;
	while ((r = next_entry(u, a, &ae, e)) > 0)
		if (read_entry(u, a, ae, e) < 0)
			return -1;
	if (r < 0)
		return -1;
	if (tree_leave(&u->tree) < 0)
		return err_set(e, errno, "set the time of a directory");
	if (finish_late(u, fs, e) < 0)
		return -1;
	if (u->root_implied)
		tree_note(&u->tree, ".", TREE_IMPLIED);
	tree_notes(&u->tree, TREE_IMPLIED, &u->r->implied);
	tree_notes(&u->tree, TREE_OPAQUE, &u->r->opaque);
	return u->o->defer_opaque ? 0 : untar_set_opaque(fs, &u->r->opaque, u->o->userxattr, e);
}

/* The buffer, the parser and the locale that its names need; closed again by close_parser. */
struct parser {
	struct archive *a;
	locale_t c, before;
};

static int
open_parser(struct untar *u, struct parser *p, struct err *e)
{
	p->a = archive_read_new();
	p->c = newlocale(LC_CTYPE_MASK, "C", (locale_t)0);
	if (p->a == NULL || p->c == (locale_t)0) {
		archive_read_free(p->a);
		if (p->c != (locale_t)0)
			freelocale(p->c);
		return err_setx(e, ENOMEM, "out of memory");
	}
	p->before = uselocale(p->c);
	u->in = xmalloc(IN_SIZE);
	return 0;
}

static void
close_parser(struct untar *u, struct parser *p)
{
	archive_read_free(p->a);
	uselocale(p->before);
	freelocale(p->c);
	free(u->in);
}

int
untar_check(codec_read_fn *fn, void *arg, struct err *e)
{
	struct untar u = { .fn = fn, .arg = arg, .read_err = e };
	struct archive_entry *ae;
	struct parser p;
	int r;

	if (open_parser(&u, &p, e) < 0)
		return -1;
	r = open_archive(&u, p.a, e);
	while (r >= 0 && (r = next_entry(&u, p.a, &ae, e)) > 0)
		if (archive_read_data_skip(p.a) != ARCHIVE_OK)
			r = tar_err(&u, p.a, e);
	close_parser(&u, &p);
	return r;
}

int
untar(int fs, codec_read_fn *fn, void *arg, const struct untar_opts *o, struct untar_result *r,
	struct err *e)
{
	struct untar u = {
		.o = o,
		.r = r,
		.root_implied = true,
		.root = geteuid() == 0 && getegid() == 0,
		.fn = fn,
		.arg = arg,
		.read_err = e,
	};
	struct parser p;
	mode_t mask;
	size_t i;
	int ret = -1;

	*r = (struct untar_result){ 0 };
	if (open_parser(&u, &p, e) < 0)
		return -1;
	mask = umask(0);
	if (tree_open(&u.tree, fs) < 0)
		err_set(e, errno, "open the directory");
	else
		ret = untar_archive(&u, fs, p.a, e);
	tree_close(&u.tree);
	umask(mask);
	close_parser(&u, &p);
	for (i = 0; i < u.nlate; i++) {
		free(u.late[i].path);
		free(u.late[i].acl);
	}
	free(u.late);
	return ret;
}
