/* SPDX-License-Identifier: BSD-3-Clause */
/* Which of the files that weft-monitor listens to are mapped by some process, in whatever mount namespace. */
#ifndef WEFT_EBPF_MONITOR_PROCESS_SCAN_H
#define WEFT_EBPF_MONITOR_PROCESS_SCAN_H

#include "ebpf/monitor/library.h"

struct mapped_file {
    const char *name; /* as its process sees it */
    const char *path; /* as we can open it: /proc/PID/root/... */
    const struct library *library;
    int process; /* that has it mapped; -1: not of a process */
};
typedef void (*mapped_file_seen)(void *context, const struct mapped_file *file);

/* Calls `seen` for every executable mapping of such a file, often for the same one. Processes that end
 * meanwhile, or may not be looked at, are left out. `proc` is "/proc". */
void process_scan(const char *proc, mapped_file_seen seen, void *context);

/* One line of /proc/PID/maps: false unless it is an executable mapping of a file that still has its name. The
 * name points into the line. */
bool process_scan_line(char *line, struct mapped_file *file);

#endif
