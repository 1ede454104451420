/* SPDX-License-Identifier: ISC */
/* the line that shows a transfer, at every width */
#include "base/mem.h"
#include "remote/progress.h"
#include "tap.h"

static void
draws(const struct progress *p, int columns, const char *want)
{
	char line[256];

	(void)progress_draw(p, columns, line, sizeof(line));
	is_str(line, want, "drawn");
}

int
main(void)
{
	struct progress p = {
		.what = "layer 1/2", .total = 100000000, .done = 50000000, .rate = 25000000
	};
	enum progress_mode mode;
	char line[256];
	bool fits = true;
	int i;

	draws(&p, 72, "layer 1/2 [=============>            ] 50MB / 100MB  25MB/s  0:03 left");
	draws(&p, 200,
		"layer 1/2 [===============>              ] 50MB / 100MB  25MB/s  0:03 left");
	draws(&p, 50, "layer 1/2 50MB / 100MB  25MB/s  0:03 left");
	draws(&p, 20, "layer 1/2 50MB / 10");
	p.done = p.total;
	draws(&p, 80, "layer 1/2 [==============================] 100MB / 100MB  25MB/s");
	p.done = 2 * p.total; /* more came than was announced */
	draws(&p, 80, "layer 1/2 [==============================] 200MB / 100MB  25MB/s");
	p.done = 0;
	p.rate = 20000;
	draws(&p, 80,
		"layer 1/2 [>                             ] 0B / 100MB  20kB/s  1:23:21 left");
	p.total = 0;
	p.rate = 0;
	draws(&p, 80, "layer 1/2 0B / 0B  0B/s");
	p.total = INT64_MAX;
	p.rate = 1e300;
	for (i = 2; i < 200; i++)
		fits = fits && progress_draw(&p, i, line, sizeof(line)) < (size_t)i;
	ok(fits, "never wider than the terminal");
	ok(progress_mode("auto", &mode) == 0 && mode == PROGRESS_AUTO, "auto");
	ok(progress_mode("plain", &mode) == 0 && mode == PROGRESS_PLAIN, "plain");
	ok(progress_mode("", &mode) < 0 && progress_mode("bar", &mode) < 0, "no others");
	return done();
}
