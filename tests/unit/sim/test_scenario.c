/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/sim/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/sim/scenario.h"

static char error[SCENARIO_ERROR_BYTES];

/* NULL when it is refused; then `error` begins with the place: "line:column: ". */
static struct scenario *load(const char *text)
{
    char name[] = "scenario-XXXXXX";
    int fd = mkstemp(name);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    struct scenario *s = scenario_load(name, error);
    unlink(name);
    if (s == NULL) {
        assert_memory_equal(error, name, strlen(name));
        memmove(error, error + strlen(name) + 1, strlen(error) - strlen(name));
    }
    return s;
}

static void the_shortest_has_defaults(void **state)
{
    (void)state;
    struct scenario *s = load("fabric: {leaves: 2, spines: 3, hosts: 4}\njobs: [{workload: all_to_all}]\n");
    assert_non_null(s);
    const struct experiment *e = scenario_experiment(s);
    assert_int_equal(e->jobs[0].workload.ranks, 8);
    assert_int_equal(e->jobs[0].path_mode, PATH_MODE_WRAP);
    assert_int_equal(e->config.topology.host_link.rate_bytes_per_s, 50000000000);
    scenario_free(s);
}

static void faults_are_placed_and_measured(void **state)
{
    (void)state;
    struct scenario *s =
        load("fabric: {leaves: 2, spines: 3, hosts: 4}\n"
             "jobs: [{workload: shift, bytes: 1M, gap: 5us}]\n"
             "faults:\n"
             "  - {kind: loss, link: leaf1-spine2, value: 1%, at: 2us, until: 3us, direction: up}\n"
             "  - {kind: rate, link: host3-leaf0, value: 25%}\n");
    assert_non_null(s);
    const struct experiment *e = scenario_experiment(s);
    assert_int_equal(e->fault_count, 2);
    assert_int_equal(e->faults[0].amount, 10000);
    assert_int_equal(e->faults[0].direction, SIM_FAULT_UP);
    assert_int_equal(e->faults[0].until - e->faults[0].at, 1000);
    assert_int_equal(e->faults[1].amount, 25);
    assert_int_equal(e->faults[1].until, NSEC_NEVER);
    scenario_free(s);
}

static void what_is_wrong_is_named_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } table[] = {
        {"fabric: {leaves: 2, spines: 0, hosts: 4}\njobs: [{workload: shift}]\n",
         "1:9: pods, leaves, spines and hosts must be at least 1"},
        {"fabric: {leaves: 2, spines: 3, hosts: 4, rate: fast}\njobs: [{workload: shift}]\n",
         "1:48: 'fast': a rate (400G), size (4M) or time (500ns) is wanted"},
        {"fabric: {leaves: 2, spines: 3, hosts: 4}\njobs: [{workload: shift, ranks: 9}]\n",
         "2:8: hosts 0 to 8 are wanted, there are 8: fewer ranks, or another first_host"},
        {"fabric: {leaves: 2, spines: 3, hosts: 4}\njobs: [{workload: shift, path_mode: magic}]\n",
         "2:37: 'magic' is none of hash, spray, ethereal, wrap"},
        {"fabric: {leaves: 2, spines: 3, hosts: 4}\njobs: [{workload: shift}]\ncolour: red\n",
         "3:1: Unexpected key: colour"},
        {"fabric: {leaves: 2, spines: 3, hosts: 4}\njobs: [{workload: shift}]\nfaults: [{kind: pause, host: "
         "8}]\n",
         "3:30: '8' is no host: 0 to 7"},
        {"fabric: {leaves: 2, spines: 3, hosts: 4}\njobs: [{workload: shift}]\n"
         "transport: {window_packets: 100}\n",
         "3:29: a power of two from 8 to 256"},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
        assert_null(load(table[i].text));
        assert_string_equal(error, table[i].message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_shortest_has_defaults),
                                       cmocka_unit_test(faults_are_placed_and_measured),
                                       cmocka_unit_test(what_is_wrong_is_named_with_its_place)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
