/* SPDX-License-Identifier: BSD-3-Clause */
/* What control has said it did is done, whenever it is killed; what it cannot keep it does not do. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/integration/control/agents.h"

#define JOB "0x1f"

enum {
    LINKS = 8,
    LIVES = 12
};

static const unsigned shape[3] = {2, 4, 2};
static struct control_daemon daemon_;
static struct agents agents;

static int start(void **state)
{
    (void)state;
    daemon_prepare(&daemon_, shape, "");
    agents = (struct agents){.daemon = &daemon_,
                             .hosts_per_leaf = shape[2],
                             .spines = shape[1],
                             .ranks = shape[0] * shape[2],
                             .identity = JOB,
                             .flow_bytes = 1 << 20,
                             .dead_spine = -1,
                             .incarnation = 1};
    return 0;
}

static int stop(void **state)
{
    (void)state;
    daemon_clean(&daemon_);
    return 0;
}

static const struct answer *act(unsigned link, const char *action, unsigned ratio_percent)
{
    char path[64];
    snprintf(path, sizeof(path), "/v1/links/leaf%u-spine%u", link / 4, link % 4);
    return api_post(&daemon_, path,
                    "{\"action\":\"%s\",\"capacity_ratio\":%u.%02u,\"by\":\"test\",\"force\":true}", action,
                    ratio_percent / 100, ratio_percent % 100);
}

static json_t *link_of(unsigned link)
{
    const struct answer *a = api_get(&daemon_, "/v1/links/leaf%u-spine%u", link / 4, link % 4);
    assert_answer(a, 200);
    return json_array_get(json_object_get(a->json, "links"), 0);
}

/* What the operator was told is so. */
struct told {
    bool drained[LINKS];
    unsigned ratio_percent[LINKS], priority;
    uint64_t events, epoch;
};

static void act_at_random(struct told *told, unsigned *random)
{
    unsigned link = (unsigned)rand_r(random) % LINKS;
    switch (rand_r(random) % 4) {
    case 0:
        assert_answer(act(link, "drain", 100), 200);
        told->drained[link] = true;
        break;
    case 1:
        assert_answer(act(link, "restore", 100), 200);
        told->drained[link] = false;
        told->ratio_percent[link] = 100;
        break;
    case 2:
        told->ratio_percent[link] = (unsigned)rand_r(random) % 101;
        assert_answer(act(link, "set", told->ratio_percent[link]), 200);
        break;
    default:
        told->priority = (unsigned)rand_r(random) % 8;
        assert_answer(api_post(&daemon_, "/v1/jobs/" JOB, "{\"priority\":%u}", told->priority), 200);
    }
    told->events = last_event(&daemon_);
}

static void assert_as_told(const struct told *told)
{
    for (unsigned i = 0; i < LINKS; i++) {
        json_t *link = link_of(i);
        double ratio = json_number_value(json_object_get(link, "capacity_ratio"));
        assert_int_equal(json_is_true(json_object_get(link, "drained")), told->drained[i]);
        assert_true(ratio > told->ratio_percent[i] / 100.0 - 1e-9 &&
                    ratio < told->ratio_percent[i] / 100.0 + 1e-9);
    }
    const struct answer *a = api_get(&daemon_, "/v1/jobs");
    json_t *job = json_array_get(json_object_get(a->json, "jobs"), 0);
    assert_int_equal(json_integer_value(json_object_get(job, "priority")), told->priority);
    assert_true(last_event(&daemon_) >= told->events);
}

/* Acts a few times, is killed in the middle of another one, and comes back as it was told to be. */
static void live(struct told *told, unsigned *random)
{
    struct plan_view view;
    char path[64];
    daemon_start(&daemon_);
    agents_report(&agents);
    assert_as_told(told);
    uint64_t epoch = agent_fetch_plan(&agents, 0, 0, &view);
    assert_true(epoch > told->epoch);
    told->epoch = epoch;
    for (int left = rand_r(random) % 6; left >= 0; left--)
        act_at_random(told, random);
    told->epoch = agent_fetch_plan(&agents, 0, 0, &view);
    pid_t killer = fork();
    if (killer == 0) {
        usleep((unsigned)rand_r(random) % 3000);
        kill(daemon_.pid, SIGKILL);
        _exit(0);
    }
    /* Whether this one was done is not known; it changes nothing either way. */
    for (unsigned i = 0; i < 50; i++) {
        snprintf(path, sizeof(path), "/v1/links/leaf%u-spine%u", i % LINKS / 4, i % 4);
        const struct answer *a = api_get(&daemon_, "%s", path);
        if (a->status == 200)
            act(i % LINKS, told->drained[i % LINKS] ? "drain" : "set", told->ratio_percent[i % LINKS]);
    }
    waitpid(killer, NULL, 0);
    daemon_end(&daemon_, SIGKILL);
    api_close();
}

static void test_killed_at_any_moment(void **state)
{
    struct told told = {.priority = 3};
    unsigned random = 1;
    (void)state;
    for (unsigned i = 0; i < LINKS; i++)
        told.ratio_percent[i] = 100;
    for (unsigned i = 0; i < LIVES; i++)
        live(&told, &random);
}

static void wait_for_line(const char *part)
{
    for (bool told = false; !told;) {
        assert_answer(api_get(&daemon_, "/v1/fabric"), 200);
        char *log = daemon_log(&daemon_);
        told = strstr(log, part) != NULL;
        free(log);
    }
}

/* Old events are in the store, not once more in the log; the socket of the dead one is taken over. */
static void test_restart_begins_a_new_log(void **state)
{
    (void)state;
    daemon_start(&daemon_);
    assert_answer(act(0, "drain", 100), 200);
    uint64_t events = last_event(&daemon_);
    wait_for_line("link_drained");
    daemon_end(&daemon_, SIGKILL);
    api_close();
    daemon_start(&daemon_);
    wait_for_event(&daemon_, "control_started", &events);
    char *log = daemon_log(&daemon_), *first = strstr(log, "link_drained");
    assert_non_null(first);
    assert_null(strstr(first + 1, "link_drained"));
    free(log);
}

/* The store may not grow any more: the drain is refused and not done, and everything else goes on. */
static void test_full_disk(void **state)
{
    struct stat store;
    char wal[DAEMON_PATH_BYTES + 8];
    (void)state;
    daemon_start(&daemon_);
    assert_answer(act(0, "drain", 100), 200);
    daemon_end(&daemon_, SIGTERM);
    api_close();
    snprintf(wal, sizeof(wal), "%s-wal", daemon_.store);
    assert_int_equal(stat(daemon_.store, &store), 0);
    daemon_.file_bytes_max = 96 << 10;
    daemon_start(&daemon_);
    const struct answer *a = act(1, "drain", 100);
    for (unsigned i = 0; i < 1000 && a->status == 200; i++) /* until the log of the store is full */
        a = act(1, i % 2 ? "drain" : "restore", 100);
    assert_error(a, 503, "store_failed");
    bool drained = json_is_true(json_object_get(link_of(2), "drained"));
    assert_false(drained);
    assert_error(act(2, "drain", 100), 503, "store_failed");
    assert_false(json_is_true(json_object_get(link_of(2), "drained")));
    assert_true(json_is_true(json_object_get(link_of(0), "drained")));
    assert_answer(agent_report(&agents, 0), 200);
    uint64_t events = 0;
    wait_for_event(&daemon_, "store_failed", &events);
}

/* The store and the socket are one process's; neither is taken from it, nor is a file that is no socket. */
static void test_second_control_is_refused(void **state)
{
    char command[512];
    (void)state;
    daemon_start(&daemon_);
    pid_t first = daemon_.pid;
    pid_t second = fork();
    if (second == 0) {
        execl(getenv("WEFT_CONTROL"), "weft-control", daemon_.config, NULL);
        _exit(127);
    }
    int status;
    waitpid(second, &status, 0);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    daemon_.pid = first;
    assert_answer(api_get(&daemon_, "/v1/fabric"), 200);
    daemon_end(&daemon_, SIGTERM);
    snprintf(command, sizeof(command), "echo kept > %s && ! $WEFT_CONTROL %s 2> /dev/null && grep -q kept %s",
             daemon_.socket, daemon_.config, daemon_.socket);
    assert_int_equal(system(command), 0);
}

#define STORY(name) cmocka_unit_test_setup_teardown(test_##name, start, stop)

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {STORY(killed_at_any_moment), STORY(restart_begins_a_new_log),
                                       STORY(full_disk), STORY(second_control_is_refused)};
    if (count != 2) {
        fprintf(stderr, "usage: %s WEFT-CONTROL\n", arguments[0]);
        return 1;
    }
    setenv("WEFT_CONTROL", arguments[1], 1);
    daemon_program(arguments[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
