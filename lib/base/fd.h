/* SPDX-License-Identifier: ISC */
/* fd.h: whole reads and writes, small files, locks, directories */
#ifndef BASE_FD_H
#define BASE_FD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct buf;
struct err;

/*
 * A program that is started with 0, 1 or 2 closed would get its own files there: messages would be
 * written into them, a container would have them. Fills these with /dev/null, opened the wrong way
 * round, so that to use them still is EBADF. 0/-1 with errno.
 */
int fd_fill_stdio(void);
/* EINTR and short writes are handled. 0/-1 with errno. */
int fd_write_all(int fd, const void *p, size_t n);
/* One read(2) that repeats on EINTR. */
ssize_t fd_read(int fd, void *p, size_t n);
/* Up to n bytes until the end; returns how many, -1 on error. */
ssize_t fd_read_full(int fd, void *p, size_t n);
/* Copies from in to out until the end; returns bytes or -1. */
int64_t fd_copy(int in, int out, struct err *e);

/* openat(2) with O_CLOEXEC; the message names the path. fd/-1. */
int fd_open(int dir, const char *path, int flags, mode_t mode, struct err *e);
/* A directory fd (O_DIRECTORY, O_PATH not set); fd/-1. */
int fd_opendir(int dir, const char *path, struct err *e);
/* mkdir -p of path below dir; existing directories are fine. */
int fd_mkdirs(int dir, const char *path, mode_t mode, struct err *e);

/* The whole of a small file, at most max bytes (EFBIG). 0/-1. */
int fd_load(int dir, const char *path, size_t max, struct buf *out, struct err *e);
/*
 * Writes dir/path whole: temporary file tmpdir/.. in tmpdir (same file system), with sync
 * also fsync before rename(2) and fsync of the directory after. Never half-written. 0/-1.
 */
int fd_store(int tmpdir, int dir, const char *path, const void *p, size_t n, mode_t mode, bool sync,
	struct err *e);
/* fsync of the directory that holds path (relative to dir). */
int fd_sync_parent(int dir, const char *path, struct err *e);

/*
 * OFD locks (fcntl(2), F_OFD_SETLK) on the whole file: they belong to the open file
 * description, go with its last descriptor and are visible to F_OFD_GETLK.
 */
int fd_lock(int fd, bool exclusive, bool wait, struct err *e); /* 0, -1 (EAGAIN: held) */
void fd_unlock(int fd);
int fd_is_locked(int fd); /* would an exclusive lock fail? 1/0, -1 on error */

/* Removes path below dir with all it holds; never follows links, never leaves its file system.
 * ENOENT is success. */
int fd_rmtree(int dir, const char *path, struct err *e);

/* Calls fn for each name but . and .. (unsorted); a non-zero return stops and is returned. -1 with
 * e on error. */
int fd_each(int dir, const char *path, int (*fn)(void *arg, const char *name, unsigned char d_type),
	void *arg, struct err *e);

#endif
