/* SPDX-License-Identifier: ISC */
/*
 * from: the image that a stage begins with. One that is not in the store is
 * fetched by dk-pull; the layers are unpacked where they are not yet.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/proc.h"
#include "oci/expand.h"
#include "oci/platform.h"
#include "store/image.h"
#include "store/layerdir.h"

#include "build.h"
#include "stop.h"

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static void
preset(struct build *b, const char *prefix, const char *name, const char *value)
{
	CLEAN_FREE char *kv = xasprintf("%s%s=%s", prefix, name, value);

	strv_setenv(&b->global, kv);
}

static void
preset_platform(struct build *b, const char *prefix, const struct platform *p)
{
	char s[100];

	platform_string(p, s);
	preset(b, prefix, "PLATFORM", s);
	preset(b, prefix, "OS", p->os);
	preset(b, prefix, "ARCH", p->arch);
	preset(b, prefix, "VARIANT", p->variant);
}

void
from_presets(struct build *b)
{
	struct platform host;

	platform_host(&host);
	preset_platform(b, "BUILD", &host);
	preset_platform(b, "TARGET", &host);
}

static int
expand_global(const struct build *b, const char *word, char **out, struct err *e)
{
	struct expand x = { .env = &b->global, .escape = b->df.escape };

	return expand_word(&x, word, out, e);
}

int
from_global_arg(struct build *b, const struct instr *i, struct err *e)
{
	const char *value, *arg;
	size_t k, n;

	for (k = 0; k < i->args.n; k++) {
		CLEAN_FREE char *key = NULL, *expanded = NULL, *kv = NULL;

		arg = i->args.v[k];
		n = strcspn(arg, "=");
		key = xstrndup(arg, n);
		value = strv_getenv(b->build_args, key);
		if (value != NULL) {
			strv_add(&b->used_args, key);
		} else if (arg[n] == '=') {
			if (expand_global(b, arg + n + 1, &expanded, e) < 0)
				return -1;
			value = expanded;
		}
		if (value != NULL) {
			kv = xasprintf("%s=%s", key, value);
			strv_setenv(&b->global, kv);
		}
	}
	return 0;
}

/* An interrupt of ours ends it too. */
static int
wait_for(pid_t pid, struct err *e)
{
	int status;

	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return err_set(e, errno, "wait for dk-pull");
		if (stop_signal() != 0)
			kill(pid, SIGTERM);
	}
	if (stop_check(e) < 0)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static int
pull(const struct build *b, const char *name, const char *platform, struct err *e)
{
	CLEAN_FREE char *tool = proc_tool("dk-pull");
	CLEAN_FD int null = -1;
	char *argv[6];
	pid_t pid;
	int n = 0, code;

	argv[n++] = tool;
	if (b->quiet)
		argv[n++] = (char *)"-q";
	if (platform != NULL) {
		argv[n++] = (char *)"--platform";
		argv[n++] = (char *)platform;
	}
	argv[n++] = (char *)name;
	argv[n] = NULL;
	null = fd_open(AT_FDCWD, "/dev/null", O_WRONLY, 0, e);
	if (null < 0)
		return -1;
	pid = proc_spawn(argv, -1, null, -1, e); /* its digest is not ours to print */
	if (pid < 0)
		return -1;
	code = wait_for(pid, e);
	if (code > 0)
		return err_setx(e, 0, "dk-pull %s failed", name);
	return code;
}

static void
from_scratch(struct build *b, const struct platform *p)
{
	if (p != NULL)
		b->config.platform = *p;
	else
		platform_host(&b->config.platform);
	b->config.workdir = xstrdup("/");
}

/* A manifest of ours names OCI media types; those of Docker mean the same. */
static void
set_layer_type(struct descriptor *d)
{
	const char *type = d->media_type;

	if (strcmp(type, MT_DOCKER_LAYER_GZIP) == 0)
		type = MT_OCI_LAYER_GZIP;
	else if (strcmp(type, MT_DOCKER_LAYER) == 0)
		type = MT_OCI_LAYER;
	else
		return;
	snprintf(d->media_type, sizeof(d->media_type), "%s", type);
}

static int
from_image(struct build *b, const char *name, const struct platform *p, const char *platform,
	struct err *e)
{
	CLEAN_IMAGE struct image img = { 0 };
	size_t k;
	int r = image_find(b->store, name, p, &img, e);

	if (r == 0) {
		if (pull(b, name, platform, e) < 0)
			return -1;
		r = image_find(b->store, name, p, &img, e);
	}
	if (r <= 0)
		return -1;
	for (k = 0; k < img.manifest.nlayers; k++) {
		r = writer_want_blob(&b->w, &img.manifest.layers[k].digest, e);
		if (r <= 0)
			return r < 0 ? -1
				     : err_setx(e, ENOENT, "%s: its layer %s is not in the store",
					       name, img.manifest.layers[k].digest.str);
	}
	if (unpack_image(&b->w, b->unpackd, &img, e) < 0 ||
		layer_chain(&b->w, img.config.diff_ids, img.config.ndiff_ids, &b->lowers, e) < 0)
		return -1;
	b->layers = xcalloc(img.manifest.nlayers + 1, sizeof(*b->layers));
	for (k = 0; k < img.manifest.nlayers; k++) {
		descriptor_copy(&b->layers[k], &img.manifest.layers[k]);
		set_layer_type(&b->layers[k]);
	}
	b->nlayers = img.manifest.nlayers;
	b->config = img.config;
	img.config = (struct image_config){ 0 };
	return 0;
}

int
from_run(struct build *b, const struct instr *i, struct err *e)
{
	CLEAN_FREE char *name = NULL, *platform = NULL;
	const char *flag = instr_flag(i, "platform");
	struct platform p;
	bool has_platform;

	if (expand_global(b, i->args.v[0], &name, e) < 0 ||
		(flag != NULL && expand_global(b, flag, &platform, e) < 0))
		return -1;
	if (*name == '\0')
		return err_setx(e, EINVAL, "FROM %s: the image's name is empty", i->args.v[0]);
	has_platform = platform != NULL && *platform != '\0';
	if (has_platform && platform_parse(&p, platform, e) < 0)
		return err_wrap(e, "FROM --platform");
	if (strcmp(name, "scratch") == 0)
		from_scratch(b, has_platform ? &p : NULL);
	else if (from_image(b, name, has_platform ? &p : NULL, has_platform ? platform : NULL, e) <
		0)
		return -1;
	if (strv_getenv(&b->config.env, "PATH") == NULL)
		strv_add(&b->config.env, "PATH=" DEFAULT_PATH);
	strv_copy(&b->env, &b->config.env);
	free(b->config.created);
	b->config.created = NULL;
	return 0;
}
