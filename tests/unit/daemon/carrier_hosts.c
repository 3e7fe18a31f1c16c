/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/daemon/carrier_hosts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/transport/congestion.h"
#include "tests/unit/nic/cmocka_headers.h"

struct host hosts[HOSTS];
struct weather weather;
nsec_t now;
uint64_t hosts_rate_bytes_per_s = 1250000000;
static uint64_t bytes_received_before;
enum {
    LATE_MAX = 64 /* more are lost */
};
static struct {
    unsigned rounds_left; /* 0: free */
    unsigned from;
    struct outgoing_packet packet;
} late[LATE_MAX];
static char error[VERBS_ERROR_BYTES];

static enum drop_reason receive(void *context, const struct received_packet *packet)
{
    struct host *h = context;
    struct placement placement;
    return transport_receive(h->transport, packet, &placement, now);
}

static void create_transport(struct host *h, unsigned i)
{
    struct transport_config config;
    transport_config_default(&config, hosts_rate_bytes_per_s, 20000);
    config.address = FIRST_ADDRESS + i;
    config.incarnation = 100 + i;
    config.seed = i;
    config.peers_max = 4;
    config.messages_max = 64;
    config.pieces_max = 4096;
    config.payload_bytes_max = PAYLOAD_BYTES;
    config.credit_budget_bytes = 64 * PAYLOAD_BYTES;
    config.congestion = &congestion_nic;
    config.reliable_nic = true;
    config.probe_interval_min_ns = NSEC_PER_MSEC;
    h->transport = transport_create(&config);
}

static void create_host(unsigned i)
{
    struct host *h = &hosts[i];
    struct verbs_config verbs = {.device = i == 0 ? "null0" : "null1", .links_max = PATHS};
    memset(h, 0, sizeof(*h));
    create_transport(h, i);
    h->bytes = calloc(2, BYTES);
    assert_int_equal(verbs_open(&verbs, &h->verbs, error), 0);
    assert_int_equal(verbs_memory_register(h->verbs, h->bytes, 2 * BYTES, &h->memory, error), 0);
    struct carrier_config config = {
        .verbs = h->verbs, .transport = h->transport, .peers_max = 4, .payload_bytes_max = PAYLOAD_BYTES};
    struct carrier_receiver receiver = {.receive = receive, .context = h};
    struct region_keys keys = {.base = (uintptr_t)h->bytes,
                               .local = verbs_memory_local_key(h->memory),
                               .remote = verbs_memory_remote_key(h->memory)};
    h->carrier = carrier_create(&config);
    carrier_set_receiver(h->carrier, &receiver);
    carrier_set_region(h->carrier, REGION, &keys);
}

static void open_communicator(unsigned i)
{
    struct host *h = &hosts[i];
    struct path_entry paths[PATHS];
    for (unsigned p = 0; p < PATHS; p++)
        paths[p].source_port = (uint16_t)(50000 + p);
    for (unsigned k = 0; k < HOSTS; k++) {
        h->peers[k] = (uint16_t)transport_add_peer(h->transport, FIRST_ADDRESS + k, k);
        transport_set_paths(h->transport, h->peers[k], paths, k == i ? 1 : PATHS, now);
    }
    struct communicator_config config = {
        .identity = 7, .rank = i, .rank_count = HOSTS, .rank_peers = h->peers, .path_mode = PATH_MODE_WRAP};
    h->communicator = transport_open_communicator(h->transport, &config, now);
}

int hosts_set_up(void **state)
{
    (void)state;
    now = NSEC_PER_SEC;
    memset(&weather, 0, sizeof(weather));
    memset(late, 0, sizeof(late));
    for (unsigned i = 0; i < HOSTS; i++)
        create_host(i);
    for (unsigned i = 0; i < HOSTS; i++)
        open_communicator(i);
    for (size_t i = 0; i < BYTES; i++)
        hosts[0].bytes[i] = (uint8_t)mix64(i);
    null_verbs_not_ready = 0;
    return 0;
}

int hosts_tear_down(void **state)
{
    (void)state;
    for (unsigned i = 0; i < HOSTS; i++) {
        struct host *h = &hosts[i];
        for (unsigned p = 0; p < PATHS; p++)
            verbs_link_destroy(h->links[p]);
        carrier_destroy(h->carrier);
        verbs_memory_release(h->memory);
        verbs_close(h->verbs);
        transport_destroy(h->transport);
        free(h->bytes);
    }
    return 0;
}

/* ---- the main thread's part ---- */

struct link_name hosts_name_for(unsigned i, unsigned path)
{
    return (struct link_name){.address = FIRST_ADDRESS + 1 - i, .path = (uint8_t)path};
}

static void take_news(unsigned i)
{
    struct host *h = &hosts[i];
    struct link_news news;
    while (carrier_news(h->carrier, &news)) {
        if (news.kind == LINK_WANTED)
            h->wanted[news.name.path] = true;
        else
            h->down[news.name.path] = true;
        if (news.kind == LINK_DOWN)
            snprintf(h->reason, sizeof(h->reason), "%s", news.reason);
        carrier_told(h->carrier);
    }
}

static void stop_links(unsigned i)
{
    struct host *h = &hosts[i];
    for (unsigned p = 0; p < PATHS; p++) {
        struct link_name name = hosts_name_for(i, p);
        if (!h->down[p])
            continue;
        h->down[p] = false;
        verbs_link_stop(h->links[p]);
        carrier_end_link(h->carrier, &name, now);
        verbs_link_destroy(h->links[p]);
        h->links[p] = NULL;
    }
}

/* False: the carrier does not take it now. */
static bool connect_end(unsigned i, unsigned path)
{
    struct host *h = &hosts[i];
    struct link_name name = hosts_name_for(i, path);
    struct verbs_route route = {.destination = name.address, .source_port = (uint16_t)(50000 + path)};
    struct verbs_end other;
    verbs_link_describe(hosts[1 - i].links[path], &other);
    assert_int_equal(verbs_link_connect(h->links[path], &route, &other, error), 0);
    return carrier_take_link(h->carrier, &name, h->links[path], false) == 0;
}

static void create_end(unsigned i, unsigned path)
{
    struct host *h = &hosts[i];
    assert_int_equal(verbs_link_create(h->verbs, &h->links[path], error), 0);
    h->wanted[path] = false;
    h->had[path] = true;
    h->links_made++;
}

static void forget_end(unsigned i, unsigned path)
{
    verbs_link_destroy(hosts[i].links[path]);
    hosts[i].links[path] = NULL;
}

static void connect_path(unsigned path)
{
    create_end(0, path);
    create_end(1, path);
    if (!connect_end(0, path)) {
        forget_end(0, path);
        forget_end(1, path);
        return;
    }
    if (!connect_end(1, path)) {
        forget_end(1, path);
        return;
    }
    for (unsigned i = 0; i < HOSTS; i++) {
        struct link_name name = hosts_name_for(i, path);
        hosts_cut(i, path, weather.cut[i][path]);
        assert_int_equal(carrier_take_link(hosts[i].carrier, &name, hosts[i].links[path], true), 0);
    }
}

/* A queue pair for whoever wants one, and in place of one that was given up: so its other end learns. */
static void make_links(void)
{
    for (unsigned p = 0; p < PATHS; p++) {
        bool had = hosts[0].had[p] || hosts[1].had[p];
        if (!had && !hosts[0].wanted[p] && !hosts[1].wanted[p])
            continue;
        if (hosts[0].links[p] == NULL && hosts[1].links[p] == NULL)
            connect_path(p);
        for (unsigned i = 0; i < HOSTS; i++) {
            struct link_name name = hosts_name_for(i, p);
            if (hosts[i].links[p] != NULL && hosts[1 - i].links[p] == NULL)
                carrier_break_link(hosts[i].carrier, &name, now);
        }
    }
}

/* ---- what befalls them ---- */

static uint32_t number_of(const struct verbs_link *link)
{
    struct verbs_end end;
    verbs_link_describe(link, &end);
    return end.queue_pair;
}

void hosts_cut(unsigned host, unsigned path, enum null_cut cut)
{
    const struct verbs_link *link = hosts[host].links[path];
    weather.cut[host][path] = cut;
    if (link == NULL)
        return;
    null_verbs_cut(number_of(link), cut);
    if (cut == NULL_CUT_NONE)
        null_verbs_let_go();
}

void hosts_set_paths(unsigned host, unsigned paths)
{
    struct path_entry entries[PATHS];
    for (unsigned p = 0; p < PATHS; p++)
        entries[p].source_port = paths >> p & 1 ? (uint16_t)(50000 + p) : 0;
    transport_set_paths(hosts[host].transport, hosts[host].peers[1 - host], entries, PATHS, now);
}

static bool befalls(unsigned percent)
{
    return percent > 0 && random_below(&weather.random, 100) < percent;
}

/* NICs that have waited for acknowledgements for too long. */
static void lose_patience(struct host *h)
{
    for (unsigned p = 0; p < PATHS; p++) {
        bool waits = h->links[p] != NULL && null_verbs_held(number_of(h->links[p])) > 0;
        h->rounds_waited[p] = waits ? h->rounds_waited[p] + 1 : 0;
        if (waits && weather.patience_rounds > 0 && h->rounds_waited[p] > weather.patience_rounds)
            null_verbs_give_up(number_of(h->links[p]));
    }
}

/* ---- rounds ---- */

static void count_events(struct host *h)
{
    struct event event;
    while (transport_next_event(h->transport, &event)) {
        h->sent += event.kind == EVENT_SENT && event.status == EVENT_OK;
        h->received += event.kind == EVENT_RECEIVED && event.status == EVENT_OK;
        h->cancelled += event.status == EVENT_CANCELLED;
        h->paths_down += event.kind == EVENT_PATH_DOWN;
        h->paths_up += event.kind == EVENT_PATH_UP;
    }
}

static void deliver(unsigned from, const struct outgoing_packet *packet)
{
    struct host *to = &hosts[1 - from];
    struct received_packet received = {.source = FIRST_ADDRESS + from,
                                       .source_port = packet->source_port,
                                       .bytes = packet->header,
                                       .length = packet->header_bytes};
    assert_int_equal(packet->length, 0);
    if (!carrier_sees_datagram(to->carrier, received.source, received.bytes, received.length, now))
        receive(to, &received);
}

static void put_aside(unsigned from, const struct outgoing_packet *packet)
{
    for (unsigned i = 0; i < LATE_MAX; i++) {
        if (late[i].rounds_left > 0)
            continue;
        late[i].rounds_left = 1 + (unsigned)random_below(&weather.random, LATE_ROUNDS_MAX);
        late[i].from = from;
        late[i].packet = *packet;
        return;
    }
}

static void deliver_late(void)
{
    for (unsigned i = 0; i < LATE_MAX; i++) {
        if (late[i].rounds_left > 0 && --late[i].rounds_left == 0)
            deliver(late[i].from, &late[i].packet);
    }
}

static void deliver_datagram(unsigned from, const struct outgoing_packet *packet)
{
    if (weather.mute[from] || befalls(weather.datagrams_lost_percent))
        return;
    if (befalls(weather.datagrams_late_percent))
        put_aside(from, packet);
    else
        deliver(from, packet);
}

static void deliver_copies(unsigned from, const struct outgoing_packet *packet)
{
    const struct packet_header *header = (const struct packet_header *)packet->header;
    for (unsigned left = carrier_datagram_copies(header->type); left > 0; left--)
        deliver_datagram(from, packet);
}

static void send_packets(unsigned i)
{
    struct host *h = &hosts[i];
    struct outgoing_packet packets[32];
    unsigned count = transport_prepare_packets(h->transport, packets, 32, now);
    for (unsigned k = 0; k < count; k++) {
        const uint8_t *payload = packets[k].length > 0 ? h->bytes + packets[k].offset : NULL;
        if (!carrier_send(h->carrier, &packets[k], payload))
            deliver_copies(i, &packets[k]);
    }
    carrier_flush(h->carrier);
}

void hosts_do_round(void)
{
    now += 5 * NSEC_PER_USEC;
    deliver_late();
    for (unsigned i = 0; i < HOSTS; i++) {
        lose_patience(&hosts[i]);
        carrier_poll(hosts[i].carrier, now);
        send_packets(i);
        count_events(&hosts[i]);
        if (befalls(weather.main_idle_percent))
            continue;
        take_news(i);
        stop_links(i);
    }
    if (!befalls(weather.main_idle_percent))
        make_links();
}

void hosts_do_rounds(unsigned count)
{
    while (count-- > 0)
        hosts_do_round();
}

void hosts_begin_transfer(uint64_t bytes, uint64_t room)
{
    struct transport_counters counters;
    transport_get_counters(hosts[1].transport, &counters);
    bytes_received_before = counters.data_bytes_received;
    hosts[0].sent = hosts[1].received = 0;
    struct flow_request send = {.peer_rank = 1, .region = REGION, .tag = 1, .bytes = bytes};
    struct flow_request take = {.peer_rank = 0, .region = REGION, .tag = 1, .offset = BYTES, .bytes = room};
    assert_int_equal(transport_receive_batch(hosts[1].transport, (uint32_t)hosts[1].communicator,
                                             &(struct flow_batch){&take, 1}, now),
                     SUBMIT_OK);
    assert_int_equal(transport_send_batch(hosts[0].transport, (uint32_t)hosts[0].communicator,
                                          &(struct flow_batch){&send, 1}, now),
                     SUBMIT_OK);
}

unsigned hosts_run_to_end(void)
{
    unsigned rounds = 0;
    while (rounds < ROUNDS_MAX && (hosts[0].sent == 0 || hosts[1].received == 0)) {
        hosts_do_round();
        rounds++;
    }
    return rounds;
}

void hosts_finish(void)
{
    hosts_run_to_end();
    assert_int_equal(hosts[0].sent, 1);
    assert_int_equal(hosts[1].received, 1);
}

void hosts_check_bytes(uint64_t bytes)
{
    struct transport_counters counters;
    assert_memory_equal(hosts[0].bytes, hosts[1].bytes + BYTES, bytes);
    transport_get_counters(hosts[1].transport, &counters);
    assert_int_equal(counters.data_bytes_received - bytes_received_before, bytes);
    assert_int_equal(null_verbs_not_ready, 0);
}
