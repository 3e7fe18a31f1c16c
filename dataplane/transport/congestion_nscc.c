/* SPDX-License-Identifier: BSD-3-Clause */
/* NSCC of Ultra Ethernet: marks and delay together say what to do. With d the delay of an ack above the round
 * trip R of the path (congestion_window.h), and Q = max(R, 10 us) the delay that is aimed at:
 *
 *                 d < Q                                  d >= Q
 *     unmarked    grow by 4 G (Q - d)/Q a round trip     grow by 5 G a round trip
 *     marked      nothing: this path is suspect, but     cut by 0.8 (avg - Q)/avg, at most by half, and once
 *                 slowing down would not help            a round trip
 *
 * with G = packet x max(BDP / (100 Gb/s x 12 us), 1/4), and avg the smoothed delay, in which an unmarked late
 * ack counts as R/4: its host was late. What was gathered is added every 8 packets or round trip, with 0.15 G
 * on top. The window starts at the plan, and
 *   - two clean rounds (no loss, at most 1 packet in 64 marked) below the planned window close half the gap;
 *   - a round with a loss, or with marks at d > 4 Q, in which a full window brought less than an eighth of
 *     the largest one, makes the window what was brought;
 *   - a loss cuts by an eighth, once a round trip, or like a mark if d asks for more, and ends the round's
 *     growth: what a bad link loses now and then is soon grown back, and a queue that overflows without
 *     marking is still listened to;
 *   - a timeout makes it one packet.
 *
 * Source: the constants of the public simulator, as the design quotes them. Different here: R is learnt,
 * since delay without marks is the hosts' own; G is such that a slow path, too, can grow by a packet a round
 * trip, and the factor base / 12 us on 4 G is left out, since it doubled the window of a 100 us path every
 * round; losses are listened to, as there is no trimming; the eighth needs a full window and marks beside
 * delay, as a channel that had little to send achieves little; the gain by lag behind the plan is left out,
 * unproven.
 */
#include "dataplane/transport/congestion_window.h"

#define TARGET_LEAST_NS  (10 * NSEC_PER_USEC)
#define REFERENCE_BYTES  150000 /* 100 Gb/s x 12 us */
#define GAIN_LIMIT       (1u << 28)
#define FRACTION_ONE     65536u /* 16 fractional bits */
#define CUT_GAMMA        52429u /* 0.8 */
#define LOSS_CUT         (FRACTION_ONE / 8)
#define SMOOTHING        16
#define CLEAN_PACKETS    64
#define CLEAN_ROUNDS     2
#define GATHERED_PACKETS 8

/* Q */
static nsec_t target_delay_ns(const struct congestion *c)
{
    return congestion_most(c->round_trip_ns, TARGET_LEAST_NS);
}

static void nscc_on_create(struct congestion *c, const struct congestion_path *path)
{
    congestion_window_init(c, path);
    uint64_t bdp_bytes = congestion_bytes_in(path->line_rate_bytes_per_s, path->base_rtt_ns);
    unsigned __int128 gain = (unsigned __int128)path->packet_bytes * bdp_bytes / REFERENCE_BYTES;
    uint64_t gain_bytes = gain < GAIN_LIMIT ? (uint64_t)gain : GAIN_LIMIT;
    c->gain_bytes = congestion_most(gain_bytes, path->packet_bytes / 4);
}

static void measure_delay(struct congestion *c, const struct congestion_ack *ack, nsec_t target_ns)
{
    if (ack->rtt_ns == 0)
        return;
    nsec_t delay_ns = ack->rtt_ns > c->round_trip_ns ? ack->rtt_ns - c->round_trip_ns : 0;
    c->delay_ns = congestion_least(delay_ns, CONGESTION_RTT_MAX_NS);
    bool of_the_fabric = ack->marked_packets > 0 || c->delay_ns <= target_ns;
    nsec_t counts_ns = of_the_fabric ? c->delay_ns : c->round_trip_ns / 4;
    c->average_delay_ns = ((uint64_t)c->average_delay_ns * (SMOOTHING - 1) + counts_ns) / SMOOTHING;
}

/* How much an unmarked round trip at the present delay adds to the window. */
static uint64_t growth_bytes(const struct congestion *c, nsec_t target_ns)
{
    if (c->delay_ns >= target_ns)
        return 5 * (uint64_t)c->gain_bytes;
    uint64_t share = (target_ns - c->delay_ns) * FRACTION_ONE / target_ns;
    return 4 * (uint64_t)c->gain_bytes * share / FRACTION_ONE;
}

static void gather(struct congestion *c, uint64_t growth, uint32_t acked_bytes)
{
    if (__builtin_add_overflow(c->increase, growth * acked_bytes, &c->increase))
        c->increase = UINT64_MAX;
}

static void add_what_was_gathered(struct congestion *c, const struct congestion_path *path)
{
    uint64_t growth = c->increase / c->window_bytes + (uint64_t)c->gain_bytes * 3 / 20;
    congestion_window_set(c, path, c->window_bytes + growth);
    c->increase = 0;
    c->gathered_bytes = 0;
}

/* What a queue that delays by `delay_ns` asks to be cut from the window. */
static uint64_t share_to_cut(const struct congestion *c, nsec_t delay_ns)
{
    nsec_t target_ns = target_delay_ns(c);
    if (delay_ns <= target_ns)
        return 0;
    return congestion_least((delay_ns - target_ns) * CUT_GAMMA / delay_ns, FRACTION_ONE / 2);
}

/* Takes that share off, unless the cut before is still taking effect. */
static void cut(struct congestion *c, const struct congestion_path *path, uint64_t share, nsec_t now)
{
    if (share == 0 || congestion_was_cut(c, now, c->round_trip_ns + c->delay_ns))
        return;
    congestion_window_set(c, path, c->window_bytes - c->window_bytes * share / FRACTION_ONE);
    c->last_cut = now;
}

/* A full window of which little arrived: the path gives no more than that. */
static bool has_collapsed(const struct congestion *c, const struct congestion_path *path)
{
    return (c->round_lost || c->round_late) && c->round_in_flight_bytes >= c->window_bytes / 2 &&
           c->round_acked_bytes < congestion_window_max(c, path) / 8;
}

static void end_round(struct congestion *c, const struct congestion_path *path, nsec_t now)
{
    bool clean = !c->round_lost && (uint64_t)c->round_marked_packets * CLEAN_PACKETS <= c->round_packets;
    c->clean_rounds = clean ? c->clean_rounds + 1 : 0;
    if (has_collapsed(c, path)) {
        congestion_window_set(c, path, c->round_acked_bytes);
        c->clean_rounds = 0;
        c->last_cut = now;
    } else if (c->clean_rounds >= CLEAN_ROUNDS && c->window_bytes < c->planned_window_bytes) {
        uint64_t gap = c->planned_window_bytes - c->window_bytes;
        congestion_window_set(c, path, c->window_bytes + (gap + 1) / 2);
        c->clean_rounds = 0;
    }
    c->round_late = false;
    congestion_round_begin(c, path, now);
}

static void on_marked(struct congestion *c, const struct congestion_path *path, nsec_t target_ns, nsec_t now)
{
    if (c->delay_ns >= target_ns)
        cut(c, path, share_to_cut(c, c->average_delay_ns), now);
    if (c->delay_ns > 4 * target_ns)
        c->round_late = true;
}

static void nscc_on_ack(struct congestion *c, const struct congestion_path *path,
                        const struct congestion_ack *ack)
{
    bool round_over = congestion_round_on_ack(c, path, ack);
    nsec_t target_ns = target_delay_ns(c);
    measure_delay(c, ack, target_ns);
    if (ack->marked_packets > 0)
        on_marked(c, path, target_ns, ack->now);
    else if (!c->round_lost)
        gather(c, growth_bytes(c, target_ns), ack->acked_bytes);
    c->gathered_bytes += ack->acked_bytes;
    if (round_over || c->gathered_bytes >= GATHERED_PACKETS * (uint64_t)path->packet_bytes)
        add_what_was_gathered(c, path);
    if (round_over)
        end_round(c, path, ack->now);
}

static void nscc_on_loss(struct congestion *c, const struct congestion_path *path, nsec_t now)
{
    c->round_lost = true;
    cut(c, path, congestion_most(share_to_cut(c, c->delay_ns), LOSS_CUT), now);
}

static void nscc_on_timeout(struct congestion *c, const struct congestion_path *path, nsec_t now)
{
    congestion_window_set(c, path, 0);
    c->increase = 0;
    c->clean_rounds = 0;
    c->last_cut = now;
}

const struct congestion_control congestion_nscc = {
    .name = "nscc",
    .on_create = nscc_on_create,
    .on_step_start = congestion_window_plan,
    .on_ack = nscc_on_ack,
    .on_loss = nscc_on_loss,
    .on_timeout = nscc_on_timeout,
};
