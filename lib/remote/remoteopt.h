/* SPDX-License-Identifier: ISC */
/* remoteopt.h: the options that all programs have which talk to registries */
#ifndef REMOTE_REMOTEOPT_H
#define REMOTE_REMOTEOPT_H

#include "progress.h"
#include "registry.h"

struct err;

enum { REMOTEOPT_CA_FILE = 1000, REMOTEOPT_PLAIN_HTTP, REMOTEOPT_PROGRESS, REMOTEOPT_TLS_VERIFY };

/* Entries of a table of struct opt (base/opt.h). */
/* clang-format off */
#define REMOTEOPTS                                                                                 \
	{ "ca-file", REMOTEOPT_CA_FILE, "FILE",                                                    \
		"trust the CA certificates in this PEM file too" },                                \
	{ "plain-http", REMOTEOPT_PLAIN_HTTP, NULL, "speak http to the registry, not https" },     \
	{ "progress", REMOTEOPT_PROGRESS, "HOW", "auto (a bar on a terminal) or plain (lines)" },  \
	{ "quiet", 'q', NULL, "show no progress" },                                                \
	{ "tls-verify", REMOTEOPT_TLS_VERIFY, "BOOL",                                              \
		"check the registry's certificate (default true)" }
/* clang-format on */

/* Takes in option c with its argument, if it is one of these. 0, -1 the argument is wrong. */
int remoteopt(
	struct registry_opts *o, enum progress_mode *mode, int c, const char *arg, struct err *e);

#endif
