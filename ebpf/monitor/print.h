/* SPDX-License-Identifier: BSD-3-Clause */
/* A table for a person: where messages spend their time, by the leaf they go to and the path they take. */
#ifndef WEFT_EBPF_MONITOR_PRINT_H
#define WEFT_EBPF_MONITOR_PRINT_H

#include <stdio.h>

#include "ebpf/monitor/monitor.h"

/* All since the start. */
void print_table(const struct monitor *m, FILE *out);

#endif
