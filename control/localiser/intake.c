/* SPDX-License-Identifier: BSD-3-Clause */
/* What monitors tell is hostile until it is known to be of this fabric, new, and within bounds. */
#include "control/localiser/state.h"

enum {
    JUDGED_SEQUENCES = 1024 /* so far behind what was judged a number is late; further, another start */
};

const char *localiser_refusal_name(enum localiser_refusal refusal)
{
    static const char *const names[LOCALISER_REFUSALS] = {[LOCALISER_TAKEN] = "taken",
                                                          [LOCALISER_MALFORMED] = "malformed",
                                                          [LOCALISER_UNKNOWN_PORT] = "unknown_port",
                                                          [LOCALISER_UNKNOWN_PATH] = "unknown_path",
                                                          [LOCALISER_UNKNOWN_EPOCH] = "unknown_epoch",
                                                          [LOCALISER_DUPLICATE] = "duplicate",
                                                          [LOCALISER_LATE] = "late",
                                                          [LOCALISER_FULL] = "full"};
    return refusal < LOCALISER_REFUSALS ? names[refusal] : "unknown";
}

int64_t localiser_port_of(const struct localiser *l, uint32_t address)
{
    uint32_t low = 0, high = l->map.shape.port_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (l->ports[middle].address < address)
            low = middle + 1;
        else
            high = middle;
    }
    return low < l->map.shape.port_count && l->ports[low].address == address ? (int64_t)low : -1;
}

/* ---- ranks' clocks ---- */

static struct rank_clock *clock_of(struct localiser *l, const struct timing_record *r, uint32_t port)
{
    uint64_t slot = (r->communicator * 0x9e3779b97f4a7c15ull + r->rank * 0xbf58476d1ce4e5b9ull) >> 32;
    struct rank_clock *c = &l->clocks[(size_t)port * RANK_CLOCKS + slot % RANK_CLOCKS];
    if (c->communicator != r->communicator || c->rank != r->rank)
        *c = (struct rank_clock){.communicator = r->communicator, .rank = r->rank};
    return c;
}

/* Only the next operation after one whose end is known says how long the rank was away. */
static void follow_entry(struct rank_clock *c, const struct timing_record *r)
{
    bool known = c->ended_at_ns != 0 && r->sequence == c->ended_sequence + 1 && r->at_ns > c->ended_at_ns;
    uint64_t away_ns = known ? r->at_ns - c->ended_at_ns : 0;
    c->entered_sequence = r->sequence;
    c->entered_at_ns = r->at_ns;
    c->away_ns = away_ns <= TIMING_NS_MAX ? away_ns : 0;
}

/* Returns how long it was away before this operation; 0: nobody knows. */
static uint64_t follow_end(struct rank_clock *c, const struct timing_record *r)
{
    uint64_t away_ns = c->entered_sequence == r->sequence ? c->away_ns : 0;
    c->ended_sequence = r->sequence;
    c->ended_at_ns = r->at_ns;
    return away_ns;
}

/* How long after its rank's entry the data was ready, by the rank's own clock; 0: nobody knows. */
static uint64_t entry_to_ready_ns(const struct rank_clock *c, const struct timing_record *r)
{
    uint64_t before_ns = r->network_ns + r->credit_ns;
    uint64_t ready_at_ns = r->at_ns > before_ns ? r->at_ns - before_ns : 0;
    bool known = c->entered_sequence == r->sequence && c->entered_at_ns != 0;
    return known && ready_at_ns > c->entered_at_ns ? ready_at_ns - c->entered_at_ns : 0;
}

/* ---- one record ---- */

/* Where it was; a path that its two ports cannot have is unknown. */
static enum localiser_refusal place_flow(const struct localiser *l, const struct timing_record *r,
                                         struct flow *flow)
{
    int64_t source = localiser_port_of(l, r->source), destination = localiser_port_of(l, r->destination);
    if (source < 0 || destination < 0)
        return LOCALISER_UNKNOWN_PORT;
    bool local = l->port_leaf[source] == l->port_leaf[destination];
    *flow = (struct flow){.source = (uint32_t)source, .destination = (uint32_t)destination, .spine = r->path};
    if (local)
        flow->spine = FLOW_NO_SPINE;
    else if (r->path >= l->map.shape.spine_count && (r->kind == TIMING_SENT || r->kind == TIMING_SILENT))
        return LOCALISER_UNKNOWN_PATH;
    return LOCALISER_TAKEN;
}

static enum localiser_refusal keep_sample(struct localiser *l, const struct timing_record *r,
                                          const struct flow *flow, uint64_t now_ns)
{
    const struct habit *habit = habits_of(&l->habits, r->communicator);
    if (habit->judged && r->sequence <= habit->judged_sequence && r->operation != 0 &&
        habit->judged_sequence - r->sequence < JUDGED_SEQUENCES)
        return LOCALISER_LATE;
    struct open_operation *o =
        l->operations.samples < l->config.records_max ? open_operation_find(&l->operations, r) : NULL;
    struct sample sample = {.flow = *flow,
                            .step = r->step,
                            .packets = r->packets,
                            .retransmits = r->retransmits,
                            .marks = r->marks,
                            .bytes = r->bytes,
                            .ready_ns = r->ready_ns,
                            .credit_ns = r->credit_ns,
                            .network_ns = r->network_ns,
                            .drain_ns = r->drain_ns,
                            .minimum_rtt_ns = r->minimum_rtt_ns,
                            .kind = r->kind};
    if (r->kind == TIMING_ENDED)
        sample.away_ns = follow_end(clock_of(l, r, flow->source), r);
    if (r->kind == TIMING_SENT)
        sample.entry_to_ready_ns = entry_to_ready_ns(clock_of(l, r, flow->source), r);
    if (o == NULL || open_operation_add(&l->operations, o, &sample) != 0)
        return LOCALISER_FULL;
    o->newest_at_ns = now_ns;
    if (r->kind == TIMING_ENDED)
        open_operation_note_end(o, r);
    return LOCALISER_TAKEN;
}

static enum localiser_refusal take_placed(struct localiser *l, const struct timing_record *r,
                                          const struct flow *flow, uint64_t now_ns)
{
    bool failed = r->flags & TIMING_FAILED, enqueue_only = r->flags & TIMING_ENQUEUE_ONLY;
    switch ((enum timing_kind)r->kind) {
    case TIMING_SENT:
    case TIMING_RECEIVED:
    case TIMING_ENDED:
        if (r->kind == TIMING_SENT && !failed && r->bytes > 0)
            silence_on_answer(&l->silence, flow);
        return failed || enqueue_only ? LOCALISER_TAKEN : keep_sample(l, r, flow, now_ns);
    case TIMING_SILENT:
        if (flow->spine != FLOW_NO_SPINE && r->network_ns >= l->config.silence_ns_min)
            silence_on_silent(&l->silence, flow, r->network_ns, now_ns);
        break;
    case TIMING_ANSWERS:
        silence_on_answer(&l->silence, flow);
        break;
    case TIMING_PROBE:
        accusations_on_probe(&l->accusations, r, now_ns);
        break;
    case TIMING_ENTERED:
    case TIMING_OPENED:
    case TIMING_CLOSED:
    case TIMING_KINDS:
        break;
    }
    return LOCALISER_TAKEN;
}

static enum localiser_refusal take(struct localiser *l, uint32_t reporter, const struct timing_record *r,
                                   uint64_t now_ns)
{
    struct flow flow;
    if (timing_record_check(r, reporter) != TIMING_GOOD)
        return LOCALISER_MALFORMED;
    if (l->epoch != 0 && r->plan_epoch > l->epoch)
        return LOCALISER_UNKNOWN_EPOCH;
    enum localiser_refusal refusal = place_flow(l, r, &flow);
    if (refusal != LOCALISER_TAKEN)
        return refusal;
    if (r->kind == TIMING_ENTERED)
        follow_entry(clock_of(l, r, flow.source), r);
    if (r->kind != TIMING_PROBE)
        stage_gate_take_record(l->gate, r, now_ns);
    return take_placed(l, r, &flow, now_ns);
}

enum localiser_refusal localiser_take_record(struct localiser *l, uint32_t reporter,
                                             const struct timing_record *record, uint64_t now_ns)
{
    l->now_ns = now_ns;
    enum localiser_refusal refusal = take(l, reporter, record, now_ns);
    l->counters.records++;
    l->counters.refused[refusal] += refusal != LOCALISER_TAKEN;
    return refusal;
}

/* ---- batches ---- */

static void note_loss(struct localiser *l, uint32_t address, uint64_t count)
{
    l->counters.records_lost += count;
    stage_gate_on_loss(l->gate, address);
}

static void follow_monitor(struct localiser *l, struct monitor *m, const struct timing_batch *b)
{
    if (m->incarnation != b->incarnation) {
        l->counters.monitors_restarted += m->incarnation != 0;
        *m = (struct monitor){.incarnation = b->incarnation, .next_sequence = b->first_sequence};
    }
    uint64_t missing = b->first_sequence > m->next_sequence ? b->first_sequence - m->next_sequence : 0;
    uint64_t more_lost = b->lost > m->lost ? b->lost - m->lost : 0;
    if (missing + more_lost > 0)
        note_loss(l, b->address, missing > more_lost ? missing : more_lost);
    m->lost = b->lost;
}

void localiser_take_batch(struct localiser *l, const struct timing_view *batch, uint64_t now_ns)
{
    const struct timing_batch *b = &batch->batch;
    int64_t port = localiser_port_of(l, b->address);
    if (port < 0) {
        l->counters.records += b->count;
        l->counters.refused[LOCALISER_UNKNOWN_PORT] += b->count;
        return;
    }
    struct monitor *m = &l->monitors[port];
    follow_monitor(l, m, b);
    for (uint32_t i = 0; i < b->count; i++) {
        struct timing_record record;
        timing_batch_record(batch, i, &record);
        if (b->first_sequence + i < m->next_sequence) {
            l->counters.records++;
            l->counters.refused[LOCALISER_DUPLICATE]++;
            continue;
        }
        localiser_take_record(l, b->address, &record, now_ns);
    }
    if (b->first_sequence + b->count > m->next_sequence)
        m->next_sequence = b->first_sequence + b->count;
}
