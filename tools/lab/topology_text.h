/* SPDX-License-Identifier: BSD-3-Clause */
/* The lab's fabric as a topology file, for programs that are told of real fabrics by one. */
#ifndef WEFT_LAB_TOPOLOGY_TEXT_H
#define WEFT_LAB_TOPOLOGY_TEXT_H

#include "tools/lab/fabric.h"

/* YAML as of control/topology, the caller's to free; NULL with `error`. Links are as they were made: faults
 * do not change it. */
char *topology_text_create(const struct fabric *fabric, struct lab_error *error);

#endif
