/* SPDX-License-Identifier: ISC */
/* progress.h: how far a transfer is, on stderr: a bar on a terminal, or plain lines */
#ifndef REMOTE_PROGRESS_H
#define REMOTE_PROGRESS_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum progress_mode { PROGRESS_NONE, PROGRESS_PLAIN, PROGRESS_AUTO };

struct progress {
	enum progress_mode mode; /* AUTO: a bar; {0} shows nothing */
	int64_t total; /* bytes; 0 not known */
	int64_t done;
	int64_t drawn_done; /* at the last drawing */
	struct timespec drawn;
	double rate; /* bytes a second, smoothed */
	int width; /* of what is on the line now */
	char what[64];
};

/* "auto" or "plain". 0/-1. */
int progress_mode(const char *s, enum progress_mode *out);
/* AUTO becomes NONE where stderr is no terminal. */
void progress_start(struct progress *p, enum progress_mode mode, int64_t total);
/* What is transferred now: shown before the bar. */
void progress_item(struct progress *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A line for --progress=plain. */
void progress_line(struct progress *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Bytes done in all; draws ten times a second at most. */
void progress_set(struct progress *p, int64_t done);
void progress_add(struct progress *p, int64_t bytes);
/* Removes the bar. */
void progress_end(struct progress *p);
/* The line to be drawn, columns wide at most (pure; for progress_set and its test). Returns its
 * length. */
size_t progress_draw(const struct progress *p, int columns, char *out, size_t size);

#endif
