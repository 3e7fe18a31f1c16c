/* SPDX-License-Identifier: BSD-3-Clause */
/* Every checker can fire: the transport is broken on purpose, or what it says is altered on the way to the
 * application, and the complaint must be of the right kind. The same run unbroken has none. */
#include "tests/unit/sim/unit.h"

#include "dataplane/transport/congestion.h"
#include "tools/sim/job.h"
#include "tools/sim/rest.h"

static const struct workload workload = {.kind = WORKLOAD_ALL_TO_ALL, .ranks = 4, .bytes = 100000};
static const uint32_t hosts[] = {0, 1, 2, 3};

static void fill(struct simulation_config *c)
{
    const struct link_config link = {.rate_bytes_per_s = 1250000000,
                                     .delay_ns = 500,
                                     .queue_limit_bytes = 1 << 20,
                                     .mark_from_bytes = 100000,
                                     .mark_full_bytes = 100000};
    *c = (struct simulation_config){.topology = {.shape = {.pods = 1, .leaves = 2, .spines = 2, .hosts = 2},
                                                 .host_link = link,
                                                 .fabric_link = link,
                                                 .turnaround_ns = 1000},
                                    .content = true,
                                    .seed = 1};
    transport_config_default(&c->transport, link.rate_bytes_per_s,
                             simulation_base_rtt_ns(&c->topology, 4200));
    c->transport.peers_max = 4;
    c->transport.pieces_max = 1024;
    c->transport.messages_max = 64;
}

static struct complaints run(enum sabotage sabotage, uint64_t at)
{
    struct simulation_config c;
    fill(&c);
    c.sabotage = sabotage;
    c.sabotage_at = at;
    struct simulation *s = simulation_create(&c);
    job_add(s, &(struct job_config){.name = "job",
                                    .identity = 7,
                                    .rank_hosts = hosts,
                                    .rank_count = 4,
                                    .path_mode = PATH_MODE_WRAP,
                                    .iterations = 2,
                                    .start_at = NSEC_PER_MSEC,
                                    .deadline_at = NSEC_PER_SEC,
                                    .chunks = 4,
                                    .workload = &workload});
    simulation_run(s, NSEC_NEVER);
    simulation_run(s, simulation_now(s) + NSEC_PER_SEC);
    rest_check(s);
    struct complaints complaints = s->complaints;
    simulation_destroy(s);
    return complaints;
}

static void all_is_well_without_sabotage(void **state)
{
    (void)state;
    struct complaints c = run(SABOTAGE_NONE, 0);
    assert_string_equal(c.text[0], "");
    assert_int_equal(c.count, 0);
}

static void expect(enum sabotage sabotage, uint64_t at, enum complaint_kind kind)
{
    struct complaints c = run(sabotage, at);
    assert_true(c.of_kind[kind] > 0);
}

static void a_flipped_byte_is_noticed(void **state)
{
    (void)state;
    expect(SABOTAGE_FLIP_BYTE, 100, COMPLAINT_CONTENT);
}

static void a_payload_placed_twice_is_noticed(void **state)
{
    (void)state;
    expect(SABOTAGE_PLACE_TWICE, 100, COMPLAINT_TWICE);
}

static void a_payload_in_another_place_is_noticed(void **state)
{
    (void)state;
    expect(SABOTAGE_PLACE_ELSEWHERE, 100, COMPLAINT_CONTENT);
}

static void a_payload_that_is_not_placed_is_noticed(void **state)
{
    (void)state;
    expect(SABOTAGE_PLACE_NOWHERE, 100, COMPLAINT_MISSING);
}

static void a_lost_packet_that_is_acknowledged_is_noticed(void **state)
{
    (void)state;
    expect(SABOTAGE_FORGE_ACK, 100, COMPLAINT_UNFINISHED);
}

static void an_end_that_nobody_is_told_of_is_noticed(void **state)
{
    (void)state;
    expect(SABOTAGE_LOSE_EVENT, 5, COMPLAINT_UNFINISHED);
}

static void a_credit_that_is_kept_is_noticed(void **state)
{
    (void)state;
    expect(SABOTAGE_KEEP_CREDIT, 1, COMPLAINT_REST);
}

static void a_port_that_falls_behind_is_noticed(void **state)
{
    (void)state;
    expect(SABOTAGE_REPEAT_ACKS, 5, COMPLAINT_GROWTH);
}

/* As a broken transport would say it: the table that events are checked against, by hand. */
static void an_end_told_twice_is_noticed(void **state)
{
    (void)state;
    struct complaints complaints = {0};
    struct operation_table t;
    operation_table_init(&t, &complaints, true);
    uint32_t number = operation_take(&t);
    t.operations[number].sends = true;
    struct event event = {.kind = EVENT_SENT, .cookie = number};
    operation_check_event(&t, 0, &event, 1);
    assert_int_equal(complaints.count, 0);
    operation_give(&t, number);
    operation_check_event(&t, 0, &event, 2);
    assert_int_equal(complaints.of_kind[COMPLAINT_OUTCOME], 1);
    operation_table_destroy(&t);
}

static void a_placement_beyond_the_end_is_noticed(void **state)
{
    (void)state;
    struct complaints complaints = {0};
    struct operation_table t;
    operation_table_init(&t, &complaints, true);
    uint32_t number = operation_take(&t);
    t.operations[number].bytes = 100;
    struct payload inside = {.region = number, .length = 100, .content = content_sum(0, 0, 100)};
    struct payload beyond = {.region = number, .length = 1, .offset = 100};
    operation_place(&t, &inside, 1);
    assert_int_equal(complaints.count, 0);
    operation_place(&t, &beyond, 2);
    assert_int_equal(complaints.of_kind[COMPLAINT_PLACE], 1);
    operation_table_destroy(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_is_well_without_sabotage),
                                       cmocka_unit_test(a_flipped_byte_is_noticed),
                                       cmocka_unit_test(a_payload_placed_twice_is_noticed),
                                       cmocka_unit_test(a_payload_in_another_place_is_noticed),
                                       cmocka_unit_test(a_payload_that_is_not_placed_is_noticed),
                                       cmocka_unit_test(a_lost_packet_that_is_acknowledged_is_noticed),
                                       cmocka_unit_test(an_end_that_nobody_is_told_of_is_noticed),
                                       cmocka_unit_test(a_credit_that_is_kept_is_noticed),
                                       cmocka_unit_test(a_port_that_falls_behind_is_noticed),
                                       cmocka_unit_test(an_end_told_twice_is_noticed),
                                       cmocka_unit_test(a_placement_beyond_the_end_is_noticed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
