/* SPDX-License-Identifier: ISC */
/*
 * pack: one read of the tree makes tar, diff_id, compressed blob and its digest.
 * The blob stays a temporary file of the writer's until the build is good.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"
#include "layer/codec.h"
#include "layer/mktar.h"
#include "store/blob.h"

#include "pack.h"
#include "stop.h"

struct result {
	bool good;
	struct packed packed;
	struct err err;
};

struct stream {
	struct hash plain;
	struct encoder *encoder;
	struct blob_out blob;
};

static int
write_blob(void *arg, const void *p, size_t n, struct err *e)
{
	struct stream *s = arg;

	return blob_write(&s->blob, p, n, e);
}

static int
write_tar(void *arg, const void *p, size_t n, struct err *e)
{
	struct stream *s = arg;

	hash_update(&s->plain, p, n);
	return encoder_write(s->encoder, p, n, e);
}

static int
pack_tree(struct stream *s, int fs, int64_t epoch, struct packed *out, struct err *e)
{
	const struct mktar_opts opts = {
		.whiteouts = true, .root_entry = true, .clamp_mtime = epoch
	};

	s->encoder = encoder_new(COMP_GZIP, 0, write_blob, s, e);
	if (s->encoder == NULL || mktar(fs, &opts, write_tar, s, &out->bytes, e) < 0 ||
		encoder_finish(s->encoder, e) < 0)
		return -1;
	hash_final(&s->plain, &out->diff_id);
	if (fsync(s->blob.fd) < 0)
		return err_set(e, errno, "write a layer's blob");
	memcpy(out->blob, s->blob.name, sizeof(out->blob));
	out->hash = s->blob.hash;
	out->size = s->blob.size;
	return 0;
}

static int
pack(struct writer *w, const char *name, int64_t epoch, struct packed *out, struct err *e)
{
	CLEAN_FREE char *path = xasprintf("%s/fs", name);
	CLEAN_FD int fs = fd_opendir(w->dir, path, e);
	struct stream s = { .encoder = NULL, .blob = BLOB_OUT_INIT };
	int r;

	if (fs < 0)
		return -1;
	hash_init(&s.plain);
	r = blob_create(&s.blob, w, e);
	if (r == 0)
		r = pack_tree(&s, fs, epoch, out, e);
	return r; /* the process ends; the file is the writer's */
}

int
pack_start(struct packer *p, struct writer *w, const char *name, int64_t epoch, struct err *e)
{
	struct result r = { .good = false };
	pid_t parent = getpid();
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_set(e, errno, "pipe");
	p->pid = fork();
	if (p->pid < 0) {
		err_set(e, errno, "fork");
		close(fds[0]);
		close(fds[1]);
		return -1;
	}
	if (p->pid > 0) {
		close(fds[1]);
		p->fd = fds[0];
		return 0;
	}
	/* the parent decides when it ends */
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGTERM, SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	close(fds[0]);
	r.good = pack(w, name, epoch, &r.packed, &r.err) == 0;
	_exit(fd_write_all(fds[1], &r, sizeof(r)) < 0);
}

static void
reap(struct packer *p)
{
	while (waitpid(p->pid, NULL, 0) < 0 && errno == EINTR)
		;
	close(p->fd);
	*p = (struct packer){ -1, -1 };
}

int
pack_wait(struct packer *p, struct packed *out, struct err *e)
{
	struct result r = { .good = false };
	size_t have = 0;
	ssize_t n = 1;

	while (have < sizeof(r) && n > 0) {
		n = read(p->fd, (char *)&r + have, sizeof(r) - have);
		if (n < 0 && errno == EINTR) {
			if (stop_check(e) < 0)
				return -1; /* pack_kill() comes */
			n = 1;
		} else if (n > 0) {
			have += (size_t)n;
		}
	}
	reap(p);
	if (have < sizeof(r))
		return err_setx(e, 0, "the process that packs a layer died");
	if (!r.good) {
		*e = r.err;
		return -1;
	}
	*out = r.packed;
	return 0;
}

void
pack_kill(struct packer *p)
{
	if (p->pid <= 0)
		return;
	kill(p->pid, SIGKILL);
	reap(p);
}

int
pack_commit(struct writer *w, const struct packed *p, struct digest *out, struct err *e)
{
	CLEAN_BLOB_OUT struct blob_out b = BLOB_OUT_INIT;

	b.fd = fd_open(w->dir, p->blob, O_RDWR, 0, e);
	if (b.fd < 0)
		return -1;
	b.w = w;
	memcpy(b.name, p->blob, sizeof(b.name));
	b.hash = p->hash;
	b.size = p->size;
	return blob_commit(&b, NULL, -1, out, e);
}
