/* SPDX-License-Identifier: ISC */
/* userns.h: is this the initial user namespace? */
#ifndef RUN_USERNS_H
#define RUN_USERNS_H

#include <stdbool.h>

/* True where ids are mapped: device nodes, trusted xattrs and most file systems are out of reach
 * there. Looked up once. */
bool userns_mapped(void);

#endif
