/* SPDX-License-Identifier: ISC */
/*
 * devbpf: v2 has no device lists; a program of type BPF_PROG_TYPE_CGROUP_DEVICE
 * is asked for each open and mknod. It tests the rules from the last to the
 * first and answers with the first that covers the access.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <sys/syscall.h>

#include "base/err.h"
#include "base/mem.h"
#include "devbpf.h"
#include "oci/spec.h"

enum { MAX_RULES = 256, PER_RULE = 8 };

/* registers of the program */
enum {
	RET = BPF_REG_0,
	CTX = BPF_REG_1,
	TYPE = BPF_REG_2,
	ACCESS = BPF_REG_3,
	MAJOR = BPF_REG_4,
	MINOR = BPF_REG_5,
	TMP = BPF_REG_6
};

struct code {
	struct bpf_insn *v;
	size_t n;
};

static void
emit(struct code *c, int op, int dst, int src, int off, int imm)
{
	c->v[c->n++] = (struct bpf_insn){
		.code = (uint8_t)op,
		.dst_reg = (uint8_t)dst & 15,
		.src_reg = (uint8_t)src & 15,
		.off = (int16_t)off,
		.imm = imm,
	};
}

static int
access_bits(const struct spec_devrule *r)
{
	int bits = 0;
	size_t i;

	for (i = 0; i < sizeof(r->access) && r->access[i] != '\0'; i++)
		bits |= r->access[i] == 'r'   ? BPF_DEVCG_ACC_READ
			: r->access[i] == 'w' ? BPF_DEVCG_ACC_WRITE
					      : BPF_DEVCG_ACC_MKNOD;
	return bits;
}

static void
emit_rule(struct code *c, const struct spec_devrule *r)
{
	const int all = BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE | BPF_DEVCG_ACC_MKNOD;
	bool any = r->type == 'a' || r->type == '\0';
	int bits = any ? all : access_bits(r);
	size_t jumps[4], n = 0, i;

	if (!any) {
		jumps[n++] = c->n;
		emit(c, BPF_JMP | BPF_JNE | BPF_K, TYPE, 0, 0,
			r->type == 'c' ? BPF_DEVCG_DEV_CHAR : BPF_DEVCG_DEV_BLOCK);
		if (r->major >= 0) {
			jumps[n++] = c->n;
			emit(c, BPF_JMP | BPF_JNE | BPF_K, MAJOR, 0, 0, (int)r->major);
		}
		if (r->minor >= 0) {
			jumps[n++] = c->n;
			emit(c, BPF_JMP | BPF_JNE | BPF_K, MINOR, 0, 0, (int)r->minor);
		}
	}
	if (bits != all) {
		/* allowed: all of what is asked for is in the rule; denied: any of it is */
		emit(c, BPF_ALU64 | BPF_MOV | BPF_X, TMP, ACCESS, 0, 0);
		emit(c, BPF_ALU64 | BPF_AND | BPF_K, TMP, 0, 0, r->allow ? ~bits & all : bits);
		jumps[n++] = c->n;
		emit(c, BPF_JMP | (r->allow ? BPF_JNE : BPF_JEQ) | BPF_K, TMP, 0, 0, 0);
	}
	emit(c, BPF_ALU64 | BPF_MOV | BPF_K, RET, 0, 0, r->allow);
	emit(c, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	for (i = 0; i < n; i++)
		c->v[jumps[i]].off = (int16_t)(c->n - jumps[i] - 1);
}

int
devbpf_attach(int cgroup, const struct spec_devrule *rules, size_t n, struct err *e)
{
	CLEAN_FREE struct bpf_insn *insns = NULL;
	CLEAN_FD int prog = -1;
	struct code c = { NULL, 0 };
	union bpf_attr a;
	size_t i;

	if (n > MAX_RULES)
		return err_setx(e, E2BIG, "more than %d device rules", MAX_RULES);
	c.v = insns = xcalloc(n * PER_RULE + 8, sizeof(*insns));
	/* access_type: type in the lower half, access in the upper */
	emit(&c, BPF_LDX | BPF_MEM | BPF_W, TYPE, CTX,
		offsetof(struct bpf_cgroup_dev_ctx, access_type), 0);
	emit(&c, BPF_ALU64 | BPF_MOV | BPF_X, ACCESS, TYPE, 0, 0);
	emit(&c, BPF_ALU64 | BPF_AND | BPF_K, TYPE, 0, 0, 0xffff);
	emit(&c, BPF_ALU64 | BPF_RSH | BPF_K, ACCESS, 0, 0, 16);
	emit(&c, BPF_LDX | BPF_MEM | BPF_W, MAJOR, CTX, offsetof(struct bpf_cgroup_dev_ctx, major),
		0);
	emit(&c, BPF_LDX | BPF_MEM | BPF_W, MINOR, CTX, offsetof(struct bpf_cgroup_dev_ctx, minor),
		0);
	for (i = n; i-- > 0;) {
		emit_rule(&c, &rules[i]);
		if (rules[i].type == 'a' || rules[i].type == '\0')
			break; /* decides everything: what is before it is dead code, which the
				  verifier refuses */
	}
	if (i == (size_t)-1) {
		emit(&c, BPF_ALU64 | BPF_MOV | BPF_K, RET, 0, 0, 0);
		emit(&c, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	}
	memset(&a, 0, sizeof(a));
	a.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	a.insns = (uintptr_t)insns;
	a.insn_cnt = (uint32_t)c.n;
	a.license = (uintptr_t) "ISC";
	prog = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &a, sizeof(a));
	if (prog < 0)
		return err_set(e, errno, "device rules: load the BPF program");
	memset(&a, 0, sizeof(a));
	a.target_fd = (uint32_t)cgroup;
	a.attach_bpf_fd = (uint32_t)prog;
	a.attach_type = BPF_CGROUP_DEVICE;
	a.attach_flags = BPF_F_ALLOW_MULTI;
	if (syscall(SYS_bpf, BPF_PROG_ATTACH, &a, sizeof(a)) < 0)
		return err_set(e, errno, "device rules: attach the BPF program");
	return 0;
}
