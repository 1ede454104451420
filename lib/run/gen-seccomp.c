/* SPDX-License-Identifier: ISC */
/*
 * gen-seccomp: runs when dk is built and prints seccomp_default.h, the default
 * profile as BPF. libseccomp knows the numbers; the program is made here: what
 * is allowed are few long ranges of numbers, so a search tree over their
 * borders is a third of what one comparison a call takes, and installing a filter
 * costs by its length. A unit test holds it against libseccomp's own.
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "seccomp_table.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

enum verdict { DENY, ALLOW, NOSYS, KILL, CLONE, SOCKET, PERSONALITY, VERDICTS };

enum { MAX_NR = 1024, X32_BIT = 0x40000000, MAX_CODE = 4096, MAX_CUTS = 1024 };

/* Written backwards, so that the targets of jumps are known: v[0] is the last instruction. A label
 * is an index into it. */
struct code {
	struct sock_filter v[MAX_CODE];
	int n;
	int leaf[VERDICTS]; /* labels; -1 not yet */
};

/* From number at on; sorted. */
struct cut {
	uint32_t at;
	enum verdict verdict;
};

struct cuts {
	struct cut v[MAX_CUTS];
	int n;
};

static void
die(const char *what, const char *name)
{
	fprintf(stderr, "gen-seccomp: %s%s\n", what, name);
	exit(1);
}

static int
emit(struct code *c, uint16_t op, uint8_t jt, uint8_t jf, uint32_t k)
{
	if (c->n == MAX_CODE)
		die("program too long", "");
	c->v[c->n] = (struct sock_filter){ op, jt, jf, k };
	return c->n++;
}

/* A label that a conditional jump emitted next, or after one more of these, can reach. */
static int
near_label(struct code *c, int label)
{
	if (c->n - label < 250)
		return label;
	return emit(c, BPF_JMP | BPF_JA, 0, 0, (uint32_t)(c->n - label - 1));
}

static int
branch(struct code *c, uint16_t op, uint32_t k, int yes, int no)
{
	yes = near_label(c, yes);
	no = near_label(c, no);
	return emit(c, (uint16_t)(BPF_JMP | op | BPF_K), (uint8_t)(c->n - yes - 1),
		(uint8_t)(c->n - no - 1), k);
}

static void
cut(struct cuts *t, uint32_t at, enum verdict verdict)
{
	if (t->n > 0 && t->v[t->n - 1].verdict == verdict)
		return;
	if (t->n == MAX_CUTS)
		die("too many ranges", "");
	t->v[t->n++] = (struct cut){ at, verdict };
}

static int
tree(struct code *c, const struct cut *v, int n)
{
	int mid = n / 2, right, left;

	if (n == 1)
		return c->leaf[v->verdict];
	right = tree(c, v + mid, n - mid);
	left = tree(c, v, mid);
	return branch(c, BPF_JGE, v[mid].at, right, left);
}

static int
load(struct code *c, size_t offset)
{
	return emit(c, BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)offset);
}

/* The first argument is one of a set of numbers below 2^32. */
static int
argument_in(struct code *c, const uint32_t *set, size_t n, uint32_t below)
{
	struct cuts t = { .n = 0 };
	size_t i;
	int low;

	cut(&t, 0, below > 0 || set[0] == 0 ? ALLOW : DENY);
	if (below > 0)
		cut(&t, below, DENY);
	for (i = 0; i < n; i++) {
		cut(&t, set[i], ALLOW);
		if (set[i] != UINT32_MAX && (i + 1 == n || set[i + 1] != set[i] + 1))
			cut(&t, set[i] + 1, DENY);
	}
	tree(c, t.v, t.n);
	low = load(c, offsetof(struct seccomp_data, args[0]));
	branch(c, BPF_JEQ, 0, low, c->leaf[DENY]);
	return load(c, offsetof(struct seccomp_data, args[0]) + 4);
}

/* Leaves near whatever is emitted next. */
static void
leaves(struct code *c)
{
	c->leaf[KILL] = emit(c, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_KILL_PROCESS);
	c->leaf[NOSYS] = emit(c, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | 38);
	c->leaf[DENY] = emit(c, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | 1);
	c->leaf[ALLOW] = emit(c, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW);
}

static void
checks(struct code *c)
{
	branch(c, BPF_JSET, SECCOMP_CLONE_FLAGS, c->leaf[DENY], c->leaf[ALLOW]);
	c->leaf[CLONE] = load(c, offsetof(struct seccomp_data, args[0]));
	c->leaf[SOCKET] =
		argument_in(c, seccomp_families, LEN(seccomp_families), SECCOMP_FAMILY_BELOW);
	c->leaf[PERSONALITY] = argument_in(c, seccomp_personalities, LEN(seccomp_personalities), 0);
}

/* The number behind a name; on x86 libseccomp has negative ones for what socketcall and ipc do too.
 */
static int
resolve(uint32_t arch, const char *name)
{
	int nr = seccomp_syscall_resolve_name_arch(arch, name), i;
	char *is;

	for (i = 0; nr < 0 && nr != __NR_SCMP_ERROR && i < MAX_NR; i++) {
		is = seccomp_syscall_resolve_num_arch(arch, i);
		if (is != NULL && strcmp(is, name) == 0)
			nr = i;
		free(is);
	}
	return nr;
}

static void
set(unsigned char *verdict, uint32_t arch, const char *name, enum verdict v)
{
	int nr = resolve(arch, name);
	size_t i;

	for (i = 0; nr == __NR_SCMP_ERROR && i < LEN(seccomp_young); i++)
		if (strcmp(seccomp_young[i].name, name) == 0)
			nr = seccomp_young[i].number | (arch == SCMP_ARCH_X32 ? X32_BIT : 0);
	if (nr < 0) {
		/* the machine has no such call; a name nobody has is a mistake in the table */
		if (nr == __NR_SCMP_ERROR && strcmp(name, "riscv_hwprobe") != 0 &&
			strcmp(name, "uretprobe") != 0)
			die("unknown system call ", name);
		return;
	}
	if (arch == SCMP_ARCH_X32)
		nr &= ~X32_BIT;
	if (nr < MAX_NR)
		verdict[nr] = (unsigned char)v;
	else if (arch != SCMP_ARCH_ARM) /* arm has private numbers far up: 0xf0001 and on */
		die("number out of range: ", name);
}

static void
set_all(unsigned char *verdict, uint32_t arch, const char *const *names, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		set(verdict, arch, names[i], ALLOW);
}

static void
fill(unsigned char *verdict, uint32_t arch)
{
	memset(verdict, DENY, MAX_NR);
	set_all(verdict, arch, seccomp_allowed, LEN(seccomp_allowed));
	if (arch == SCMP_ARCH_ARM || arch == SCMP_ARCH_AARCH64)
		set_all(verdict, arch, seccomp_allowed_arm, LEN(seccomp_allowed_arm));
	else
		set_all(verdict, arch, seccomp_allowed_x86, LEN(seccomp_allowed_x86));
	if (arch == SCMP_ARCH_X86_64) /* libseccomp may not know it */
		verdict[SECCOMP_NR_URETPROBE] = ALLOW;
	set(verdict, arch, "clone", CLONE);
	set(verdict, arch, "clone3", NOSYS);
	set(verdict, arch, "socket", SOCKET);
	set(verdict, arch, "personality", PERSONALITY);
}

static void
add_cuts(struct cuts *t, uint32_t arch, uint32_t bit)
{
	unsigned char verdict[MAX_NR];
	uint32_t nr;

	fill(verdict, arch);
	for (nr = 0; nr < MAX_NR; nr++)
		cut(t, bit | nr, verdict[nr]);
	cut(t, bit | MAX_NR, DENY);
	if (arch == SCMP_ARCH_ARM) {
		/* __ARM_NR_: breakpoint, cacheflush, (usr26, usr32), set_tls */
		cut(t, 0xf0001, ALLOW);
		cut(t, 0xf0003, DENY);
		cut(t, 0xf0005, ALLOW);
		cut(t, 0xf0006, DENY);
	}
}

/* The program for one of the kernel's architectures (SCMP_ARCH_* are AUDIT_ARCH_*); other: label of
 * what is run for another. */
static int
part(struct code *c, uint32_t arch, const struct cuts *t, int other)
{
	int start;

	tree(c, t->v, t->n);
	start = load(c, offsetof(struct seccomp_data, nr));
	branch(c, BPF_JEQ, arch, start, other);
	return c->n - 1;
}

static void
print(const struct code *c, const char *condition)
{
	int i;

	printf("%s\nstatic const struct sock_filter seccomp_default_filter[] = {\n", condition);
	for (i = c->n - 1; i >= 0; i--)
		printf("\t{ 0x%02x, %u, %u, 0x%08x },\n", c->v[i].code, c->v[i].jt, c->v[i].jf,
			(unsigned)c->v[i].k);
	printf("};\n");
}

/* A piece of the JSON text as a C string. */
static void
text(const char *json)
{
	putchar('\t');
	putchar('"');
	for (; *json != '\0'; json++) {
		if (*json == '"')
			putchar('\\');
		putchar(*json);
	}
	printf("\"\n");
}

static void
names_text(const char *const *names, size_t n, const char *comma)
{
	char item[64];
	size_t i;

	for (i = 0; i < n; i++, comma = ",") {
		snprintf(item, sizeof(item), "%s\"%s\"", comma, names[i]);
		text(item);
	}
}

/* One name, allowed if its first argument compares to value. */
static void
argument_text(const char *name, uint32_t value, const char *op, const char *more)
{
	char item[256];

	snprintf(item, sizeof(item),
		",{\"names\":[\"%s\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":0,"
		"\"value\":%u%s,\"op\":\"SCMP_CMP_%s\"}]}",
		name, (unsigned)value, more, op);
	text(item);
}

/* The profile as linux.seccomp of an OCI runtime configuration, for other runtimes. */
static void
json(const char *arches, const char *const *own, size_t n)
{
	size_t i;

	printf("static const char seccomp_default_json[] =\n");
	text("{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":1,\"architectures\":[");
	text(arches);
	text("],\"syscalls\":[{\"names\":[");
	names_text(seccomp_allowed, LEN(seccomp_allowed), "");
	names_text(own, n, ",");
	text("],\"action\":\"SCMP_ACT_ALLOW\"}");
	argument_text("clone", SECCOMP_CLONE_FLAGS, "MASKED_EQ", ",\"valueTwo\":0");
	argument_text("socket", SECCOMP_FAMILY_BELOW, "LT", "");
	for (i = 0; i < LEN(seccomp_families); i++)
		argument_text("socket", seccomp_families[i], "EQ", "");
	for (i = 0; i < LEN(seccomp_personalities); i++)
		argument_text("personality", seccomp_personalities[i], "EQ", "");
	text(",{\"names\":[\"clone3\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":38}]}");
	printf("\t;\n");
}

static void
machine(const char *condition, uint32_t arch, bool x32, uint32_t foreign)
{
	static struct code c;
	static struct cuts first, second;
	int other;

	memset(&c, 0, sizeof(c));
	first.n = second.n = 0;
	/* the foreign form at the end, the native one at the start; both jump to the same checks of
	 * arguments */
	add_cuts(&second, foreign, 0);
	leaves(&c);
	checks(&c);
	other = part(&c, foreign, &second, c.leaf[KILL]);
	add_cuts(&first, arch, 0);
	if (x32)
		add_cuts(&first, SCMP_ARCH_X32, X32_BIT);
	leaves(&c);
	part(&c, arch, &first, other);
	load(&c, offsetof(struct seccomp_data, arch));
	print(&c, condition);
}

int
main(void)
{
	printf("/* SPDX-License-Identifier: ISC */\n/* seccomp_default.h: made by "
	       "lib/run/gen-seccomp.c */\n");
	machine("#if defined(__x86_64__)", SCMP_ARCH_X86_64, true, SCMP_ARCH_X86);
	json("\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X86\",\"SCMP_ARCH_X32\"", seccomp_allowed_x86,
		LEN(seccomp_allowed_x86));
	machine("#elif defined(__aarch64__)", SCMP_ARCH_AARCH64, false, SCMP_ARCH_ARM);
	json("\"SCMP_ARCH_AARCH64\",\"SCMP_ARCH_ARM\"", seccomp_allowed_arm,
		LEN(seccomp_allowed_arm));
	printf("#else\n#error no system call filter for this machine\n#endif\n");
	return 0;
}
