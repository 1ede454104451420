/* SPDX-License-Identifier: ISC */
/* mem.h: memory that is always there, and cleanup attributes for what a scope owns */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <dirent.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Out of memory ends the program with exit status 125 and one line. */
void *xmalloc(size_t n);
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t n, size_t size);
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t n);
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
char *xvasprintf(const char *fmt, va_list ap);

void mem_clean_free(void *pp);
void mem_clean_fd(int *fd);
void mem_clean_file(FILE **f);
void mem_clean_dir(DIR **d);

/* Locals only; must be initialised (NULL, -1). close(2) there keeps errno. */
#define CLEAN_FREE __attribute__((cleanup(mem_clean_free)))
#define CLEAN_FD __attribute__((cleanup(mem_clean_fd)))
#define CLEAN_FILE __attribute__((cleanup(mem_clean_file)))
#define CLEAN_DIR __attribute__((cleanup(mem_clean_dir)))

/* Hands over: returns the value and leaves -1 or NULL behind. */
static inline int
steal_fd(int *fd)
{
	int r = *fd;

	*fd = -1;
	return r;
}

#define steal_ptr(pp)                                                                              \
	__extension__({                                                                            \
		__typeof__(*(pp)) steal_p_ = *(pp);                                                \
		*(pp) = NULL;                                                                      \
		steal_p_;                                                                          \
	})

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

#include "banned.h"

#endif
