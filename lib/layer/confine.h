/* SPDX-License-Identifier: ISC */
/* confine.h: gives up everything that unpacking into one directory does not need */
#ifndef LAYER_CONFINE_H
#define LAYER_CONFINE_H

#include <stdbool.h>

struct err;

/*
 * The calling process can reach only what is below dir from then on, and what it holds open. root:
 * chroot, and of the capabilities those that make files of any kind and owner; else none. dir is
 * then open anew, on a mount of its own without devices (Linux 5.12). No new privileges. Landlock
 * and seccomp where the kernel has them. Cannot be undone. 0/-1.
 */
int confine(int dir, bool root, struct err *e);

#endif
