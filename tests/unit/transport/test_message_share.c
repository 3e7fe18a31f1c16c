/* SPDX-License-Identifier: BSD-3-Clause */
/* Two communicators of host 0 share its tables of sixteen messages: each is guaranteed four. */
#include "dataplane/transport/message_share.h"

#include "tests/unit/transport/fabric.h"
#include "tests/unit/transport/unit.h"

enum {
    MESSAGES_MAX = 16,
    GUARANTEED = 4,
    FLOW_BYTES = 100,
    OTHER = 0x4321 /* identity of the second */
};

static void small_tables(struct transport_config *config)
{
    config->messages_max = MESSAGES_MAX;
}

static struct fabric *start(void)
{
    struct fabric_config config = {
        .hosts = 2, .paths = 2, .memory_bytes = 65536, .mode = PATH_MODE_WRAP, .tune = small_tables};
    return fabric_create(&config);
}

static uint32_t open_other(struct fabric *f, unsigned host)
{
    struct fabric_host *h = &f->hosts[host];
    struct communicator_config config = {.identity = OTHER,
                                         .rank = host,
                                         .rank_count = f->host_count,
                                         .rank_peers = h->rank_peers,
                                         .path_mode = PATH_MODE_WRAP,
                                         .owner = 8,
                                         .owner_handle = host};
    return (uint32_t)transport_open_communicator(h->transport, &config, f->now);
}

typedef enum submit_result submit(struct transport *t, uint32_t communicator, const struct flow_batch *batch,
                                  nsec_t now);

/* One batch of `count` flows between host and the other one, with tags from `tag` on. */
static enum submit_result batch(struct fabric *f, unsigned host, submit *submit, uint32_t communicator,
                                uint64_t tag, unsigned count)
{
    struct flow_request flows[MESSAGES_MAX + 1];
    for (unsigned i = 0; i < count; i++)
        flows[i] = (struct flow_request){.peer_rank = 1 - host, .tag = tag + i, .bytes = FLOW_BYTES};
    return submit(f->hosts[host].transport, communicator, &(struct flow_batch){flows, count, 0}, f->now);
}

/* How many batches of one flow the communicator may have. */
static unsigned fill(struct fabric *f, submit *submit, uint32_t communicator)
{
    unsigned count = 0;
    while (batch(f, 0, submit, communicator, count, 1) == SUBMIT_OK)
        count++;
    return count;
}

static void test_one_alone_has_all(void **state)
{
    (void)state;
    struct fabric *f = start();
    assert_int_equal(fill(f, transport_receive_batch, 0), MESSAGES_MAX);
    assert_int_equal(fill(f, transport_send_batch, 0), MESSAGES_MAX);
    fabric_destroy(f);
}

static void test_steps_ahead_leave_the_others_their_part(void **state)
{
    (void)state;
    struct fabric *f = start();
    uint32_t other = open_other(f, 0);
    assert_int_equal(fill(f, transport_receive_batch, 0), MESSAGES_MAX - GUARANTEED);
    assert_int_equal(fill(f, transport_receive_batch, other), GUARANTEED);
    assert_int_equal(fill(f, transport_send_batch, other), MESSAGES_MAX - GUARANTEED);
    assert_int_equal(fill(f, transport_send_batch, 0), GUARANTEED);
    fabric_destroy(f);
}

static void test_what_a_communicator_uses_counts_as_its_part(void **state)
{
    (void)state;
    struct fabric *f = start();
    uint32_t other = open_other(f, 0);
    assert_int_equal(batch(f, 0, transport_receive_batch, other, 0, GUARANTEED - 1), SUBMIT_OK);
    assert_int_equal(fill(f, transport_receive_batch, 0), MESSAGES_MAX - GUARANTEED);
    assert_int_equal(batch(f, 0, transport_receive_batch, other, MESSAGES_MAX, 2), SUBMIT_FULL);
    assert_int_equal(batch(f, 0, transport_receive_batch, other, MESSAGES_MAX, 1), SUBMIT_OK);
    fabric_destroy(f);
}

static void test_a_first_batch_may_be_larger_than_the_rest(void **state)
{
    (void)state;
    struct fabric *f = start();
    uint32_t other = open_other(f, 0);
    assert_int_equal(batch(f, 0, transport_receive_batch, 0, 0, MESSAGES_MAX + 1), SUBMIT_FULL);
    assert_int_equal(batch(f, 0, transport_receive_batch, 0, 0, MESSAGES_MAX), SUBMIT_OK);
    assert_int_equal(batch(f, 0, transport_receive_batch, other, 0, 1), SUBMIT_FULL);
    assert_int_equal(batch(f, 0, transport_send_batch, other, 0, MESSAGES_MAX), SUBMIT_OK);
    fabric_destroy(f);
}

static void test_what_has_ended_or_was_closed_has_no_part(void **state)
{
    (void)state;
    struct fabric *f = start();
    uint32_t other = open_other(f, 0);
    fill(f, transport_receive_batch, 0);
    fill(f, transport_send_batch, 0);
    for (unsigned tag = 0; tag < MESSAGES_MAX - GUARANTEED; tag++) {
        batch(f, 1, transport_receive_batch, 0, tag, 1);
        batch(f, 1, transport_send_batch, 0, tag, 1);
    }
    fabric_run(f, f->now + NSEC_PER_MSEC);
    const struct communicator *c = &f->hosts[0].transport->communicators[0];
    assert_int_equal(fabric_count(f, 0, EVENT_RECEIVED, EVENT_OK), MESSAGES_MAX - GUARANTEED);
    assert_int_equal(c->incoming_count, 0);
    assert_int_equal(c->outgoing_count, 0);
    transport_close_communicator(f->hosts[0].transport, other, false, f->now);
    assert_int_equal(fill(f, transport_receive_batch, 0), MESSAGES_MAX);
    fabric_destroy(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_alone_has_all),
        cmocka_unit_test(test_steps_ahead_leave_the_others_their_part),
        cmocka_unit_test(test_what_a_communicator_uses_counts_as_its_part),
        cmocka_unit_test(test_a_first_batch_may_be_larger_than_the_rest),
        cmocka_unit_test(test_what_has_ended_or_was_closed_has_no_part),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
