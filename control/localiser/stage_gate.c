/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/localiser/stage_gate.h"

#include <stdlib.h>
#include <string.h>

enum {
    OPERATIONS_LOOKED_AT = 4 /* of those that ranks of a communicator are in at once */
};

/* An operation's number plus one, so that 0 is none. */
struct gate_rank {
    uint64_t entered, ended;
    uint32_t address; /* 0: nothing was heard of it */
    bool closed;
    bool doubted; /* records were lost since it last told anything */
};

struct gate_communicator {
    uint64_t identity;
    uint64_t used;
    uint64_t progress_ns; /* when something last moved */
    uint64_t told;        /* the operation that a finding speaks of, plus one; 0: none does */
    struct gate_rank *ranks;
    uint32_t rank_count; /* as some host says */
    uint32_t counted_by; /* its address */
    bool counted_twice;  /* another says so too: only then ranks that were never heard of are believed in */
    bool enqueue_only;   /* ends are not seen */
    bool path_silent;
    uint32_t source, destination;
    uint16_t path;
};

struct stage_gate {
    struct stage_gate_config config;
    struct gate_communicator *communicators;
    uint32_t count; /* in use, from the first */
    uint32_t ranks; /* of all */
    uint32_t cursor;
    uint64_t clock;
};

/* ---- life ---- */

struct stage_gate *stage_gate_create(const struct stage_gate_config *config)
{
    struct stage_gate *g = calloc(1, sizeof(*g));
    if (g == NULL)
        return NULL;
    g->config = *config;
    g->communicators = calloc(config->communicators_max, sizeof(*g->communicators));
    if (g->communicators == NULL) {
        free(g);
        return NULL;
    }
    return g;
}

void stage_gate_destroy(struct stage_gate *g)
{
    if (g == NULL)
        return;
    for (uint32_t i = 0; i < g->count; i++)
        free(g->communicators[i].ranks);
    free(g->communicators);
    free(g);
}

/* ---- communicators ---- */

static struct gate_communicator *longest_idle(struct stage_gate *g)
{
    struct gate_communicator *oldest = &g->communicators[0];
    for (uint32_t i = 1; i < g->count; i++)
        if (g->communicators[i].used < oldest->used)
            oldest = &g->communicators[i];
    return oldest;
}

static struct gate_communicator *communicator_of(struct stage_gate *g, uint64_t identity, uint64_t now_ns)
{
    struct gate_communicator *c = NULL;
    for (uint32_t i = 0; i < g->count && c == NULL; i++)
        if (g->communicators[i].identity == identity)
            c = &g->communicators[i];
    if (c == NULL) {
        c = g->count < g->config.communicators_max ? &g->communicators[g->count++] : longest_idle(g);
        g->ranks -= c->rank_count;
        free(c->ranks);
        *c = (struct gate_communicator){.identity = identity, .progress_ns = now_ns};
    }
    c->used = ++g->clock;
    return c;
}

/* NULL: there is no room for so many ranks, or the communicator is not known to have this one. */
static struct gate_rank *rank_of(struct stage_gate *g, struct gate_communicator *c,
                                 const struct timing_record *r)
{
    if (r->rank_count > c->rank_count) {
        uint32_t more = r->rank_count - c->rank_count;
        if (more > g->config.ranks_max - g->ranks)
            return NULL;
        struct gate_rank *grown = realloc(c->ranks, r->rank_count * sizeof(*grown));
        if (grown == NULL)
            return NULL;
        memset(&grown[c->rank_count], 0, more * sizeof(*grown));
        c->ranks = grown;
        c->rank_count = r->rank_count;
        c->counted_by = r->source;
        c->counted_twice = false;
        g->ranks += more;
    }
    c->counted_twice |= r->rank_count == c->rank_count && r->source != c->counted_by;
    return r->rank < c->rank_count ? &c->ranks[r->rank] : NULL;
}

/* ---- intake ---- */

static void follow_rank(struct gate_communicator *c, struct gate_rank *rank, const struct timing_record *r)
{
    uint64_t operation = r->sequence + 1;
    if (rank->address != 0 && rank->address != r->source)
        return; /* another host's rank is not its to tell of */
    rank->address = r->source;
    rank->doubted = false;
    if (r->kind == TIMING_CLOSED)
        rank->closed = true;
    if (r->kind == TIMING_OPENED)
        *rank = (struct gate_rank){.address = r->source};
    if (r->kind == TIMING_ENTERED && operation > rank->entered)
        rank->entered = operation;
    if (r->kind == TIMING_ENDED && operation > rank->ended)
        rank->ended = operation;
    if (r->flags & TIMING_ENQUEUE_ONLY) {
        c->enqueue_only = true;
        if (rank->entered > 0 && rank->ended < rank->entered - 1)
            rank->ended = rank->entered - 1; /* it could not have entered the next one before */
    }
}

static void follow_path(struct gate_communicator *c, const struct timing_record *r, uint64_t now_ns)
{
    bool same = c->source == r->source && c->destination == r->destination && c->path == r->path;
    if (r->kind == TIMING_SILENT) {
        c->path_silent = true;
        c->source = r->source;
        c->destination = r->destination;
        c->path = r->path;
        return;
    }
    c->progress_ns = now_ns;
    if (same)
        c->path_silent = false;
}

void stage_gate_take_record(struct stage_gate *g, const struct timing_record *r, uint64_t now_ns)
{
    struct gate_communicator *c = communicator_of(g, r->communicator, now_ns);
    switch ((enum timing_kind)r->kind) {
    case TIMING_OPENED:
    case TIMING_CLOSED:
    case TIMING_ENTERED:
    case TIMING_ENDED: {
        struct gate_rank *rank = rank_of(g, c, r);
        if (rank != NULL)
            follow_rank(c, rank, r);
        c->progress_ns = now_ns;
        break;
    }
    case TIMING_SENT:
    case TIMING_RECEIVED:
    case TIMING_SILENT:
    case TIMING_ANSWERS:
        follow_path(c, r, now_ns);
        break;
    case TIMING_PROBE:
    case TIMING_KINDS:
        break;
    }
}

void stage_gate_on_loss(struct stage_gate *g, uint32_t address)
{
    for (uint32_t i = 0; i < g->count; i++)
        for (uint32_t k = 0; k < g->communicators[i].rank_count; k++)
            if (g->communicators[i].ranks[k].address == address)
                g->communicators[i].ranks[k].doubted = true;
}

/* ---- judging ---- */

static bool is_waiting(const struct gate_rank *r)
{
    return !r->closed && !r->doubted && r->entered > r->ended;
}

/* The oldest operation above `after` that a rank waits in, plus one; 0: none. Where ends are not seen, the
 * newest that was entered. */
static uint64_t next_awaited(const struct gate_communicator *c, uint64_t after)
{
    uint64_t found = 0;
    for (uint32_t i = 0; i < c->rank_count; i++) {
        uint64_t entered = c->ranks[i].entered;
        if (is_waiting(&c->ranks[i]) && entered > after &&
            (found == 0 || (entered < found) != c->enqueue_only))
            found = entered;
    }
    return found;
}

/* 0, 1, or 2 for more. */
static uint32_t count_waiting_hosts(const struct gate_communicator *c, uint64_t operation)
{
    uint32_t count = 0, first_address = 0;
    for (uint32_t i = 0; i < c->rank_count && count < 2; i++) {
        const struct gate_rank *r = &c->ranks[i];
        if (!is_waiting(r) || r->entered != operation || (count > 0 && r->address == first_address))
            continue;
        first_address = r->address;
        count++;
    }
    return count;
}

/* The oldest operation in which two hosts wait, plus one: one alone may be wrong about where it is, or be the
 * one that the others, which are further, wait for. If there is none, the oldest of all. */
static uint64_t awaited_operation(const struct gate_communicator *c, uint32_t *waiting_hosts)
{
    uint64_t oldest = next_awaited(c, 0), operation = oldest;
    for (unsigned i = 0; i < OPERATIONS_LOOKED_AT && operation != 0; i++) {
        *waiting_hosts = count_waiting_hosts(c, operation);
        if (*waiting_hosts >= 2)
            return operation;
        operation = next_awaited(c, operation);
    }
    *waiting_hosts = oldest != 0;
    return oldest;
}

static void name_rank(struct stage_finding *f, uint32_t rank)
{
    if (f->rank_count < STAGE_GATE_RANKS_MAX)
        f->ranks[f->rank_count] = rank;
    f->rank_count++;
}

/* Ranks that have not entered it; if there are none, those that have not ended it. */
static void name_ranks(const struct stage_gate *g, const struct gate_communicator *c, uint64_t operation,
                       struct stage_finding *f)
{
    f->kind = STAGE_NEVER_ENTERED;
    for (uint32_t i = 0; g->config.whole_communicators && i < c->rank_count; i++)
        if (c->ranks[i].entered < operation && !c->ranks[i].doubted &&
            (c->ranks[i].address != 0 || c->counted_twice))
            name_rank(f, i);
    if (f->rank_count > 0)
        return;
    f->kind = STAGE_HANG;
    for (uint32_t i = 0; i < c->rank_count; i++)
        if (is_waiting(&c->ranks[i]) && c->ranks[i].entered == operation)
            name_rank(f, i);
}

static void name_path(const struct gate_communicator *c, struct stage_finding *f)
{
    f->path_silent = c->path_silent;
    if (!c->path_silent)
        return;
    f->source = c->source;
    f->destination = c->destination;
    f->path = c->path;
}

static bool find_resumed(struct gate_communicator *c, uint64_t operation, struct stage_finding *f)
{
    if (c->told == 0 || operation == c->told)
        return false;
    *f = (struct stage_finding){.kind = STAGE_RESUMED, .communicator = c->identity, .sequence = c->told - 1};
    c->told = 0;
    return true;
}

static bool find_hang(const struct stage_gate *g, struct gate_communicator *c, uint64_t now_ns,
                      struct stage_finding *f)
{
    uint32_t waiting_hosts;
    uint64_t operation = awaited_operation(c, &waiting_hosts);
    if (find_resumed(c, operation, f))
        return true;
    bool believed = waiting_hosts >= 2 || c->rank_count <= 2 || !g->config.whole_communicators;
    if (operation == 0 || c->told != 0 || !believed || now_ns - c->progress_ns < g->config.hang_ns)
        return false;
    *f = (struct stage_finding){
        .communicator = c->identity, .sequence = operation - 1, .waited_ns = now_ns - c->progress_ns};
    name_ranks(g, c, operation, f);
    name_path(c, f);
    if (c->enqueue_only && f->kind == STAGE_HANG)
        return false; /* its end would not have been seen */
    c->told = operation;
    return true;
}

bool stage_gate_next(struct stage_gate *g, uint64_t now_ns, struct stage_finding *finding)
{
    while (g->cursor < g->count)
        if (find_hang(g, &g->communicators[g->cursor++], now_ns, finding))
            return true;
    g->cursor = 0;
    return false;
}

uint64_t stage_gate_wakeup(const struct stage_gate *g)
{
    uint64_t at = UINT64_MAX;
    for (uint32_t i = 0; i < g->count; i++) {
        const struct gate_communicator *c = &g->communicators[i];
        uint32_t waiting_hosts;
        uint64_t until = c->progress_ns + g->config.hang_ns;
        if (c->told == 0 && until < at && awaited_operation(c, &waiting_hosts) > 0)
            at = until;
    }
    return at;
}

/* ---- stages ---- */

enum stage stage_longest(const struct timing_record *r)
{
    const uint64_t times[STAGES] = {[STAGE_READY] = r->ready_ns,
                                    [STAGE_CREDIT] = r->credit_ns,
                                    [STAGE_NETWORK] = r->network_ns,
                                    [STAGE_DRAIN] = r->drain_ns};
    enum stage longest = STAGE_READY;
    for (unsigned i = 1; i < STAGES; i++)
        if (times[i] > times[longest])
            longest = i;
    return longest;
}

const char *stage_name(enum stage stage)
{
    static const char *const names[STAGES] = {[STAGE_READY] = "ready",
                                              [STAGE_CREDIT] = "credit",
                                              [STAGE_NETWORK] = "network",
                                              [STAGE_DRAIN] = "drain"};
    return stage < STAGES ? names[stage] : "unknown";
}
