/* SPDX-License-Identifier: ISC */
/*
 * context: a context directory is opened once; everything else goes through its
 * descriptor. A tar comes from outside: it is unpacked like a layer's, and its
 * Dockerfile is looked up inside it only.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/path.h"
#include "layer/codec.h"
#include "layer/untar.h"
#include "store/store.h"

#include "context.h"
#include "stop.h"

enum {
	MAX_FILE = 4 << 20, /* of a Dockerfile or .dockerignore */
	PEEK = 1024,
};

/* An interrupt ends the wait for whoever writes there. */
static ssize_t
read_stdin(void *p, size_t n, struct err *e)
{
	ssize_t r;

	for (;;) {
		if (stop_check(e) < 0)
			return -1;
		r = read(STDIN_FILENO, p, n);
		if (r >= 0)
			return r;
		if (errno != EINTR)
			return err_set(e, errno, "read standard input");
	}
}

/* Standard input with the bytes that were read to see what it is. */
struct input {
	char peek[PEEK];
	size_t n, at;
};

static ssize_t
read_input(void *arg, void *p, size_t n, struct err *e)
{
	struct input *in = arg;
	if (in->at == in->n)
		return read_stdin(p, n, e);
	if (n > in->n - in->at)
		n = in->n - in->at;
	memcpy(p, in->peek + in->at, n);
	in->at += n;
	return (ssize_t)n;
}

static ssize_t
read_decoder(void *arg, void *p, size_t n, struct err *e)
{
	return decoder_read(arg, p, n, e);
}

/* A ustar or GNU header, or an older one, by its checksum. */
static bool
is_tar(const struct input *in)
{
	const unsigned char *h = (const unsigned char *)in->peek;
	unsigned long sum = 0, want = 0;
	size_t i;

	if (in->n < 512)
		return false;
	if (memcmp(h + 257, "ustar", 5) == 0)
		return true;
	for (i = 0; i < 512; i++)
		sum += i >= 148 && i < 156 ? ' ' : h[i];
	for (i = 148; i < 156 && h[i] == ' '; i++)
		;
	for (; i < 156 && h[i] >= '0' && h[i] <= '7'; i++)
		want = want * 8 + (h[i] - '0');
	return sum == want && h[0] != '\0';
}

/* What follows the end of the tar: padding, and what the compression ends with. */
static int
drain(struct decoder *d, struct err *e)
{
	char piece[4096];
	ssize_t n;

	while ((n = decoder_read(d, piece, sizeof(piece), e)) > 0)
		;
	return n < 0 ? -1 : 0;
}

static int
unpack(struct context *c, struct writer *w, struct input *in, struct err *e)
{
	const struct untar_opts opts = { .whiteouts = false, .chown = false };
	struct untar_result got = { 0 };
	struct decoder *d;
	int r;

	if (mkdirat(w->dir, "context", 0755) < 0)
		return err_set(e, errno, "make a directory for the build context");
	c->dir = fd_opendir(w->dir, "context", e);
	if (c->dir < 0)
		return -1;
	d = decoder_new(COMP_UNKNOWN, read_input, in, e);
	if (d == NULL)
		return -1;
	r = untar(c->dir, read_decoder, d, &opts, &got, e);
	if (r == 0)
		r = drain(d, e);
	strv_free(&got.implied);
	decoder_free(d);
	return r;
}

/* The Dockerfile: what is in in, and the rest. */
static int
read_dockerfile(struct context *c, struct input *in, struct err *e)
{
	char piece[4096];
	ssize_t n;

	while ((n = read_input(in, piece, sizeof(piece), e)) > 0) {
		buf_add(&c->text, piece, (size_t)n);
		if (c->text.len > MAX_FILE)
			return err_set(e, EFBIG, "Dockerfile on standard input");
	}
	c->file = xstrdup("Dockerfile");
	return n < 0 ? -1 : 0;
}

static int
open_stdin(struct context *c, struct writer *w, struct err *e)
{
	struct input in = { .n = 0 };
	const char *program = NULL;
	ssize_t n;

	do {
		n = read_stdin(in.peek + in.n, sizeof(in.peek) - in.n, e);
		if (n < 0)
			return -1;
		in.n += (size_t)n;
	} while (n > 0 && in.n < sizeof(in.peek));
	if (is_tar(&in) ||
		(in.n >= 6 &&
			(codec_sniff(in.peek, in.n, &program) != COMP_NONE || program != NULL))) {
		if (unpack(c, w, &in, e) < 0)
			return err_wrap(e, "build context");
		return 0;
	}
	return read_dockerfile(c, &in, e);
}

static int
load_in(int root, const char *path, struct buf *out, struct err *e)
{
	CLEAN_FD int fd = path_open_in(root, path, O_RDONLY, 0, e);

	return fd < 0 ? -1 : buf_read_fd(out, fd, MAX_FILE, e);
}

static int
load_dockerfile(struct context *c, const char *where, const char *file, bool tar, struct err *e)
{
	const char *name = file != NULL ? file : "Dockerfile";
	int r;

	if (file != NULL && strcmp(file, "-") == 0)
		return read_dockerfile(c, &(struct input){ .n = 0 }, e);
	c->file = xstrdup(name);
	if (tar)
		r = load_in(c->dir, name, &c->text, e);
	else
		r = fd_load(file != NULL ? AT_FDCWD : c->dir, name, MAX_FILE, &c->text, e);
	if (r < 0 && e->code == ENOENT)
		return err_setx(e, ENOENT, "no '%s' in %s", name,
			tar                    ? "the build context"
				: file != NULL ? "the current directory"
					       : where);
	return r;
}

/* FILE.dockerignore beside the Dockerfile wins over .dockerignore in the context. */
static int
load_ignore(struct context *c, const char *file, bool tar, struct err *e)
{
	CLEAN_BUF struct buf text = BUF_INIT;
	CLEAN_FREE char *own = xasprintf("%s.dockerignore", file != NULL ? file : "Dockerfile");
	const char *name = own;
	int r = -1;

	e->code = ENOENT;
	if (file == NULL || strcmp(file, "-") != 0)
		r = tar || file == NULL ? load_in(c->dir, own, &text, e)
					: fd_load(AT_FDCWD, own, MAX_FILE, &text, e);
	if (r < 0 && (e->code == ENOENT || e->code == ENOTDIR)) {
		name = ".dockerignore";
		r = load_in(c->dir, name, &text, e);
	}
	if (r < 0)
		return e->code == ENOENT ? 0 : -1;
	return ignore_parse(&c->ignore, name, buf_str(&text), text.len, e);
}

int
context_open(
	struct context *c, struct writer *w, const char *where, const char *file, struct err *e)
{
	bool in = strcmp(where, "-") == 0;

	if (in && file != NULL && strcmp(file, "-") == 0)
		return err_setx(
			e, EINVAL, "standard input can't be both the context and the Dockerfile");
	if (in) {
		if (open_stdin(c, w, e) < 0)
			return -1;
		if (c->dir < 0)
			return file == NULL
				? 0
				: err_setx(e, EINVAL,
					  "standard input is no tar: -f names a file of nothing");
	} else if (strstr(where, "://") != NULL || strncmp(where, "git@", 4) == 0) {
		return err_setx(e, ENOTSUP,
			"build context '%s': one from the network is not supported yet", where);
	} else {
		c->dir = open(where, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (c->dir < 0)
			return err_set(e, errno, "build context '%s'", where);
	}
	if (load_dockerfile(c, where, file, in, e) < 0)
		return -1;
	return load_ignore(c, file, in, e);
}

void
context_close(struct context *c)
{
	if (c->dir >= 0)
		close(c->dir);
	free(c->file);
	buf_free(&c->text);
	ignore_free(&c->ignore);
	*c = (struct context)CONTEXT_INIT;
}
