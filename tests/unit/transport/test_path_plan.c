/* SPDX-License-Identifier: BSD-3-Clause */
/* What control plans is what goes over the paths; what it cannot say, or says wrongly, is split locally. */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/transport/fabric.h"
#include "tests/unit/transport/unit.h"

enum {
    PATHS = 4,
    BYTES = 1000000,
    NO_SPINE = 99
};

static uint64_t per_path[PATHS]; /* data bytes from host 0 to host 1 */

static enum fault count_paths(struct fabric *f, const struct fabric_packet *packet)
{
    const struct packet_data *data = (const struct packet_data *)packet->bytes;
    (void)f;
    if (packet->from == 0 && data->header.type == PACKET_DATA)
        per_path[packet->source_port - PATH_PORT(0)] += packet->length - sizeof(*data);
    return FAULT_NONE;
}

/* One planned flow, rank 0 to rank 1, and weights towards host 1. Spine i is path PATHS - 1 - i. */
struct sample {
    struct path_plan plan;
    uint64_t block[64];
};

static void fill_header(struct sample *s, unsigned pieces, uint64_t epoch)
{
    struct plan_header *h = (struct plan_header *)s->block;
    *h = (struct plan_header){.magic = PLAN_MAGIC,
                              .version = PLAN_VERSION,
                              .leaf_prefix_bits = 32,
                              .epoch = epoch,
                              .hash = 77,
                              .address = 1,
                              .spine_count = PATHS,
                              .leaf_count = 1,
                              .communicator_count = 1,
                              .flow_count = 1,
                              .piece_count = pieces};
    h->bytes = (uint32_t)plan_bytes(h);
    assert_true(h->bytes <= sizeof(s->block));
}

static struct sample *make_plan(const struct fabric *f, uint64_t epoch, const struct plan_piece *pieces,
                                unsigned piece_count, const uint8_t weights[PATHS])
{
    struct sample *s = calloc(1, sizeof(*s));
    char error[PLAN_ERROR_BYTES];
    fill_header(s, piece_count, epoch);
    struct plan_view v = plan_lay_out(s->block);
    struct plan_leaf leaf = {f->hosts[1].config.address};
    struct plan_communicator c = {.identity = FABRIC_COMMUNICATOR, .rank = 0, .flow_count = 1};
    struct plan_flow flow = {.peer_rank = 1, .piece_count = piece_count};
    memcpy((void *)(uintptr_t)v.leaves, &leaf, sizeof(leaf));
    memcpy((void *)(uintptr_t)v.weights, weights, PATHS);
    memcpy((void *)(uintptr_t)v.communicators, &c, sizeof(c));
    memcpy((void *)(uintptr_t)v.flows, &flow, sizeof(flow));
    memcpy((void *)(uintptr_t)v.pieces, pieces, piece_count * sizeof(*pieces));
    struct plan_header *h = (struct plan_header *)s->block;
    h->checksum = plan_checksum(s->block, h->bytes);
    assert_int_equal(plan_check(s->block, h->bytes, 1, &s->plan.view, error), 0);
    for (unsigned i = 0; i < PATHS; i++)
        s->plan.path_of_spine[i] = (uint8_t)(PATHS - 1 - i);
    return s;
}

static struct fabric *start(enum path_mode mode)
{
    struct fabric_config config = {
        .hosts = 2, .paths = PATHS, .memory_bytes = (size_t)2 * BYTES, .mode = mode};
    struct fabric *f = fabric_create(&config);
    f->fault = count_paths;
    fabric_run(f, f->now + NSEC_PER_MSEC);
    return f;
}

static void use(struct fabric *f, const struct sample *s)
{
    transport_use_plan(f->hosts[0].transport, &s->plan);
    transport_use_plan(f->hosts[1].transport, &s->plan);
}

static void transfer(struct fabric *f, uint64_t tag, uint64_t bytes)
{
    struct fabric_flow flow = {.from = 0, .to = 1, .tag = tag, .to_offset = BYTES, .bytes = bytes};
    memset(per_path, 0, sizeof(per_path));
    assert_int_equal(fabric_receive(f, &flow), SUBMIT_OK);
    assert_int_equal(fabric_send(f, &flow), SUBMIT_OK);
    fabric_run(f, f->now + 20 * NSEC_PER_MSEC);
    assert_non_null(fabric_find(f, 1, EVENT_RECEIVED, tag));
    assert_int_equal(per_path[0] + per_path[1] + per_path[2] + per_path[3], bytes);
}

static const uint8_t all_alike[PATHS] = {8, 8, 8, 8};

static void test_a_planned_flow_takes_its_path(void **state)
{
    (void)state;
    struct fabric *f = start(PATH_MODE_PLANNED);
    struct sample *s = make_plan(f, 5, (struct plan_piece[]){{1, PLAN_SHARE_WHOLE}}, 1, all_alike);
    use(f, s);
    transfer(f, 1, 1000); /* the first packets tell both that they follow the same plan */
    transfer(f, 2, BYTES);
    assert_int_equal(per_path[2], BYTES);
    transfer(f, 3, 0);
    assert_int_equal(fabric_counters(f, 0).flows_planned, 2);
    fabric_destroy(f);
    free(s);
}

static void test_hosts_that_have_just_met_know_each_others_plan(void **state)
{
    (void)state;
    struct fabric_config config = {
        .hosts = 2, .paths = PATHS, .memory_bytes = (size_t)2 * BYTES, .mode = PATH_MODE_PLANNED};
    struct fabric *f = fabric_create(&config);
    struct sample *s = make_plan(f, 5, (struct plan_piece[]){{1, PLAN_SHARE_WHOLE}}, 1, all_alike);
    struct fabric_flow flow = {.from = 0, .to = 1, .tag = 1, .to_offset = BYTES, .bytes = BYTES};
    f->fault = count_paths;
    memset(per_path, 0, sizeof(per_path));
    use(f, s);
    fabric_run(f, f->now + NSEC_PER_MSEC);
    assert_int_equal(fabric_send(f, &flow), SUBMIT_OK);
    assert_int_equal(fabric_receive(f, &flow), SUBMIT_OK);
    fabric_run(f, f->now + 20 * NSEC_PER_MSEC);
    assert_int_equal(per_path[2], BYTES);
    fabric_destroy(f);
    free(s);
}

static void test_a_planned_split_is_kept_to_the_packet(void **state)
{
    (void)state;
    struct fabric *f = start(PATH_MODE_PLANNED);
    struct plan_piece pieces[] = {{0, 16384}, {3, PLAN_SHARE_WHOLE - 16384}};
    struct sample *s = make_plan(f, 5, pieces, 2, all_alike);
    use(f, s);
    transfer(f, 1, 1000);
    transfer(f, 2, BYTES);
    assert_true(per_path[3] < BYTES / 4 + 1024 && per_path[3] > BYTES / 4 - 1024);
    assert_int_equal(per_path[0], BYTES - per_path[3]);
    transfer(f, 3, 1); /* less than a packet: its first piece would be empty */
    assert_int_equal(per_path[0], 1);
    fabric_destroy(f);
    free(s);
}

/* A packet is a tenth of the message: cut alike every time, the paths would get 2, 3, 3 and 2 tenths. */
static void test_many_messages_get_the_shares_that_one_cannot(void **state)
{
    (void)state;
    struct fabric *f = start(PATH_MODE_PLANNED);
    static const uint32_t shares[PATHS] = {18724, 18724, 18724, 9364}; /* two sevenths, one seventh */
    struct plan_piece pieces[PATHS];
    for (uint16_t i = 0; i < PATHS; i++)
        pieces[i] = (struct plan_piece){.spine = i, .share = shares[i]};
    struct sample *s = make_plan(f, 5, pieces, PATHS, all_alike);
    uint64_t sums[PATHS] = {0}, packet = f->hosts[0].config.payload_bytes_max;
    use(f, s);
    transfer(f, 1, 1000);
    for (unsigned i = 0; i < 100; i++) {
        transfer(f, 2 + i, 10 * packet);
        for (unsigned path = 0; path < PATHS; path++)
            sums[path] += per_path[path];
    }
    for (unsigned path = 0; path < PATHS; path++) {
        uint64_t wanted = 1000 * packet * shares[PATHS - 1 - path] / PLAN_SHARE_WHOLE;
        assert_in_range(sums[path], wanted - 5 * packet, wanted + 5 * packet);
    }
    fabric_destroy(f);
    free(s);
}

static void test_hosts_of_different_plans_split_locally(void **state)
{
    (void)state;
    struct fabric *f = start(PATH_MODE_PLANNED);
    struct sample *s = make_plan(f, 5, (struct plan_piece[]){{1, PLAN_SHARE_WHOLE}}, 1, all_alike);
    struct sample *later = make_plan(f, 6, (struct plan_piece[]){{1, PLAN_SHARE_WHOLE}}, 1, all_alike);
    transport_use_plan(f->hosts[0].transport, &later->plan);
    transport_use_plan(f->hosts[1].transport, &s->plan);
    transfer(f, 1, 1000);
    transfer(f, 2, BYTES);
    for (unsigned i = 0; i < PATHS; i++)
        assert_true(per_path[i] > BYTES / PATHS - 2048 && per_path[i] < BYTES / PATHS + 2048);
    transport_use_plan(f->hosts[1].transport, &later->plan);
    transfer(f, 3, 1000);
    transfer(f, 4, BYTES);
    assert_int_equal(per_path[2], BYTES);
    fabric_destroy(f);
    free(s);
    free(later);
}

static void test_a_plan_over_an_unknown_or_absent_path_is_not_followed(void **state)
{
    (void)state;
    struct fabric *f = start(PATH_MODE_PLANNED);
    struct sample *s = make_plan(f, 5, (struct plan_piece[]){{1, PLAN_SHARE_WHOLE}}, 1, all_alike);
    s->plan.path_of_spine[1] = NO_SPINE;
    use(f, s);
    transfer(f, 1, 1000);
    transfer(f, 2, BYTES);
    assert_true(per_path[0] > 0 && per_path[1] > 0 && per_path[2] > 0 && per_path[3] > 0);
    assert_int_equal(fabric_counters(f, 0).flows_unplanned, 2);
    fabric_destroy(f);
    free(s);
}

static void test_weights_hold_in_local_mode_too(void **state)
{
    (void)state;
    struct fabric *f = start(PATH_MODE_WRAP);
    const uint8_t weights[PATHS] = {8, 0, 8, 4};
    struct sample *s = make_plan(f, 5, (struct plan_piece[]){{1, PLAN_SHARE_WHOLE}}, 1, weights);
    use(f, s);
    transfer(f, 2, BYTES);
    assert_int_equal(per_path[2], 0);
    assert_true(per_path[0] > BYTES / 5 - 2048 && per_path[0] < BYTES / 5 + 2048);
    assert_true(per_path[1] > 2 * BYTES / 5 - 2048 && per_path[3] > 2 * BYTES / 5 - 2048);
    transport_use_plan(f->hosts[0].transport, NULL);
    transfer(f, 3, BYTES);
    assert_true(per_path[2] > BYTES / PATHS - 2048);
    fabric_destroy(f);
    free(s);
}

static void test_weights_of_zero_everywhere_stop_nothing(void **state)
{
    (void)state;
    static const enum path_mode modes[] = {PATH_MODE_WRAP, PATH_MODE_SPRAY, PATH_MODE_HASH};
    for (unsigned i = 0; i < 3; i++) {
        struct fabric *f = start(modes[i]);
        const uint8_t weights[PATHS] = {0, 0, 0, 0};
        struct sample *s = make_plan(f, 5, (struct plan_piece[]){{1, PLAN_SHARE_WHOLE}}, 1, weights);
        use(f, s);
        transfer(f, 1, BYTES);
        fabric_destroy(f);
        free(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_planned_flow_takes_its_path),
        cmocka_unit_test(test_hosts_that_have_just_met_know_each_others_plan),
        cmocka_unit_test(test_a_planned_split_is_kept_to_the_packet),
        cmocka_unit_test(test_many_messages_get_the_shares_that_one_cannot),
        cmocka_unit_test(test_hosts_of_different_plans_split_locally),
        cmocka_unit_test(test_a_plan_over_an_unknown_or_absent_path_is_not_followed),
        cmocka_unit_test(test_weights_hold_in_local_mode_too),
        cmocka_unit_test(test_weights_of_zero_everywhere_stop_nothing),
    };
    return cmocka_run_group_tests_name("path_plan", tests, NULL, NULL);
}
