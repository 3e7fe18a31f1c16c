/* SPDX-License-Identifier: BSD-3-Clause */
/* Every call of API.md against the daemon, and its errors with their stable codes. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "dataplane/formats/timing.h"
#include "tests/integration/control/agents.h"

#define JOB "0x1f"

static const unsigned shape[3] = {2, 4, 2};
static struct control_daemon daemon_;
static struct agents agents;

static struct agents new_agents(void)
{
    return (struct agents){.daemon = &daemon_,
                           .hosts_per_leaf = shape[2],
                           .spines = shape[1],
                           .ranks = shape[0] * shape[2],
                           .dead_spine = -1,
                           .incarnation = 1};
}

static int start(void **state)
{
    (void)state;
    daemon_prepare(&daemon_, shape, "");
    daemon_start(&daemon_);
    agents = new_agents();
    return 0;
}

static int stop(void **state)
{
    (void)state;
    daemon_clean(&daemon_);
    return 0;
}

/* A plan for the ring of all hosts is in force. */
static void open_job(void)
{
    struct plan_view view = {0};
    uint64_t epoch = 0;
    agents.identity = JOB;
    agents.flow_bytes = 1 << 20;
    agents_report(&agents);
    do
        epoch = agent_fetch_plan(&agents, 0, epoch, &view);
    while (view.header->communicator_count == 0);
}

static void expect(const char *path, const char *format, ...)
{
    va_list arguments;
    json_error_t error;
    const struct answer *a = api_get(&daemon_, "%s", path);
    assert_answer(a, 200);
    va_start(arguments, format);
    if (json_vunpack_ex(a->json, &error, JSON_VALIDATE_ONLY, format, arguments) != 0)
        fail_msg("%s: %s: %s", path, error.text, a->body);
    va_end(arguments);
}

#define PLAN "s:I, s:s, s:F, s:s, s:s, s:F, s:I, s:I, s:I, s:I, s:F"
#define PLAN_KEYS                                                                                            \
    "epoch", "hash", "at_s", "reason", "change", "ratio", "flows", "split_flows", "pieces", "moved_flows",   \
        "duration_ms"
#define LINK "s:s, s:s, s:s, s:I, s:s, s:b, s:F, s:s, s:s, s:F, s:o, s:i, s:I, s:F"
#define LINK_KEYS                                                                                            \
    "name", "leaf", "spine", "rate_bps", "state", "drained", "capacity_ratio", "reason", "by", "since_s",    \
        "reported_by", "dead_paths", "planned_flows", "planned_share"

static void test_shapes_of_answers(void **state)
{
    (void)state;
    open_job();
    expect("/v1/fabric",
           "{s:s, s:F, s:I, s:I, s:I, s:I, s:{s:i,s:i,s:i,s:i,s:i,s:i}, s:{s:i,s:i,s:i}, s:i, s:{" PLAN "}}",
           "version", "uptime_s", "leaves", "spines", "hosts", "ports", "links", "total", "up", "down",
           "suspect", "drained", "degraded", "agents", "present", "current", "absent", "jobs", "plan",
           PLAN_KEYS);
    expect("/v1/topology", "{s:{s:o, s:o}}", "topology", "nodes", "links");
    expect("/v1/hosts/host0", "{s:[{s:s, s:s, s:[{s:s, s:i, s:s, s:I, s:I, s:I, s:I, s:I}!]}!]}", "hosts",
           "name", "leaf", "ports", "address", "rail", "agent", "incarnation", "plan_epoch", "seen_ms",
           "communicators", "dead_paths");
    expect("/v1/links/leaf0-spine1", "{s:[{" LINK "!}]}", "links", LINK_KEYS);
    expect("/v1/paths?from=host0&to=host3", "{s:[{s:s, s:i, s:s, s:i}, o, o, o!]}", "paths", "spine",
           "source_port", "state", "weight");
    expect("/v1/plan", "{" PLAN ", s:[{s:s, s:s, s:F, s:b, s:b}]}", PLAN_KEYS, "jobs", "communicator",
           "shape", "ratio", "admitted", "local");
    expect("/v1/plan/history", "{s:[{" PLAN "!}]}", "plans", PLAN_KEYS);
    expect("/v1/jobs", "{s:[{s:s, s:s, s:i, s:i, s:[s,s,s,s!], s:[{s:s, s:I}!], s:i, s:F}!]}", "jobs",
           "communicator", "name", "ranks", "ranks_present", "hosts", "shapes", "shape", "flow_bytes",
           "priority", "admitted_ratio");
    expect("/v1/events?count=1", "{s:[{s:I, s:F, s:s, s:s, s:s, s:s, s:s, s:o}!], s:I}", "events", "sequence",
           "at_s", "level", "kind", "link", "host", "text", "evidence", "next");
}

static void test_plan_is_explained_and_compared(void **state)
{
    (void)state;
    open_job();
    /* Rank 1 to rank 2 goes from leaf 0 to leaf 1. */
    expect("/v1/plan/explain?communicator=" JOB "&shape=ring&from=1&to=2",
           "{s:s, s:[{s:s, s:F}], s:[{s:s, s:s, s:i, s:i, s:s, s:s, s:I}], s:[{s:s, s:F}, o, o, o!]}", "text",
           "pieces", "spine", "share_ratio", "flows", "communicator", "shape", "from_rank", "to_rank",
           "from_host", "to_host", "bytes", "candidates", "spine", "load_ratio");
    expect("/v1/plan/explain?link=leaf0-spine0", "{s:s, s:o}", "text", "flows");
    assert_error(api_get(&daemon_, "/v1/plan/explain?communicator=0x2f&from=0&to=1"), 404, "unknown_job");
    assert_error(api_get(&daemon_, "/v1/plan/explain?communicator=ring"), 400, "wrong_query");
    assert_error(api_get(&daemon_, "/v1/plan/explain?link=leaf9-spine0"), 404, "unknown_link");
    assert_error(api_get(&daemon_, "/v1/plan/explain"), 400, "wrong_query");

    struct plan_view view;
    assert_answer(api_post(&daemon_, "/v1/links/leaf0-spine0", "{\"action\":\"drain\"}"), 200);
    agent_fetch_plan(&agents, 0, agents.epoch, &view);
    expect("/v1/plan/diff", "{s:I, s:I, s:o, s:I}", "from", "to", "moved", "moved_count");
    assert_error(api_get(&daemon_, "/v1/plan/diff?from=900&to=901"), 404, "unknown_epoch");
}

static void test_agents_get_plans(void **state)
{
    struct plan_view view;
    (void)state;
    const struct answer *a = agent_report(&agents, 0);
    assert_answer(a, 200);
    assert_int_equal(json_object_size(a->json), 4);
    assert_int_equal(json_integer_value(json_object_get(a->json, "report_every_ms")), 50);
    assert_int_equal(json_integer_value(json_object_get(a->json, "lease_ms")), 600000);

    open_job();
    uint64_t epoch = agent_fetch_plan(&agents, 1, 0, &view);
    assert_int_equal(view.header->communicator_count, 1);
    assert_int_equal(view.header->flow_count, 1);
    assert_int_equal(view.header->spine_count, 4);
    a = api_get(&daemon_, "/v1/agents/10.1.0.2/plan?after=%llu&wait_ms=1", (unsigned long long)epoch);
    assert_int_equal(a->status, 204);

    /* A plan is taken only from its own epoch, and who reports it counts as current. */
    for (unsigned host = 0; host < 4; host++)
        agent_fetch_plan(&agents, host, 0, &view);
    agents_report(&agents);
    a = api_get(&daemon_, "/v1/fabric");
    json_t *states = json_object_get(a->json, "agents");
    assert_int_equal(json_integer_value(json_object_get(states, "current")), 4);
}

static double number_of_link(const char *link, const char *member)
{
    const struct answer *a = api_get(&daemon_, "/v1/links/%s", link);
    assert_answer(a, 200);
    return json_number_value(json_object_get(json_array_get(json_object_get(a->json, "links"), 0), member));
}

static void test_links_are_drained_set_and_restored(void **state)
{
    (void)state;
    open_job();
    assert_true(number_of_link("leaf0-spine1", "planned_flows") > 0);
    uint64_t events = last_event(&daemon_);
    const struct answer *a = api_post(&daemon_, "/v1/links/leaf0-spine1",
                                      "{\"action\":\"drain\",\"reason\":\"fibre\",\"dry_run\":true}");
    assert_answer(a, 200);
    assert_false(json_is_true(json_object_get(json_object_get(a->json, "link"), "drained")));
    a = api_post(&daemon_, "/v1/links/leaf0-spine1",
                 "{\"action\":\"drain\",\"reason\":\"fibre\",\"by\":\"operator\"}");
    assert_answer(a, 200);
    json_t *link = json_object_get(a->json, "link");
    assert_true(json_is_true(json_object_get(link, "drained")));
    assert_string_equal(json_string_value(json_object_get(link, "reason")), "fibre");
    assert_string_equal(json_string_value(json_object_get(link, "by")), "operator");
    wait_for_event(&daemon_, "link_drained", &events);
    wait_for_event(&daemon_, "plan_published", &events);
    assert_true(number_of_link("leaf0-spine1", "planned_flows") == 0);

    assert_error(api_post(&daemon_, "/v1/links/leaf0-spine2", "{\"action\":\"drain\"}"), 409, "refused");
    assert_answer(api_post(&daemon_, "/v1/links/leaf0-spine2", "{\"action\":\"drain\",\"force\":true}"), 200);
    assert_answer(api_post(&daemon_, "/v1/links/leaf0-spine3",
                           "{\"action\":\"set\",\"capacity_ratio\":0.5,\"reason\":\"slow\"}"),
                  200);
    assert_true(number_of_link("leaf0-spine3", "capacity_ratio") == 0.5);
    assert_answer(api_post(&daemon_, "/v1/links/leaf0-spine1", "{\"action\":\"restore\"}"), 200);
    events = last_event(&daemon_);
    assert_answer(api_post(&daemon_, "/v1/links/leaf0-spine2", "{\"action\":\"restore\"}"), 200);
    wait_for_event(&daemon_, "link_restored", &events);
    assert_error(api_post(&daemon_, "/v1/links/leaf0-host0", "{\"action\":\"drain\"}"), 409, "refused");
}

/* Who acts without a name is named by the socket; text is shown whole, whatever its letters. */
static void test_who_did_it_is_known(void **state)
{
    char reason[160] = "";
    uint64_t events = last_event(&daemon_);
    (void)state;
    for (unsigned i = 0; i < 79; i++)
        strcat(reason, "\xc3\xa4");
    const struct answer *a =
        api_post(&daemon_, "/v1/links/leaf0-spine1", "{\"action\":\"drain\",\"reason\":\"%s\"}", reason);
    assert_answer(a, 200);
    assert_true(strlen(json_string_value(json_object_get(json_object_get(a->json, "link"), "by"))) > 0);
    assert_string_equal(json_string_value(json_object_get(json_object_get(a->json, "link"), "reason")),
                        reason);
    wait_for_event(&daemon_, "link_drained", &events);
}

/* Two leaves: which end of the path is dead cannot be told, so both are under suspicion. */
static void test_dead_paths_are_told(void **state)
{
    (void)state;
    open_job();
    uint64_t events = last_event(&daemon_);
    agents.dead_spine = 2;
    for (unsigned i = 0; i < 3; i++)
        agents_report(&agents);
    wait_for_event(&daemon_, "link_suspect", &events);
    wait_for_event(&daemon_, "plan_published", &events);
    const struct answer *a = api_get(&daemon_, "/v1/links/leaf0-spine2");
    assert_non_null(strstr(a->body, "\"state\":\"suspect\""));
    assert_true(json_array_size(json_object_get(json_array_get(json_object_get(a->json, "links"), 0),
                                                "reported_by")) > 0);
}

static void test_probes_and_priorities(void **state)
{
    (void)state;
    assert_error(api_post(&daemon_, "/v1/paths/probe", "{\"from\":\"host0\",\"to\":\"host3\"}"), 404,
                 "unknown_agent");
    open_job();
    assert_answer(api_post(&daemon_, "/v1/paths/probe", "{\"from\":\"host0\",\"to\":\"host3\"}"), 202);
    const struct answer *a = agent_report(&agents, 0);
    assert_string_equal(json_string_value(json_array_get(json_object_get(a->json, "probe"), 0)), "10.2.0.2");
    assert_error(api_post(&daemon_, "/v1/paths/probe", "{\"from\":\"host0\",\"to\":\"host9\"}"), 404,
                 "unknown_host");
    assert_error(api_get(&daemon_, "/v1/paths?from=host0"), 400, "wrong_query");

    uint64_t events = last_event(&daemon_);
    a = api_post(&daemon_, "/v1/jobs/" JOB, "{\"priority\":6}");
    assert_answer(a, 200);
    assert_int_equal(
        json_integer_value(json_object_get(json_array_get(json_object_get(a->json, "jobs"), 0), "priority")),
        6);
    wait_for_event(&daemon_, "job_priority", &events);
    assert_error(api_post(&daemon_, "/v1/jobs/" JOB, "{\"priority\":8}"), 400, "out_of_range");
    assert_error(api_post(&daemon_, "/v1/jobs/0x77", "{\"priority\":1}"), 404, "unknown_job");
    assert_error(api_post(&daemon_, "/v1/jobs/-31", "{\"priority\":1}"), 404, "unknown_job");
}

static void test_unknown_things_and_methods(void **state)
{
    (void)state;
    assert_error(api_get(&daemon_, "/v1/nothing"), 404, "unknown_path");
    assert_error(api_get(&daemon_, "/v2/fabric"), 404, "unknown_path");
    assert_error(api_get(&daemon_, "/v1/a/b/c/d/e"), 404, "unknown_path");
    assert_error(api_get(&daemon_, "/v1/links/leaf7-spine7"), 404, "unknown_link");
    assert_error(api_get(&daemon_, "/v1/hosts/host7"), 404, "unknown_host");
    assert_error(api_get(&daemon_, "/v1/hosts/leaf0"), 404, "unknown_host");
    assert_error(api_get(&daemon_, "/v1/agents/10.9.0.1/plan"), 404, "unknown_agent");
    assert_error(api_get(&daemon_, "/v1/agents/0x0a010001/plan"), 404, "unknown_agent");
    assert_error(api_post(&daemon_, "/v1/agents/10.9.0.1", "{}"), 404, "unknown_agent");
    assert_error(api_post(&daemon_, "/v1/fabric", "{}"), 405, "wrong_method");
    assert_error(api_get(&daemon_, "/v1/paths/probe"), 405, "wrong_method");
    assert_error(api_send(&daemon_, &(struct request){.method = "DELETE", .path = "/v1/links/leaf0-spine0"}),
                 405, "wrong_method");
    assert_error(api_get(&daemon_, "/v1/events?after=first"), 400, "wrong_query");
    assert_error(api_get(&daemon_, "/v1/events?after=-1"), 400, "wrong_query");
    assert_error(api_get(&daemon_, "/v1/events?wait_ms=60001"), 400, "wrong_query");
    assert_error(api_get(&daemon_, "/v1/events?after=99999999999999999999"), 400, "wrong_query");
}

static const struct answer *send_timing(const char *path, const void *body, size_t bytes, const char *type)
{
    return api_send(
        &daemon_,
        &(struct request){
            .method = "POST", .path = path, .body = body, .body_bytes = bytes, .content_type = type});
}

static void test_monitors_tell_and_verdicts_are_shown(void **state)
{
    static const char octets[] = "application/octet-stream";
    const uint32_t host0 = 10u << 24 | 1u << 16 | 1;
    struct timing_record silent = {.kind = TIMING_SILENT,
                                   .source = host0,
                                   .destination = host0 + (1u << 16),
                                   .network_ns = 30000000,
                                   .packets = 4,
                                   .retransmits = 4};
    struct timing_batch batch = {.count = 1, .address = host0, .incarnation = 7};
    uint8_t block[sizeof(batch) + sizeof(silent)];
    size_t bytes = timing_batch_write(block, &batch, &silent);
    (void)state;
    const struct answer *a = send_timing("/v1/monitors/10.1.0.1", block, bytes, octets);
    assert_answer(a, 200);
    assert_int_equal(json_object_size(a->json), 0);
    assert_error(send_timing("/v1/monitors/10.1.0.2", block, bytes, octets), 400, "wrong_type");
    assert_error(send_timing("/v1/monitors/10.9.0.9", block, bytes, octets), 404, "unknown_agent");
    assert_error(send_timing("/v1/monitors/10.1.0.1", block, bytes - 1, octets), 400, "wrong_type");
    assert_error(send_timing("/v1/monitors/10.1.0.1", block, bytes, "application/json"), 415,
                 "wrong_content_type");
    assert_error(api_get(&daemon_, "/v1/monitors/10.1.0.1"), 405, "wrong_method");
    a = api_get(&daemon_, "/v1/verdicts?link=leaf0-spine1");
    assert_answer(a, 200);
    assert_int_equal(json_array_size(json_object_get(a->json, "verdicts")), 0);
    assert_error(api_get(&daemon_, "/v1/verdicts?link=leaf9-spine9"), 404, "unknown_link");
    assert_error(api_get(&daemon_, "/v1/verdicts/17"), 404, "unknown_verdict");
}

static void test_replaced_agent_is_refused(void **state)
{
    (void)state;
    assert_answer(agent_report(&agents, 0), 200);
    agents.incarnation = 2;
    assert_answer(agent_report(&agents, 0), 200);
    agents.incarnation = 1;
    assert_error(agent_report(&agents, 0), 409, "stale_incarnation");
}

static void test_ends_cleanly(void **state)
{
    struct stat store, socket;
    (void)state;
    open_job();
    assert_int_equal(stat(daemon_.store, &store), 0);
    assert_int_equal(store.st_mode & 0007, 0);
    assert_int_equal(stat(daemon_.socket, &socket), 0);
    assert_int_equal(socket.st_mode & 0777, 0660);
    int status = daemon_end(&daemon_, SIGTERM);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_int_equal(stat(daemon_.socket, &socket), -1);
}

#define STORY(name) cmocka_unit_test_setup_teardown(test_##name, start, stop)

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {STORY(shapes_of_answers),
                                       STORY(plan_is_explained_and_compared),
                                       STORY(agents_get_plans),
                                       STORY(links_are_drained_set_and_restored),
                                       STORY(who_did_it_is_known),
                                       STORY(dead_paths_are_told),
                                       STORY(probes_and_priorities),
                                       STORY(unknown_things_and_methods),
                                       STORY(monitors_tell_and_verdicts_are_shown),
                                       STORY(replaced_agent_is_refused),
                                       STORY(ends_cleanly)};
    if (count != 2) {
        fprintf(stderr, "usage: %s WEFT-CONTROL\n", arguments[0]);
        return 1;
    }
    daemon_program(arguments[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
