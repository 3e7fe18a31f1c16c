/* SPDX-License-Identifier: BSD-3-Clause */
/* What a localiser is made of. Only its own files look inside. */
#ifndef WEFT_CONTROL_LOCALISER_STATE_H
#define WEFT_CONTROL_LOCALISER_STATE_H

#include "control/localiser/accusation.h"
#include "control/localiser/cohort.h"
#include "control/localiser/habit.h"
#include "control/localiser/loss_level.h"
#include "control/localiser/pauses.h"
#include "control/localiser/stage_gate.h"
#include "control/localiser/stages.h"

/* What is known of the monitor of a port. */
struct monitor {
    uint64_t incarnation; /* 0: never heard of */
    uint64_t next_sequence;
    uint64_t lost;
};

/* A rank's own clock: when it ended an operation, and how long it was away before it entered the next. */
struct rank_clock {
    uint64_t communicator;
    uint32_t rank;
    uint64_t ended_sequence, ended_at_ns;
    uint64_t entered_sequence, entered_at_ns, away_ns;
};
enum {
    RANK_CLOCKS = 8 /* of a port; ranks that share one give way to each other */
};

struct localiser {
    struct localiser_config config;
    struct flow_map map;
    struct localiser_port *ports;         /* ascending by address */
    uint32_t *port_leaf;                  /* [port] */
    uint32_t *leaf_first, *leaf_of_ports; /* struct leaf_ports */
    struct rank_clock *clocks;            /* [port * RANK_CLOCKS + slot] */
    struct monitor *monitors;             /* [port] */
    struct open_operations operations;
    struct habits habits;
    struct loss_level losses;
    struct evidence evidence;
    struct silence silence;
    struct pauses pauses;
    struct stage_gate *gate;
    struct accusations accusations;
    struct localiser_counters counters;
    uint64_t epoch;           /* 0: any is taken */
    uint64_t now_ns;          /* when it was last called */
    uint64_t round_opened_ns; /* when the open round got its first operation */
};

/* The port with this address; -1: the fabric has none. */
int64_t localiser_port_of(const struct localiser *l, uint32_t address);

#endif
