/* SPDX-License-Identifier: BSD-3-Clause */
/* The fault model: one plain struct says what goes wrong, where, from when to when. */
#ifndef SIM_FAULT_H
#define SIM_FAULT_H

#include "tools/sim/simulation.h"

enum sim_fault_kind {
    SIM_FAULT_DOWN, /* a link goes down, and comes up again at the end */
    SIM_FAULT_FLAP, /* down and up in turn, amount_ns for both */
    SIM_FAULT_BLACK_HOLE,
    SIM_FAULT_LOSS,      /* amount: ppm */
    SIM_FAULT_CORRUPT,   /* ppm: the receiving port's checksum tells */
    SIM_FAULT_DUPLICATE, /* ppm */
    SIM_FAULT_REORDER,   /* ppm of packets, delayed by up to amount_ns */
    SIM_FAULT_RATE,      /* percent that is left */
    SIM_FAULT_DELAY,     /* amount_ns more */
    SIM_FAULT_PAUSE,     /* a host's dataplane does nothing */
    SIM_FAULT_RESTART,   /* a host's dataplane dies; another starts at the end */
    SIM_FAULT_KINDS
};

enum sim_fault_direction {
    SIM_FAULT_BOTH,
    SIM_FAULT_UP,
    SIM_FAULT_ONLY_DOWN
};

struct sim_fault {
    enum sim_fault_kind kind;
    enum sim_fault_direction direction;
    uint32_t up_link, down_link; /* of a link: its two directions */
    uint32_t host;               /* of a host */
    nsec_t at, until;            /* NSEC_NEVER: it stays */
    uint32_t amount;
    nsec_t amount_ns;
    /* A link that is down: routing notices after this, and sends around it; NSEC_NEVER: never. The same at
     * the end. */
    nsec_t converges_after_ns;
};

bool sim_fault_is_of_host(enum sim_fault_kind kind);
const char *sim_fault_kind_name(enum sim_fault_kind kind);
/* It will happen; `fault` must stay as long as the simulation. */
void sim_fault_schedule(struct simulation *s, const struct sim_fault *fault);

#endif
