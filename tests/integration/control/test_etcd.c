/* SPDX-License-Identifier: BSD-3-Clause */
/* Control whose state is in etcd: killed, it begins with what is there; without etcd it plans on, and takes
 * no orders. */
#include <signal.h>
#include <stdio.h>

#include "tests/integration/control/agents.h"
#include "tests/unit/control/etcd_server.h"

static const unsigned shape[3] = {2, 4, 2};
static struct control_daemon daemon_;
static struct agents agents;
static struct etcd_server etcd;

static int start(void **state)
{
    char more[160];
    (void)state;
    etcd_server_open(&etcd, "one");
    etcd_server_start(&etcd);
    snprintf(more, sizeof(more), "state: {etcd: [\"%s\"], prefix: /fabrics/one/}", etcd.url);
    daemon_prepare(&daemon_, shape, more);
    agents = (struct agents){.daemon = &daemon_,
                             .hosts_per_leaf = shape[2],
                             .spines = shape[1],
                             .ranks = shape[0] * shape[2],
                             .identity = "0x1f",
                             .flow_bytes = 1 << 20,
                             .dead_spine = -1,
                             .incarnation = 1};
    daemon_start(&daemon_);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    daemon_clean(&daemon_);
    etcd_server_close(&etcd);
    return 0;
}

static const struct answer *drain(const char *link)
{
    char path[64];
    snprintf(path, sizeof(path), "/v1/links/%s", link);
    return api_post(&daemon_, path, "{\"action\":\"drain\",\"by\":\"test\",\"force\":true}");
}

static bool is_drained(const char *link)
{
    const struct answer *a = api_get(&daemon_, "/v1/links/%s", link);
    assert_answer(a, 200);
    return json_is_true(json_object_get(json_array_get(json_object_get(a->json, "links"), 0), "drained"));
}

static void test_state_outlives_control(void **state)
{
    (void)state;
    assert_answer(drain("leaf0-spine1"), 200);
    daemon_end(&daemon_, SIGKILL);
    daemon_start(&daemon_);
    assert_true(is_drained("leaf0-spine1"));
    assert_false(is_drained("leaf0-spine2"));
}

static void test_plans_are_made_without_etcd(void **state)
{
    (void)state;
    uint64_t events = 0;
    struct plan_view view;
    agents_report(&agents);
    uint64_t epoch = agent_fetch_plan(&agents, 0, 0, &view);
    etcd_server_kill(&etcd);
    assert_error(drain("leaf0-spine1"), 503, "store_failed");
    assert_false(is_drained("leaf0-spine1"));
    agents.dead_spine = 2;
    agents_report(&agents);
    wait_for_event(&daemon_, "store_failed", &events);
    assert_true(agent_fetch_plan(&agents, 0, epoch, &view) > epoch);
    etcd_server_start(&etcd);
    daemon_end(&daemon_, SIGKILL);
    daemon_start(&daemon_);
    assert_true(last_event(&daemon_) > 0);
}

#define STORY(name) cmocka_unit_test_setup_teardown(test_##name, start, stop)

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {STORY(state_outlives_control), STORY(plans_are_made_without_etcd)};
    if (count != 2) {
        fprintf(stderr, "usage: %s WEFT-CONTROL\n", arguments[0]);
        return 1;
    }
    if (!etcd_server_is_there()) {
        fprintf(stderr, "skipped: there is no /usr/bin/etcd (Debian: etcd-server)\n");
        return 77;
    }
    daemon_program(arguments[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
