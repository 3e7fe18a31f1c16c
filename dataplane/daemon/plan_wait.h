/* SPDX-License-Identifier: BSD-3-Clause */
/* The wait for a port's plans: a question to control that is answered when there is another plan than the one
 * in force, asked anew as soon as it has been answered. On the main thread. */
#ifndef WEFT_DAEMON_PLAN_WAIT_H
#define WEFT_DAEMON_PLAN_WAIT_H

#include "dataplane/daemon/plan_intake.h"

struct http_client;
struct plan_wait;

struct plan_wait_config {
    struct event_base *base;
    struct http_client *http;
    struct host_port *port;
    void *context; /* of the two that follow */
    void (*in_force)(void *context);
    /* Control has not answered, or not in order. True: ask again, after a while; false: not before
     * plan_wait_resume(). */
    bool (*unanswered)(void *context);
};
/* Asks nothing yet. NULL when memory is short. */
struct plan_wait *plan_wait_create(const struct plan_wait_config *config);
/* After the port has been closed: until then its worker uses the plan. NULL is allowed. */
void plan_wait_destroy(struct plan_wait *w);

/* Asks, unless it does already or will. `at_once`: control is back, so no wait from before holds. */
void plan_wait_resume(struct plan_wait *w, bool at_once);

struct plan_intake *plan_wait_intake(const struct plan_wait *w);
uint64_t plan_wait_taken(const struct plan_wait *w);
/* Plans that made no sense, or were not for this port. */
uint64_t plan_wait_refused(const struct plan_wait *w);

#endif
