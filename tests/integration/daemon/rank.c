/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/integration/daemon/rank.h"

static const uint32_t addresses[] = {TWO_HOSTS_A, TWO_DAEMONS_B_ADDRESS};

void rank_join(struct rank *r, const char *socket, const struct application_group *group, size_t bytes)
{
    assert_int_equal(application_attach(&r->application, socket), 0);
    assert_int_equal(application_create_region(&r->application, bytes, &r->region), 0);
    assert_int_equal(application_open(&r->application, group, &r->handle), 0);
}

void rank_leave(struct rank *r)
{
    assert_int_equal(application_close(&r->application, r->handle), 0);
    assert_int_equal(application_destroy_region(&r->application, &r->region), 0);
    application_detach(&r->application);
}

struct app_completion rank_wait_for(struct rank *r, uint32_t kind)
{
    struct app_completion completion;
    do
        assert_true(application_wait(&r->application, &completion));
    while (completion.kind != kind);
    return completion;
}

void rank_pair_join(struct rank ranks[2], const struct two_daemons *d, uint64_t identity, size_t bytes)
{
    struct application_group group = {.identity = identity, .addresses = addresses, .rank_count = 2};
    rank_join(&ranks[0], d->a.socket, &group, bytes);
    group.rank = 1;
    rank_join(&ranks[1], d->b.socket, &group, bytes);
}

void rank_pair_leave(struct rank ranks[2])
{
    rank_leave(&ranks[0]);
    rank_leave(&ranks[1]);
}
