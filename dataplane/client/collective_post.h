/* SPDX-License-Identifier: BSD-3-Clause */
/* Hands steps of a collective to the dataplane, each as one batch. */
#ifndef WEFT_CLIENT_COLLECTIVE_POST_H
#define WEFT_CLIENT_COLLECTIVE_POST_H

#include "dataplane/client/schedule.h"

struct weft_request;

/* The step of a lane that is being posted. */
struct collective_posting {
    struct weft_request *request;
    uint8_t lane;
    uint32_t step;
};

/* False: the ring or memory is too short just now, and nothing was posted. */
bool collective_post_receives(const struct collective_posting *posting, const struct schedule_step *step);
bool collective_post_sends(const struct collective_posting *posting, const struct schedule_step *step);

#endif
