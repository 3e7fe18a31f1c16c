/* SPDX-License-Identifier: BSD-3-Clause */
/* Guard rails between a verdict and the plan: what may be done about it without a person. Pure. */
#ifndef WEFT_CONTROL_LOCALISER_GUARD_H
#define WEFT_CONTROL_LOCALISER_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#include "control/localiser/verdict.h"

enum {
    GUARD_REASON_BYTES = 160,
    GUARD_WEIGHT_FULL = 8
};

struct guard;

struct guard_config {
    struct component_shape shape;
    uint32_t uplink_share_max; /* of a leaf's uplinks one in so many may be drained, at least one if there are
                                  two: 8 */
    uint32_t actions_max;      /* within actions_ns: 4 */
    uint64_t actions_ns;       /* 10 min */
    uint32_t clean_probes;     /* in a row, before a link comes back: 16 */
    uint64_t clean_ns;         /* and for so long: 60 s; doubles with each relapse, up to a day */
    double confidence_min;     /* 0.99 */
    bool dry_run;              /* proposes, says that it would, and counts nothing as done */
};
void guard_config_default(struct guard_config *config, const struct component_shape *shape);

enum guard_override {
    GUARD_AS_USUAL,
    GUARD_NEVER, /* nothing is done to it */
    GUARD_ALWAYS /* shares and rates do not hold it back; what is congested is not drained all the same */
};

enum guard_action_kind {
    GUARD_REPORT,   /* nothing is done; `reason` says why not */
    GUARD_REWEIGHT, /* the link gets `weight` eighths */
    GUARD_DRAIN,
    GUARD_NOTIFY, /* a host, rank or switch: hooks of the scheduler, an operator */
    GUARD_RESTORE
};
struct guard_action {
    enum guard_action_kind kind;
    bool dry_run;               /* what would be done */
    struct component component; /* UP and DOWN: the link between leaf `place` and `spine` */
    uint32_t weight;            /* eighths, GUARD_REWEIGHT and GUARD_RESTORE */
    uint64_t verdict;           /* its number */
    char reason[GUARD_REASON_BYTES];
};

/* NULL when memory is short. */
struct guard *guard_create(const struct guard_config *config);
void guard_destroy(struct guard *g);
void guard_set_override(struct guard *g, const struct component *component, enum guard_override override);
void guard_set_dry_run(struct guard *g, bool dry_run);

/* What to do about the verdict, now; what it says is taken as done unless it is GUARD_REPORT or a dry run. A
 * verdict that is cleared or withdrawn brings the link back when it was drained for that verdict. */
void guard_propose(struct guard *g, const struct verdict *verdict, uint64_t now_ns,
                   struct guard_action *action);
/* What was done before this guard was made, by one before it: `component`, `weight` and `verdict` of the
 * action. It is brought back like what this one has done. */
void guard_adopt(struct guard *g, const struct guard_action *action, uint64_t now_ns);
/* The outcome of a probe over a drained link. */
void guard_on_probe(struct guard *g, const struct component *component, bool clean, uint64_t now_ns);
/* A link whose probes have been clean for long enough; until false. */
bool guard_next_restoration(struct guard *g, uint64_t now_ns, struct guard_action *action);
/* An operator has drained or restored the link: it counts for the leaf's share, and is not restored here. */
void guard_on_operator(struct guard *g, const struct component *component, bool drained);

#endif
