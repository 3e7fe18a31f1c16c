/* SPDX-License-Identifier: BSD-3-Clause */
/* An application that is one rank of a communicator and has some memory. */
#ifndef WEFT_TESTS_INTEGRATION_DAEMON_RANK_H
#define WEFT_TESTS_INTEGRATION_DAEMON_RANK_H

#include "tests/integration/daemon/application.h"
#include "tests/integration/daemon/two_daemons.h"

struct rank {
    struct application application;
    struct application_region region;
    uint32_t handle;
};

void rank_join(struct rank *r, const char *socket, const struct application_group *group, size_t bytes);
void rank_leave(struct rank *r);
/* The completions before it are dropped. */
struct app_completion rank_wait_for(struct rank *r, uint32_t kind);

/* Rank 0 on host a, rank 1 on host b. */
void rank_pair_join(struct rank ranks[2], const struct two_daemons *d, uint64_t identity, size_t bytes);
void rank_pair_leave(struct rank ranks[2]);

#endif
