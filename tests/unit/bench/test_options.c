/* SPDX-License-Identifier: BSD-3-Clause */
/* Command lines and rank lists as people write them, and as they get them wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/bench/options.h"
#include "tools/bench/rank_list.h"

static struct bench_options options;

/* Splits at blanks, as a shell would. */
static int parse(const char *line)
{
    static char copy[256];
    char *argv[32] = {"weft-bench"}, *rest = copy;
    int argc = 1;
    snprintf(copy, sizeof copy, "%s", line);
    for (char *word; (word = strsep(&rest, " ")) != NULL && argc < 31;)
        if (*word != '\0')
            argv[argc++] = word;
    return options_parse(argc, argv, &options);
}

static void everything_can_be_said(void **state)
{
    (void)state;
    assert_int_equal(
        parse("all_to_all -b 64K -e 16M -f 4 -n 7 -w 0 --check --mode ethereal --algorithm direct "
              "--type bfloat16 --reduction max --ranks 5 --placement 17 --seed 3 -j"),
        0);
    assert_int_equal(options.collective, BENCH_ALL_TO_ALL);
    assert_int_equal(options.bytes_min, 64 << 10);
    assert_int_equal(options.bytes_max, 16 << 20);
    assert_int_equal(options.factor, 4);
    assert_int_equal(options.iterations, 7);
    assert_int_equal(options.warmup, 0);
    assert_true(options.check && options.json);
    assert_int_equal(options.mode, WEFT_PATH_ETHEREAL);
    assert_int_equal(options.algorithm, WEFT_ALGORITHM_DIRECT);
    assert_int_equal(options.type, WEFT_BFLOAT16);
    assert_int_equal(options.reduction, WEFT_MAX);
    assert_int_equal(options.ranks, 5);
    assert_int_equal(options.placement.kind, PLACEMENT_RANDOM);
    assert_int_equal(options.placement.seed, 17);
    assert_int_equal(options.hash_seed, 3);
}

static void one_size_is_the_default(void **state)
{
    (void)state;
    assert_int_equal(parse("barrier -b 1M"), 0);
    assert_int_equal(options.bytes_max, 1 << 20);
    assert_null(options.fault.link);
    assert_int_equal(options.mode, WEFT_PATH_DEFAULT);
}

static void a_fault_takes_a_value_or_none(void **state)
{
    (void)state;
    assert_int_equal(parse("all_reduce --fault leaf0-spine1 loss 1% --fault-at 250 -n 2"), 0);
    assert_string_equal(options.fault.link, "leaf0-spine1");
    assert_string_equal(options.fault.kind, "loss");
    assert_string_equal(options.fault.value, "1%");
    assert_int_equal(options.fault.at_ms, 250);
    assert_int_equal(options.iterations, 2);
    assert_int_equal(parse("all_reduce --fault leaf0-spine1 down --fault-at 250"), 0);
    assert_string_equal(options.fault.kind, "down");
    assert_null(options.fault.value);
}

static void mistakes_are_refused(void **state)
{
    (void)state;
    const char *const wrong[] = {"",
                                 "reduce_all",
                                 "--check all_reduce",
                                 "all_reduce -b",
                                 "all_reduce -b 1X",
                                 "all_reduce -b -1",
                                 "all_reduce -b 5G",
                                 "all_reduce -b 2M -e 1M",
                                 "all_reduce -f 1",
                                 "all_reduce -n 0",
                                 "all_reduce -n 1000000000000000000000",
                                 "all_reduce --mode fast",
                                 "all_reduce --type float8",
                                 "all_reduce --placement somewhere",
                                 "all_reduce --seed -1",
                                 "all_reduce --fault leaf0-spine1",
                                 "all_reduce --fault leaf0-spine1 --fault-at 3",
                                 "all_reduce --fault-at 3",
                                 "all_reduce --unknown",
                                 "all_reduce surplus"};
    for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (parse(wrong[i]) != -1)
            fail_msg("accepted: %s", wrong[i]);
}

static struct rank_list list;

static int read_list(const char *addresses, const char *rank, const char *ranks, const char *job)
{
    const char *const names[] = {"WEFT_ADDRESSES", "WEFT_RANK", "WEFT_RANKS", "WEFT_JOB"};
    const char *const values[] = {addresses, rank, ranks, job};
    for (unsigned i = 0; i < 4; i++)
        if (values[i] != NULL)
            setenv(names[i], values[i], 1);
        else
            unsetenv(names[i]);
    options = options_default();
    return rank_list_read(&options, &list);
}

static void ranks_come_from_the_environment(void **state)
{
    (void)state;
    assert_int_equal(read_list("10.1.0.1,10.2.0.1, 10.2.0.2", "1", "3", "one"), 0);
    assert_int_equal(list.ranks, 3);
    assert_int_equal(list.rank, 1);
    assert_int_equal(list.addresses[2], 0x0a020002);
    uint64_t identity = list.identity;
    assert_int_equal(read_list("10.1.0.1", "0", NULL, "two"), 0);
    assert_int_not_equal(identity, list.identity);
}

static void ranks_come_from_a_file(void **state)
{
    (void)state;
    char path[] = "weft-bench-hosts-XXXXXX";
    int descriptor = mkstemp(path);
    const char text[] = "# two hosts\n10.1.0.1\n\n10.2.0.1\n";
    assert_int_equal(write(descriptor, text, sizeof text - 1), sizeof text - 1);
    close(descriptor);
    read_list(NULL, NULL, NULL, "one");
    options.hosts_path = path;
    options.rank = 1;
    int status = rank_list_read(&options, &list);
    unlink(path);
    assert_int_equal(status, 0);
    assert_int_equal(list.ranks, 2);
    assert_int_equal(list.addresses[1], 0x0a020001);
}

static void incomplete_rank_lists_are_refused(void **state)
{
    (void)state;
    assert_int_equal(read_list(NULL, "0", NULL, "one"), -1);
    assert_int_equal(read_list("10.1.0.1", NULL, NULL, "one"), -1);
    assert_int_equal(read_list("10.1.0.1", "1", NULL, "one"), -1);
    assert_int_equal(read_list("10.1.0.1", "0", "2", "one"), -1);
    assert_int_equal(read_list("10.1.0.1,host2", "0", NULL, "one"), -1);
    assert_int_equal(read_list("10.1.0.1", "x", NULL, "one"), -1);
    assert_int_equal(read_list("10.1.0.1", "0", NULL, NULL), -1);
}

/* A launcher that runs this test must not be taken for one that runs weft-bench. */
static int forget_launchers(void **state)
{
    (void)state;
    const char *const names[] = {"OMPI_COMM_WORLD_RANK", "PMI_RANK",     "SLURM_PROCID",
                                 "PMIX_NAMESPACE",       "SLURM_JOB_ID", "SLURM_STEP_ID"};
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        unsetenv(names[i]);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_can_be_said),
        cmocka_unit_test(one_size_is_the_default),
        cmocka_unit_test(a_fault_takes_a_value_or_none),
        cmocka_unit_test(mistakes_are_refused),
        cmocka_unit_test(ranks_come_from_the_environment),
        cmocka_unit_test(ranks_come_from_a_file),
        cmocka_unit_test(incomplete_rank_lists_are_refused),
    };
    return cmocka_run_group_tests(tests, forget_launchers, NULL);
}
