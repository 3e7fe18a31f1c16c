/* SPDX-License-Identifier: BSD-3-Clause */
/* The histograms of the kernel's table as rows to show: the network's stage for each path, the stages that no
 * path has a part in summed over paths. */
#ifndef WEFT_EBPF_MONITOR_STAGE_ROWS_H
#define WEFT_EBPF_MONITOR_STAGE_ROWS_H

#include "control/localiser/stage_gate.h"
#include "ebpf/timing_maps.h"

struct stage_row {
    uint32_t address, peer_leaf;
    uint16_t path; /* TIMING_PATH_NONE: of none, or not known */
    enum stage stage;
    uint64_t count, bytes, packets, retransmits, marks;
    struct timing_histogram histogram;
};

struct stage_rows {
    struct stage_row *rows;
    unsigned count, capacity;
};

/* Adds what the cell holds. -ENOMEM: some of it is left out. */
int stage_rows_add(struct stage_rows *rows, const struct timing_cell_key *key,
                   const struct timing_cell *cell);
/* By address, leaf, stage, path. */
void stage_rows_sort(struct stage_rows *rows);
void stage_rows_free(struct stage_rows *rows);
/* "ready", "credit", "network" or "drain". */
const char *stage_row_name(const struct stage_row *row);
/* The least bound (ns) of a bucket below which a share of the row's times lies; UINT64_MAX: beyond all. */
uint64_t stage_row_quantile_ns(const struct stage_row *row, unsigned percent);

#endif
