/* SPDX-License-Identifier: BSD-3-Clause */
/* Two dataplanes that follow control, and a control that this test plays: what they report, which plans they
 * follow, and that they carry on whatever control does.
 * usage: test_control WEFT-DATAPLANE DEVICE */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "dataplane/formats/plan.h"
#include "tests/integration/daemon/fake_control.h"
#include "tests/integration/daemon/rank.h"
#include "tests/integration/daemon/telemetry.h"

#define CONTROL_SOCKET "/run/control.sock"
#define A              "10.1.0.1"
#define B              "10.2.0.1"

static struct two_daemons daemons;
static struct fake_control *control;
static uint64_t identity = 0x1f, epoch;

static void join_pair(struct rank ranks[2])
{
    rank_pair_join(ranks, &daemons, ++identity, 4 << 20);
}

static void transfer(struct rank ranks[2], size_t bytes)
{
    struct app_flow flow = {.tag = bytes, .bytes = bytes, .region = ranks[1].region.number};
    memset(ranks[0].region.memory, (int)(bytes % 251), bytes);
    application_submit(&ranks[1].application, APP_SUBMIT_RECEIVE_BATCH, ranks[1].handle, &flow);
    flow.peer_rank = 1;
    flow.region = ranks[0].region.number;
    application_submit(&ranks[0].application, APP_SUBMIT_SEND_BATCH, ranks[0].handle, &flow);
    assert_int_equal(rank_wait_for(&ranks[1], APP_COMPLETION_RECEIVED).status, APP_STATUS_OK);
    assert_int_equal(rank_wait_for(&ranks[0], APP_COMPLETION_SENT).status, APP_STATUS_OK);
    assert_memory_equal(ranks[0].region.memory, ranks[1].region.memory, bytes);
}

/* ---- what is in a report ---- */

static json_t *find_communicator(const json_t *report)
{
    char wanted[24];
    size_t i;
    json_t *communicator;
    snprintf(wanted, sizeof(wanted), "0x%llx", (unsigned long long)identity);
    json_array_foreach(json_object_get(report, "communicators"), i, communicator)
    {
        if (strcmp(json_string_value(json_object_get(communicator, "identity")), wanted) == 0)
            return communicator;
    }
    return NULL;
}

static bool is_any(const json_t *report, const void *unused)
{
    (void)report;
    (void)unused;
    return true;
}

static bool has_communicator(const json_t *report, const void *unused)
{
    (void)unused;
    return find_communicator(report) && json_array_size(json_object_get(report, "paths")) > 0;
}

static bool has_no_communicator(const json_t *report, const void *unused)
{
    (void)unused;
    return !find_communicator(report);
}

static bool has_demand(const json_t *report, const void *flow_bytes)
{
    json_t *demands = json_object_get(find_communicator(report), "demands");
    json_t *demand = json_array_get(demands, 0);
    return json_array_size(demands) == 1 &&
           strcmp(json_string_value(json_object_get(demand, "shape")), "any") == 0 &&
           json_integer_value(json_object_get(demand, "flow_bytes")) == *(const json_int_t *)flow_bytes;
}

static bool has_epoch(const json_t *report, const void *wanted)
{
    return json_integer_value(json_object_get(report, "plan_epoch")) ==
           (json_int_t) * (const uint64_t *)wanted;
}

static bool has_probed(const json_t *report, const void *address)
{
    const char *probed = json_string_value(json_array_get(json_object_get(report, "probed"), 0));
    return probed && strcmp(probed, address) == 0;
}

static void reports_say_what_is_known(void **state)
{
    (void)state;
    struct rank ranks[2];
    const char *name, *mode, *own, *other;
    int rank;
    join_pair(ranks);
    json_t *report = (json_t *)fake_control_await(control, A, has_communicator, NULL);
    assert_non_null(report);
    assert_int_equal(json_integer_value(json_object_get(report, "version")), 1);
    assert_int_equal(json_integer_value(json_object_get(report, "rate_bps")), 2000000000);
    assert_int_equal(json_unpack(find_communicator(report), "{s:i, s:[s,s!], s:s, s:s}", "rank", &rank,
                                 "addresses", &own, &other, "name", &name, "path_mode", &mode),
                     0);
    assert_int_equal(rank, 0);
    assert_string_equal(own, A);
    assert_string_equal(other, B);
    assert_string_equal(mode, "planned");
    const json_t *path = json_array_get(json_object_get(report, "paths"), 0);
    assert_string_equal(json_string_value(json_object_get(path, "peer")), B);
    rank_pair_leave(ranks);
    assert_non_null(fake_control_await(control, A, has_no_communicator, NULL));
}

static void demands_grow_with_the_longest_flow(void **state)
{
    (void)state;
    struct rank ranks[2];
    json_int_t first = 100000, second = 1 << 20;
    join_pair(ranks);
    transfer(ranks, (size_t)first);
    assert_non_null(fake_control_await(control, A, has_demand, &first));
    transfer(ranks, 5000);
    transfer(ranks, (size_t)second);
    assert_non_null(fake_control_await(control, A, has_demand, &second));
    rank_pair_leave(ranks);
}

static void paths_are_looked_for_when_control_asks(void **state)
{
    (void)state;
    struct rank ranks[2];
    join_pair(ranks);
    fake_control_answer(control, 200,
                        "{\"epoch\":1,\"report_every_ms\":100,\"lease_ms\":10000,\"probe\":[\"" B "\"]}");
    assert_non_null(fake_control_await(control, A, is_any, NULL));
    fake_control_answer(control, 200, NULL);
    assert_non_null(fake_control_await(control, A, has_probed, B));
    rank_pair_leave(ranks);
}

static bool has_timed(const json_t *report, const void *unused)
{
    (void)unused;
    const json_t *timed = json_array_get(json_object_get(report, "timed"), 0);
    const json_t *times = json_object_get(timed, "round_trips_ns");
    return json_integer_value(json_object_get(timed, "number")) == 77 && json_is_array(times) &&
           json_array_size(times) == 0;
}

static bool has_nothing_timed(const json_t *report, const void *unused)
{
    (void)unused;
    return json_object_get(report, "timed") == NULL;
}

/* There is no such spine, and so no answer; without a question nothing is said of it. */
static void paths_are_timed_when_control_asks(void **state)
{
    (void)state;
    assert_non_null(fake_control_await(control, A, has_nothing_timed, NULL));
    fake_control_answer(control, 200,
                        "{\"epoch\":1,\"report_every_ms\":100,\"lease_ms\":10000,\"time\":[{\"number\":77,"
                        "\"peer\":\"" B "\",\"spine\":\"10.9.9.9\",\"packets\":4,\"over_ms\":50}]}");
    assert_non_null(fake_control_await(control, A, is_any, NULL));
    fake_control_answer(control, 200, NULL);
    assert_non_null(fake_control_await(control, A, has_timed, NULL));
    assert_non_null(fake_control_await(control, A, has_nothing_timed, NULL));
}

/* ---- plans ---- */

struct block {
    _Alignas(8) uint8_t bytes[512];
    size_t count;
};

/* For A: rank 0 sends to rank 1 by the one spine there is. */
static struct block make_plan(void)
{
    struct block b = {.count = 0};
    epoch++;
    struct plan_header header = {.magic = PLAN_MAGIC,
                                 .version = PLAN_VERSION,
                                 .leaf_prefix_bits = 24,
                                 .epoch = epoch,
                                 .hash = 0x9f00 + epoch,
                                 .address = TWO_HOSTS_A,
                                 .spine_count = 1,
                                 .leaf_count = 1,
                                 .communicator_count = 1,
                                 .flow_count = 1,
                                 .piece_count = 1};
    b.count = plan_bytes(&header);
    header.bytes = (uint32_t)b.count;
    memcpy(b.bytes, &header, sizeof(header));
    struct plan_view v = plan_lay_out(b.bytes);
    *(struct plan_spine *)v.spines = (struct plan_spine){TWO_HOSTS_ROUTER_A};
    *(struct plan_leaf *)v.leaves = (struct plan_leaf){TWO_DAEMONS_B_ADDRESS >> 8};
    *(uint8_t *)v.weights = PLAN_WEIGHT_FULL;
    *(struct plan_communicator *)v.communicators =
        (struct plan_communicator){.identity = identity, .shape = STEP_SHAPE_ANY, .flow_count = 1};
    *(struct plan_flow *)v.flows = (struct plan_flow){.peer_rank = 1, .piece_count = 1};
    *(struct plan_piece *)v.pieces = (struct plan_piece){.share = PLAN_SHARE_WHOLE};
    header.checksum = plan_checksum(b.bytes, b.count);
    memcpy(b.bytes, &header, sizeof(header));
    return b;
}

static void take_plan(void)
{
    struct block plan = make_plan();
    fake_control_publish(control, A, plan.bytes, plan.count);
    const json_t *report = fake_control_await(control, A, has_epoch, &epoch);
    char hash[24];
    assert_non_null(report);
    snprintf(hash, sizeof(hash), "0x%llx", 0x9f00 + (unsigned long long)epoch);
    assert_string_equal(json_string_value(json_object_get(report, "plan_hash")), hash);
}

static json_int_t shown(const char *key)
{
    json_t *plan = telemetry_ask("weft-test-a", "/weft/plan");
    assert_true(json_is_integer(json_object_get(plan, key)));
    json_int_t value = json_integer_value(json_object_get(plan, key));
    json_decref(plan);
    return value;
}

/* There is no spine between these two, so what the plan says cannot be done. */
static void flows_that_cannot_go_as_planned_are_split_locally(void **state)
{
    (void)state;
    struct rank ranks[2];
    join_pair(ranks);
    take_plan();
    assert_int_equal(shown("epoch"), epoch);
    json_int_t unplanned = shown("flows_unplanned");
    for (unsigned i = 0; i < 5; i++)
        transfer(ranks, 30000 + i);
    assert_int_equal(shown("flows_planned"), 0);
    assert_int_equal(shown("flows_unplanned"), unplanned + 5);
    rank_pair_leave(ranks);
}

static void assert_refused(struct block plan, const char *why)
{
    json_int_t before = shown("epoch"), refused = shown("plans_refused");
    fake_control_publish(control, A, plan.bytes, plan.count);
    for (unsigned i = 0; i < 100 && shown("plans_refused") == refused; i++)
        assert_non_null(fake_control_await(control, A, is_any, NULL));
    assert_true(daemon_process_wait_line(&daemons.a, why));
    assert_int_equal(shown("epoch"), before);
}

static void plans_that_are_not_right_are_refused(void **state)
{
    (void)state;
    take_plan();
    struct block plan = make_plan();
    plan.bytes[plan.count - 5] ^= 1;
    assert_refused(plan, "control's plan is not taken");
    plan = make_plan();
    plan.count -= 8;
    assert_refused(plan, "control's plan is not taken");
    plan = make_plan();
    plan.count = sizeof(struct plan_header) - 1;
    assert_refused(plan, "control's plan is not taken");
    take_plan();
}

/* ---- control is away, or talks nonsense ---- */

static void control_may_die_and_come_back(void **state)
{
    (void)state;
    struct rank ranks[2];
    join_pair(ranks);
    take_plan();
    json_int_t unplanned = shown("flows_unplanned");
    fake_control_stop(control);
    transfer(ranks, 50000);
    assert_true(daemon_process_wait_line(&daemons.a, "control does not answer"));
    transfer(ranks, 50001);
    assert_int_equal(shown("epoch"), epoch);
    assert_int_equal(shown("flows_unplanned"), unplanned + 2);
    control = fake_control_start(CONTROL_SOCKET);
    const json_t *report = fake_control_await(control, A, has_epoch, &epoch);
    assert_non_null(report);
    assert_non_null(find_communicator(report));
    assert_true(daemon_process_wait_line(&daemons.a, "control answers"));
    take_plan();
    rank_pair_leave(ranks);
}

static void refusals_are_logged_with_their_remedy(void **state)
{
    (void)state;
    fake_control_answer(control, 404, "{\"error\":{\"code\":\"unknown_agent\"}}");
    assert_non_null(fake_control_await(control, A, is_any, NULL));
    assert_true(daemon_process_wait_line(&daemons.a, "add it to control's topology file"));
    fake_control_answer(control, 409, "{}");
    assert_non_null(fake_control_await(control, A, is_any, NULL));
    assert_true(daemon_process_wait_line(&daemons.a, "is this address given twice?"));
    fake_control_answer(control, 403, "{\"error\":{\"message\":\"not with\\nthis certificate\"}}");
    assert_non_null(fake_control_await(control, A, is_any, NULL));
    assert_true(daemon_process_wait_line(&daemons.a, ": not with this certificate; it will be tried again"));
    fake_control_answer(control, 200, NULL);
    assert_non_null(fake_control_await(control, A, is_any, NULL));
    assert_true(daemon_process_wait_line(&daemons.a, "control answers"));
}

static void nonsense_is_logged_and_asked_again(void **state)
{
    (void)state;
    static char endless[100000];
    struct rank ranks[2];
    fake_control_answer(control, 200, "{\"epoch\": -1}");
    assert_non_null(fake_control_await(control, A, is_any, NULL));
    assert_true(daemon_process_wait_line(&daemons.a, "control's answer makes no sense: `epoch`"));
    fake_control_answer(control, 200,
                        "{\"epoch\":1,\"report_every_ms\":100,\"lease_ms\":10000,\"time\":[{\"number\":1}]}");
    assert_non_null(fake_control_await(control, A, is_any, NULL));
    assert_true(daemon_process_wait_line(&daemons.a, "control's answer makes no sense: `time`"));
    memset(endless, ' ', sizeof(endless) - 1);
    fake_control_answer(control, 200, endless);
    assert_non_null(fake_control_await(control, A, is_any, NULL));
    assert_true(daemon_process_wait_line(&daemons.a, "control does not answer"));
    fake_control_answer(control, 200, NULL);
    assert_non_null(fake_control_await(control, A, is_any, NULL));
    assert_true(daemon_process_wait_line(&daemons.a, "control answers"));
    join_pair(ranks);
    transfer(ranks, 70000);
    rank_pair_leave(ranks);
}

static int start(void **state)
{
    (void)state;
    int result = two_daemons_start(
        &daemons, &(struct two_daemons_config){.program = daemon_test_program,
                                               .device = daemon_test_device,
                                               .extra = "control: {socket: " CONTROL_SOCKET "}\n"});
    assert_int_equal(result, 0);
    control = fake_control_start(CONTROL_SOCKET);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    int a = daemon_process_stop(&daemons.a), b = daemon_process_stop(&daemons.b);
    fake_control_stop(control);
    return a == 0 && b == 0 ? 0 : -1;
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reports_say_what_is_known),
        cmocka_unit_test(demands_grow_with_the_longest_flow),
        cmocka_unit_test(paths_are_looked_for_when_control_asks),
        cmocka_unit_test(paths_are_timed_when_control_asks),
        cmocka_unit_test(flows_that_cannot_go_as_planned_are_split_locally),
        cmocka_unit_test(plans_that_are_not_right_are_refused),
        cmocka_unit_test(control_may_die_and_come_back),
        cmocka_unit_test(refusals_are_logged_with_their_remedy),
        cmocka_unit_test(nonsense_is_logged_and_asked_again),
    };
    int status = daemon_test_arguments(count, arguments);
    if (status != 0)
        return status;
    return cmocka_run_group_tests(tests, start, stop);
}
