/* SPDX-License-Identifier: BSD-3-Clause */
/* Making, unmaking and looking at a transport. All memory is taken here. */
#include "dataplane/transport/transport.h"

#include "dataplane/transport/arena.h"
#include "dataplane/transport/channel.h"
#include "dataplane/transport/message.h"
#include "dataplane/transport/path_health.h"
#include "dataplane/transport/path_plan.h"
#include "dataplane/transport/session.h"

enum {
    ETHERNET_IP_UDP_BYTES = 14 + 20 + 8,
    PORT_BURST_PACKETS = 8,
    LANE_BURST_PACKETS_MAX = 8,
    RTO_HOST_NS = 5000, /* what a busy host may add to an answer */
    BURST_DIVISOR = 32,
    BURST_BYTES_MAX = 32 * 1024,
    CREDIT_BDPS = 3,
    CREDIT_BYTES_MIN = 64 * 1024,
    CREDIT_BYTES_MAX = 256 * 1024 * 1024
};

static uint32_t between(uint32_t least, uint64_t value, uint32_t most)
{
    if (value < least)
        return least;
    return value < most ? (uint32_t)value : most;
}

void transport_config_default(struct transport_config *config, uint64_t rate_bytes_per_s, nsec_t base_rtt_ns)
{
    *config = (struct transport_config){.rate_bytes_per_s = rate_bytes_per_s,
                                        .wire_overhead_bytes = ETHERNET_IP_UDP_BYTES,
                                        .payload_bytes_max = 4096,
                                        .window_packets = PACKET_WINDOW_MAX,
                                        .peers_max = 256,
                                        .paths_max = 16,
                                        .messages_max = 4096,
                                        .pieces_max = 65536,
                                        .communicators_max = 64,
                                        .base_rtt_ns = base_rtt_ns,
                                        .rto_min_ns = 4 * base_rtt_ns + RTO_HOST_NS,
                                        .rto_max_ns = 20 * NSEC_PER_MSEC,
                                        .ack_delay_ns = base_rtt_ns / 2,
                                        .peer_timeout_ns = 3 * NSEC_PER_SEC,
                                        .probe_interval_min_ns = NSEC_PER_SEC,
                                        .probe_interval_max_ns = 60 * NSEC_PER_SEC,
                                        .congestion = &congestion_nscc};
    uint64_t bdp_bytes = (uint64_t)((__uint128_t)rate_bytes_per_s * base_rtt_ns / NSEC_PER_SEC);
    config->burst_bytes = between(0, bdp_bytes / BURST_DIVISOR, BURST_BYTES_MAX);
    config->credit_budget_bytes = between(CREDIT_BYTES_MIN, CREDIT_BDPS * bdp_bytes, CREDIT_BYTES_MAX);
}

static bool config_is_valid(const struct transport_config *c)
{
    bool window_is_power = c->window_packets >= 8 && c->window_packets <= PACKET_WINDOW_MAX &&
                           (c->window_packets & (c->window_packets - 1)) == 0;
    return window_is_power && c->incarnation != 0 && c->payload_bytes_max > 0 && c->peers_max > 0 &&
           c->peers_max < PACKET_NO_SESSION && c->paths_max > 0 && c->paths_max <= PACKET_PATHS_MAX &&
           c->messages_max > 0 && c->messages_max <= 1u << (NAME_INDEX_BITS - 1) &&
           c->pieces_max >= (uint32_t)c->paths_max + c->window_packets && c->communicators_max > 0 &&
           c->base_rtt_ns > 0 && c->rto_min_ns > 0 && c->rto_max_ns >= c->rto_min_ns &&
           c->peer_timeout_ns > 0 && c->probe_interval_min_ns > 0 && c->congestion != NULL;
}

static uint32_t power_of_two_above(uint32_t n)
{
    uint32_t power = 1;
    while (power <= n)
        power *= 2;
    return power;
}

static void lay_out_heap(struct timer_heap *heap, struct arena *a, size_t owners)
{
    struct timer_slot *slots = arena_take(a, owners + TIMER_SLOTS_SPARE, sizeof(*slots));
    uint32_t *positions = arena_take(a, owners, sizeof(*positions));
    timer_heap_init(heap, slots, positions, (uint32_t)owners);
}

/* What every packet needs comes first. */
static void lay_out_tables(struct transport *t, struct arena *a)
{
    const struct transport_config *c = &t->config;
    size_t channels = (size_t)c->peers_max * c->paths_max;
    uint32_t index_size = 2 * power_of_two_above(c->peers_max);
    t->channels_max = (uint32_t)channels;
    t->peers = arena_take(a, c->peers_max, sizeof(*t->peers));
    t->paths = arena_take(a, channels, sizeof(*t->paths));
    lay_out_heap(&t->ready, a, channels + (size_t)c->peers_max * ROAMING_LANES);
    lay_out_heap(&t->timers, a, channels + c->peers_max);
    t->communicators = arena_take(a, c->communicators_max, sizeof(*t->communicators));
    t->peer_index = arena_take(a, index_size, sizeof(*t->peer_index));
    t->peer_index_mask = index_size - 1;
    t->channels = arena_take(a, channels, sizeof(*t->channels));
    t->sprayers = arena_take(a, (size_t)c->peers_max * SPRAYERS, sizeof(*t->sprayers));
}

static void lay_out_messages(struct transport *t, struct arena *a)
{
    const struct transport_config *c = &t->config;
    uint32_t matches = 2 * power_of_two_above(t->outgoing_count);
    struct match_entry *entries = arena_take(a, matches, sizeof(*entries));
    t->outgoing = arena_take(a, t->outgoing_count, sizeof(*t->outgoing));
    t->incoming = arena_take(a, c->messages_max, sizeof(*t->incoming));
    t->pieces = arena_take(a, c->pieces_max, sizeof(*t->pieces));
    t->legs = arena_take(a, c->pieces_max, sizeof(*t->legs));
    t->chunk_missing_bytes =
        arena_take(a, (size_t)c->messages_max * CHUNKS_MAX, sizeof(*t->chunk_missing_bytes));
    t->notice_peers = arena_take(a, (size_t)NOTICES_MAX * ((c->peers_max + 63u) / 64u), sizeof(uint64_t));
    if (entries != NULL)
        match_table_init(&t->matches, entries, matches,
                         (struct match_keys){&t->outgoing->match, sizeof(*t->outgoing)});
}

static void lay_out_scratch(struct transport *t, struct arena *a)
{
    t->batch = arena_take(a, t->outgoing_count, sizeof(*t->batch));
    t->unplaced = arena_take(a, t->outgoing_count, sizeof(*t->unplaced));
    t->bucket_flows = arena_take(a, t->outgoing_count, sizeof(*t->bucket_flows));
    t->bucket_bytes = arena_take(a, t->outgoing_count, sizeof(*t->bucket_bytes));
    t->split = arena_take(a, t->config.pieces_max, sizeof(*t->split));
}

static void lay_out_windows(struct transport *t, struct arena *a)
{
    uint32_t windows = (uint32_t)t->config.peers_max * t->config.paths_max, large = t->config.window_packets;
    struct sent_packet *small_packets =
        arena_take(a, (size_t)windows * WINDOW_SMALL_PACKETS, sizeof(*small_packets));
    struct sent_packet *large_packets = arena_take(a, (size_t)windows * large, sizeof(*large_packets));
    window_pool_init(&t->windows.small, small_packets, windows, WINDOW_SMALL_PACKETS);
    window_pool_init(&t->windows.large, large_packets, windows, large);
}

/* The transport gets its configuration and its tables, in the arena. */
static void lay_out(struct transport *t, struct arena *a, const struct transport_config *config)
{
    t->config = *config;
    t->outgoing_count = 2 * config->messages_max; /* sends, and credits that came before their sends */
    lay_out_tables(t, a);
    lay_out_messages(t, a);
    lay_out_scratch(t, a);
    lay_out_windows(t, a);
    t->memory = a->memory;
}

static size_t bytes_of(const struct transport_config *config)
{
    struct transport nowhere;
    struct arena counting = {0};
    arena_take(&counting, 1, sizeof(nowhere));
    lay_out(&nowhere, &counting, config);
    return counting.used_bytes;
}

static void empty_pools(struct transport *t)
{
    t->outgoing_free = t->incoming_free = t->piece_free = NONE;
    t->leg_free = t->offered_leg = NONE;
    t->outgoing_free_count = t->outgoing_count;
    t->incoming_free_count = t->config.messages_max;
    t->piece_free_count = t->config.pieces_max;
}

static void empty_lists(struct transport *t)
{
    t->first_ack = t->last_ack = NONE;
    t->first_control = t->last_control = NONE;
    t->first_outgoing_event = t->last_outgoing_event = NONE;
    t->first_incoming_event = t->last_incoming_event = NONE;
    t->first_communicator_event = t->last_communicator_event = NONE;
    t->first_path_event = t->last_path_event = NONE;
    t->first_waiting = t->last_waiting = NONE;
}

static void describe_path(struct transport *t)
{
    const struct transport_config *c = &t->config;
    t->path = (struct congestion_path){
        .base_rtt_ns = c->base_rtt_ns,
        .line_rate_bytes_per_s = c->rate_bytes_per_s,
        .packet_bytes = c->wire_overhead_bytes + (uint32_t)sizeof(struct packet_data) + c->payload_bytes_max};
    t->sprayed_path = t->path;
    t->sprayed_path.base_rtt_ns += c->base_rtt_ns / 2 + c->ack_delay_ns;
    pacer_set_rate(&t->pacer, c->rate_bytes_per_s);
    credit_budget_init(&t->credit_budget, c);
    rtt_estimator_init(&t->rtt, c->base_rtt_ns, 0);
    uint32_t burst_packets = c->burst_bytes / c->payload_bytes_max;
    burst_packets = burst_packets < LANE_BURST_PACKETS_MAX ? burst_packets : LANE_BURST_PACKETS_MAX;
    t->lane_burst_packets = burst_packets > 0 ? burst_packets : 1;
    t->pacer.slack_ns = pacer_cost(&t->pacer, (uint64_t)PORT_BURST_PACKETS * t->path.packet_bytes);
}

struct transport *transport_create(const struct transport_config *config)
{
    if (!config_is_valid(config))
        return NULL;
    struct arena arena;
    struct arena_config memory = {
        .bytes = bytes_of(config), .colour = config->address, .huge_page = config->huge_page};
    if (!arena_create(&arena, &memory))
        return NULL;
    struct transport *t = arena_take(&arena, 1, sizeof(*t));
    lay_out(t, &arena, config);
    t->random.state = config->seed;
    empty_pools(t);
    empty_lists(t);
    describe_path(t);
    return t;
}

void transport_destroy(struct transport *t)
{
    if (t != NULL)
        arena_give_back(t->memory);
}

int transport_add_peer(struct transport *t, uint32_t address, uint32_t leaf)
{
    struct peer *peer = session_add_peer(t, address, leaf);
    if (peer == NULL)
        return -1;
    peer->leaf = leaf;
    path_plan_refresh_peer(t, peer);
    return (int)(peer - t->peers);
}

uint32_t transport_peer_address(const struct transport *t, uint16_t peer)
{
    return t->peers[peer].address;
}

void transport_set_paths(struct transport *t, uint16_t peer, const struct path_entry *paths, unsigned count,
                         nsec_t now)
{
    if (peer >= t->peer_count)
        return;
    struct peer *p = &t->peers[peer];
    if (count > t->config.paths_max)
        count = t->config.paths_max;
    unsigned known = p->path_count > count ? p->path_count : count;
    p->path_count = (uint16_t)known;
    p->paths_told = true;
    for (unsigned i = 0; i < count; i++) {
        if (paths[i].source_port != 0)
            path_health_set_port(t, p, i, paths[i].source_port, now);
    }
    for (unsigned i = 0; i < known; i++) {
        if (i >= count || paths[i].source_port == 0)
            path_health_set_port(t, p, i, 0, now);
    }
}

void transport_get_counters(const struct transport *t, struct transport_counters *counters)
{
    *counters = t->counters;
}

bool transport_get_channel(const struct transport *t, unsigned index, struct channel_info *info, bool *exists)
{
    if (index >= t->peer_count * t->config.paths_max)
        return false;
    const struct channel *ch =
        channel_find(t, (uint16_t)(index / t->config.paths_max), index % t->config.paths_max);
    *exists = ch != NULL && ch->state != CHANNEL_ABSENT;
    if (!*exists)
        return true;
    *info = (struct channel_info){.peer_address = channel_peer(t, ch)->address,
                                  .source_port = ch->source_port,
                                  .peer = ch->lane.peer,
                                  .path = ch->lane.path,
                                  .alive = ch->state == CHANNEL_ALIVE,
                                  .generation = ch->generation,
                                  .in_flight_packets = ch->sent.in_flight_packets,
                                  .window_bytes = ch->congestion.window_bytes,
                                  .smoothed_rtt_ns = rtt_estimator_smoothed_ns(&ch->rtt),
                                  .minimum_rtt_ns = rtt_estimator_minimum_ns(&ch->rtt),
                                  .sent_packets = ch->sent_packets,
                                  .retransmits = ch->retransmits,
                                  .marked_packets = ch->marked_packets,
                                  .acked_bytes = ch->acked_bytes};
    return true;
}

unsigned transport_channel_bytes(void)
{
    return sizeof(struct channel);
}

unsigned transport_channel_window_bytes(const struct transport *t)
{
    return t->config.window_packets * (unsigned)sizeof(struct sent_packet);
}

const char *drop_reason_name(enum drop_reason reason)
{
    static const char *const names[DROP_REASONS] = {[DROP_NONE] = "none",
                                                    [DROP_TRUNCATED] = "truncated",
                                                    [DROP_VERSION] = "version",
                                                    [DROP_TYPE] = "type",
                                                    [DROP_SESSION] = "session",
                                                    [DROP_SOURCE] = "source",
                                                    [DROP_INCARNATION] = "incarnation",
                                                    [DROP_PATH] = "path",
                                                    [DROP_GENERATION] = "generation",
                                                    [DROP_DUPLICATE] = "duplicate",
                                                    [DROP_WINDOW] = "window",
                                                    [DROP_MESSAGE] = "message",
                                                    [DROP_OFFSET] = "offset",
                                                    [DROP_CREDIT] = "credit",
                                                    [DROP_ACK] = "ack",
                                                    [DROP_NONCE] = "nonce",
                                                    [DROP_NO_RESOURCES] = "no_resources",
                                                    [DROP_TRIMMED] = "trimmed"};
    return reason < DROP_REASONS ? names[reason] : "unknown";
}
