/* SPDX-License-Identifier: ISC */
/*
 * unpack: the process that unpacks, and the one that gets its work done.
 *
 *   caller ---- request and fds ----> zygote ---- fork ----> unpacker
 *      | ------------------ compressed bytes -----------------> |
 *      | <------------ result: diff_id, lists of paths -------- |
 *
 * The zygote is a copy of the caller from before it met the network; it holds
 * nothing but the socket. The unpacker is confined (confine.c) before it reads a
 * byte, and what it says is checked as a stranger's: the caller compares the
 * diff_id and opens the directories to be marked opaque inside the layer.
 *
 * A result is text: "ok DIFF_ID BYTES\n" and, each ending in NUL, the paths of
 * implied ("i") and opaque ("o") directories; or "error CODE MESSAGE".
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/str.h"
#include "oci/hash.h"
#include "store/blob.h"
#include "store/image.h"

#include "codec.h"
#include "confine.h"
#include "unpack.h"
#include "untar.h"

enum {
	PIPE_SIZE = 1 << 20,
	BLOCK = 256 << 10,
	RESULT_MAX = 64 << 20, /* bytes of a result */
	NFDS = 3,
};

/* What goes through the socket, with the layer's directory, the data's read end and the result's
 * write end. */
struct request {
	bool root; /* files get their owners */
	bool userxattr;
};

/* ---- the unpacker */

struct source {
	int fd;
	struct decoder *dec;
	struct hash hash;
};

static ssize_t
read_fd(void *arg, void *p, size_t n, struct err *e)
{
	struct source *s = arg;
	ssize_t r = fd_read(s->fd, p, n);

	return r < 0 ? err_set(e, errno, "read the layer") : r;
}

static ssize_t
read_plain(void *arg, void *p, size_t n, struct err *e)
{
	struct source *s = arg;
	ssize_t r = decoder_read(s->dec, p, n, e);

	if (r > 0)
		hash_update(&s->hash, p, (size_t)r);
	return r;
}

static int
unpack_stream(
	const struct request *q, int fs, struct source *s, struct untar_result *r, struct err *e)
{
	const struct untar_opts o = {
		.whiteouts = true,
		.userxattr = q->userxattr,
		.chown = q->root,
		.defer_opaque = true,
	};
	CLEAN_FREE char *rest = NULL;
	ssize_t n;

	/* found from the bytes, as docker does: media types of layers are wrong at times, and the
	 * diff_id decides */
	s->dec = decoder_new(COMP_UNKNOWN, read_fd, s, e);
	if (s->dec == NULL || untar(fs, read_plain, s, &o, r, e) < 0)
		return -1;
	/* the diff_id covers what stands behind the end of the archive, too */
	rest = xmalloc(BLOCK);
	while ((n = read_plain(s, rest, BLOCK, e)) > 0)
		;
	return n < 0 ? -1 : 0;
}

static void
add_paths(struct buf *out, char kind, const struct strv *paths)
{
	size_t i;

	for (i = 0; i < paths->n; i++) {
		buf_addc(out, kind);
		buf_add(out, paths->v[i], strlen(paths->v[i]) + 1);
	}
}

_Noreturn static void
unpacker(const struct request *q, int fs, int data, int result)
{
	struct untar_result r = { 0 };
	struct source s = { .fd = data };
	struct buf out = BUF_INIT;
	struct digest diff_id;
	struct rlimit lim;
	struct err e;

	/* a tree keeps one descriptor a level open */
	if (getrlimit(RLIMIT_NOFILE, &lim) == 0) {
		lim.rlim_cur = lim.rlim_max;
		setrlimit(RLIMIT_NOFILE, &lim);
	}
	hash_init(&s.hash);
	if (confine(fs, q->root, &e) < 0 || unpack_stream(q, fs, &s, &r, &e) < 0) {
		buf_addf(&out, "error %d %s", e.code, e.msg);
	} else {
		hash_final(&s.hash, &diff_id);
		buf_addf(&out, "ok %s %lld\n", diff_id.str, (long long)r.bytes);
		add_paths(&out, 'i', &r.implied);
		add_paths(&out, 'o', &r.opaque);
	}
	_exit(fd_write_all(result, out.data, out.len) < 0);
}

/* ---- the zygote */

/* All descriptors but 2 and keep; 0 and 1 become /dev/null, for whoever reads our output must see
 * its end. */
static void
close_others(int keep)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), fd;
	struct rlimit lim;

	if (null >= 0) {
		dup2(null, 0);
		dup2(null, 1);
	}
	if ((keep == 3 || syscall(SYS_close_range, 3u, (unsigned)keep - 1, 0) == 0) &&
		syscall(SYS_close_range, (unsigned)keep + 1, ~0u, 0) == 0)
		return;
	if (getrlimit(RLIMIT_NOFILE, &lim) < 0 || lim.rlim_cur > 65536) /* before Linux 5.9 */
		lim.rlim_cur = 65536;
	for (fd = 3; fd < (int)lim.rlim_cur; fd++)
		if (fd != keep)
			close(fd);
}

/* 1, 0 at the end, -1. */
static int
receive(int sock, struct request *q, int fds[NFDS])
{
	union {
		struct cmsghdr h;
		char space[CMSG_SPACE(NFDS * sizeof(int))];
	} c;
	struct iovec io = { q, sizeof(*q) };
	struct msghdr m = {
		.msg_iov = &io,
		.msg_iovlen = 1,
		.msg_control = &c,
		.msg_controllen = sizeof(c),
	};
	struct cmsghdr *h;
	ssize_t n;

	do
		n = recvmsg(sock, &m, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return (int)n;
	h = CMSG_FIRSTHDR(&m);
	if (n != sizeof(*q) || h == NULL || h->cmsg_type != SCM_RIGHTS ||
		h->cmsg_len != CMSG_LEN(NFDS * sizeof(int)))
		return -1;
	memcpy(fds, CMSG_DATA(h), NFDS * sizeof(int));
	return 1;
}

static int
send_request(int sock, const struct request *q, const int fds[NFDS])
{
	union {
		struct cmsghdr h;
		char space[CMSG_SPACE(NFDS * sizeof(int))];
	} c;
	struct iovec io = { (void *)(uintptr_t)q, sizeof(*q) };
	struct msghdr m = {
		.msg_iov = &io,
		.msg_iovlen = 1,
		.msg_control = &c,
		.msg_controllen = sizeof(c),
	};
	ssize_t n;

	memset(&c, 0, sizeof(c));
	c.h.cmsg_level = SOL_SOCKET;
	c.h.cmsg_type = SCM_RIGHTS;
	c.h.cmsg_len = CMSG_LEN(NFDS * sizeof(int));
	memcpy(CMSG_DATA(&c.h), fds, NFDS * sizeof(int));
	do
		n = sendmsg(sock, &m, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -1 : 0;
}

_Noreturn static void
zygote(int sock)
{
	static const int signals[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE };
	struct sigaction sa = { .sa_handler = SIG_DFL };
	struct request q = { 0 };
	int fds[NFDS];
	sigset_t none;
	size_t i;

	prctl(PR_SET_NAME, "dk-unpack");
	for (i = 0; i < LEN(signals); i++)
		sigaction(signals[i], &sa, NULL);
	signal(SIGCHLD, SIG_IGN); /* nobody waits: a result, or its absence, tells all */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	close_others(sock);
	while (receive(sock, &q, fds) > 0) {
		if (fork() == 0) {
			close(sock);
			unpacker(&q, fds[0], fds[1], fds[2]);
		}
		/* where fork failed the caller finds both pipes closed */
		for (i = 0; i < NFDS; i++)
			close(fds[i]);
	}
	_exit(0);
}

int
unpackd_open(struct unpackd *u, struct err *e)
{
	int pair[2];
	pid_t pid;

	*u = (struct unpackd)UNPACKD_INIT;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_set(e, errno, "socketpair");
	pid = fork();
	if (pid == 0)
		zygote(pair[1]);
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		return err_set(e, errno, "fork");
	}
	u->pid = pid;
	u->sock = pair[0];
	return 0;
}

void
unpackd_close(struct unpackd *u)
{
	if (u->sock >= 0)
		close(u->sock);
	if (u->pid > 0)
		while (waitpid(u->pid, NULL, 0) < 0 && errno == EINTR)
			;
	*u = (struct unpackd)UNPACKD_INIT;
}

/* ---- the caller */

/* Out of reach of trusted.*, as in a user namespace, overlayfs is mounted with userxattr. */
static bool
needs_userxattr(int fs)
{
	return fremovexattr(fs, "trusted.overlay.opaque") < 0 && errno == EPERM;
}

int
unpack_begin(struct unpack *u, struct unpackd *d, struct writer *w, const struct digest *diff_id,
	struct err *e)
{
	CLEAN_FD int data = -1;
	CLEAN_FD int result = -1;
	struct request q = { 0 }; /* padding goes through the socket, too */
	int p[2];

	*u = (struct unpack)UNPACK_INIT;
	if (diff_id != NULL)
		u->diff_id = *diff_id;
	if (layer_begin(&u->layer, w, e) < 0)
		return -1;
	if (pipe2(p, O_CLOEXEC) < 0) {
		err_set(e, errno, "pipe");
		goto fail;
	}
	data = p[0];
	u->data = p[1];
	(void)fcntl(u->data, F_SETPIPE_SZ, PIPE_SIZE); /* or what the kernel gives by itself */
	if (pipe2(p, O_CLOEXEC) < 0) {
		err_set(e, errno, "pipe");
		goto fail;
	}
	u->status = p[0];
	result = p[1];
	q.root = w->store->privileged;
	q.userxattr = needs_userxattr(u->layer.fs);
	if (send_request(d->sock, &q, (int[NFDS]){ u->layer.fs, data, result }) < 0) {
		err_set(e, errno, "the unpacker is gone");
		goto fail;
	}
	return 0;
fail:
	mem_clean_fd(&result); /* or its end would be waited for */
	unpack_close(u);
	return -1;
}

int
unpack_write(struct unpack *u, const void *p, size_t n, struct err *e)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN }, old;
	int r;

	sigaction(SIGPIPE, &ignore, &old);
	r = fd_write_all(u->data, p, n);
	if (r < 0)
		err_set(e, errno, "write to the unpacker");
	sigaction(SIGPIPE, &old, NULL);
	return r;
}

/* Waits for the unpacker's end: it closes status then. */
static int
read_result(struct unpack *u, struct buf *out, struct err *e)
{
	mem_clean_fd(&u->data);
	if (u->status < 0)
		return err_setx(e, EINVAL, "nothing is being unpacked");
	if (buf_read_fd(out, u->status, RESULT_MAX, e) < 0)
		return err_wrap(e, "result of the unpacker");
	mem_clean_fd(&u->status);
	return 0;
}

static int
bad_result(struct err *e)
{
	return err_setx(e, EIO, "the unpacker ended without a result (out of memory, or killed)");
}

/* "ok DIFF_ID BYTES\n" and paths, to m, opaque and got. */
static int
parse_result(const struct buf *b, struct digest *got, struct layer_meta *m, struct strv *opaque,
	struct err *e)
{
	CLEAN_FREE char *line = NULL;
	const char *p = buf_str(b), *end = p + b->len, *nl, *digest, *size;
	struct err bad;
	uint64_t n;
	int code;

	if (str_starts(p, "error ") && b->len < sizeof(e->msg) + 32) {
		code = (int)strtol(p + 6, NULL, 10);
		p = strchr(p + 6, ' ');
		return err_setx(e, code, "%s", p != NULL ? p + 1 : "unknown");
	}
	nl = b->len > 0 ? memchr(p, '\n', b->len) : NULL;
	if (!str_starts(p, "ok ") || nl == NULL)
		return bad_result(e);
	line = xstrndup(p, (size_t)(nl - p));
	digest = line + 3;
	size = strchr(digest, ' ');
	if (size == NULL)
		return bad_result(e);
	line[size - line] = '\0';
	if (digest_parse(got, digest, &bad) < 0 || str_u64(size + 1, 0, INT64_MAX, &n) < 0)
		return bad_result(e);
	m->size = (int64_t)n;
	for (p = nl + 1; p < end; p += strlen(p) + 1)
		strv_add(*p == 'i' ? &m->implied : opaque, p + (*p != '\0'));
	return 0;
}

int
unpack_finish(struct unpack *u, int64_t *size, struct err *e)
{
	CLEAN_LAYER_META struct layer_meta m = { 0 };
	CLEAN_STRV struct strv opaque = { 0 };
	CLEAN_BUF struct buf b = BUF_INIT;
	struct digest got;

	if (read_result(u, &b, e) < 0 || parse_result(&b, &got, &m, &opaque, e) < 0)
		return -1;
	if (digest_is_set(&u->diff_id) && !digest_eq(&got, &u->diff_id))
		return err_setx(e, EBADMSG, "its content is %s, not %s as the image says", got.str,
			u->diff_id.str);
	u->diff_id = got;
	if (untar_set_opaque(u->layer.fs, &opaque, needs_userxattr(u->layer.fs), e) < 0)
		return -1;
	if (size != NULL)
		*size = m.size;
	return layer_commit(&u->layer, &got, &m, e);
}

void
unpack_close(struct unpack *u)
{
	CLEAN_BUF struct buf b = BUF_INIT;
	struct err ignored;

	/* not before the unpacker has ended, or it would make files while they are removed */
	if (u->status >= 0)
		(void)read_result(u, &b, &ignored);
	mem_clean_fd(&u->data);
	mem_clean_fd(&u->status);
	layer_new_close(&u->layer);
}

/* ---- images */

/* The blob's bytes to the unpacker; where that gave up its result tells why. 0/-1. */
static int
feed(int blob, int data, struct err *e)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN }, old;
	ssize_t n;

	sigaction(SIGPIPE, &ignore, &old);
	do
		n = splice(blob, NULL, data, NULL, PIPE_SIZE, 0);
	while (n > 0 || (n < 0 && errno == EINTR));
	if (n < 0 && errno == EINVAL) /* a file system without splice */
		n = fd_copy(blob, data, e) < 0 ? -1 : 0;
	else if (n < 0)
		err_set(e, errno, "read the blob");
	sigaction(SIGPIPE, &old, NULL);
	return n < 0 && e->code != EPIPE ? -1 : 0;
}

static int
unpack_layer(struct writer *w, struct unpackd *d, const struct digest *diff_id,
	const struct descriptor *layer, struct err *e)
{
	CLEAN_UNPACK struct unpack u = UNPACK_INIT;
	CLEAN_FD int blob = -1;
	int r = writer_want_layer(w, diff_id, e);

	if (r > 0)
		r = layer_get(w->store, diff_id, NULL, e);
	if (r < 0 || r == 1)
		return r < 0 ? -1 : 0;
	r = writer_want_blob(w, &layer->digest, e);
	if (r < 0)
		return -1;
	if (r == 0)
		return err_setx(e, ENOENT, "its blob %s is not in the store: pull the image again",
			layer->digest.str);
	blob = blob_open(w->store, &layer->digest, e);
	if (blob < 0 || unpack_begin(&u, d, w, diff_id, e) < 0 || feed(blob, u.data, e) < 0)
		return -1;
	return unpack_finish(&u, NULL, e);
}

int
unpack_image(struct writer *w, struct unpackd *d, const struct image *i, struct err *e)
{
	size_t k;

	if (i->config.ndiff_ids != i->manifest.nlayers)
		return err_setx(e, EBADMSG, "the manifest has %zu layers, the configuration %zu",
			i->manifest.nlayers, i->config.ndiff_ids);
	for (k = 0; k < i->manifest.nlayers; k++)
		if (unpack_layer(w, d, &i->config.diff_ids[k], &i->manifest.layers[k], e) < 0)
			return err_wrap(e, "layer %s", i->config.diff_ids[k].str);
	return 0;
}
