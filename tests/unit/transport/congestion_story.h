/* SPDX-License-Identifier: BSD-3-Clause */
/* Tells the story of one channel to a congestion control by moving `now`: rounds of acks of one kind. The
 * path is 100 Gb/s with a base round trip of 12 us, for which NSCC's constants are round numbers: BDP 150,000
 * bytes, one packet of gain.
 */
#ifndef WEFT_TESTS_UNIT_TRANSPORT_CONGESTION_STORY_H
#define WEFT_TESTS_UNIT_TRANSPORT_CONGESTION_STORY_H

#include "dataplane/transport/congestion_window.h"
#include "tests/unit/transport/unit.h"

enum {
    STORY_PACKET = 4000,
    STORY_RTT = 12000,
    STORY_BDP = 150000
};

struct story {
    const struct congestion_control *control;
    struct congestion_path path;
    struct congestion congestion;
    nsec_t now;
};

static inline struct story story_begin(const struct congestion_control *control)
{
    struct story story = {.control = control,
                          .path = {.base_rtt_ns = STORY_RTT,
                                   .line_rate_bytes_per_s = 12500000000,
                                   .packet_bytes = STORY_PACKET},
                          .now = NSEC_PER_SEC};
    control->on_create(&story.congestion, &story.path);
    control->on_step_start(&story.congestion, &story.path, 0, story.now);
    return story;
}

/* One ack of one packet, of a window that is full. */
static inline void story_ack(struct story *story, nsec_t rtt_ns, unsigned marked)
{
    struct congestion_ack ack = {.now = story->now,
                                 .rtt_ns = rtt_ns,
                                 .acked_bytes = STORY_PACKET,
                                 .acked_packets = 1,
                                 .marked_packets = marked,
                                 .in_flight_bytes = story->congestion.window_bytes};
    story->control->on_ack(&story->congestion, &story->path, &ack);
}

/* `rounds` round trips in each of which `packets` packets are acked, the first `marked` of them marked. */
static inline void story_rounds(struct story *story, unsigned rounds, nsec_t rtt_ns, unsigned packets,
                                unsigned marked)
{
    for (unsigned round = 0; round < rounds; round++) {
        for (unsigned i = 0; i < packets; i++) {
            story->now += rtt_ns / packets;
            story_ack(story, rtt_ns, i < marked);
        }
        story->now += rtt_ns % packets;
    }
}

static inline uint64_t story_window(const struct story *story)
{
    return story->congestion.window_bytes;
}

static inline void story_loss(struct story *story)
{
    story->control->on_loss(&story->congestion, &story->path, story->now);
}

static inline void story_timeout(struct story *story)
{
    story->control->on_timeout(&story->congestion, &story->path, story->now);
}

static inline void story_step(struct story *story, uint64_t planned_rate)
{
    story->control->on_step_start(&story->congestion, &story->path, planned_rate, story->now);
}

#endif
