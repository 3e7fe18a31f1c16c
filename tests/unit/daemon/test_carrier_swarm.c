/* SPDX-License-Identifier: BSD-3-Clause */
/* Whatever befalls queue pairs, datagrams and the main thread, in whatever order: as long as one path works
 * in the end, what was sent arrives, once. One seed chooses all; SEED in the environment runs that one alone.
 */
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/daemon/carrier_hosts.h"
#include "tests/unit/nic/cmocka_headers.h"

enum {
    SEEDS = 200,
    TRANSFERS = 3,
    BLOWS = 12,
    ROUNDS_BETWEEN_MAX = 400,
    HEAP_SLACK_BYTES = 16384 /* queue pairs that live when a seed ends */
};

static void strike(void)
{
    struct random_stream *r = &weather.random;
    unsigned host = random_below(r, HOSTS), path = random_below(r, PATHS);
    struct link_name name = hosts_name_for(host, path);
    switch (random_below(r, 7)) {
    case 0: /* a spine swallows everything */
        for (unsigned i = 0; i < HOSTS; i++)
            hosts_cut(i, path, NULL_CUT_PACKETS);
        break;
    case 1: /* one direction only: packets, or their acknowledgements */
        hosts_cut(host, path, random_below(r, 2) ? NULL_CUT_PACKETS : NULL_CUT_ACKS);
        break;
    case 2:
        for (unsigned i = 0; i < HOSTS; i++)
            hosts_cut(i, path, NULL_CUT_NONE);
        break;
    case 3:
        null_verbs_fail((enum ibv_wc_status)(IBV_WC_LOC_LEN_ERR + random_below(r, IBV_WC_GENERAL_ERR)));
        break;
    case 4:
        carrier_break_link(hosts[host].carrier, &name, now);
        break;
    case 5: /* routes that come and go: at least one stays */
        hosts_set_paths(host, 1 + (unsigned)random_below(r, (1 << PATHS) - 1));
        break;
    case 6: /* a NIC that takes nothing for a while */
        null_verbs_refuse_work(EIO);
        hosts_do_rounds(3);
        null_verbs_refuse_work(0);
        break;
    }
}

static void settle(unsigned working)
{
    for (unsigned i = 0; i < HOSTS; i++)
        hosts_cut(i, working, NULL_CUT_NONE);
    for (unsigned i = 0; i < HOSTS; i++)
        hosts_set_paths(i, 1u << working);
}

/* One transfer amid blows. Its bytes are its own. */
static bool arrives(void)
{
    uint64_t salt = random_next(&weather.random);
    for (size_t i = 0; i < BYTES; i += sizeof(salt))
        memcpy(hosts[0].bytes + i, &(uint64_t){salt + i}, sizeof(salt));
    hosts_begin_transfer(BYTES, BYTES);
    for (unsigned i = 0; i < BLOWS; i++) {
        strike();
        hosts_do_rounds((unsigned)random_below(&weather.random, ROUNDS_BETWEEN_MAX));
    }
    settle((unsigned)random_below(&weather.random, PATHS));
    if (hosts_run_to_end() == ROUNDS_MAX)
        return false;
    hosts_check_bytes(BYTES);
    return true;
}

static bool survives(uint64_t seed)
{
    struct random_stream *r = &weather.random;
    r->state = seed;
    weather.datagrams_lost_percent = (unsigned)random_below(r, 26);
    weather.datagrams_late_percent = (unsigned)random_below(r, 26);
    weather.main_idle_percent = (unsigned)random_below(r, 95);
    weather.patience_rounds = 1 + (unsigned)random_below(r, 300);
    for (unsigned i = 0; i < TRANSFERS; i++) {
        if (!arrives())
            return false;
        for (unsigned k = 0; k < BLOWS / 2; k++)
            strike(); /* when nothing is on its way */
    }
    return true;
}

/* However many queue pairs came and went, what is in use stays what it was when the first seed had ended. */
static bool is_bounded(void)
{
    static size_t first_bytes;
    size_t bytes = mallinfo2().uordblks;
    if (first_bytes == 0)
        first_bytes = bytes;
    return bytes <= first_bytes + HEAP_SLACK_BYTES;
}

static void whatever_befalls_them_it_arrives_once(void **state)
{
    const char *only = getenv("SEED");
    uint64_t first = only != NULL ? strtoull(only, NULL, 10) : 1, end = only != NULL ? first + 1 : SEEDS;
    unsigned failed = 0;
    for (uint64_t seed = first; seed < end; seed++) {
        /* every other seed is fast enough for packets to go in runs */
        hosts_rate_bytes_per_s = seed % 2 ? 1250000000 : 20000000000;
        hosts_tear_down(state);
        hosts_set_up(state);
        if (!survives(seed)) {
            printf("seed %llu: it has not arrived\n", (unsigned long long)seed);
            failed++;
        }
        assert_true(is_bounded());
    }
    assert_int_equal(failed, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(whatever_befalls_them_it_arrives_once, hosts_set_up, hosts_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
