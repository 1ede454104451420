/* SPDX-License-Identifier: ISC */
/* events.h: $DK_RUN/events, one O_APPEND line per event */
#ifndef STORE_EVENTS_H
#define STORE_EVENTS_H

#include "store.h"

/*
 * TIME TYPE ACTION ID [KEY=VALUE ...], values percent-encoded; one write(2). type: image,
 * container. action: create start die destroy pull push tag untag delete build import. kv:
 * NULL-terminated "KEY=VALUE" strings, or NULL. Failing to write one never fails the caller.
 */
void event_log(struct store *s, const char *type, const char *action, const char *id,
	const char *const *kv);

#endif
