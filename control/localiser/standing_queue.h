/* SPDX-License-Identifier: BSD-3-Clause */
/* A link of reduced rate or one that others load? Under load both have a queue, kept short by everybody's
 * congestion control, and a share of the rate is gone: messages do not tell them apart. But while the jobs
 * compute, a link of reduced rate is idle, and a lone packet passes it as fast as any; over one that others
 * load the queue stands then, too. So lone packets are sent over what is accused, and as many past it: those
 * say how much silence there is. */
#ifndef WEFT_CONTROL_LOCALISER_STANDING_QUEUE_H
#define WEFT_CONTROL_LOCALISER_STANDING_QUEUE_H

#include "control/localiser/probing.h"

/* Of the time; with less there is nothing to be told. */
#define STANDING_QUEUE_SILENCE_MIN 0.25

struct queue_count {
    uint32_t answered;
    uint32_t quiet; /* of these: as fast as on an idle path */
};
struct standing_queue {
    uint32_t sets;
    bool is_link;
    uint32_t paths; /* over the component; behind them one or two past it */
    struct queue_count counts[PROBES_MAX];
};

enum queue_word {
    QUEUE_UNKNOWN, /* there is too little silence to tell, or nobody has answered */
    QUEUE_ASK,     /* more packets will tell */
    QUEUE_PASSES,  /* when the jobs are silent it is gone */
    QUEUE_STANDS
};

/* Chooses the paths; none if the fabric has no path past the component. */
void standing_queue_plan(struct standing_queue *q, struct probing *p, const struct flow_map *map,
                         const struct leaf_ports *leaves, uint32_t component);
/* Adds the set's answers. */
void standing_queue_count(struct standing_queue *q, const struct probing *p);
/* `excess`: how many times as long messages over the component take. */
enum queue_word standing_queue_word(const struct standing_queue *q, double excess);

#endif
