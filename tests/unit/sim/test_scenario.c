/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/sim/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/sim/scenario.h"

static char error[YAML_ERROR_BYTES];

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

static void jobs_may_name_their_hosts(void **state)
{
    (void)state;
    struct scenario *s = load("fabric: {leaves: 2, spines: 3, hosts: 4, routing: spray, trimming: true}\n"
                              "jobs: [{workload: fsdp, hosts: [7, 0, 3], layers: 2, compute: 5us},\n"
                              "       {workload: ulysses, ranks: 2, first_host: 6}]\n"
                              "faults: [{kind: flap, link: leaf0-spine1, value: 40us, until: 1ms},\n"
                              "         {kind: reorder, link: leaf0-spine1, value: 1%, by: 3us}]\n");
    assert_non_null(s);
    const struct experiment *e = scenario_experiment(s);
    assert_int_equal(e->jobs[0].workload.ranks, 3);
    assert_memory_equal(e->jobs[0].hosts, ((uint32_t[]){7, 0, 3}), 12);
    assert_int_equal(e->jobs[0].workload.compute_ns, 5000);
    assert_int_equal(workload_phases(&e->jobs[0].workload), 4);
    assert_memory_equal(e->jobs[1].hosts, ((uint32_t[]){6, 7}), 8);
    assert_true(e->config.topology.switches_spray && e->config.topology.fabric_link.trims);
    assert_int_equal(e->faults[0].amount_ns, 40000);
    assert_int_equal(e->faults[1].amount_ns, 3000);
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
         "1:48: 'fast' is no rate: bits per second, such as 400G"},
        {"fabric: {leaves: 2, spines: 3, hosts: 4}\njobs: [{workload: shift, ranks: 9}]\n",
         "2:8: hosts 0 to 8 are wanted, there are 8: fewer ranks, or another first_host"},
        {"fabric: {leaves: 2, spines: 3, hosts: 4}\njobs: [{workload: shift, path_mode: magic}]\n",
         "2:37: 'magic' is none of hash, "},
        {"fabric: {leaves: 2, spines: 3, hosts: 4}\njobs: [{workload: shift}]\ncolour: red\n",
         "3:1: Unexpected key: colour"},
        {"fabric: {leaves: 2, spines: 3, hosts: 4}\njobs: [{workload: shift}]\nfaults: [{kind: pause, host: "
         "8}]\n",
         "3:30: '8' is no host: 0 to 7"},
        {"fabric: {leaves: 2, spines: 3, hosts: 4}\njobs: [{workload: shift}]\n"
         "transport: {window_packets: 100}\n",
         "3:29: a power of two from 8 to 256"},
        {"fabric: {leaves: 2, spines: 3, hosts: 4}\njobs: [{workload: shift}]\n"
         "transport: {messages: 524289}\n",
         "3:23: at most 524288"},
        {"fabric: {leaves: 2, spines: 3, hosts: 4}\njobs: [{workload: shift, iterations: 4000000000}]\n",
         "2:8: iterations times layers: at most a million phases"},
        {"fabric: {leaves: 2, spines: 3, hosts: 4}\njobs: [{workload: shift, bytes: 5G}]\n",
         "2:8: too many bytes: a message has at most 4 GiB"},
        {"fabric: {leaves: 2, spines: 3, hosts: 4}\njobs: [{workload: shift, bytes: 17T}]\n",
         "2:33: '17T' is no size: bytes, such as 4M, at most 16T"},
        {"fabric: {leaves: 2, spines: 3, hosts: 4}\njobs: [{workload: shift, gap: 2000000000000s}]\n",
         "2:31: '2000000000000s' is no time: such as 500ns, 20us or 1.5s, at most 3600s"},
        {"fabric: {leaves: 2, spines: 3, hosts: 4}\njobs: [{workload: shift, hosts: [0, 8]}]\n",
         "2:8: 8 is no host: 0 to 7"},
        {"fabric: {leaves: 2, spines: 3, hosts: 4}\njobs: [{workload: shift, hosts: [0, 1], ranks: 2}]\n",
         "2:8: a job has either hosts or ranks and first_host"},
        {"fabric: {leaves: 2, spines: 3, hosts: 4}\njobs: [{workload: shift}]\ntransport: {window_packets: "
         "65544}\n",
         "3:29: a power of two from 8 to 256"},
        {"fabric: {pods: 4294967295, leaves: 4294967295, spines: 1, hosts: 4294967295, cores: 1}\njobs: "
         "[{workload: shift}]\n",
         "1:9: at most 4096 hosts"},
        {"fabric: {leaves: 2, spines: 3, hosts: 4, rate: 8}\njobs: [{workload: shift}]\n",
         "1:9: a round trip takes more than a second: less delay, or a higher rate"},
        {"fabric: {leaves: 2, spines: 3, hosts: 4}\njobs: [{workload: shift}]\nfaults: [{kind: down}]\n",
         "3:10: this kind of fault is of a link, which?"},
        {"fabric: {leaves: 2, spines: 3, hosts: 4}\njobs: [{workload: shift}]\nfaults: [{kind: down, host: "
         "1}]\n",
         "3:10: this kind of fault is of a link, which?"},
        {"fabric: {leaves: 2, spines: 3, hosts: 4}\njobs: [{workload: shift}]\nfaults: [{kind: down, link: "
         "leaf0-leaf1}]\n",
         "3:29: 'leaf0-leaf1' is no link: leaf0-spine1, host3-leaf0, ..."},
        {"fabric: {leaves: 2, spines: 3, hosts: 4}\njobs: [{workload: shift}]\nfaults: [{kind: down, link: "
         "leaf0-spine1, value: 1%}]\n",
         "3:10: this kind of fault has no value"},
        {"fabric: {leaves: 2, spines: 3, hosts: 4}\njobs: [{workload: shift}]\nfaults: [{kind: loss, link: "
         "leaf0-spine1}]\n",
         "3:10: this kind of fault needs a value"},
        {"fabric: {leaves: 2, spines: 3, hosts: 4}\njobs: [{workload: shift}]\nfaults: [{kind: loss, link: "
         "leaf0-spine1, value: 1%, by: 3us}]\n",
         "3:58: only of reordered packets: how late at most"},
        {"fabric: {leaves: 2, spines: 3, hosts: 4}\njobs: [{workload: shift}]\nfaults: [{kind: rate, link: "
         "leaf0-spine1, value: 0}]\n",
         "3:50: at least 1% of the rate: a link without any is down"},
        {"fabric: {leaves: 2, spines: 3, hosts: 4}\njobs: [{workload: shift}]\nfaults: [{kind: down, link: "
         "leaf0-spine1, at: 5us, until: 5us}]\n",
         "3:59: the fault ends before it begins"},
        {"fabric: {leaves: 2, spines: 3, hosts: 4}\njobs: [{workload: shift}]\nfaults: [{kind: pause, host: "
         "-1}]\n",
         "3:30: '-1' is no host: 0 to 7"},
        {"fabric: {leaves: 2, spines: 3, hosts: 4}\njobs: [{workload: shift}]\nfaults: [{link: "
         "leaf0-spine1}]\n",
         "3:10: a fault needs a kind"},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
        assert_null(load(table[i].text));
        if (strncmp(error, table[i].message, strlen(table[i].message)) != 0)
            fail_msg("'%s' does not begin with '%s'", error, table[i].message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shortest_has_defaults), cmocka_unit_test(faults_are_placed_and_measured),
        cmocka_unit_test(jobs_may_name_their_hosts), cmocka_unit_test(what_is_wrong_is_named_with_its_place)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
