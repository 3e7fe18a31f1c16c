/* SPDX-License-Identifier: BSD-3-Clause */
/* Two ends that connect their queue pairs by offers (formats/link_offer.h), over a libibverbs of nothing. The
 * network, and what the workers answer, is played here. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "dataplane/daemon/connection.h"
#include "dataplane/daemon/host_port.h"
#include "dataplane/transport/random.h"
#include "nic/verbs/state.h"
#include "tests/unit/nic/cmocka_headers.h"
#include "tests/unit/nic/null_verbs.h"

enum {
    FIRST_ADDRESS = 0x0a000001,
    PORT = 50001,
    OFFERS_MAX = 64,
    COMMANDS_MAX = 16
};

struct end {
    struct offer_socket offers; /* only its address is of interest: whose offers they are */
    struct connection_basis basis;
    struct connection *connection;
    struct verbs *verbs;
    struct link_offer sent[OFFERS_MAX], last;
    unsigned sent_count;
    struct command *commands[COMMANDS_MAX];
    unsigned command_count;
    bool ready; /* the worker was given a queue pair that is */
    bool busy;  /* the worker takes none now */
    unsigned broken;
};

static struct end ends[2];
static char error[VERBS_ERROR_BYTES];

/* ---- in place of the rest of the daemon ---- */

void host_port_post(struct host_port *port, struct command *command)
{
    struct end *end = (struct end *)port;
    assert_in_range(end->command_count, 0, COMMANDS_MAX - 1);
    end->commands[end->command_count++] = command;
}

void offer_socket_send(struct offer_socket *s, uint32_t destination, const struct link_offer *offer)
{
    struct end *end = (struct end *)s;
    assert_int_equal(destination, FIRST_ADDRESS + (end == &ends[0]));
    assert_in_range(end->sent_count, 0, OFFERS_MAX - 1);
    end->sent[end->sent_count++] = end->last = *offer;
}

/* ---- in place of libevent: timers go off when the test says ---- */

struct timer {
    event_callback_fn callback;
    void *context;
    bool is_set;
};
static struct timer *timers[2];

struct event *event_new(struct event_base *base, evutil_socket_t fd, short events, event_callback_fn callback,
                        void *context)
{
    struct timer *timer = calloc(1, sizeof(*timer));
    (void)base;
    (void)fd;
    (void)events;
    *timer = (struct timer){.callback = callback, .context = context};
    timers[timers[0] != NULL] = timer;
    return (struct event *)timer;
}

void event_free(struct event *event)
{
    for (unsigned i = 0; i < 2; i++)
        if ((struct event *)timers[i] == event)
            timers[i] = NULL;
    free(event);
}

int event_add(struct event *event, const struct timeval *timeout)
{
    (void)timeout;
    ((struct timer *)event)->is_set = true;
    return 0;
}

int event_del(struct event *event)
{
    ((struct timer *)event)->is_set = false;
    return 0;
}

static void fire_timers(void)
{
    for (unsigned i = 0; i < 2; i++) {
        if (!timers[i]->is_set)
            continue;
        timers[i]->is_set = false;
        timers[i]->callback(-1, 0, timers[i]->context);
    }
}

/* ---- rounds ---- */

/* Of two spines; each direction has its own way. */
static int path_taken(uint16_t source_port, uint32_t destination)
{
    return (int)(mix64_pair(source_port, destination) % 2);
}

/* Every third time the answer is still on its way. */
static int path_of_port(struct host_port *port, uint32_t address, uint16_t source_port)
{
    static unsigned questions;
    (void)port;
    return questions++ % 3 == 0 ? -1 : path_taken(source_port, address);
}

static void make_end(unsigned i, bool ports_by_numbers)
{
    struct end *end = &ends[i];
    struct verbs_config config = {
        .device = i == 0 ? "null0" : "null1", .links_max = 4, .ports_by_numbers = ports_by_numbers};
    struct link_name name = {.address = FIRST_ADDRESS + 1 - i, .path = 1};
    memset(end, 0, sizeof(*end));
    assert_int_equal(verbs_open(&config, &end->verbs, error), 0);
    end->basis = (struct connection_basis){.verbs = end->verbs,
                                           .port = (struct host_port *)end,
                                           .offers = &end->offers,
                                           .address = FIRST_ADDRESS + i,
                                           .path_of_port = path_of_port,
                                           .incarnation = 7 + i};
    end->connection = connection_create(&end->basis, &name);
}

static int set_up(void **state)
{
    (void)state;
    make_end(0, false);
    make_end(1, false);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        for (unsigned k = 0; k < ends[i].command_count; k++)
            free(ends[i].commands[k]);
        connection_destroy(ends[i].connection);
        verbs_close(ends[i].verbs);
    }
    return 0;
}

/* The worker does what it is told; a queue pair that is to be broken is down at once. */
static bool do_command(struct end *end)
{
    if (end->command_count == 0)
        return false;
    struct command *command = end->commands[0];
    memmove(end->commands, end->commands + 1, --end->command_count * sizeof(end->commands[0]));
    bool breaks = command->kind == COMMAND_BREAK_LINK;
    if (command->kind == COMMAND_TAKE_LINK)
        command->result = end->busy ? -EBUSY : 0;
    if (command->kind == COMMAND_TAKE_LINK && !end->busy)
        end->ready = command->link.ready;
    if (breaks || command->kind == COMMAND_END_LINK)
        end->ready = false;
    end->broken += breaks;
    command->done(command);
    if (breaks)
        connection_on_down(end->connection, "broken");
    return true;
}

static bool deliver_offer(struct end *from, struct end *to)
{
    if (from->sent_count == 0)
        return false;
    struct link_offer offer = from->sent[0];
    memmove(from->sent, from->sent + 1, --from->sent_count * sizeof(offer));
    connection_on_offer(to->connection, &offer, PORT);
    return true;
}

/* Something on its way arrives; false: nothing is. */
static bool move(void)
{
    return do_command(&ends[0]) || do_command(&ends[1]) || deliver_offer(&ends[0], &ends[1]) ||
           deliver_offer(&ends[1], &ends[0]);
}

static void settle(void)
{
    while (move())
        ;
}

static void connect_both(void)
{
    connection_on_wanted(ends[0].connection, PORT);
    settle();
    assert_true(ends[0].ready);
    assert_true(ends[1].ready);
}

/* ---- stories ---- */

static void whoever_wants_it_both_become_ready(void **state)
{
    (void)state;
    connect_both();
    assert_int_equal(ibv_flow_label_to_udp_sport(null_verbs_route.grh.flow_label), PORT);
    assert_int_equal(ends[0].broken + ends[1].broken, 0);
}

static void both_may_want_it_at_once(void **state)
{
    (void)state;
    connection_on_wanted(ends[1].connection, PORT);
    connect_both();
}

/* The other end, all of whose messages were acknowledged, hears of it by the next offer. */
static void one_that_fails_is_replaced_at_both_ends(void **state)
{
    (void)state;
    connect_both();
    ends[0].ready = false;
    connection_on_down(ends[0].connection, "failed");
    settle();
    assert_int_equal(ends[1].broken, 1);
    assert_true(ends[0].ready);
    assert_true(ends[1].ready);
}

/* Whoever forges a sender's address does not hear the serial that has to be echoed. */
static void a_forged_offer_breaks_nothing(void **state)
{
    (void)state;
    connect_both();
    struct link_offer forged = ends[0].last;
    forged.serial += 2;
    forged.echo = 12345;
    connection_on_offer(ends[1].connection, &forged, PORT);
    assert_int_equal(ends[1].last.flags, LINK_OFFER_CHALLENGE);
    settle();
    assert_int_equal(ends[1].broken, 0);
    assert_true(ends[1].ready);
}

static void an_offer_that_cannot_be_a_queue_pair_is_refused(void **state)
{
    (void)state;
    connection_on_wanted(ends[0].connection, PORT);
    deliver_offer(&ends[0], &ends[1]);
    struct link_offer bad = ends[1].last;
    bad.queue_pair = 1u << 24;
    connection_on_offer(ends[0].connection, &bad, PORT);
    assert_int_equal(ends[0].command_count, 0);
}

static void a_path_with_another_port_gets_another_queue_pair(void **state)
{
    (void)state;
    connect_both();
    connection_on_path_found(ends[0].connection, PORT + 1);
    settle();
    assert_int_equal(ends[0].broken, 1);
    assert_true(ends[0].ready);
}

static void a_path_that_is_gone_keeps_its_queue_pair(void **state)
{
    (void)state;
    connect_both();
    connection_on_path_found(ends[0].connection, 0);
    settle();
    assert_int_equal(ends[0].broken, 0);
}

/* It was found while the worker was being given the queue pair. */
static void a_port_found_too_late_is_not_forgotten(void **state)
{
    (void)state;
    connection_on_wanted(ends[0].connection, PORT);
    while (ends[0].command_count == 0)
        assert_true(deliver_offer(&ends[0], &ends[1]) || deliver_offer(&ends[1], &ends[0]));
    connection_on_path_found(ends[0].connection, PORT + 1);
    settle();
    assert_int_equal(ends[0].broken, 1);
    assert_true(ends[0].ready);
}

static void a_path_found_while_it_is_offered_changes_only_the_port(void **state)
{
    (void)state;
    connection_on_wanted(ends[0].connection, PORT);
    connection_on_path_found(ends[0].connection, PORT + 1);
    settle();
    assert_true(ends[0].ready);
    assert_int_equal(ends[0].broken, 0);
}

/* Its timer tries again. */
static void what_the_worker_does_not_take_is_made_anew(void **state)
{
    (void)state;
    ends[0].busy = true;
    connection_on_wanted(ends[0].connection, PORT);
    settle();
    assert_false(ends[0].ready);
    ends[0].busy = false;
    fire_timers();
    settle();
    assert_true(ends[0].ready);
    assert_true(ends[1].ready);
}

/* Whatever numbers the queue pairs get: in the end their port takes path 1 from both ends. */
static void where_numbers_make_the_port_a_pair_is_chosen_that_suits(void **state)
{
    for (unsigned both = 0; both < 2; both++) {
        tear_down(state);
        make_end(0, true);
        make_end(1, both);
        connection_on_wanted(ends[0].connection, PORT);
        for (unsigned i = 0; i < 100 && !(ends[0].ready && ends[1].ready); i++) {
            settle();
            fire_timers();
        }
        assert_true(ends[0].ready);
        assert_true(ends[1].ready);
        assert_int_equal(ends[0].broken + ends[1].broken, 0);
        uint16_t port = verbs_port_of_numbers(ends[0].last.queue_pair, ends[1].last.queue_pair);
        assert_int_equal(path_taken(port, FIRST_ADDRESS + 1), 1);
        assert_true(!both || path_taken(port, FIRST_ADDRESS) == 1);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(whoever_wants_it_both_become_ready),
        TEST(both_may_want_it_at_once),
        TEST(one_that_fails_is_replaced_at_both_ends),
        TEST(a_forged_offer_breaks_nothing),
        TEST(an_offer_that_cannot_be_a_queue_pair_is_refused),
        TEST(a_path_with_another_port_gets_another_queue_pair),
        TEST(a_path_that_is_gone_keeps_its_queue_pair),
        TEST(a_port_found_too_late_is_not_forgotten),
        TEST(a_path_found_while_it_is_offered_changes_only_the_port),
        TEST(what_the_worker_does_not_take_is_made_anew),
        TEST(where_numbers_make_the_port_a_pair_is_chosen_that_suits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
