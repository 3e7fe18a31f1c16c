/* SPDX-License-Identifier: BSD-3-Clause */
/* Who the ranks of a run outside a lab are, from the command line and the environment that launchers give. */
#ifndef BENCH_RANK_LIST_H
#define BENCH_RANK_LIST_H

#include <stdint.h>

#include "tools/bench/options.h"

enum {
    RANK_LIST_MAX = 4096
};

struct rank_list {
    unsigned rank; /* of this process */
    unsigned ranks;
    uint64_t identity; /* of the run, equal on all its ranks */
    uint32_t addresses[RANK_LIST_MAX];
};

/* Rank: --rank, WEFT_RANK, OMPI_COMM_WORLD_RANK, PMI_RANK or SLURM_PROCID. Addresses: the lines of --hosts
 * FILE, else WEFT_ADDRESSES, separated by commas; WEFT_RANKS, if set, must agree. Identity: a hash of
 * WEFT_JOB, PMIX_NAMESPACE or of SLURM_JOB_ID and SLURM_STEP_ID. 0, or -1 after a line on standard error that
 * says what is missing. */
int rank_list_read(const struct bench_options *options, struct rank_list *list);

#endif
