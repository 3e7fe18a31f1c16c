/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/sim/workload_pattern.h"

#include "dataplane/transport/random.h"

static uint64_t bytes_to(const struct workload *w, uint32_t rank)
{
    return rank % w->stride == 0 ? w->bytes * w->factor : w->bytes;
}

static void skewed_all_to_all_step(const struct workload_turn *turn, unsigned step, struct schedule_step *out)
{
    const struct workload *w = turn->workload;
    uint32_t first = step * SCHEDULE_FLOWS_MAX + 1;
    for (uint32_t d = first; d < w->ranks && d < first + SCHEDULE_FLOWS_MAX; d++) {
        uint32_t to = (turn->at.rank + d) % w->ranks, from = (turn->at.rank + w->ranks - d) % w->ranks;
        pattern_send(out, to, bytes_to(w, to));
        pattern_receive(out, from, bytes_to(w, turn->at.rank));
    }
}

static void exchange_step(const struct workload_turn *turn, struct schedule_step *out)
{
    uint32_t partner = turn->at.rank ^ turn->workload->stride;
    if (partner >= turn->workload->ranks)
        return;
    pattern_send(out, partner, turn->workload->bytes);
    pattern_receive(out, partner, turn->workload->bytes);
}

static void shift_step(const struct workload_turn *turn, struct schedule_step *out)
{
    const struct workload *w = turn->workload;
    uint32_t by = w->stride % w->ranks;
    if (by == 0)
        return;
    pattern_send(out, (turn->at.rank + by) % w->ranks, w->bytes);
    pattern_receive(out, (turn->at.rank + w->ranks - by) % w->ranks, w->bytes);
}

/* With two ranks both neighbours are one: it gets everything at once. */
static void bidirectional_ring_step(const struct workload_turn *turn, struct schedule_step *out)
{
    const struct workload *w = turn->workload;
    uint32_t next = (turn->at.rank + 1) % w->ranks, previous = (turn->at.rank + w->ranks - 1) % w->ranks;
    pattern_send(out, next, w->bytes);
    pattern_receive(out, previous, w->bytes);
    if (next == previous)
        return;
    pattern_send(out, previous, w->bytes);
    pattern_receive(out, next, w->bytes);
}

/* Where `value` stands in an order of all ranks that `drawn` stands for, or back: a Feistel network of four
 * rounds over the next power of four, walked until it falls below `ranks`. */
static uint32_t shuffle(const struct workload *w, uint64_t drawn, uint32_t value, bool back)
{
    unsigned half = 1;
    while (1ull << (2 * half) < w->ranks)
        half++;
    uint32_t mask = (1u << half) - 1;
    do {
        uint32_t left = value >> half, right = value & mask;
        for (unsigned i = 0; i < 4; i++) {
            uint64_t key = mix64_pair(drawn, back ? 3 - i : i);
            uint32_t *to = (i + back) % 2 == 0 ? &left : &right;
            *to ^= (uint32_t)mix64_pair(key, to == &left ? right : left) & mask;
        }
        value = left << half | right;
    } while (value >= w->ranks);
    return value;
}

/* To the next in the cycle, from the one before: nobody draws itself. */
static void permutation_step(const struct workload_turn *turn, struct schedule_step *out)
{
    const struct workload *w = turn->workload;
    uint64_t drawn = w->seed + turn->at.iteration;
    uint32_t place = shuffle(w, drawn, turn->at.rank, true);
    pattern_send(out, shuffle(w, drawn, (place + 1) % w->ranks, false), w->bytes);
    pattern_receive(out, shuffle(w, drawn, (place + w->ranks - 1) % w->ranks, false), w->bytes);
}

static uint64_t dispatched_bytes(const struct workload_turn *turn, uint32_t from, uint32_t expert)
{
    const struct workload *w = turn->workload;
    uint64_t layer = mix64_pair(w->seed + turn->at.iteration, turn->at.phase / 2);
    bool is_hot = shuffle(w, layer, expert, true) < w->stride;
    uint64_t mean = is_hot ? w->bytes * w->factor : w->bytes;
    return mean / 2 + mix64_pair(layer, (uint64_t)from << 32 | expert) % (mean + 1);
}

static void expert_parallel_step(const struct workload_turn *turn, unsigned step, struct schedule_step *out)
{
    const struct workload *w = turn->workload;
    uint32_t me = turn->at.rank, first = step * SCHEDULE_FLOWS_MAX + 1;
    bool combines = turn->at.phase % 2 == 1;
    for (uint32_t d = first; d < w->ranks && d < first + SCHEDULE_FLOWS_MAX; d++) {
        uint32_t to = (me + d) % w->ranks, from = (me + w->ranks - d) % w->ranks;
        pattern_send(out, to, combines ? dispatched_bytes(turn, to, me) : dispatched_bytes(turn, me, to));
        pattern_receive(out, from,
                        combines ? dispatched_bytes(turn, me, from) : dispatched_bytes(turn, from, me));
    }
}

static void incast_step(const struct workload_turn *turn, unsigned step, struct schedule_step *out)
{
    const struct workload *w = turn->workload;
    uint32_t first = step * SCHEDULE_FLOWS_MAX + 1, end = first + SCHEDULE_FLOWS_MAX;
    if (turn->at.rank >= first && turn->at.rank < end)
        pattern_send(out, 0, w->bytes);
    for (uint32_t from = first; turn->at.rank == 0 && from < w->ranks && from < end; from++)
        pattern_receive(out, from, w->bytes);
}

/* Rank r passes micro-batch m on in step m + r, having received it in the step before. */
static void pipeline_step(const struct workload_turn *turn, unsigned step, struct schedule_step *out)
{
    const struct workload *w = turn->workload;
    int64_t sends = (int64_t)step - turn->at.rank, receives = sends + 1;
    if (turn->at.rank + 1 < w->ranks && sends >= 0 && sends < w->factor)
        pattern_send(out, turn->at.rank + 1, w->bytes);
    if (turn->at.rank > 0 && receives >= 0 && receives < w->factor)
        pattern_receive(out, turn->at.rank - 1, w->bytes);
}

unsigned pattern_steps(const struct workload *w)
{
    switch (w->kind) {
    case WORKLOAD_SKEWED_ALL_TO_ALL:
    case WORKLOAD_EXPERT_PARALLEL:
    case WORKLOAD_INCAST:
        return (w->ranks - 1 + SCHEDULE_FLOWS_MAX - 1) / SCHEDULE_FLOWS_MAX;
    case WORKLOAD_BIDIRECTIONAL_RING:
        return w->factor;
    case WORKLOAD_PIPELINE:
        return w->factor + w->ranks - 1;
    default:
        return 1;
    }
}

void pattern_step(const struct workload_turn *turn, unsigned step, struct schedule_step *out)
{
    switch (turn->kind) {
    case WORKLOAD_EXPERT_PARALLEL:
        expert_parallel_step(turn, step, out);
        break;
    case WORKLOAD_SKEWED_ALL_TO_ALL:
        skewed_all_to_all_step(turn, step, out);
        break;
    case WORKLOAD_EXCHANGE:
        exchange_step(turn, out);
        break;
    case WORKLOAD_SHIFT:
        shift_step(turn, out);
        break;
    case WORKLOAD_BIDIRECTIONAL_RING:
        bidirectional_ring_step(turn, out);
        break;
    case WORKLOAD_PERMUTATION:
        permutation_step(turn, out);
        break;
    case WORKLOAD_INCAST:
        incast_step(turn, step, out);
        break;
    case WORKLOAD_PIPELINE:
        pipeline_step(turn, step, out);
        break;
    default:
        break;
    }
}
