/* SPDX-License-Identifier: ISC */
/* mnt.h: root file systems mounted for the host to see: where, and whether something is there */
#ifndef STORE_MNT_H
#define STORE_MNT_H

struct ctr;
struct digest;
struct digest_list;
struct err;
struct store;

/* $DK_ROOT/ctr/ID/rootfs, absolute; caller frees. */
char *mnt_path_ctr(const struct ctr *c);
/* $DK_RUN/mnt/HEX of an image's manifest, absolute; caller frees. */
char *mnt_path_image(const struct store *s, const struct digest *image);
/* Is something mounted on this directory? 1, 0 (also where there is none), -1. */
int mnt_is_mounted(const char *path, struct err *e);
/* The images that are mounted now, by the digests of their manifests: what they need stays. 0/-1.
 */
int mnt_list_images(struct store *s, struct digest_list *out, struct err *e);

#endif
