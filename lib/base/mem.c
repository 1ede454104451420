/* SPDX-License-Identifier: ISC */
/* mem: allocation that ends the program when there is nothing left to give. */
#include <errno.h>
#include <stdint.h>

#include "fd.h"
#include "mem.h"

_Noreturn static void
out_of_memory(void)
{
	static const char text[] = "dk: out of memory\n";

	fd_write_all(STDERR_FILENO, text, sizeof(text) - 1);
	_exit(125);
}

void *
xmalloc(size_t n)
{
	void *p = malloc(n != 0 ? n : 1);

	if (p == NULL)
		out_of_memory();
	return p;
}

void *
xcalloc(size_t n, size_t size)
{
	void *p = calloc(n != 0 ? n : 1, size != 0 ? size : 1);

	if (p == NULL)
		out_of_memory();
	return p;
}

void *
xrealloc(void *p, size_t n, size_t size)
{
	if (size != 0 && n > SIZE_MAX / size)
		out_of_memory();
	n *= size;
	p = realloc(p, n != 0 ? n : 1);
	if (p == NULL)
		out_of_memory();
	return p;
}

char *
xstrdup(const char *s)
{
	return xstrndup(s, strlen(s));
}

char *
xstrndup(const char *s, size_t n)
{
	char *p;

	n = strnlen(s, n);
	p = xmalloc(n + 1);
	memcpy(p, s, n);
	p[n] = '\0';
	return p;
}

char *
xvasprintf(const char *fmt, va_list ap)
{
	char *p;

	if (vasprintf(&p, fmt, ap) < 0)
		out_of_memory();
	return p;
}

char *
xasprintf(const char *fmt, ...)
{
	va_list ap;
	char *p;

	va_start(ap, fmt);
	p = xvasprintf(fmt, ap);
	va_end(ap);
	return p;
}

void
mem_clean_free(void *pp)
{
	void **p = pp;

	free(*p);
	*p = NULL;
}

void
mem_clean_fd(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	errno = saved;
}

void
mem_clean_file(FILE **f)
{
	if (*f != NULL)
		fclose(*f);
	*f = NULL;
}

void
mem_clean_dir(DIR **d)
{
	if (*d != NULL)
		closedir(*d);
	*d = NULL;
}
