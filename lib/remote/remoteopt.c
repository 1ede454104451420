/* SPDX-License-Identifier: ISC */
/* remoteopt.c: see remoteopt.h */
#include "remoteopt.h"
#include "base/err.h"
#include "base/opt.h"

int
remoteopt(struct registry_opts *o, enum progress_mode *mode, int c, const char *arg, struct err *e)
{
	bool verify;

	switch (c) {
	case REMOTEOPT_CA_FILE:
		o->ca_file = arg;
		return 0;
	case REMOTEOPT_PLAIN_HTTP:
		o->plain_http = true;
		return 0;
	case REMOTEOPT_PROGRESS:
		if (progress_mode(arg, mode) < 0)
			return err_setx(
				e, EINVAL, "--progress: '%s' is neither auto nor plain", arg);
		return 0;
	case 'q':
		*mode = PROGRESS_NONE;
		return 0;
	case REMOTEOPT_TLS_VERIFY:
		if (opt_parse_bool(arg, &verify) < 0)
			return err_setx(
				e, EINVAL, "--tls-verify: '%s' is neither true nor false", arg);
		o->no_verify = !verify;
		return 0;
	}
	return 0;
}
