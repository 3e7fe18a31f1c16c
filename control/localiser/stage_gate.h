/* SPDX-License-Identifier: BSD-3-Clause */
/* The stage gate: hangs, and which stage of a message took its time, before any path is blamed. Pure, and
 * small enough for the monitor of one host, which sees only its own ranks: then nobody is said never to have
 * entered, only that this host's ranks hang, and over which paths nothing comes back. */
#ifndef WEFT_CONTROL_LOCALISER_STAGE_GATE_H
#define WEFT_CONTROL_LOCALISER_STAGE_GATE_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/formats/timing.h"

enum {
    STAGE_GATE_RANKS_MAX = 16 /* named in a finding */
};

struct stage_gate;

struct stage_gate_config {
    uint64_t hang_ns;           /* T_h */
    bool whole_communicators;   /* records of all ranks are seen, not only of this host's */
    uint32_t communicators_max; /* the longest idle gives way */
    uint32_t ranks_max;         /* of all communicators together */
};

enum stage_finding_kind {
    STAGE_NEVER_ENTERED, /* the listed ranks have not entered `sequence`, others wait in it since waited_ns */
    STAGE_HANG,          /* all have entered, none has moved a byte since waited_ns; the listed ranks have not
                            ended it. If a path is silent: from source to destination over path */
    STAGE_RESUMED        /* what was said of this operation is over */
};
struct stage_finding {
    enum stage_finding_kind kind;
    uint64_t communicator, sequence;
    uint64_t waited_ns;
    uint32_t rank_count; /* in all */
    uint32_t ranks[STAGE_GATE_RANKS_MAX];
    bool path_silent;
    uint32_t source, destination; /* addresses */
    uint16_t path;
};

/* NULL when memory is short. */
struct stage_gate *stage_gate_create(const struct stage_gate_config *config);
void stage_gate_destroy(struct stage_gate *g);

/* A record that timing_record_check() has accepted. Order does not matter; lost ones make it see less, not
 * more: a rank is judged only by what came after. */
void stage_gate_take_record(struct stage_gate *g, const struct timing_record *record, uint64_t now_ns);
/* Records of the port were lost: what its ranks did not tell is not held against them until they tell
 * something newer. */
void stage_gate_on_loss(struct stage_gate *g, uint32_t address);
/* Each finding is told once; call until false. */
bool stage_gate_next(struct stage_gate *g, uint64_t now_ns, struct stage_finding *finding);
/* When there may be a finding though nothing comes; UINT64_MAX: never. */
uint64_t stage_gate_wakeup(const struct stage_gate *g);

/* Which stage of a sent message took most of its time; for a person's table, not for blame. */
enum stage {
    STAGE_READY,
    STAGE_CREDIT,
    STAGE_NETWORK,
    STAGE_DRAIN,
    STAGES
};
enum stage stage_longest(const struct timing_record *record);
const char *stage_name(enum stage stage);

#endif
