/* SPDX-License-Identifier: ISC */
/* progress.c: see progress.h. Each drawing is one write(2) that ends with a carriage return, so
 * that a message printed over it leaves no rest. */
#include <sys/ioctl.h>

#include <stdarg.h>
#include <stdio.h>

#include "base/fd.h"
#include "base/fmt.h"
#include "base/mem.h"
#include "base/msg.h"
#include "progress.h"

#define DRAW_EVERY 0.1 /* seconds */
#define BAR_MAX 30

static double
seconds_since(const struct timespec *then, struct timespec *now)
{
	clock_gettime(CLOCK_MONOTONIC, now);
	return (double)(now->tv_sec - then->tv_sec) + (double)(now->tv_nsec - then->tv_nsec) / 1e9;
}

int
progress_mode(const char *s, enum progress_mode *out)
{
	if (strcmp(s, "auto") == 0)
		*out = PROGRESS_AUTO;
	else if (strcmp(s, "plain") == 0)
		*out = PROGRESS_PLAIN;
	else
		return -1;
	return 0;
}

void
progress_start(struct progress *p, enum progress_mode mode, int64_t total)
{
	const char *term = getenv("TERM");

	memset(p, 0, sizeof(*p));
	if (mode == PROGRESS_AUTO &&
		(!isatty(STDERR_FILENO) || (term != NULL && strcmp(term, "dumb") == 0)))
		mode = PROGRESS_NONE;
	p->mode = mode;
	p->total = total;
	clock_gettime(CLOCK_MONOTONIC, &p->drawn);
}

void
progress_item(struct progress *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(p->what, sizeof(p->what), fmt, ap);
	va_end(ap);
	msg_scrub(p->what);
}

void
progress_line(struct progress *p, const char *fmt, ...)
{
	char line[512];
	va_list ap;

	if (p->mode != PROGRESS_PLAIN)
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	warnm("%s", line);
}

size_t
progress_draw(const struct progress *p, int columns, char *out, size_t size)
{
	char done[16], total[16], rate[16], left[48], tail[160], bar[BAR_MAX + 3];
	int64_t now = p->done < p->total ? p->done : p->total, rest = p->total - now;
	int width, fill, i;

	fmt_size((uint64_t)p->done, done);
	fmt_size((uint64_t)p->total, total);
	fmt_size(p->rate > 0 && p->rate < 1e15 ? (uint64_t)p->rate : 0, rate);
	left[0] = '\0';
	if (p->rate > 1 && rest > 0) {
		i = (int)((double)rest / p->rate) + 1;
		if (i < 3600)
			snprintf(left, sizeof(left), "  %d:%02d left", i / 60, i % 60);
		else if (i < 360000)
			snprintf(left, sizeof(left), "  %d:%02d:%02d left", i / 3600, i / 60 % 60,
				i % 60);
	}
	snprintf(tail, sizeof(tail), "%s / %s  %s/s%s", done, total, rate, left);
	/* the bar gets what is left of the line, at least ten columns, or is left out */
	width = columns - 1 - (int)strlen(p->what) - (int)strlen(tail) - 5;
	if (width > BAR_MAX)
		width = BAR_MAX;
	bar[0] = '\0';
	if (width >= 10 && p->total > 0) {
		fill = (int)((double)now / (double)p->total * width);
		bar[0] = '[';
		for (i = 0; i < width; i++)
			bar[i + 1] = i < fill ? '=' : i == fill ? '>' : ' ';
		bar[width + 1] = ']';
		bar[width + 2] = '\0';
	}
	snprintf(out, size, "%s %s%s%s", p->what, bar, bar[0] != '\0' ? " " : "", tail);
	if (columns > 1 && strlen(out) > (size_t)columns - 1)
		out[columns - 1] = '\0';
	return strlen(out);
}

void
progress_set(struct progress *p, int64_t done)
{
	struct winsize ws = { 0 };
	struct timespec now;
	char text[256], line[600];
	double s, rate;
	int n, width;

	p->done = done;
	if (p->mode != PROGRESS_AUTO)
		return;
	s = seconds_since(&p->drawn, &now);
	if (s < DRAW_EVERY)
		return;
	rate = (double)(done - p->drawn_done) / s;
	if (rate >= 0)
		p->rate = p->rate > 0 ? p->rate * 0.8 + rate * 0.2 : rate;
	p->drawn = now;
	p->drawn_done = done;
	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &ws) < 0 || ws.ws_col == 0)
		ws.ws_col = 80;
	width = (int)progress_draw(p, ws.ws_col < 200 ? ws.ws_col : 200, text, sizeof(text));
	n = snprintf(
		line, sizeof(line), "\r%s%*s\r", text, p->width > width ? p->width - width : 0, "");
	p->width = width;
	/* a terminal that is gone is no reason to stop */
	if (fd_write_all(STDERR_FILENO, line, (size_t)n) < 0)
		p->mode = PROGRESS_NONE;
}

void
progress_add(struct progress *p, int64_t bytes)
{
	progress_set(p, p->done + bytes);
}

void
progress_end(struct progress *p)
{
	char line[300];
	int n;

	if (p->mode != PROGRESS_AUTO || p->width == 0)
		return;
	n = snprintf(line, sizeof(line), "\r%*s\r", p->width, "");
	p->width = 0;
	if (fd_write_all(STDERR_FILENO, line, (size_t)n) < 0)
		p->mode = PROGRESS_NONE;
}
