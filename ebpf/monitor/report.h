/* SPDX-License-Identifier: BSD-3-Clause */
/* The monitor as one JSON object: ../README.md is its description. */
#ifndef WEFT_EBPF_MONITOR_REPORT_H
#define WEFT_EBPF_MONITOR_REPORT_H

#include "ebpf/monitor/monitor.h"

/* Text to be freed; NULL when memory is short. */
char *report_text(const struct monitor *m);

#endif
