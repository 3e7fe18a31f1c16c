/* SPDX-License-Identifier: BSD-3-Clause */
/* The part of the fake dataplane that stands for the fabric: sends and receives of all its sessions meet
 * here. */
#ifndef WEFT_TESTS_FAKE_FABRIC_H
#define WEFT_TESTS_FAKE_FABRIC_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "dataplane/formats/app_queue.h"

struct fake_session;

struct fake_communicator {
    LIST_ENTRY(fake_communicator) link;
    struct fake_session *session;
    uint64_t identity;
    uint32_t handle, rank, rank_count;
    bool dead;
    uint32_t dead_rank;
};

struct fake_flow {
    TAILQ_ENTRY(fake_flow) link;
    struct fake_communicator *communicator;
    bool is_send;
    struct app_flow flow;
    uint8_t *memory;
    uint64_t chunks_moved;   /* receive */
    struct fake_flow *match; /* the other end */
};

struct fake_fabric {
    LIST_HEAD(, fake_communicator) communicators;
    TAILQ_HEAD(, fake_flow) flows;
    uint64_t random;
};

/* The session's side: gives a completion to the application. */
void fake_session_complete(struct fake_session *session, const struct app_completion *completion);

void fake_fabric_add_flow(struct fake_fabric *fabric, const struct fake_flow *flow);
/* Is there a flow in progress between the two, of this direction, with this tag? */
bool fake_fabric_tag_in_use(const struct fake_fabric *fabric, const struct fake_flow *flow);
/* Moves a chunk of some messages. False: nothing could move. */
bool fake_fabric_move(struct fake_fabric *fabric);
/* All ranks of the identity but `rank` learn that it is dead. */
void fake_fabric_kill_rank(struct fake_fabric *fabric, uint64_t identity, uint32_t rank);
/* Forgets a communicator. If flows of it are in progress they are cancelled, and it counts as a death. */
void fake_fabric_close(struct fake_fabric *fabric, struct fake_communicator *communicator);

#endif
