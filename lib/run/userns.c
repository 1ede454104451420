/* SPDX-License-Identifier: ISC */
/* userns: the initial user namespace maps every id to itself; an unreadable /proc is taken for it.
 */
#include <fcntl.h>

#include "base/fd.h"
#include "base/mem.h"
#include "userns.h"

bool
userns_mapped(void)
{
	static int known = -1;
	char text[128];
	CLEAN_FD int fd = -1;
	ssize_t n;

	if (known >= 0)
		return known;
	fd = open("/proc/self/uid_map", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = fd_read_full(fd, text, sizeof(text) - 1);
	text[n < 0 ? 0 : n] = '\0';
	known = n > 0 && strstr(text, "4294967295") == NULL;
	return known;
}
