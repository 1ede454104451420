/* SPDX-License-Identifier: ISC */
/* lib/run rootfs: overlays of 1, 130 and 300 layers, by the new mount API and, with it hidden by a
 * filter, the old one. Needs root. */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"
#include "run/rootfs.h"
#include "store/store.h"
#include "tap.h"

static struct store s;

static void
put(int dir, const char *path, const char *text)
{
	int fd = openat(dir, path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd >= 0 && write(fd, text, strlen(text)) < 0)
		perror(path);
	close(fd);
}

static bool
has(int dir, const char *path, const char *text)
{
	char got[64] = "";
	int fd = openat(dir, path, O_RDONLY);

	if (fd < 0 || read(fd, got, sizeof(got) - 1) < 0)
		perror(path);
	close(fd);
	return strcmp(got, text) == 0;
}

/* Layer i holds common = i and only-i; top first. */
static void
layers(size_t n, struct strv *v)
{
	char text[16], name[24];
	size_t i;
	int fd;

	strv_free(v);
	for (i = n; i-- > 0;) {
		strv_addf(v, "layer-with-a-name-as-long-as-those-of-a-store-usually-are-%zu", i);
		mkdirat(s.dir, v->v[v->n - 1], 0755);
		fd = openat(s.dir, v->v[v->n - 1], O_DIRECTORY);
		snprintf(text, sizeof(text), "%zu", i);
		snprintf(name, sizeof(name), "only-%zu", i);
		put(fd, "common", text);
		put(fd, name, text);
		close(fd);
	}
}

static void
try(const char *how)
{
	struct rootfs_opts o = { .upper = -1, .work = -1 };
	struct strv v = { NULL, 0 };
	struct err e = { 0, "" };
	struct stat st;
	int mnt;

	o.lowers = &v;
	layers(1, &v);
	o.readonly = true;
	mnt = rootfs_mount(&s, &o, &e);
	ok(mnt >= 0, "%s: one layer, read-only: %s", how, e.msg);
	ok(has(mnt, "common", "0"), "%s: its file is seen", how);
	ok(openat(mnt, "new", O_WRONLY | O_CREAT, 0644) < 0 && errno == EROFS,
		"%s: it is read-only", how);
	close(mnt);

	layers(300, &v);
	mnt = rootfs_mount(&s, &o, &e);
	ok(mnt >= 0, "%s: 300 layers: %s", how, e.msg);
	ok(has(mnt, "common", "299"), "%s: the topmost wins", how);
	ok(has(mnt, "only-0", "0"), "%s: the bottom is seen", how);
	close(mnt);

	layers(130, &v);
	mkdirat(s.dir, "upper", 0700);
	mkdirat(s.dir, "work", 0700);
	o.upper = openat(s.dir, "upper", O_PATH | O_DIRECTORY);
	o.work = openat(s.dir, "work", O_PATH | O_DIRECTORY);
	o.readonly = false;
	o.is_volatile = true;
	mnt = rootfs_mount(&s, &o, &e);
	ok(mnt >= 0, "%s: 130 layers and an upper: %s", how, e.msg);
	put(mnt, "written", "yes");
	ok(has(s.dir, "upper/written", "yes"), "%s: writes go to the upper directory", how);
	mkdirat(s.dir, "there", 0755);
	ok(rootfs_attach(mnt, s.dir, "there", &e) == 0, "%s: attached: %s", how, e.msg);
	ok(has(s.dir, "there/common", "129"), "%s: visible by name", how);
	ok(rootfs_attach(mnt, s.dir, "nowhere", &e) < 0 && e.code == ENOENT, "%s: no such place",
		how);
	ok(umount2("there", 0) == -1 && errno == EBUSY, "%s: the descriptor keeps it", how);
	close(mnt);
	ok(umount2("there", 0) == 0, "%s: unmounted", how);
	fd_rmtree(s.dir, "work", &e);
	fd_rmtree(s.dir, "upper", &e);

	/* a layer twice, as images have it (two steps without files) */
	strv_add(&v, v.v[3]);
	o.upper = o.work = -1;
	mnt = rootfs_mount(&s, &o, &e);
	ok(mnt >= 0, "%s: the same layer twice: %s", how, e.msg);
	close(mnt);
	strv_add(&v, "not-there");
	ok(rootfs_mount(&s, &o, &e) < 0 && e.code == ENOENT, "%s: a missing layer: %s", how, e.msg);
	strv_free(&v);
	mnt = rootfs_mount(&s, &o, &e);
	ok(mnt >= 0 && fstat(mnt, &st) == 0 && S_ISDIR(st.st_mode), "%s: no layer at all: %s", how,
		e.msg);
	close(mnt);
}

static void
init_upper(void)
{
	struct strv v = { NULL, 0 };
	struct err e = { 0, "" };
	struct timespec times[2] = { { 5, 0 }, { 7, 123456789 } };
	struct stat st;
	int fd;

	layers(2, &v);
	if (fchmodat(s.dir, v.v[0], 01751, 0) < 0 || fchownat(s.dir, v.v[0], 12, 34, 0) < 0 ||
		utimensat(s.dir, v.v[0], times, 0) < 0)
		perror("layer");
	mkdirat(s.dir, "up", 0700);
	fd = openat(s.dir, "up", O_DIRECTORY);
	ok(rootfs_init_upper(&s, &v, fd, &e) == 0, "upper gets the merged root's attributes: %s",
		e.msg);
	fstat(fd, &st);
	is_int(st.st_mode & 07777, 01751, "mode");
	is_int(st.st_uid * 100 + st.st_gid, 1234, "owner");
	ok(st.st_mtim.tv_sec == 7 && st.st_mtim.tv_nsec == 123456789, "mtime");
	close(fd);
	strv_free(&v);
}

/* From here on fsopen(2) is not there. */
static bool
hide_fsopen(void)
{
	struct sock_filter f[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_fsopen, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { LEN(f), f };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) == 0;
}

int
main(void)
{
	char dir[] = "/tmp/dk-test-rootfs-XXXXXX";
	struct err e;

	if (geteuid() != 0) {
		puts("1..0 # SKIP needs root");
		return 0;
	}
	/* EINVAL: a chroot, where / is no mount point */
	if (mkdtemp(dir) == NULL || chdir(dir) < 0 || unshare(CLONE_NEWNS) < 0 ||
		(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 && errno != EINVAL)) {
		perror(dir);
		return 1;
	}
	s.path = s.run_path = dir;
	s.dir = s.run = open(".", O_RDONLY | O_DIRECTORY);
	try("new API");
	if (ok(hide_fsopen(), "fsopen is hidden"))
		try("mount(2)");
	init_upper();
	if (chdir("/") < 0 || fd_rmtree(AT_FDCWD, dir, &e) < 0)
		ok(false, "removed: %s", e.msg);
	return done();
}
