/* SPDX-License-Identifier: ISC */
/* names.h: names of containers: what is one, whose it is, making one up */
#ifndef STORE_NAMES_H
#define STORE_NAMES_H

#include <stdbool.h>

#include "store.h"

/* [a-zA-Z0-9][a-zA-Z0-9_.-]+, at most 255 bytes. */
bool name_is_valid(const char *name);
/* The container that has it: 1 and id, 0 nobody (a dangling name too), -1. */
int name_get(struct store *s, const char *name, char id[65], struct err *e);
/* names/NAME -> ../ctr/ID, a dangling one is taken over. 1 done, 0 another container has it, -1. */
int name_claim(struct store *s, const char *name, const char *id, struct err *e);
/* Drops it if it is id's. 0/-1. */
int name_drop(struct store *s, const char *name, const char *id, struct err *e);
/* adjective_noun; from the third try on with a number. */
void name_generate(unsigned int try, char out[64]);

#endif
