/* SPDX-License-Identifier: ISC */
/* test-ctr.c: containers: names, states, lost monitors, removal; and the event log (dk-store(5)) */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/str.h"
#include "oci/hash.h"
#include "store/ctr.h"
#include "store/events.h"
#include "store/names.h"
#include "tap.h"
#include "teststore.h"

char top[] = "/tmp/dk-test-ctr-XXXXXX";

/* A container of that name (NULL: generated), created at a time of that year; its conf's id to id.
 */
static int
create(struct store *s, const char *name, int year, struct ctr *c, char id[65])
{
	CLEAN_WRITER struct writer w = WRITER_INIT;
	CLEAN_CTR_CONF struct ctr_conf conf = { 0 };

	conf.name = name != NULL ? xstrdup(name) : NULL;
	conf.image = xstrdup("alpine");
	conf.created = xasprintf("%d-01-02T03:04:05.5Z", year);
	strv_add(&conf.command, "sh");
	strv_add(&conf.command, "-c");
	strv_add(&conf.labels, "a=b=c");
	hash_bytes("m", 1, &conf.manifest);
	conf.diff_ids = xcalloc(1, sizeof(*conf.diff_ids));
	conf.ndiff_ids = 1;
	hash_bytes("d", 1, &conf.diff_ids[0]);
	if (writer_open(&w, s, &e) < 0 || ctr_create(&w, &conf, "{}", 2, c, &e) < 0)
		return -1;
	memcpy(id, conf.id, 65);
	return 0;
}

static void
test_create(void)
{
	CLEAN_STORE struct store s = STORE_INIT;
	CLEAN_CTR struct ctr c = CTR_INIT, other = CTR_INIT, found = CTR_INIT;
	CLEAN_CTR_CONF struct ctr_conf conf = { 0 };
	CLEAN_CTRS struct ctr_list l = { 0 };
	struct ctr_state st;
	char id[65], id2[65], id3[65], prefix[13];

	use_root("create");
	ok(store_open(&s, &e) == 0 && create(&s, "web", 2020, &c, id) == 0, "a container");
	ok(c.dir >= 0 && c.run >= 0 && c.lock >= 0, "its maker holds its lock");
	ok(exists(c.dir, "upper") && exists(c.dir, "work") && exists(c.dir, "rootfs") &&
			exists(c.dir, "config.json"),
		"its directory is a bundle");
	is_int(entries(s.dir, "tmp"), 0, "nothing is left in tmp");
	ok(ctr_find(&s, "web", &found, &e) == 1 && str_eq(found.id, id), "find by name");
	ok(ctr_read_conf(&found, &conf, &e) == 0 && str_eq(conf.name, "web") &&
			str_eq(conf.image, "alpine") && conf.command.n == 2 && conf.labels.n == 1 &&
			str_eq(conf.labels.v[0], "a=b=c") && conf.ndiff_ids == 1 &&
			digest_is_set(&conf.manifest) && !conf.remove,
		"its container.json");
	ctr_close(&found);
	snprintf(prefix, sizeof(prefix), "%.12s", id);
	ok(ctr_find(&s, prefix, &found, &e) == 1 && str_eq(found.id, id),
		"find by the start of its ID");
	ctr_close(&found);
	is_int(ctr_find(&s, "nosuch", &found, &e), 0, "one that is not there");
	is_str(e.msg, "no such container: nosuch", "is told");
	is_int(ctr_find(&s, "../../etc", &found, &e), 0, "nor is a path a name");
	ok(create(&s, "web", 2020, &other, id2) < 0 && e.code == EEXIST &&
			strstr(e.msg, prefix) != NULL,
		"the same name again: %s", e.msg);
	is_int(entries(s.dir, "ctr"), 1, "leaves nothing");
	is_int(entries(s.run, "ctr"), 1, "nor in the run-time directory");
	ok(create(&s, "-x", 2020, &other, id2) < 0 && e.code == EINVAL, "a bad name: %s", e.msg);
	ok(create(&s, NULL, 2022, &other, id2) == 0 && entries(s.dir, "names") == 2,
		"a generated name");
	ctr_close(&other);
	ok(create(&s, "old", 2010, &other, id3) == 0, "a third");
	ok(ctr_list(&s, &l, &e) == 0 && l.n == 3 && str_eq(l.v[0].id, id2) &&
			str_eq(l.v[1].id, id) && str_eq(l.v[2].id, id3),
		"listed newest first");
	ok(ctr_status(&l.v[1], &st, &e) == 0 && st.status == CTR_CREATED, "created is its state");
	is_int(ctr_remove(&other, &e), 0, "remove one");
	ok(ctr_find(&s, "old", &found, &e) == 0 && entries(s.dir, "names") == 2 &&
			entries(s.dir, "ctr") == 2 && entries(s.run, "ctr") == 2,
		"it is gone altogether");
	ok(ctr_status(&l.v[2], &st, &e) < 0 && e.code == ENOENT, "who had it listed is told: %s",
		e.msg);
	ok(ctr_remove(&l.v[2], &e) < 0 && e.code == ENOENT, "it cannot be removed twice: %s",
		e.msg);
	ok(ctr_find(&s, "web", &found, &e) == 1 && ctr_remove(&found, &e) < 0 && e.code == EBUSY,
		"while the monitor lives it stays: %s", e.msg);
}

static void
test_names(void)
{
	CLEAN_STORE struct store s = STORE_INIT;
	CLEAN_CTR struct ctr c = CTR_INIT;
	int i, status, won = 0, bad = 0;
	char id[65], longest[258];

	use_root("names");
	ok(store_open(&s, &e) == 0 && store_run_dir(&s, &e) == 0, "a store");
	ok(name_is_valid("ab") && name_is_valid("A.b-c_9") && !name_is_valid("a") &&
			!name_is_valid("") && !name_is_valid(".a") && !name_is_valid("a/b") &&
			!name_is_valid("a b"),
		"which names are valid");
	memset(longest, 'n', sizeof(longest));
	longest[256] = '\0';
	ok(!name_is_valid(longest), "256 bytes are too many");
	longest[255] = '\0';
	ok(create(&s, longest, 2020, &c, id) == 0, "255 are not");
	ctr_close(&c);
	memset(id, 'a', 64);
	ok(symlinkat("../ctr/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		   s.dir, "names/taken") == 0,
		"a name of a container that is gone");
	for (i = 0; i < 8; i++)
		if (fork() == 0) {
			struct ctr x;

			_exit(create(&s, "taken", 2020, &x, id) == 0 ? 0
					: e.code == EEXIST           ? 1
								     : 2);
		}
	while (wait(&status) > 0) {
		won += status == 0;
		bad += WEXITSTATUS(status) > 1 || WIFSIGNALED(status);
	}
	is_int(won, 1, "eight reclaim it at once: one has it");
	is_int(bad, 0, "the others are told");
	ok(ctr_find(&s, "taken", &c, &e) == 1 && entries(s.dir, "ctr") == 2 &&
			entries(s.run, "ctr") == 2,
		"nothing is left of them");
}

/* A container whose monitor wrote "running" and was killed; its process lives on if left. */
static pid_t
lose_monitor(struct store *s, const char *name, bool left)
{
	int p[2], status;
	pid_t monitor, child = -1;

	if (pipe2(p, O_CLOEXEC) < 0)
		abort();
	if ((monitor = fork()) == 0) {
		struct ctr_state st = { .status = CTR_RUNNING, .started = "2020-01-02T03:04:05Z" };
		struct ctr c;
		char id[65];

		if (create(s, name, 2020, &c, id) < 0)
			_exit(1);
		if ((child = fork()) == 0) {
			ctr_close(&c); /* as an exec does */
			close(p[1]);
			if (left)
				pause();
			_exit(0);
		}
		st.pid = child;
		if (ctr_write_pid(&c, child, &e) < 0 || ctr_write_state(&c, &st, &e) < 0 ||
			fd_write_all(p[1], &child, sizeof(child)) < 0)
			_exit(1);
		if (!left)
			waitpid(child, &status, 0);
		kill(getpid(), SIGKILL);
	}
	close(p[1]);
	if (fd_read_full(p[0], &child, sizeof(child)) != (ssize_t)sizeof(child))
		abort();
	close(p[0]);
	waitpid(monitor, &status, 0);
	return child;
}

static bool
proc_is_zombie(pid_t pid)
{
	CLEAN_FREE char *path = xasprintf("/proc/%d/stat", (int)pid);
	CLEAN_BUF struct buf b = BUF_INIT;

	return fd_load(AT_FDCWD, path, 4096, &b, &e) == 0 && strstr(buf_str(&b), ") Z ") != NULL;
}

static void
test_lost(void)
{
	CLEAN_STORE struct store s = STORE_INIT;
	CLEAN_CTR struct ctr gone = CTR_INIT, dead = CTR_INIT;
	CLEAN_FREE char *run = NULL;
	struct ctr_state st;
	pid_t pid;

	use_root("lost");
	ok(store_open(&s, &e) == 0 && store_run_dir(&s, &e) == 0, "a store");
	lose_monitor(&s, "gone", false);
	ok(ctr_find(&s, "gone", &gone, &e) == 1 && ctr_status(&gone, &st, &e) == 0,
		"a lost monitor");
	ok(st.status == CTR_EXITED && st.exit_code == 255, "with no process left: exited, 255");
	ok(str_eq(st.started, "2020-01-02T03:04:05Z"), "it keeps what the state says");
	pid = lose_monitor(&s, "dead", true);
	ok(ctr_find(&s, "dead", &dead, &e) == 1 && ctr_status(&dead, &st, &e) == 0 &&
			st.status == CTR_DEAD && st.pid == pid,
		"with its process left: dead");
	is_str(st.error, "monitor lost", "and why");
	is_int(ctr_remove(&dead, &e), 0, "removing it");
	ok(kill(pid, 0) < 0 || proc_is_zombie(pid), "kills the process");
	/* as after a reboot */
	run = xasprintf("%s/lost-run", top);
	fd_rmtree(AT_FDCWD, run, &e);
	ctr_close(&gone);
	store_close(&s);
	ok(store_open(&s, &e) == 0 && ctr_find(&s, "gone", &gone, &e) == 1 && gone.run == -1 &&
			ctr_status(&gone, &st, &e) == 0 && st.status == CTR_EXITED,
		"a run-time directory that is gone is a lost monitor too");
	is_int(ctr_remove(&gone, &e), 0, "and it can be removed");
}

static void
test_state(void)
{
	CLEAN_STORE struct store s = STORE_INIT;
	CLEAN_CTR struct ctr c = CTR_INIT;
	struct ctr_state st = { .status = CTR_RUNNING, .pid = getpid(), .exit_code = 0 }, got;
	CLEAN_BUF struct buf b = BUF_INIT;
	uint64_t start;
	char id[65];
	pid_t pid;

	use_root("state");
	ok(store_open(&s, &e) == 0 && create(&s, "st", 2020, &c, id) == 0, "a container");
	snprintf(st.error, sizeof(st.error), "two\nlines=x");
	ok(ctr_write_state(&c, &st, &e) == 0 && ctr_status(&c, &got, &e) == 0 &&
			got.status == CTR_RUNNING && got.pid == getpid(),
		"running, as its monitor says and is alive");
	is_str(got.error, "two lines=x", "a value is one line");
	ok(ctr_write_pid(&c, getpid(), &e) == 0 && ctr_read_pid(&c, &pid, &start, &e) == 0 &&
			pid == getpid() && start > 0,
		"pid and start time");
	st = (struct ctr_state){ .status = CTR_EXITED, .exit_code = 137 };
	ok(ctr_write_state(&c, &st, &e) == 0 && ctr_status(&c, &got, &e) == 0 &&
			got.status == CTR_EXITED && got.exit_code == 137 && got.error[0] == '\0',
		"exited");
	ok(ctr_write_want(&c, "stop", &e) == 0 && fd_load(c.dir, "want", 64, &b, &e) == 0 &&
			str_eq(buf_str(&b), "stop\n"),
		"want");
	ok(!exists(c.dir, "state.new") && !exists(c.dir, "want.new"), "no new files stay");
	unlinkat(c.run, "pid", 0); /* it is ours */
	is_int(ctr_remove(&c, &e), 0, "the monitor itself may remove it");
	is_int(entries(s.dir, "ctr"), 0, "and it is gone");
}

static void
test_mounted(void)
{
	CLEAN_STORE struct store s = STORE_INIT;
	CLEAN_CTR struct ctr c = CTR_INIT;
	CLEAN_FREE char *rootfs = NULL, *src = xasprintf("%s/src", top);
	CLEAN_FREE char *file = xasprintf("%s/src/keep", top);
	char id[65];

	if (geteuid() != 0)
		return;
	use_root("mounted");
	ok(store_open(&s, &e) == 0 && create(&s, "mm", 2020, &c, id) == 0 &&
			mkdir(src, 0755) == 0 && mkdir(file, 0755) == 0,
		"a container and a directory");
	rootfs = xasprintf("%s/mounted/ctr/%s/rootfs", top, id);
	ok(mount(src, rootfs, NULL, MS_BIND, NULL) == 0, "mounted on its rootfs");
	is_int(ctr_remove(&c, &e), 0, "removing the container");
	ok(exists(AT_FDCWD, file), "unmounts it and touches nothing there");
	ok(!exists(AT_FDCWD, rootfs), "and the container is gone");
}

static void
test_events(void)
{
	CLEAN_STORE struct store s = STORE_INIT;
	CLEAN_BUF struct buf b = BUF_INIT;
	const char *const kv[] = { "name=a b", "x=100%\n", NULL };
	const char *line;

	use_root("events");
	ok(store_open(&s, &e) == 0, "a store");
	event_log(&s, "image", "tag", "sha256:00", kv);
	event_log(&s, "container", "die", "0123", NULL);
	ok(fd_load(s.run, "events", 4096, &b, &e) == 0, "events are logged");
	line = strchr(buf_str(&b), ' ');
	ok(line != NULL && str_starts(line, " image tag sha256:00 name=a%20b x=100%25%0A\n"),
		"one a line, values encoded");
	ok(str_ends(buf_str(&b), " container die 0123\n"), "in order");
	ok(ftruncate(openat(s.run, "events", O_WRONLY | O_CLOEXEC), (4 << 20)) == 0, "a full log");
	event_log(&s, "image", "tag", "sha256:00", kv);
	ok(exists(s.run, "events.1") && !exists(s.run, "events"), "is put aside");
	event_log(&s, "image", "tag", "sha256:00", kv);
	ok(exists(s.run, "events"), "and a new one begun");
}

int
main(void)
{
	umask(077);
	if (mkdtemp(top) == NULL)
		abort();
	test_create();
	test_names();
	test_lost();
	test_state();
	test_mounted();
	test_events();
	fd_rmtree(AT_FDCWD, top, &e);
	return done();
}
