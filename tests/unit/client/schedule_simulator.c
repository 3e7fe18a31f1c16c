/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/client/schedule_simulator.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/client/reduce.h"

struct simulated_message {
    bool posted;
    uint64_t moved;                   /* bytes that have arrived */
    bool ended;                       /* receive: arrived and reduced; send: the sender knows */
    struct simulated_message *source; /* of a receive: the send that it awaits */
    union {
        struct schedule_send send;
        struct schedule_receive receive;
    };
};

struct simulated_step {
    unsigned send_count, receive_count;
    struct simulated_message *sends, *receives;
};

struct simulated_lane {
    struct simulated_step *steps;
    unsigned opened, sent, received, finished;
};

struct simulated_state {
    struct simulated_lane lanes[SCHEDULE_LANES_MAX];
    uint8_t *scratch;
    uint64_t in_bytes;
    bool done;
};

struct simulation {
    struct simulated_collective *collective;
    struct simulated_state *states;
    uint64_t random;
};

uint64_t simulator_random(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15ull);
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return z ^ z >> 31;
}

static uint8_t *memory_at(struct simulation *s, uint32_t rank, struct schedule_place place, uint64_t bytes)
{
    struct simulated_rank *r = &s->collective->ranks[rank];
    if (place.space == SCHEDULE_SCRATCH) {
        assert_true(place.offset + bytes <= r->schedule.scratch_bytes);
        return s->states[rank].scratch + place.offset;
    }
    return (uint8_t *)(place.space == SCHEDULE_IN ? r->in : r->out) + place.offset;
}

static void copy(struct simulation *s, uint32_t rank, const struct schedule_copy *c)
{
    memmove(memory_at(s, rank, c->to, c->bytes), memory_at(s, rank, c->from, c->bytes), c->bytes);
}

static void load_step(struct simulation *s, uint32_t rank, unsigned lane, unsigned number)
{
    static struct schedule_step step;
    struct simulated_step *into = &s->states[rank].lanes[lane].steps[number];
    schedule_make_step(&s->collective->ranks[rank].schedule, lane, number, &step);
    into->send_count = step.send_count;
    into->receive_count = step.receive_count;
    into->sends = calloc(step.send_count + 1, sizeof(*into->sends));
    into->receives = calloc(step.receive_count + 1, sizeof(*into->receives));
    for (unsigned i = 0; i < step.send_count; i++)
        into->sends[i].send = step.sends[i];
    for (unsigned i = 0; i < step.receive_count; i++)
        into->receives[i].receive = step.receives[i];
}

static void start_rank(struct simulation *s, uint32_t rank)
{
    const struct schedule *schedule = &s->collective->ranks[rank].schedule;
    struct simulated_state *state = &s->states[rank];
    state->scratch = malloc(schedule->scratch_bytes + 1);
    memset(state->scratch, 0xee, schedule->scratch_bytes + 1);
    for (unsigned i = 0; i < schedule->copies_before_count; i++)
        copy(s, rank, &schedule->copies_before[i]);
    for (unsigned lane = 0; lane < schedule->lanes; lane++) {
        state->lanes[lane].steps = calloc(schedule->steps + 1, sizeof(struct simulated_step));
        for (unsigned step = 0; step < schedule->steps; step++)
            load_step(s, rank, lane, step);
    }
}

static struct simulated_message *find_send(struct simulation *s, uint32_t source, uint32_t destination,
                                           unsigned lane, unsigned step)
{
    struct simulated_step *at = &s->states[source].lanes[lane].steps[step];
    struct simulated_message *found = NULL;
    for (unsigned i = 0; i < at->send_count; i++) {
        if (at->sends[i].send.peer != destination)
            continue;
        assert_null(found); /* a pair has one message in a step of a lane: the wire tag relies on it */
        found = &at->sends[i];
    }
    return found;
}

static void link_rank(struct simulation *s, uint32_t rank)
{
    const struct schedule *schedule = &s->collective->ranks[rank].schedule;
    for (unsigned lane = 0; lane < schedule->lanes; lane++)
        for (unsigned step = 0; step < schedule->steps; step++) {
            struct simulated_step *at = &s->states[rank].lanes[lane].steps[step];
            for (unsigned i = 0; i < at->receive_count; i++) {
                at->receives[i].source = find_send(s, at->receives[i].receive.peer, rank, lane, step);
                assert_non_null(at->receives[i].source);
                assert_true(at->receives[i].source->send.bytes == at->receives[i].receive.bytes);
            }
        }
}

static void free_rank(struct simulation *s, uint32_t rank)
{
    const struct schedule *schedule = &s->collective->ranks[rank].schedule;
    for (unsigned lane = 0; lane < schedule->lanes; lane++) {
        for (unsigned step = 0; step < schedule->steps; step++) {
            free(s->states[rank].lanes[lane].steps[step].sends);
            free(s->states[rank].lanes[lane].steps[step].receives);
        }
        free(s->states[rank].lanes[lane].steps);
    }
    free(s->states[rank].scratch);
}

static bool all_ended(const struct simulated_message *messages, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (!messages[i].ended)
            return false;
    return true;
}

static void post_all(struct simulated_message *messages, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        messages[i].posted = true;
}

/* Everything the rules allow to be posted now. */
static bool advance_lane(struct simulated_lane *lane, const struct schedule *schedule)
{
    unsigned before = lane->opened + lane->sent + lane->received + lane->finished;
    while (lane->received < lane->opened &&
           all_ended(lane->steps[lane->received].receives, lane->steps[lane->received].receive_count))
        lane->received++;
    while (lane->finished < lane->sent && lane->finished < lane->received &&
           all_ended(lane->steps[lane->finished].sends, lane->steps[lane->finished].send_count))
        lane->finished++;
    if (lane->opened < schedule->steps && lane->opened < lane->finished + schedule->window) {
        post_all(lane->steps[lane->opened].receives, lane->steps[lane->opened].receive_count);
        lane->opened++;
    }
    if (lane->sent < lane->opened && lane->sent <= lane->received) {
        post_all(lane->steps[lane->sent].sends, lane->steps[lane->sent].send_count);
        lane->sent++;
    }
    return lane->opened + lane->sent + lane->received + lane->finished != before;
}

/* Moves some of the bytes: what the sender's memory holds now goes to the receiver's. */
static void move_bytes(struct simulation *s, uint32_t destination, struct simulated_message *receive,
                       struct simulated_message *send)
{
    uint64_t total = receive->receive.bytes, left = total - receive->moved;
    uint64_t bytes = simulator_random(&s->random) % 2 ? left : left / 2;
    memcpy(memory_at(s, destination, receive->receive.into, total) + receive->moved,
           memory_at(s, receive->receive.peer, send->send.from, total) + receive->moved, bytes);
    receive->moved += bytes;
    send->moved += bytes;
}

static void reduce(struct simulation *s, uint32_t rank, const struct schedule_receive *r)
{
    size_t element = weft_type_bytes(s->collective->type), count = r->bytes / element;
    if (!r->reduces)
        return;
    void *accumulator = memory_at(s, rank, r->accumulator, r->bytes);
    reduce_accumulate(s->collective->type, s->collective->reduction, accumulator,
                      memory_at(s, rank, r->operand, r->bytes), count);
    if (r->completes_reduction && s->collective->reduction == WEFT_AVERAGE)
        reduce_scale(s->collective->type, accumulator, count, s->collective->rank_count);
}

static bool is_whole(const struct simulated_message *receive)
{
    return receive->posted && receive->moved == receive->receive.bytes;
}

/* Reductions in the order of the list, step after step; other receives end as they come. */
static void end_whole_receives(struct simulation *s, uint32_t rank, struct simulated_lane *lane)
{
    bool may_reduce = true;
    for (unsigned step = lane->received; step < lane->opened; step++)
        for (unsigned i = 0; i < lane->steps[step].receive_count; i++) {
            struct simulated_message *m = &lane->steps[step].receives[i];
            if (m->ended)
                continue;
            if (is_whole(m) && (may_reduce || !m->receive.reduces)) {
                reduce(s, rank, &m->receive);
                m->ended = true;
            } else if (m->receive.reduces) {
                may_reduce = false;
            }
        }
}

static bool deliver_to_step(struct simulation *s, uint32_t rank, unsigned lane, unsigned step)
{
    struct simulated_step *at = &s->states[rank].lanes[lane].steps[step];
    unsigned first = at->receive_count ? (unsigned)(simulator_random(&s->random) % at->receive_count) : 0;
    for (unsigned n = 0; n < at->receive_count; n++) {
        struct simulated_message *receive = &at->receives[(first + n) % at->receive_count];
        struct simulated_message *send = receive->source;
        if (!receive->posted || !send->posted || is_whole(receive) || simulator_random(&s->random) % 4 == 0)
            continue;
        move_bytes(s, rank, receive, send);
        end_whole_receives(s, rank, &s->states[rank].lanes[lane]);
        return true;
    }
    return false;
}

/* Senders learn that their messages have arrived, some of them now. */
static void acknowledge(struct simulation *s, struct simulated_lane *lane)
{
    for (unsigned step = lane->finished; step < lane->sent; step++)
        for (unsigned i = 0; i < lane->steps[step].send_count; i++) {
            struct simulated_message *m = &lane->steps[step].sends[i];
            if (m->moved == m->send.bytes && simulator_random(&s->random) % 2)
                m->ended = true;
        }
}

static bool rank_is_done(const struct simulated_state *state, const struct schedule *schedule)
{
    for (unsigned lane = 0; lane < schedule->lanes; lane++)
        if (state->lanes[lane].finished < schedule->steps)
            return false;
    return true;
}

/* One random rank does one random thing. */
static void simulate_turn(struct simulation *s)
{
    uint32_t rank = (uint32_t)(simulator_random(&s->random) % s->collective->rank_count);
    const struct schedule *schedule = &s->collective->ranks[rank].schedule;
    struct simulated_state *state = &s->states[rank];
    unsigned lane_number = (unsigned)(simulator_random(&s->random) % schedule->lanes);
    struct simulated_lane *lane = &state->lanes[lane_number];
    if (state->done)
        return;
    advance_lane(lane, schedule);
    acknowledge(s, lane);
    for (unsigned step = lane->opened; step-- > lane->received;) /* later steps first: the worst order */
        if (deliver_to_step(s, rank, lane_number, step))
            break;
    if (rank_is_done(state, schedule)) {
        state->done = true;
        copy(s, rank, &schedule->copy_after);
    }
}

static unsigned count_done(const struct simulation *s)
{
    unsigned done = 0;
    for (uint32_t rank = 0; rank < s->collective->rank_count; rank++)
        done += s->states[rank].done;
    return done;
}

void simulate_collective(struct simulated_collective *collective)
{
    struct simulation s = {.collective = collective,
                           .states = calloc(collective->rank_count, sizeof(struct simulated_state)),
                           .random = collective->seed};
    for (uint32_t rank = 0; rank < collective->rank_count; rank++)
        start_rank(&s, rank);
    for (uint32_t rank = 0; rank < collective->rank_count; rank++)
        link_rank(&s, rank);
    uint64_t turns_max = 1000000 + 400ull * collective->rank_count * collective->rank_count *
                                       (collective->ranks[0].schedule.steps + 1);
    for (uint64_t turn = 0; count_done(&s) < collective->rank_count; turn++) {
        assert_true(turn < turns_max); /* else nothing can go on */
        simulate_turn(&s);
    }
    for (uint32_t rank = 0; rank < collective->rank_count; rank++)
        free_rank(&s, rank);
    free(s.states);
}
