/* SPDX-License-Identifier: BSD-3-Clause */
/* Lists of names as Slurm writes them: "host[0-3,07-09],login1,rack[1-2]n[1-4]". */
#ifndef WEFT_TOPOLOGY_HOSTLIST_H
#define WEFT_TOPOLOGY_HOSTLIST_H

#include <stddef.h>

/* Takes one name; other than 0 ends the walk. */
typedef int (*hostlist_visit)(const char *name, void *context);

/* Calls `visit` for each name, in the order written; the last bracket counts fastest, and numbers keep the
 * leading zeros of their range's start. 0, what `visit` returned, or -EINVAL with *problem when this is no
 * such list. A list of more than 65,536 names, or of names of more than 63 characters, is none. */
int hostlist_expand(const char *list, size_t length, hostlist_visit visit, void *context,
                    const char **problem);

#endif
