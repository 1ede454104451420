/* SPDX-License-Identifier: ISC */
/*
 * names.c: names/NAME is a link to ../ctr/ID, made with symlink(2), which fails
 * where there is one: so two containers never have the same name, without a lock.
 * A name whose container is gone (killed between the two removals) is dangling
 * and is reclaimed under DK_ROOT/lock, exclusively: nobody claims it twice.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "names.h"

#define NAME_PATH (sizeof("names/") + NAME_MAX)
#define TARGET "../ctr/"
#define TARGET_LEN (sizeof(TARGET) - 1)

/* clang-format off */
static const char *const adjectives[] = {
	"agile", "amber", "ample", "ashen", "azure", "balmy", "blithe", "breezy", "brisk", "bronze",
	"calm", "candid", "cheery", "civil", "coral", "cosy", "crisp", "dapper", "dewy", "eager",
	"earnest", "fabled", "fluent", "frosty", "gentle", "gleaming", "golden", "hardy", "hazel",
	"honest", "humble", "indigo", "ivory", "jaunty", "jovial", "keen", "limber", "lively", "lucid",
	"mellow", "merry", "mossy", "nimble", "noble", "olive", "patient", "placid", "plucky", "polite",
	"quick", "quiet", "rapid", "robust", "rosy", "rustic", "sandy", "serene", "silver", "snug",
	"sober", "spry", "steady", "sturdy", "sunny", "swift", "tidy", "tranquil", "upbeat", "verdant",
	"vivid", "warm", "windy", "witty", "woody", "zesty",
};

static const char *const nouns[] = {
	"alder", "anchor", "badger", "barley", "beacon", "birch", "bittern", "bobbin", "bramble",
	"brook", "buoy", "canoe", "cedar", "cobble", "comet", "crane", "curlew", "delta", "dory",
	"eider", "ember", "fern", "finch", "fjord", "gannet", "garnet", "glacier", "grove", "harbor",
	"hawthorn", "heron", "ibex", "juniper", "kayak", "kestrel", "lagoon", "lantern", "larch",
	"linden", "lynx", "magpie", "maple", "marten", "meadow", "millet", "moraine", "nettle",
	"osprey", "otter", "paddle", "pebble", "pine", "plover", "prairie", "quartz", "quill", "raven",
	"reed", "rowan", "saddle", "sedge", "sparrow", "spruce", "starling", "sundial", "tern",
	"thistle", "tundra", "vole", "walnut", "willow", "wren", "yarrow",
};
/* clang-format on */

static bool
is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool
name_is_valid(const char *name)
{
	size_t i, n = strlen(name);

	if (n < 2 || n > NAME_MAX || !is_alnum(name[0]))
		return false;
	for (i = 1; i < n; i++)
		if (!is_alnum(name[i]) && strchr("_.-", name[i]) == NULL)
			return false;
	return true;
}

static void
path_of(const char *name, char out[NAME_PATH])
{
	snprintf(out, NAME_PATH, "names/%s", name);
}

/* What the link says, be the container there or not. 1, 0, -1. */
static int
read_link(struct store *s, const char *name, char id[65], struct err *e)
{
	char path[NAME_PATH], target[TARGET_LEN + 65 + 1];
	ssize_t n;

	path_of(name, path);
	if ((n = readlinkat(s->dir, path, target, sizeof(target) - 1)) < 0)
		return errno == ENOENT || errno == EINVAL ? 0
							  : err_set(e, errno, "read '%s'", path);
	target[n] = '\0';
	if (!str_starts(target, TARGET) || !str_is_hex(target + TARGET_LEN, 64))
		return 0;
	memcpy(id, target + TARGET_LEN, 65);
	return 1;
}

int
name_get(struct store *s, const char *name, char id[65], struct err *e)
{
	char path[NAME_PATH];
	int r;

	if (!name_is_valid(name) || (r = read_link(s, name, id, e)) == 0)
		return 0;
	if (r < 0)
		return -1;
	path_of(name, path);
	return faccessat(s->dir, path, F_OK, 0) == 0;
}

static int
try_claim(struct store *s, const char *name, const char *id, struct err *e)
{
	char path[NAME_PATH], target[TARGET_LEN + 65];

	path_of(name, path);
	snprintf(target, sizeof(target), "%s%s", TARGET, id);
	if (symlinkat(target, s->dir, path) == 0)
		return 1;
	return errno == EEXIST ? 0 : err_set(e, errno, "claim the name '%s'", name);
}

int
name_claim(struct store *s, const char *name, const char *id, struct err *e)
{
	CLEAN_FD int lock = -1;
	char path[NAME_PATH], owner[65];
	int r;

	if ((r = try_claim(s, name, id, e)) != 0)
		return r;
	if ((r = name_get(s, name, owner, e)) != 0)
		return r < 0 ? -1 : 0;
	if ((lock = store_lock(s, true, e)) < 0)
		return -1;
	if ((r = name_get(s, name, owner, e)) != 0)
		return r < 0 ? -1 : 0;
	path_of(name, path);
	if (unlinkat(s->dir, path, 0) < 0 && errno != ENOENT)
		return err_set(e, errno, "reclaim the name '%s'", name);
	return try_claim(s, name, id, e);
}

int
name_drop(struct store *s, const char *name, const char *id, struct err *e)
{
	char path[NAME_PATH], owner[65];
	int r;

	/* while its container is there nobody else touches the link: no lock */
	if (!name_is_valid(name) || (r = read_link(s, name, owner, e)) == 0)
		return 0;
	if (r < 0)
		return -1;
	if (!str_eq(owner, id))
		return 0;
	path_of(name, path);
	if (unlinkat(s->dir, path, 0) < 0 && errno != ENOENT)
		return err_set(e, errno, "remove '%s/%s'", s->path, path);
	return 0;
}

void
name_generate(unsigned int try, char out[64])
{
	uint32_t r[3];

	if (getrandom(r, sizeof(r), 0) != (ssize_t)sizeof(r))
		abort();
	if (try < 2)
		snprintf(out, 64, "%s_%s", adjectives[r[0] % LEN(adjectives)],
			nouns[r[1] % LEN(nouns)]);
	else
		snprintf(out, 64, "%s_%s%u", adjectives[r[0] % LEN(adjectives)],
			nouns[r[1] % LEN(nouns)], (unsigned int)(r[2] % 100000));
}
