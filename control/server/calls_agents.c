/* SPDX-License-Identifier: BSD-3-Clause */
/* What dataplanes say and ask: reports, and the plan of one host port. */
#include <stdlib.h>
#include <string.h>

#include "control/server/body.h"
#include "control/server/calls.h"
#include "control/server/view.h"

enum {
    COMMUNICATORS_MAX = 4096,
    PEERS_MAX = 16384,
    PATHS_OF_PEER_MAX = 64,
    PROBED_MAX = 64
};

/* What a report takes while it is handed to the core. */
struct report_room {
    struct core_report report;
    struct core_communicator *communicators;
    uint32_t *addresses;
    size_t address_count, address_room;
    struct core_path *paths;
    size_t path_room;
    uint32_t probed[PROBED_MAX];
    struct core_timed timed[CORE_TIMINGS_MAX];
};

static void room_free(struct report_room *room)
{
    free(room->communicators);
    free(room->addresses);
    free(room->paths);
}

static void fail_memory(struct body *body)
{
    body_fail(body, "too_large", NULL, "out of memory for this report");
}

static void read_demand(struct body_object *demand, struct core_communicator *c)
{
    static const char *const members[] = {"shape", "flow_bytes", NULL};
    char name[32];
    enum step_shape shape = STEP_SHAPE_ANY;
    body_check_members(demand, members);
    body_text(demand, "shape", name, sizeof(name));
    uint64_t bytes = body_needed_number(demand, "flow_bytes", INT64_MAX);
    if (!demand->body->failed && !step_shape_by_name(name, &shape))
        body_fail(demand->body, "out_of_range", demand->pointer, "%s/shape is no shape of a step",
                  demand->pointer);
    c->demands[c->demand_count++] = (struct core_demand){shape, bytes};
}

/* The addresses lie behind one another in `room`; pointers are set when it has stopped growing. */
static void read_addresses(struct body_object *object, struct report_room *room, struct core_communicator *c)
{
    size_t count = body_count(object, "addresses", CORE_JOB_RANKS_MAX);
    if (room->address_count + count > room->address_room) {
        size_t wanted = 2 * (room->address_count + count);
        uint32_t *larger = realloc(room->addresses, wanted * sizeof(*larger));
        if (larger == NULL) {
            fail_memory(object->body);
            return;
        }
        room->addresses = larger;
        room->address_room = wanted;
    }
    for (size_t i = 0; i < count; i++)
        room->addresses[room->address_count++] = body_address_at(object, "addresses", i);
    c->rank_count = (uint32_t)count;
}

static void read_communicator(struct body_object *object, struct report_room *room,
                              struct core_communicator *c)
{
    static const char *const members[] = {"identity",  "rank",    "addresses", "name",
                                          "path_mode", "demands", NULL};
    char path_mode[32];
    struct body_object demand;
    body_check_members(object, members);
    c->identity = body_needed_identity(object, "identity");
    c->rank = (uint32_t)body_needed_number(object, "rank", CORE_JOB_RANKS_MAX - 1);
    body_text(object, "name", c->name, sizeof(c->name));
    body_text(object, "path_mode", path_mode, sizeof(path_mode));
    c->planned = strcmp(path_mode, "planned") == 0;
    read_addresses(object, room, c);
    if (!object->body->failed && c->rank >= c->rank_count)
        body_fail(object->body, "out_of_range", object->pointer,
                  "%s/rank is not below the number of addresses", object->pointer);
    size_t count = body_count(object, "demands", STEP_SHAPES);
    for (size_t i = 0; i < count && body_element(object, "demands", i, &demand); i++)
        read_demand(&demand, c);
}

static void read_communicators(struct body_object *root, struct report_room *room)
{
    size_t count = body_count(root, "communicators", COMMUNICATORS_MAX), first = 0;
    struct body_object element;
    room->communicators = calloc(count + 1, sizeof(*room->communicators));
    if (room->communicators == NULL) {
        fail_memory(root->body);
        return;
    }
    for (size_t i = 0; i < count && body_element(root, "communicators", i, &element); i++)
        read_communicator(&element, room, &room->communicators[i]);
    for (size_t i = 0; i < count && !root->body->failed; i++) {
        room->communicators[i].addresses = &room->addresses[first];
        first += room->communicators[i].rank_count;
    }
    room->report.communicators = room->communicators;
    room->report.communicator_count = (unsigned)count;
}

static void read_path(struct body_object *port, struct core_path *path)
{
    static const char *const members[] = {"spine", "source_port", "alive", "acked_bytes", "heard_ms", NULL};
    body_check_members(port, members);
    path->spine = body_needed_address(port, "spine");
    path->source_port = (uint16_t)body_needed_number(port, "source_port", UINT16_MAX);
    path->alive = body_bool(port, "alive", true);
    path->acked_bytes = body_number(port, "acked_bytes", 0, INT64_MAX);
    path->heard_ms = (uint32_t)body_number(port, "heard_ms", CORE_NEVER_HEARD, CORE_NEVER_HEARD);
}

static bool make_room_for_paths(struct body_object *peer, struct report_room *room, size_t more)
{
    size_t wanted = room->report.path_count + more;
    if (wanted <= room->path_room)
        return true;
    struct core_path *larger = realloc(room->paths, 2 * wanted * sizeof(*larger));
    if (larger == NULL) {
        fail_memory(peer->body);
        return false;
    }
    room->paths = larger;
    room->path_room = 2 * wanted;
    return true;
}

static void read_peer(struct body_object *peer, struct report_room *room)
{
    static const char *const members[] = {"peer", "complete", "ports", NULL};
    struct body_object port;
    body_check_members(peer, members);
    uint32_t address = body_needed_address(peer, "peer");
    bool complete = body_bool(peer, "complete", false);
    size_t count = body_count(peer, "ports", PATHS_OF_PEER_MAX);
    if (!make_room_for_paths(peer, room, count))
        return;
    for (size_t i = 0; i < count && body_element(peer, "ports", i, &port); i++) {
        struct core_path *path = &room->paths[room->report.path_count++];
        *path = (struct core_path){.peer = address, .complete = complete};
        read_path(&port, path);
    }
}

static void read_paths(struct body_object *root, struct report_room *room)
{
    size_t count = body_count(root, "paths", PEERS_MAX);
    struct body_object peer;
    for (size_t i = 0; i < count && body_element(root, "paths", i, &peer); i++)
        read_peer(&peer, room);
    room->report.paths = room->paths;
}

static void read_timed(struct body_object *object, struct core_timed *timed)
{
    static const char *const members[] = {"number", "round_trips_ns", NULL};
    body_check_members(object, members);
    timed->number = body_needed_number(object, "number", INT64_MAX);
    timed->count = (uint32_t)body_count(object, "round_trips_ns", CORE_ROUND_TRIPS_MAX);
    for (uint32_t i = 0; i < timed->count; i++)
        timed->round_trips_ns[i] = (uint32_t)body_number_at(object, "round_trips_ns", i, UINT32_MAX);
}

static void read_all_timed(struct body_object *root, struct report_room *room)
{
    size_t count = body_count(root, "timed", CORE_TIMINGS_MAX);
    struct body_object object;
    for (size_t i = 0; i < count && body_element(root, "timed", i, &object); i++)
        read_timed(&object, &room->timed[i]);
    room->report.timed = room->timed;
    room->report.timed_count = (unsigned)count;
}

static void read_report(struct body_object *root, struct report_room *room)
{
    static const char *const members[] = {"version",  "incarnation",   "sequence", "plan_epoch", "plan_hash",
                                          "rate_bps", "communicators", "paths",    "probed",     "timed",
                                          NULL};
    struct core_report *r = &room->report;
    body_check_members(root, members);
    if (body_needed_number(root, "version", UINT32_MAX) != 1)
        body_fail(root->body, "out_of_range", "/version", "/version must be 1: upgrade the older side");
    r->incarnation = (uint32_t)body_needed_number(root, "incarnation", UINT32_MAX);
    r->sequence = body_needed_number(root, "sequence", INT64_MAX);
    r->plan_epoch = body_number(root, "plan_epoch", 0, INT64_MAX);
    if (json_object_get(root->json, "plan_hash") != NULL)
        r->plan_hash = body_needed_identity(root, "plan_hash");
    r->rate_bits_per_s = body_number(root, "rate_bps", 0, INT64_MAX);
    read_communicators(root, room);
    read_paths(root, room);
    r->probed_count = (unsigned)body_count(root, "probed", PROBED_MAX);
    for (unsigned i = 0; i < r->probed_count; i++)
        room->probed[i] = body_address_at(root, "probed", i);
    r->probed = room->probed;
    read_all_timed(root, room);
}

static json_t *view_wishes(const struct core_reply *reply)
{
    json_t *time = json_array();
    for (unsigned i = 0; i < reply->time_count; i++) {
        const struct core_timing_wish *w = &reply->time[i];
        json_array_append_new(time,
                              json_pack("{s:I, s:o, s:o, s:I, s:I}", "number", (json_int_t)w->number, "peer",
                                        view_address(w->peer), "spine", view_address(w->spine), "packets",
                                        (json_int_t)w->packets, "over_ms", (json_int_t)w->over_ms));
    }
    return time;
}

static void answer_report(struct call *call, const struct core_reply *reply)
{
    json_t *probe = json_array();
    for (unsigned i = 0; i < reply->probe_count && i < PROBED_MAX; i++)
        json_array_append_new(probe, view_address(reply->probe[i]));
    json_t *answer = json_pack("{s:I, s:I, s:I, s:o}", "epoch", (json_int_t)reply->epoch, "report_every_ms",
                               (json_int_t)(reply->report_every_ns / 1000000), "lease_ms",
                               (json_int_t)(reply->lease_ns / 1000000), "probe", probe);
    if (reply->time_count > 0)
        json_object_set_new(answer, "time", view_wishes(reply));
    call_answer(call, 200, answer);
}

void calls_report(struct call *call)
{
    struct report_room room = {.report.address = 0};
    struct body body;
    struct body_object root;
    struct core_reply reply;
    struct core_error error;
    if (!view_find_agent(call, &room.report.address))
        return;
    if (body_open(&body, call, &root))
        read_report(&root, &room);
    if (!body.failed) {
        if (core_report(call->core, &room.report, call->now_ns, &reply, &error) != 0)
            call_fail_core(call, &error);
        else
            answer_report(call, &reply);
    }
    body_close(&body);
    room_free(&room);
}

void calls_fetch_plan(struct call *call)
{
    uint64_t after, wait_ms;
    uint32_t address;
    const struct plan_header *block;
    if (!view_find_agent(call, &address) || !call_query_number(call, "after", 0, INT64_MAX, &after) ||
        !call_query_number(call, "wait_ms", 0, CALL_WAIT_MS_MAX, &wait_ms))
        return;
    bool is_new = core_epoch(call->core) != 0 && core_epoch(call->core) != after;
    if (is_new && core_plan_block(call->core, address, &block) == 0)
        call_answer_bytes(call, block, block->bytes);
    else if (!call_waits(call, CALL_TOPIC_PLAN, wait_ms))
        call_answer_nothing(call);
}
