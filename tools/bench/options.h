/* SPDX-License-Identifier: BSD-3-Clause */
/* weft-bench's command line. */
#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/client/weft.h"
#include "tools/bench/collective.h"
#include "tools/bench/placement.h"

/* A fault to be injected while iterations are measured. */
struct bench_fault {
    const char *link; /* NULL: none */
    const char *kind;
    const char *value; /* NULL where the kind takes none */
    uint64_t at_ms;    /* after the start of the first measured iteration of the first size */
};

struct bench_options {
    enum bench_collective collective;
    uint64_t bytes_min;
    uint64_t bytes_max;
    uint64_t factor; /* from one size to the next */
    unsigned iterations;
    unsigned warmup;
    unsigned pause_ms; /* before each iteration */
    bool check;
    bool json;
    enum weft_path_mode mode;
    enum weft_algorithm algorithm;
    enum weft_type type;
    enum weft_reduction reduction;
    unsigned ranks; /* 0: one for each host */
    unsigned jobs;  /* that share the ranks, each with a communicator of its own */
    struct placement placement;
    const char *placement_text;
    uint32_t hash_seed;
    struct bench_fault fault;
    const char *hosts_path; /* outside a lab: a file with one rank's address a line */
    int rank;               /* outside a lab; -1: from the environment */
};

extern const char *const options_modes[];
extern const char *const options_algorithms[];
extern const char *const options_types[];
extern const char *const options_reductions[];

extern const char options_usage[];

/* What the command line leaves open. */
struct bench_options options_default(void);

/* 0, or -1 after one line on standard error; 1: help was asked for and has been printed. The strings stay
 * argv's. */
int options_parse(int argc, char **argv, struct bench_options *options);

#endif
