/* SPDX-License-Identifier: BSD-3-Clause */
/* From what monitors tell to drains and back: within the guard rails, kept over restarts, never on the word
 * of one host, and never against an operator's. */
#include "tests/unit/control/fabric.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/core/diagnosis.h"

enum {
    RECORDS_MAX = 4096,
    STEPS_BEFORE = 6,
    HUNG_RANK = 5,
    AGENT_ASKED_MAX = 16
};
static const struct fabric_shape shape = {.leaves = 4, .spines = 4, .hosts = 2};

/* What monitors see, and tell. */
struct story {
    struct fabric f;
    uint64_t step;
    uint64_t told[64]; /* [host]: records so far */
    struct timing_record records[RECORDS_MAX];
    uint32_t count;
    double slow;    /* times of what crosses leaf 0's link to spine 1, both directions; 0: 1 */
    bool swallowed; /* nothing comes back over that link */
    bool shunned;   /* nothing is sent over spine 1 */
};

static uint32_t leaf_of(const struct story *s, uint32_t host)
{
    return host / s->f.shape.hosts;
}

static void tell(struct story *s, uint32_t host)
{
    static uint8_t block[sizeof(struct timing_batch) + RECORDS_MAX * sizeof(struct timing_record)];
    struct timing_batch batch = {.count = s->count,
                                 .address = fabric_address(&s->f, host),
                                 .incarnation = 7,
                                 .first_sequence = s->told[host]};
    struct timing_view view;
    struct core_error error = {.text = ""};
    char text[TIMING_ERROR_BYTES];
    size_t bytes = timing_batch_write(block, &batch, s->records);
    assert_int_equal(timing_batch_check(block, bytes, batch.address, &view, text), 0);
    if (core_take_timing(s->f.core, &view, s->f.now_ns, &error) != 0)
        fail_msg("%s", error.text);
    s->told[host] += s->count;
    s->count = 0;
}

static struct timing_record *add(struct story *s, uint32_t host, enum timing_kind kind)
{
    struct timing_record *r = &s->records[s->count++];
    *r = (struct timing_record){.communicator = 0x1f,
                                .sequence = s->step,
                                .kind = (uint8_t)kind,
                                .at_ns = s->f.now_ns,
                                .source = fabric_address(&s->f, host),
                                .destination = fabric_address(&s->f, host),
                                .rank = host,
                                .rank_count = s->f.host_count,
                                .path = TIMING_PATH_NONE,
                                .operation = 3,
                                .pieces = 1};
    return r;
}

static bool crosses(const struct story *s, uint32_t from, uint32_t to, uint32_t spine)
{
    return spine == 1 && (leaf_of(s, from) == 0 || leaf_of(s, to) == 0);
}

static void add_messages(struct story *s, uint32_t host)
{
    for (uint32_t peer = 0; peer < s->f.host_count; peer++)
        for (uint32_t spine = 0; leaf_of(s, peer) != leaf_of(s, host) && spine < s->f.shape.spines; spine++) {
            if ((s->swallowed && crosses(s, host, peer, spine)) || (s->shunned && spine == 1))
                continue;
            struct timing_record *r = add(s, host, TIMING_SENT);
            bool slow = s->slow > 0 && crosses(s, host, peer, spine);
            r->destination = fabric_address(&s->f, peer);
            r->peer_rank = peer;
            r->path = (uint16_t)spine;
            r->bytes = MIB;
            r->packets = 256;
            r->network_ns =
                (uint64_t)((double)(10 * MS) * (slow ? s->slow : 1)) + (s->step * 7 + host) % 5 * 10000;
            r->minimum_rtt_ns = 20000;
        }
}

/* An operation of all hosts. */
static void operate(struct story *s)
{
    for (uint32_t host = 0; host < s->f.host_count; host++) {
        add(s, host, TIMING_ENTERED);
        add_messages(s, host);
        add(s, host, TIMING_ENDED)->network_ns = 20 * MS;
        tell(s, host);
    }
    s->step++;
}

/* ... and its round. */
static void step(struct story *s)
{
    operate(s);
    for (unsigned i = 0; i < 4; i++)
        fabric_pass(&s->f, 100 * MS);
}

/* Paths over leaf 0's link to spine 1 fall silent, as far as this host sends over them. */
static void fall_silent(struct story *s, uint32_t host)
{
    for (uint32_t peer = 0; peer < s->f.host_count; peer++) {
        if (leaf_of(s, peer) == leaf_of(s, host) || !crosses(s, host, peer, 1))
            continue;
        struct timing_record *r = add(s, host, TIMING_SILENT);
        r->communicator = r->sequence = 0;
        r->rank = r->rank_count = r->operation = 0;
        r->destination = fabric_address(&s->f, peer);
        r->path = 1;
        r->network_ns = 30 * MS;
        r->packets = r->retransmits = 4;
    }
    tell(s, host);
}

/* `ring`: the hosts in the order of their ranks; NULL: as they are. */
static void open_ring(struct story *s, const char *store, const uint32_t *ring)
{
    memset(s, 0, sizeof(*s));
    fabric_open(&s->f, shape, store);
    fabric_add_demand(fabric_add_job(&s->f, 0x1f, ring, ring != NULL ? s->f.host_count : 0), STEP_SHAPE_RING,
                      MIB);
    fabric_report_all(&s->f);
    fabric_plan(&s->f);
    for (unsigned i = 0; i < STEPS_BEFORE; i++)
        step(s);
    assert_int_equal(core_verdict_count(s->f.core), 0);
}

static void open_story(struct story *s, const char *store)
{
    open_ring(s, store, NULL);
}

static struct core_link_info link_info(struct story *s)
{
    struct core_link_info info;
    core_link_info(s->f.core, fabric_link(&s->f, 0, 1), &info);
    return info;
}

static void swallow(struct story *s)
{
    s->swallowed = true;
    for (uint32_t host = 0; host < s->f.host_count; host++)
        fall_silent(s, host);
    operate(s);
    for (unsigned i = 0; i < 5; i++)
        fabric_pass(&s->f, 50 * MS);
}

/* ---- */

static void a_black_hole_is_named_and_drained_and_planned_around(void **state)
{
    static struct story s;
    (void)state;
    open_story(&s, ":memory:");
    uint64_t before_ns = s.f.now_ns, epoch = core_epoch(s.f.core);
    swallow(&s);
    assert_true(s.f.now_ns - before_ns < SECOND);
    assert_true(core_verdict_count(s.f.core) >= 1);
    const struct diagnosed *d = core_verdict(s.f.core, 0);
    char text[VERDICT_TEXT_BYTES];
    core_verdict_text(s.f.core, d, text);
    if (d->verdict.kind != VERDICT_BLACK_HOLE || d->verdict.state != VERDICT_CONFIRMED ||
        strstr(text, "leaf0-spine1") == NULL)
        fail_msg("%s", text);
    assert_int_equal(d->action, GUARD_DRAIN);
    assert_true(link_info(&s).drained);
    assert_string_equal(link_info(&s).by, "weft-control");
    assert_true(core_verdict_names_link(s.f.core, d, fabric_link(&s.f, 0, 1)));
    assert_false(core_verdict_names_link(s.f.core, d, fabric_link(&s.f, 0, 2)));
    assert_int_equal(fabric_plan(&s.f), 1);
    assert_true(core_epoch(s.f.core) > epoch);
    assert_int_equal(fabric_events(&s.f, "link_drained"), 1);
    fabric_close(&s.f);
}

/* What agents do when they are asked to time paths. */
enum timing_agent {
    AGENT_IS_OLD,       /* nothing */
    AGENT_KNOWS_NONE,   /* no packet came back */
    AGENT_SEES_SILENCE, /* three packets in four find no queue, whichever way they go */
    AGENT_SEES_QUEUES   /* those over leaf 0's link to spine 1 always find one */
};

static void time_path(const struct story *s, uint32_t host, const struct core_timing_wish *wish,
                      enum timing_agent agent, struct core_timed *timed)
{
    bool over = wish->spine == fabric_spine_address(1) &&
                (leaf_of(s, host) == 0 || wish->peer == fabric_address(&s->f, 0) ||
                 wish->peer == fabric_address(&s->f, 1));
    *timed =
        (struct core_timed){.number = wish->number, .count = agent == AGENT_KNOWS_NONE ? 0 : wish->packets};
    for (uint32_t i = 0; i < timed->count; i++) {
        bool queue = i % 4 == 0 || (over && agent == AGENT_SEES_QUEUES);
        timed->round_trips_ns[i] = queue ? 90000 : 20000;
    }
}

static void serve_timings(struct story *s, enum timing_agent agent)
{
    static struct core_timed timed[CORE_TIMINGS_MAX];
    for (uint32_t host = 0; host < s->f.host_count; host++) {
        fabric_report(&s->f, host);
        unsigned count = s->f.reply.time_count;
        for (unsigned i = 0; i < count; i++)
            time_path(s, host, &s->f.reply.time[i], agent, &timed[i]);
        if (count > 0 && agent != AGENT_IS_OLD)
            fabric_report_timed(&s->f, host, timed, count);
        assert_int_equal(s->f.reply.time_count, count > 0 && agent == AGENT_IS_OLD ? count : 0);
    }
}

/* Steps until there is a verdict. Returns how many there were. */
static unsigned slow_down(struct story *s, enum timing_agent agent)
{
    open_story(s, ":memory:");
    s->slow = 2;
    unsigned steps = 0;
    for (; steps < 60 && core_verdict_count(s->f.core) == 0; steps++) {
        step(s);
        serve_timings(s, agent);
    }
    assert_true(core_verdict_count(s->f.core) >= 1);
    return steps;
}

static void half_the_rate_is_half_the_weight(void **state)
{
    static struct story s;
    (void)state;
    for (enum timing_agent agent = AGENT_IS_OLD; agent <= AGENT_SEES_SILENCE; agent++) {
        unsigned steps = slow_down(&s, agent);
        const struct diagnosed *d = core_verdict(s.f.core, 0);
        assert_int_equal(d->verdict.kind, VERDICT_REDUCED_RATE);
        assert_int_equal(d->action, GUARD_REWEIGHT);
        assert_false(link_info(&s).drained);
        assert_true(link_info(&s).capacity_ratio <= 0.5);
        assert_true(agent == AGENT_IS_OLD || steps < 20); /* that one is waited for */
        fabric_close(&s.f);
    }
}

static void a_link_that_others_load_is_congested(void **state)
{
    static struct story s;
    (void)state;
    slow_down(&s, AGENT_SEES_QUEUES);
    const struct diagnosed *d = core_verdict(s.f.core, 0);
    assert_int_equal(d->verdict.kind, VERDICT_CONGESTED);
    assert_int_equal(d->verdict.state, VERDICT_CONFIRMED);
    assert_int_not_equal(d->action, GUARD_DRAIN);
    assert_false(link_info(&s).drained);
    fabric_close(&s.f);
}

/* Numbers that nobody asked for, and answers of another host, count for nothing. */
static void what_nobody_asked_to_be_timed_is_ignored(void **state)
{
    static struct story s;
    struct core_timed lies[] = {{.number = 1, .count = 64}, {.number = INT64_MAX, .count = 1}};
    (void)state;
    open_story(&s, ":memory:");
    for (unsigned i = 0; i < 5; i++) {
        fabric_report_timed(&s.f, 3, lies, 2);
        step(&s);
    }
    assert_int_equal(core_verdict_count(s.f.core), 0);
    fabric_close(&s.f);
}

static void a_slow_link_scores_highest_before_it_is_named(void **state)
{
    static struct story s;
    (void)state;
    open_story(&s, ":memory:");
    for (uint32_t spine = 0; spine < shape.spines; spine++)
        assert_true(core_link_score(s.f.core, fabric_link(&s.f, 0, spine)) < 0.5);
    s.slow = 2;
    for (unsigned i = 0; i < 3; i++)
        step(&s);
    assert_int_equal(core_verdict_count(s.f.core), 0);
    double score = core_link_score(s.f.core, fabric_link(&s.f, 0, 1));
    assert_true(score > 0);
    assert_true(core_link_score(s.f.core, fabric_link(&s.f, 0, 2)) < score);
    assert_true(core_link_score(s.f.core, fabric_link(&s.f, 1, 1)) < score);
    for (unsigned i = 0; i < 20 && core_verdict_count(s.f.core) == 0; i++)
        step(&s);
    assert_true(core_link_score(s.f.core, fabric_link(&s.f, 0, 1)) >= 1);
    fabric_close(&s.f);
}

static void without_monitors_no_link_has_a_score(void **state)
{
    struct fabric f;
    (void)state;
    fabric_open(&f, shape, ":memory:");
    assert_true(core_link_score(f.core, fabric_link(&f, 0, 1)) < 0);
    fabric_close(&f);
}

static void one_host_alone_is_not_believed(void **state)
{
    static struct story s;
    (void)state;
    open_story(&s, ":memory:");
    for (unsigned i = 0; i < 20; i++) {
        fall_silent(&s, 2);
        step(&s);
    }
    for (unsigned i = 0; i < core_verdict_count(s.f.core); i++)
        assert_int_not_equal(core_verdict(s.f.core, i)->action, GUARD_DRAIN);
    assert_false(link_info(&s).drained);
    assert_int_equal(fabric_events(&s.f, "link_drained"), 0);
    fabric_close(&s.f);
}

static void monitors_that_go_and_come_harm_nobody(void **state)
{
    static struct story s;
    (void)state;
    open_story(&s, ":memory:");
    for (unsigned i = 0; i < 30; i++) {
        memset(s.told, 0, sizeof(s.told)); /* as one that has started again, but for its number */
        step(&s);
        fabric_pass(&s.f, 3 * SECOND);
    }
    assert_int_equal(core_verdict_count(s.f.core), 0);
    fabric_close(&s.f);
}

static void an_operators_word_stands(void **state)
{
    static struct story s;
    struct core_error error;
    (void)state;
    open_story(&s, ":memory:");
    struct core_link_request q = {
        .link = fabric_link(&s.f, 0, 1), .action = CORE_LINK_SET, .capacity_ratio = 0.9, .by = "ann"};
    assert_int_equal(core_link_act(s.f.core, &q, s.f.now_ns, &error), 0);
    step(&s); /* silence that began before the word would be forgiven */
    swallow(&s);
    assert_true(core_verdict_count(s.f.core) >= 1);
    assert_int_equal(core_verdict(s.f.core, 0)->action, GUARD_REPORT);
    assert_false(link_info(&s).drained);
    assert_string_equal(link_info(&s).by, "ann");
    fabric_close(&s.f);
}

static void an_operator_brings_it_back_and_the_verdict_is_over(void **state)
{
    static struct story s;
    struct core_error error;
    (void)state;
    open_story(&s, ":memory:");
    swallow(&s);
    assert_true(link_info(&s).drained);
    s.swallowed = false;
    struct core_link_request q = {.link = fabric_link(&s.f, 0, 1), .action = CORE_LINK_RESTORE, .by = "ann"};
    assert_int_equal(core_link_act(s.f.core, &q, s.f.now_ns, &error), 0);
    for (unsigned i = 0; i < 10; i++)
        step(&s);
    assert_false(link_info(&s).drained);
    for (unsigned i = 0; i < core_verdict_count(s.f.core); i++)
        assert_int_equal(core_verdict(s.f.core, i)->verdict.state, VERDICT_CLEARED);
    fabric_close(&s.f);
}

/* Hosts are asked to look for their paths, report that they have, and the spine was heard. */
static void look_and_report(struct story *s)
{
    uint32_t asked[64][AGENT_ASKED_MAX], counts[64] = {0};
    for (uint32_t host = 0; host < s->f.host_count; host++) {
        fabric_report(&s->f, host);
        for (unsigned i = 0; i < s->f.reply.probe_count && i < AGENT_ASKED_MAX; i++)
            asked[host][counts[host]++] = s->f.reply.probe[i];
    }
    fabric_pass(&s->f, 100 * MS);
    for (uint32_t host = 0; host < s->f.host_count; host++)
        if (counts[host] > 0)
            fabric_report_probed(&s->f, host, asked[host], counts[host]);
}

/* The link, or its whole spine? No byte goes from leaf to leaf over that spine any more, so that only the two
 * ends of such a path can tell, each by hearing the spine. */
static void an_idle_path_is_well_if_both_its_ends_hear_the_spine(void **state)
{
    static const uint32_t across[] = {0, 2, 4, 6, 1, 3, 5, 7};
    (void)state;
    for (unsigned deaf = 0; deaf < 2; deaf++) {
        static struct story s;
        open_ring(&s, ":memory:", across);
        s.shunned = true;
        step(&s);
        fall_silent(&s, 0);
        fall_silent(&s, 1);
        fabric_pass(&s.f, 60 * MS);
        assert_int_equal(core_verdict_count(s.f.core), 0); /* it may be either */
        fabric_kill(&s.f, 0, 1);
        s.f.deaf = deaf;
        look_and_report(&s);
        fabric_pass(&s.f, 10 * MS);
        assert_int_equal(core_verdict_count(s.f.core), !deaf);
        assert_int_equal(link_info(&s).drained, !deaf);
        fabric_close(&s.f);
    }
}

static void what_was_drained_comes_back_after_a_restart_too(void **state)
{
    static struct story s;
    char file[] = "/tmp/weft-diagnosis-XXXXXX";
    (void)state;
    close(mkstemp(file));
    open_story(&s, file);
    swallow(&s);
    assert_true(link_info(&s).drained);
    uint64_t id = core_verdict(s.f.core, 0)->id;
    fabric_restart(&s.f, file);
    s.swallowed = false;
    assert_true(link_info(&s).drained);
    for (unsigned i = 0; i < 100 && link_info(&s).drained; i++) {
        fabric_pass(&s.f, 2 * SECOND);
        look_and_report(&s);
    }
    assert_false(link_info(&s).drained);
    assert_int_equal(fabric_events(&s.f, "link_restored"), 1);
    memset(s.told, 0, sizeof(s.told));
    for (unsigned i = 0; i < STEPS_BEFORE; i++)
        step(&s);
    assert_int_equal(core_verdict_count(s.f.core), 0);
    swallow(&s);
    assert_true(core_verdict(s.f.core, 0)->id > id);
    fabric_close(&s.f);
    unlink(file);
}

static void a_rank_that_never_enters_is_named(void **state)
{
    static struct story s;
    (void)state;
    open_story(&s, ":memory:");
    for (uint32_t host = 0; host < s.f.host_count; host++) {
        if (host != HUNG_RANK)
            add(&s, host, TIMING_ENTERED);
        tell(&s, host);
    }
    for (unsigned i = 0; i < 20 && core_verdict_count(s.f.core) == 0; i++) {
        fabric_report_all(&s.f);
        fabric_pass(&s.f, SECOND);
    }
    assert_int_equal(core_verdict_count(s.f.core), 1);
    const struct diagnosed *d = core_verdict(s.f.core, 0);
    assert_int_equal(d->verdict.kind, VERDICT_NEVER_ENTERED);
    assert_int_equal(d->verdict.rank_count, 1);
    assert_int_equal(d->verdict.ranks[0], HUNG_RANK);
    assert_true(core_verdict_hangs_at(s.f.core, d, fabric_address(&s.f, 0)));
    fabric_pass(&s.f, 10 * MS);
    assert_int_equal(fabric_events(&s.f, "verdict"), 1);
    fabric_close(&s.f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_black_hole_is_named_and_drained_and_planned_around),
        cmocka_unit_test(half_the_rate_is_half_the_weight),
        cmocka_unit_test(a_link_that_others_load_is_congested),
        cmocka_unit_test(what_nobody_asked_to_be_timed_is_ignored),
        cmocka_unit_test(a_slow_link_scores_highest_before_it_is_named),
        cmocka_unit_test(without_monitors_no_link_has_a_score),
        cmocka_unit_test(one_host_alone_is_not_believed),
        cmocka_unit_test(monitors_that_go_and_come_harm_nobody),
        cmocka_unit_test(an_operators_word_stands),
        cmocka_unit_test(an_operator_brings_it_back_and_the_verdict_is_over),
        cmocka_unit_test(an_idle_path_is_well_if_both_its_ends_hear_the_spine),
        cmocka_unit_test(what_was_drained_comes_back_after_a_restart_too),
        cmocka_unit_test(a_rank_that_never_enters_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
