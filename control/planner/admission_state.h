/* SPDX-License-Identifier: BSD-3-Clause */
/* What is admitted, and what room that leaves: claims come in whole and go out whole, on ports and on links.
 */
#ifndef WEFT_PLANNER_ADMISSION_STATE_H
#define WEFT_PLANNER_ADMISSION_STATE_H

#include "control/planner/cutting.h"
#include "control/planner/plan_state.h"

struct claim {
    uint32_t demand;
    uint32_t priority;
    uint64_t bytes, value;
};

/* What is admitted, and what room that leaves on the ports. */
struct admitted {
    uint64_t value;
    uint8_t *in; /* [claim] */
    int64_t *port_room[SIDES];
    struct colouring_snapshot links;
};

struct admission {
    struct planner_plan *plan;
    struct placement placement; /* its colouring: links */
    struct claim *claims;
    uint32_t count;
    struct admitted now, best; /* the links of `now` are in the colouring */
};

bool admitted_create(const struct admission *a,
                     struct admitted *s); /* false: no memory; destroy it also then */
void admitted_destroy(struct admitted *s);

/* Nothing is in, and all room there. */
void admission_empty(struct admission *a);
/* A claim (by index) that is not in: 1: it is now; 0: there is no room; -ENOMEM. */
int admission_try_in(struct admission *a, uint32_t claim);
/* One that is in. */
void admission_put_out(struct admission *a, uint32_t claim);

/* `now` becomes `best`: 0 or -ENOMEM; and the other way round. */
int admission_keep(struct admission *a);
void admission_go_back(struct admission *a);

#endif
