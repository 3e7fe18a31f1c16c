/* SPDX-License-Identifier: BSD-3-Clause */
/* What the demonstration measures, and how it is shown. */
#ifndef BENCH_DEMO_H
#define BENCH_DEMO_H

#include "tools/bench/result.h"

enum {
    DEMO_COLLECTIVES = 2, /* all_reduce, all_to_all */
    DEMO_MODES = 5        /* hash, spray, ethereal, wrap, planned */
};

/* One collective under one mode: what is kept of its result. */
struct demo_cell {
    double imbalance;
    double bus_bandwidth_bps;
    double bound_ratio;
    uint64_t completion_p50_ns;
    bool verified;
    struct link_load *links;
};

/* A spine link dies in the middle of an all-reduce. */
struct demo_fault {
    const char *link;
    uint64_t at_ms;
    uint64_t completion_ns;
    uint64_t stall_ns;
    bool verified;
};

struct demo {
    struct fabric fabric;
    uint64_t bytes;
    struct demo_cell cells[DEMO_COLLECTIVES][DEMO_MODES];
    struct demo_fault fault;
    bool wrong; /* some result was */
};

extern const enum bench_collective demo_collectives[DEMO_COLLECTIVES];
extern const enum weft_path_mode demo_modes[DEMO_MODES];

void demo_print_heading(const struct demo *demo);
void demo_print_table(const struct demo *demo, unsigned collective);
/* Bytes on every uplink, `hash` beside `wrap`. */
void demo_print_uplinks(const struct demo *demo, unsigned collective);
/* What was seen, in sentences. */
void demo_print_summary(const struct demo *demo);
void demo_print_fault(const struct demo *demo);
/* One object on one line, without a newline; the caller frees it. */
char *demo_json_text(const struct demo *demo);

#endif
