/* SPDX-License-Identifier: ISC */
/* exec: the command is looked up before the container counts as started, so that a missing one
 * never has run. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/str.h"
#include "exec.h"
#include "oci/spec.h"
#include "run.h"

/* 0, or why path cannot be executed. */
static int
check(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return errno;
	if (S_ISDIR(st.st_mode))
		return EISDIR;
	if (!S_ISREG(st.st_mode) || access(path, X_OK) < 0)
		return EACCES;
	return 0;
}

static int
code_of(int error)
{
	return error == ENOENT || error == ENOTDIR || error == ELOOP || error == ENAMETOOLONG
		? RUN_NOT_FOUND
		: RUN_CANNOT_EXEC;
}

int
exec_find(const struct spec *s, char path[PATH_MAX], struct err *e)
{
	const char *name = s->args.n > 0 ? s->args.v[0] : NULL;
	const char *p = strv_getenv(&s->env, "PATH");
	int error = ENOENT, r;
	size_t n;

	if (name == NULL) {
		err_setx(e, EINVAL, "no command: the image has none, name one");
		return RUN_OWN;
	}
	if (*name == '\0') {
		err_setx(e, ENOENT, "the command is empty");
		return RUN_NOT_FOUND;
	}
	if (strchr(name, '/') != NULL) {
		if (snprintf(path, PATH_MAX, "%s", name) >= PATH_MAX)
			error = ENAMETOOLONG;
		else
			error = check(name);
		if (error == 0)
			return 0;
		err_set(e, error, "exec '%s'", name);
		return code_of(error);
	}
	for (; p != NULL && *p != '\0'; p += n, p += *p == ':') {
		n = strcspn(p, ":");
		if (n == 0 || snprintf(path, PATH_MAX, "%.*s/%s", (int)n, p, name) >= PATH_MAX)
			continue;
		r = check(path);
		if (r == 0)
			return 0;
		if (r == EACCES || (r == EISDIR && error == ENOENT))
			error = r;
	}
	if (error == EACCES) {
		err_setx(e, error, "exec '%s': found in $PATH, but it is not executable", name);
		return RUN_CANNOT_EXEC;
	}
	err_setx(e, ENOENT, "exec '%s': not found in the container's $PATH", name);
	return RUN_NOT_FOUND;
}

static const char *
machine_name(unsigned m)
{
	static const struct {
		unsigned machine;
		const char *name;
	} names[] = {
		{ EM_386, "386" },
		{ EM_X86_64, "amd64" },
		{ EM_ARM, "arm" },
		{ EM_AARCH64, "arm64" },
		{ EM_PPC64, "ppc64" },
		{ EM_S390, "s390x" },
		{ 243 /* EM_RISCV */, "riscv64" },
		{ EM_MIPS, "mips" },
		{ 258 /* EM_LOONGARCH */, "loong64" },
	};
	size_t i;

	for (i = 0; i < LEN(names); i++)
		if (names[i].machine == m)
			return names[i].name;
	return "another machine";
}

/* The kernel does not know the format: say what it is. */
static int
not_ours(const char *path, struct err *e)
{
	CLEAN_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	unsigned char head[20];
	ssize_t n;

	n = fd < 0 ? 0 : fd_read_full(fd, head, sizeof(head));
	if (n == sizeof(head) && memcmp(head, ELFMAG, SELFMAG) == 0)
		return err_setx(e, ENOEXEC, "exec '%s': it is a program for %s", path,
			machine_name(head[EI_DATA] == ELFDATA2MSB
					? (unsigned)head[18] << 8 | head[19]
					: (unsigned)head[19] << 8 | head[18]));
	return err_setx(
		e, ENOEXEC, "exec '%s': neither a program nor a script that begins with #!", path);
}

int
exec_run(const struct spec *s, const char *path, struct err *e)
{
	static char *const no_env[] = { NULL };
	int error;

	execve(path, s->args.v, s->env.v != NULL ? s->env.v : no_env);
	error = errno;
	if (error == ENOEXEC) {
		not_ours(path, e);
	} else if (error == ENOENT && access(path, F_OK) == 0) {
		err_setx(e, error, "exec '%s': its interpreter or loader is not in the container",
			path);
	} else {
		err_set(e, error, "exec '%s'", path);
	}
	return code_of(error);
}
