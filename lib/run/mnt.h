/* SPDX-License-Identifier: ISC */
/* mnt.h: root file systems mounted for the host to see: where, and whether something is there */
#ifndef RUN_MNT_H
#define RUN_MNT_H

struct ctr;
struct digest;
struct err;
struct store;

/* $DK_ROOT/ctr/ID/rootfs, absolute; caller frees. */
char *mnt_path_ctr(const struct ctr *c);
/* $DK_RUN/mnt/HEX of an image's manifest, absolute; caller frees. */
char *mnt_path_image(const struct store *s, const struct digest *image);
/* Is something mounted on this directory? 1, 0 (also where there is none), -1. */
int mnt_is_mounted(const char *path, struct err *e);

#endif
