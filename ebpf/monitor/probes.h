/* SPDX-License-Identifier: BSD-3-Clause */
/* The programs in the kernel: loads them with what the kernel has, attaches them to files, and takes what
 * they hand over. A probe is attached to a file, not to a process: it listens in every process that maps the
 * file, now or later. Only where the kernel has no cookies of probes, weft's tracepoints are attached to each
 * process. */
#ifndef WEFT_EBPF_MONITOR_PROBES_H
#define WEFT_EBPF_MONITOR_PROBES_H

#include "dataplane/formats/timing.h"
#include "ebpf/monitor/process_scan.h"
#include "ebpf/timing_maps.h"

enum {
    PROBES_ERROR_BYTES = 256,
    PROBES_ATTACHED_MAX = 1024
};

struct probes;

struct probes_config {
    uint32_t leaf_prefix_bits;
    const uint32_t *addresses; /* host ports to listen to; none: all */
    unsigned address_count;
    uint32_t ring_bytes; /* rounded up to a power of two of pages */
    bool perf_buffer;    /* even where there is a ring buffer */
    void (*take)(void *context, const struct timing_record *record);
    void *context;
};
/* 0, or negative errno with `error`: nothing can be listened to. */
int probes_open(const struct probes_config *config, struct probes **probes, char error[PROBES_ERROR_BYTES]);
/* NULL is allowed. */
void probes_close(struct probes *p);

/* What this kernel lacks, and what stands in for it; NULL beyond the last. */
const char *probes_missing(const struct probes *p, unsigned index);

/* Listens to the file, unless that is done already, or has to wait for its processes. Returns how many probes
 * have been attached just now. */
unsigned probes_attach(struct probes *p, const struct mapped_file *file);
/* Whether files with weft's tracepoints have to be attached to process by process. */
bool probes_want_processes(const struct probes *p);
/* Lets go of processes that have ended. */
void probes_forget_ended(struct probes *p);

struct probes_attached {
    char *file;        /* as its process sees it */
    const char *probe; /* its name */
    void *link;        /* NULL: it could not be attached, and `error` says why */
    int error;         /* negative errno */
    int process;       /* -1: all */
};
/* False beyond the last. */
bool probes_get_attached(const struct probes *p, unsigned index, struct probes_attached *attached);

/* Calls `take` for all that is there. Records lost on the way are in the counts. */
void probes_drain(struct probes *p);
/* Readable when much is there; what is little waits for the next probes_drain(). */
int probes_fd(const struct probes *p);
void probes_get_counts(const struct probes *p, struct timing_counts *counts);
/* Walks the histograms: begin with a key of NULL; false beyond the last. */
bool probes_next_cell(const struct probes *p, const struct timing_cell_key *after,
                      struct timing_cell_key *key, struct timing_cell *cell);

#endif
