/* SPDX-License-Identifier: BSD-3-Clause */
/* What every control that can be selected must do: be found, keep its bounds whatever happens, fill a path
 * between slow hosts, and share a link that is slower than planned without an endless queue. */
#include <string.h>

#include "dataplane/transport/random.h"
#include "tests/unit/transport/congestion_story.h"

static const char *const names[] = {"none", "dctcp", "nscc", "swift", "powertcp-delay"};

static void test_every_control_is_found_and_whole(void **state)
{
    (void)state;
    for (unsigned i = 0; i < COUNT_OF(names); i++) {
        const struct congestion_control *control = congestion_control_by_name(names[i]);
        assert_non_null(control);
        assert_string_equal(control->name, names[i]);
        assert_ptr_equal(congestion_control_at(i), control);
        assert_non_null(strstr(CONGESTION_CONTROL_NAMES, names[i]));
        assert_true(control->on_create && control->on_step_start && control->on_ack && control->on_loss &&
                    control->on_timeout);
    }
    assert_null(congestion_control_at(COUNT_OF(names)));
    assert_null(congestion_control_by_name("reno"));
    assert_null(congestion_control_by_name(""));
}

/* A number whose magnitude, too, is random: 0 .. 2^bits - 1. */
static uint64_t any_size(struct random_stream *random, unsigned bits)
{
    return random_below(random, 1ull << random_below(random, bits + 1));
}

static void happen(struct story *story, struct random_stream *random)
{
    struct congestion *c = &story->congestion;
    struct congestion_ack ack = {.now = story->now,
                                 .rtt_ns = random_below(random, 50) ? any_size(random, 34) : NSEC_NEVER,
                                 .acked_bytes = any_size(random, 32),
                                 .acked_packets = any_size(random, 16),
                                 .marked_packets = any_size(random, 16),
                                 .in_flight_bytes = any_size(random, 40)};
    switch (random_below(random, 12)) {
    case 0:
        story->control->on_loss(c, &story->path, story->now);
        break;
    case 1:
        story->control->on_timeout(c, &story->path, story->now);
        break;
    case 2:
        story->control->on_step_start(c, &story->path, any_size(random, 50), story->now);
        break;
    default:
        story->control->on_ack(c, &story->path, &ack);
    }
}

static void test_bounds_hold_whatever_happens(void **state)
{
    (void)state;
    struct random_stream random = {.state = 2407};
    for (unsigned turn = 0; turn < 600; turn++) {
        struct story story = story_begin(congestion_control_by_name(names[turn % COUNT_OF(names)]));
        story.path = (struct congestion_path){.base_rtt_ns = 1 + any_size(&random, 30),
                                              .line_rate_bytes_per_s = any_size(&random, 42),
                                              .packet_bytes = 1 + any_size(&random, 16)};
        story.control->on_create(&story.congestion, &story.path);
        for (unsigned event = 0; event < 500; event++) {
            story.now += any_size(&random, 30);
            happen(&story, &random);
            assert_true(story_window(&story) >= story.path.packet_bytes);
            assert_true(story_window(&story) <= congestion_window_max(&story.congestion, &story.path));
        }
    }
}

/* A sender that always has data, a first-in first-out link that marks above a queue length, and hosts that
 * answer after a random delay. Packets are acked one by one, in order. */
struct link {
    uint64_t planned_rate_bytes_per_s; /* what the sender believes */
    uint64_t rate_bytes_per_s;
    nsec_t base_rtt_ns;
    nsec_t host_delay_max_ns; /* uniform from 0 */
    uint64_t mark_above_bytes;
    uint64_t queue_bytes_max; /* beyond it packets are lost */
};

struct in_flight {
    nsec_t sent_at, acked_at;
    bool marked, lost;
};

struct run {
    struct story story;
    struct link link;
    struct random_stream random;
    nsec_t link_free_at, last_ack_at;
    struct in_flight packets[4096];
    unsigned head, tail; /* of the packets in flight */
    uint64_t acked_bytes, queue_bytes_seen;
    unsigned lost_packets;
};

static void run_send(struct run *run)
{
    const struct link *link = &run->link;
    struct in_flight *packet = &run->packets[run->tail++ % COUNT_OF(run->packets)];
    nsec_t now = run->story.now, free_at = run->link_free_at > now ? run->link_free_at : now;
    nsec_t packet_ns = STORY_PACKET * NSEC_PER_SEC / link->rate_bytes_per_s;
    uint64_t queue_bytes = congestion_bytes_in(link->rate_bytes_per_s, free_at - now);
    run->queue_bytes_seen = queue_bytes > run->queue_bytes_seen ? queue_bytes : run->queue_bytes_seen;
    packet->sent_at = now;
    packet->lost = queue_bytes > link->queue_bytes_max;
    packet->marked = queue_bytes > link->mark_above_bytes;
    run->link_free_at = packet->lost ? free_at : free_at + packet_ns;
    packet->acked_at =
        run->link_free_at + link->base_rtt_ns + random_below(&run->random, link->host_delay_max_ns + 1);
    if (packet->acked_at < run->last_ack_at)
        packet->acked_at = run->last_ack_at;
    run->last_ack_at = packet->acked_at;
}

static void run_take_ack(struct run *run)
{
    struct story *story = &run->story;
    uint64_t in_flight_bytes = (uint64_t)(run->tail - run->head) * STORY_PACKET;
    struct in_flight *packet = &run->packets[run->head++ % COUNT_OF(run->packets)];
    story->now = packet->acked_at;
    if (packet->lost) {
        run->lost_packets++;
        story_loss(story);
        return;
    }
    run->acked_bytes += STORY_PACKET;
    struct congestion_ack ack = {.now = story->now,
                                 .rtt_ns = packet->acked_at - packet->sent_at,
                                 .acked_bytes = STORY_PACKET,
                                 .acked_packets = 1,
                                 .marked_packets = packet->marked,
                                 .in_flight_bytes = in_flight_bytes};
    story->control->on_ack(&story->congestion, &story->path, &ack);
}

static void run_until(struct run *run, nsec_t end)
{
    run->acked_bytes = run->queue_bytes_seen = run->lost_packets = 0;
    while (run->story.now < end) {
        while ((run->tail - run->head + 1) * (uint64_t)STORY_PACKET <= story_window(&run->story))
            run_send(run);
        run_take_ack(run);
    }
}

/* Runs for a second, then for another one that is measured; returns the share of the link that was used, in
 * per cent. */
static unsigned run_link(struct run *run, const struct congestion_control *control, struct link link)
{
    memset(run, 0, sizeof(*run));
    run->story = story_begin(control);
    run->story.path = (struct congestion_path){.base_rtt_ns = link.base_rtt_ns,
                                               .line_rate_bytes_per_s = link.planned_rate_bytes_per_s,
                                               .packet_bytes = STORY_PACKET};
    run->link = link;
    run->story.control->on_create(&run->story.congestion, &run->story.path);
    nsec_t begin = run->story.now;
    run_until(run, begin + NSEC_PER_SEC);
    run_until(run, begin + 2 * NSEC_PER_SEC);
    return run->acked_bytes * 100 / link.rate_bytes_per_s;
}

/* 200 Mb/s between hosts that answer up to 20 base round trips late: nobody is congested. PowerTCP, which
 * aims at a queue of a tenth of a round trip, cannot tell such hosts from queues: it is for hosts that poll.
 */
static void test_slow_hosts_do_not_starve_the_path(void **state)
{
    (void)state;
    static struct run run;
    static const unsigned percent_least[] = {97, 97, 97, 97, 25};
    const struct link link = {.planned_rate_bytes_per_s = 25000000,
                              .rate_bytes_per_s = 25000000,
                              .base_rtt_ns = 100 * NSEC_PER_USEC,
                              .host_delay_max_ns = 2 * NSEC_PER_MSEC,
                              .mark_above_bytes = 64 * 1024,
                              .queue_bytes_max = 256 * 1024};
    for (unsigned i = 0; i < COUNT_OF(names); i++) {
        unsigned percent = run_link(&run, congestion_control_by_name(names[i]), link);
        assert_in_range(percent, percent_least[i], 100);
        assert_int_equal(run.lost_packets, 0);
    }
}

/* 10 Gb/s planned, a quarter of it there. DCTCP keeps the queue near the length at which it marks, NSCC near
 * the delay it aims at; the control that does not listen shows that there was something to listen to. */
static void test_a_slower_link_is_filled_and_not_flooded(void **state)
{
    (void)state;
    static struct run run;
    static const uint64_t queue_bytes_least[] = {150000, 0, 0, 0, 0};
    static const uint64_t queue_bytes_most[] = {400000, 60000, 120000, 120000, 120000};
    const struct link link = {.planned_rate_bytes_per_s = 1250000000,
                              .rate_bytes_per_s = 312500000,
                              .base_rtt_ns = 100 * NSEC_PER_USEC,
                              .host_delay_max_ns = 20 * NSEC_PER_USEC,
                              .mark_above_bytes = 40000,
                              .queue_bytes_max = 400000};
    for (unsigned i = 0; i < COUNT_OF(names); i++) {
        unsigned percent = run_link(&run, congestion_control_by_name(names[i]), link);
        assert_in_range(percent, 98, 100);
        assert_int_equal(run.lost_packets, 0);
        assert_in_range(run.queue_bytes_seen, queue_bytes_least[i], queue_bytes_most[i]);
    }
}

/* The same without marks, and a buffer of two round trips: losses are all there is to listen to. */
static void test_a_link_that_does_not_mark_is_filled_too(void **state)
{
    (void)state;
    static struct run run;
    static const unsigned lost_packets_most[] = {UINT32_MAX, 1000, 8000, 2000,
                                                 8000}; /* beside 78,000 that arrive */
    const struct link link = {.planned_rate_bytes_per_s = 1250000000,
                              .rate_bytes_per_s = 312500000,
                              .base_rtt_ns = 100 * NSEC_PER_USEC,
                              .host_delay_max_ns = 20 * NSEC_PER_USEC,
                              .mark_above_bytes = UINT64_MAX,
                              .queue_bytes_max = 60000};
    for (unsigned i = 0; i < COUNT_OF(names); i++) {
        unsigned percent = run_link(&run, congestion_control_by_name(names[i]), link);
        assert_in_range(percent, 95, 100);
        assert_true(run.lost_packets <= lost_packets_most[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_control_is_found_and_whole),
        cmocka_unit_test(test_bounds_hold_whatever_happens),
        cmocka_unit_test(test_slow_hosts_do_not_starve_the_path),
        cmocka_unit_test(test_a_slower_link_is_filled_and_not_flooded),
        cmocka_unit_test(test_a_link_that_does_not_mark_is_filled_too),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
