/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/daemon/carrier.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "dataplane/daemon/region_table.h"
#include "dataplane/transport/random.h"
#include "nic/verbs/verbs.h"

enum {
    WAITING_MAX = PACKET_WINDOW_MAX + 16, /* a channel's window, and probes */
    COMPLETIONS_A_ROUND = 32,
    NO_LINK_MAX = 64,
    FIRST_PORT = 49152,
    PORTS = 16384
};

static_assert(PACKET_HEADER_BYTES_MAX <= (int)VERBS_HEADER_BYTES_MAX, "a header fits a message");

/* A packet that has not arrived yet, as far as is known. */
struct carried {
    const uint8_t *payload;
    uint64_t remote_address;
    uint32_t remote_key;
    uint32_t payload_bytes;
    uint32_t region;
    uint16_t header_bytes;
    uint8_t header[PACKET_HEADER_BYTES_MAX];
};

/* One channel's queue pair and what is sent on it. Once used, a link stays its channel's. */
struct link {
    struct link_name name;
    uint16_t source_port; /* of the last packet */
    struct verbs_link *verbs;
    bool ready;          /* to send */
    bool down;           /* it has failed; the main thread will stop it */
    bool asked;          /* the main thread knows that a queue pair is wanted */
    bool told_down;      /* and that this one is down */
    bool heard;          /* a numbered packet has come on this queue pair */
    bool heard_ever;     /* or on one before */
    uint16_t generation; /* of the channel of the last of these */
    const char *reason;
    STAILQ_ENTRY(link) news;
    bool has_news;
    STAILQ_ENTRY(link) waiting;
    bool waits; /* it has packets that are not posted */
    uint64_t first, posted, end;
    struct carried queue[WAITING_MAX];
};

STAILQ_HEAD(link_list, link);

struct peer_links {
    uint32_t address; /* 0: free */
    struct link *links[PACKET_PATHS_MAX];
};

struct region_use {
    struct region_keys keys; /* local 0: no such region */
    uint32_t posted;
};

struct carrier {
    struct carrier_config config;
    struct carrier_receiver receiver;
    struct carrier_counters counters;
    uint64_t datagrams;
    struct link *links; /* a pool, touched when used */
    unsigned link_count, links_max;
    struct peer_links *peers; /* open addressing by address */
    uint32_t peer_mask, peer_count;
    struct link_list news, waiting;
    struct link_name no_link[NO_LINK_MAX]; /* paths for which none is left, to be told to the transport */
    unsigned no_link_count;
    struct region_use regions[REGIONS_MAX];
};

/* ---- making ---- */

struct carrier *carrier_create(const struct carrier_config *config)
{
    struct carrier *c = calloc(1, sizeof(*c));
    uint32_t places = 4;
    while (places < 2 * config->peers_max)
        places *= 2;
    if (c == NULL)
        return NULL;
    c->config = *config;
    c->links_max = verbs_links_max(config->verbs);
    c->links = calloc(c->links_max, sizeof(*c->links));
    c->peers = calloc(places, sizeof(*c->peers));
    c->peer_mask = places - 1;
    STAILQ_INIT(&c->news);
    STAILQ_INIT(&c->waiting);
    if (c->links != NULL && c->peers != NULL)
        return c;
    carrier_destroy(c);
    return NULL;
}

void carrier_destroy(struct carrier *c)
{
    if (c == NULL)
        return;
    free(c->links);
    free(c->peers);
    free(c);
}

void carrier_set_receiver(struct carrier *c, const struct carrier_receiver *receiver)
{
    c->receiver = *receiver;
}

/* ---- finding ---- */

static struct peer_links *locate(const struct carrier *c, uint32_t address)
{
    uint32_t i = (uint32_t)mix64(address) & c->peer_mask;
    while (c->peers[i].address != 0 && c->peers[i].address != address)
        i = (i + 1) & c->peer_mask;
    return &c->peers[i];
}

static struct link *find(const struct carrier *c, const struct link_name *name)
{
    return name->path < PACKET_PATHS_MAX ? locate(c, name->address)->links[name->path] : NULL;
}

/* NULL: there are as many as the NIC has room for, or too many peers. */
static struct link *find_or_add(struct carrier *c, const struct link_name *name)
{
    struct peer_links *peer = locate(c, name->address);
    struct link *link = peer->links[name->path];
    if (link != NULL)
        return link;
    if (c->link_count == c->links_max || (peer->address == 0 && c->peer_count == c->config.peers_max))
        return NULL;
    c->peer_count += peer->address == 0;
    peer->address = name->address;
    link = peer->links[name->path] = &c->links[c->link_count++];
    link->name = *name;
    return link;
}

/* ---- news for the main thread ---- */

static void add_news(struct carrier *c, struct link *link)
{
    if (link->has_news)
        return;
    link->has_news = true;
    STAILQ_INSERT_TAIL(&c->news, link, news);
}

bool carrier_news(struct carrier *c, struct link_news *news)
{
    const struct link *link = STAILQ_FIRST(&c->news);
    if (link == NULL)
        return false;
    *news = (struct link_news){.kind = link->down && !link->told_down ? LINK_DOWN : LINK_WANTED,
                               .name = link->name,
                               .source_port = link->source_port,
                               .reason = link->reason};
    return true;
}

void carrier_told(struct carrier *c)
{
    struct link *link = STAILQ_FIRST(&c->news);
    STAILQ_REMOVE_HEAD(&c->news, news);
    link->has_news = false;
    if (link->down && !link->told_down) {
        link->told_down = true;
        if (link->asked)
            add_news(c, link);
    }
}

static void ask_for_queue_pair(struct carrier *c, struct link *link)
{
    if (link->asked || link->ready)
        return;
    link->asked = true;
    add_news(c, link);
}

/* ---- queues ---- */

static struct carried *at(struct link *link, uint64_t number)
{
    return &link->queue[number % WAITING_MAX];
}

static void set_waiting(struct carrier *c, struct link *link)
{
    if (link->waits || link->posted == link->end)
        return;
    link->waits = true;
    STAILQ_INSERT_TAIL(&c->waiting, link, waiting);
}

/* A payload whose region has gone since is wanted by nobody: its number still has to be filled. */
static void make_void(struct carried *packet)
{
    ((struct packet_header *)packet->header)->type = PACKET_VOID;
    packet->header_bytes = sizeof(struct packet_header);
    packet->payload_bytes = 0;
}

static bool post(struct carrier *c, struct link *link, struct carried *packet)
{
    struct region_use *region = &c->regions[packet->region];
    if (packet->payload_bytes > 0 && region->keys.local == 0)
        make_void(packet);
    struct verbs_message message = {.header = packet->header,
                                    .header_bytes = packet->header_bytes,
                                    .payload = packet->payload,
                                    .payload_bytes = packet->payload_bytes,
                                    .remote_address = packet->remote_address,
                                    .remote_key = packet->remote_key,
                                    .local_key = region->keys.local};
    if (!verbs_link_send(link->verbs, &message))
        return false;
    region->posted += packet->payload_bytes > 0;
    return true;
}

static void post_waiting(struct carrier *c, struct link *link)
{
    while (link->ready && link->posted < link->end && post(c, link, at(link, link->posted)))
        link->posted++;
    c->counters.packets_waited += link->posted < link->end && !link->waits;
    set_waiting(c, link);
}

/* Links that waited for room in their queue pairs, or for what the peer has read. */
static void post_all_waiting(struct carrier *c)
{
    struct link_list waiting = c->waiting;
    if (STAILQ_EMPTY(&waiting))
        return;
    struct link *link = STAILQ_FIRST(&waiting), *next;
    STAILQ_INIT(&c->waiting);
    for (; link != NULL; link = next) {
        next = STAILQ_NEXT(link, waiting);
        link->waits = false;
        post_waiting(c, link);
    }
}

static void release_region(struct carrier *c, const struct carried *packet)
{
    if (packet->payload_bytes > 0)
        c->regions[packet->region].posted--;
}

static void empty_queue(struct carrier *c, struct link *link)
{
    for (; link->first < link->posted; link->first++)
        release_region(c, at(link, link->first));
    link->first = link->posted = link->end;
}

/* ---- failing ---- */

static void fail(struct carrier *c, struct link *link, const char *reason, nsec_t now)
{
    if (link->verbs == NULL || link->down)
        return;
    verbs_link_break(link->verbs);
    empty_queue(c, link);
    link->ready = link->asked = false;
    link->down = true;
    link->told_down = false;
    link->reason = reason;
    add_news(c, link);
    transport_on_path_failed(c->config.transport, link->name.address, link->name.path, now);
}

void carrier_break_link(struct carrier *c, const struct link_name *name, nsec_t now)
{
    struct link *link = find(c, name);
    if (link != NULL)
        fail(c, link, "the other end has been replaced, or its path has another source port", now);
}

int carrier_take_link(struct carrier *c, const struct link_name *name, struct verbs_link *verbs, bool ready)
{
    struct link *link = find_or_add(c, name);
    if (link == NULL)
        return -ENOSPC;
    if (link->down || (link->verbs != NULL && link->verbs != verbs))
        return -EBUSY;
    if (link->verbs == NULL) {
        verbs_link_begin(verbs, link);
        link->verbs = verbs;
        link->heard = false;
    }
    link->ready = ready;
    if (ready)
        link->asked = false;
    post_waiting(c, link);
    return 0;
}

void carrier_end_link(struct carrier *c, const struct link_name *name, nsec_t now)
{
    struct link *link = find(c, name);
    if (link == NULL || !link->down)
        return;
    while (carrier_poll(c, now) > 0)
        ;
    verbs_link_end(link->verbs);
    link->verbs = NULL;
    link->down = false;
    if (link->first < link->end)
        ask_for_queue_pair(c, link);
}

/* A close of what came before this queue pair, or before what came on it. */
static bool is_old(const struct link *link, uint16_t generation)
{
    int16_t ahead = (int16_t)(link->generation - generation);
    return link->heard_ever && !link->down && ahead >= (link->heard ? 1 : 0);
}

/* A peer that closes a channel has given its queue pair up. What had arrived on ours is taken first, for the
 * answer says what that was: the question is passed on only when the queue pair is gone. */
bool carrier_sees_datagram(struct carrier *c, uint32_t source, const uint8_t *bytes, unsigned length,
                           nsec_t now)
{
    struct packet_header header;
    if (length < sizeof(header))
        return false;
    memcpy(&header, bytes, sizeof(header));
    if (header.type != PACKET_CLOSE)
        return false;
    struct link *link = find(c, &(struct link_name){.address = source, .path = header.path});
    if (link == NULL || link->verbs == NULL)
        return false;
    if (is_old(link, header.generation))
        return false;
    fail(c, link, "the peer has closed the channel", now);
    return true;
}

/* ---- regions ---- */

void carrier_set_region(struct carrier *c, uint32_t region, const struct region_keys *keys)
{
    c->regions[region].keys = *keys;
}

bool carrier_uses_region(const struct carrier *c, uint32_t region)
{
    return c->regions[region].posted > 0;
}

void carrier_forget_region(struct carrier *c, uint32_t region)
{
    c->regions[region].keys = (struct region_keys){0};
}

/* ---- sending ---- */

bool carrier_is_numbered(uint8_t type)
{
    return type == PACKET_DATA || type == PACKET_CREDIT || type == PACKET_CREDIT_PLACED ||
           type == PACKET_ABORT || type == PACKET_VOID || type == PACKET_TOO_LONG;
}

/* Says where the message that a credit is for lies, and with which key its sender may write there. */
static void complete_credit(const struct carrier *c, const struct outgoing_packet *packet,
                            struct carried *carried)
{
    struct packet_credit_placed *credit = (struct packet_credit_placed *)carried->header;
    const struct region_keys *keys = &c->regions[packet->region].keys;
    credit->place = (struct packet_place){.address = keys->base + packet->offset, .key = keys->remote};
}

static void fill(const struct carrier *c, const struct outgoing_packet *packet, const uint8_t *payload,
                 struct carried *carried)
{
    carried->payload = payload;
    carried->payload_bytes = packet->length;
    carried->remote_address = packet->remote_address;
    carried->remote_key = packet->remote_key;
    carried->region = packet->region;
    carried->header_bytes = packet->header_bytes;
    memcpy(carried->header, packet->header, packet->header_bytes);
    if (((const struct packet_header *)packet->header)->type == PACKET_CREDIT_PLACED)
        complete_credit(c, packet, carried);
}

static void refuse(struct carrier *c, const struct link_name *name)
{
    c->counters.no_link++;
    if (c->no_link_count < NO_LINK_MAX)
        c->no_link[c->no_link_count++] = *name;
}

/* An answer to a probe goes as a datagram where there is no queue pair; a probe is lost. */
static bool send_probe(struct carrier *c, struct link *link, const struct outgoing_packet *packet)
{
    bool has_room = link->ready && link->end - link->first < PACKET_WINDOW_MAX;
    if (!has_room) {
        c->counters.probes_dropped++;
        return false;
    }
    fill(c, packet, NULL, at(link, link->end++));
    post_waiting(c, link);
    return true;
}

static void send_numbered(struct carrier *c, struct link *link, const struct outgoing_packet *packet,
                          const uint8_t *payload)
{
    fill(c, packet, payload, at(link, link->end++));
    c->counters.packets_carried++;
    post_waiting(c, link);
}

bool carrier_send(struct carrier *c, const struct outgoing_packet *packet, const uint8_t *payload)
{
    const struct packet_header *header = (const struct packet_header *)packet->header;
    struct link_name name = {.address = packet->destination, .path = header->path};
    if (header->type == PACKET_PROBE_REPLY) {
        struct link *back = find(c, &name);
        return back != NULL && send_probe(c, back, packet);
    }
    bool probes = header->type == PACKET_PROBE;
    if (probes ? !packet->tests_path : !carrier_is_numbered(header->type))
        return false;
    struct link *link = find_or_add(c, &name);
    if (link == NULL) {
        refuse(c, &name);
        return true;
    }
    link->source_port = packet->source_port;
    ask_for_queue_pair(c, link);
    if (probes)
        send_probe(c, link, packet);
    else
        send_numbered(c, link, packet, payload);
    return true;
}

uint16_t carrier_datagram_port(struct carrier *c)
{
    return (uint16_t)(FIRST_PORT + mix64(c->datagrams++) % PORTS);
}

/* ---- completions ---- */

static void on_sent(struct carrier *c, struct link *link, nsec_t now)
{
    if (link->first == link->posted)
        return; /* of before it failed */
    const struct carried *packet = at(link, link->first++);
    struct packet_header header;
    release_region(c, packet);
    memcpy(&header, packet->header, sizeof(header));
    if (carrier_is_numbered(header.type))
        transport_on_delivered(c->config.transport, link->name.address, &header, now);
}

static void note_generation(struct link *link, const struct verbs_completion *completion)
{
    struct packet_header header;
    if (completion->header_bytes < sizeof(header))
        return;
    memcpy(&header, completion->header, sizeof(header));
    if (!carrier_is_numbered(header.type))
        return;
    link->heard = link->heard_ever = true;
    link->generation = header.generation;
}

/* Payload goes before the header of a data packet, and before nothing else. */
static bool has_right_payload(const struct carrier *c, const struct verbs_completion *completion)
{
    struct packet_header header;
    if (completion->payload_bytes == 0)
        return true;
    if (completion->header_bytes != sizeof(struct packet_data) ||
        completion->payload_bytes > c->config.payload_bytes_max)
        return false;
    memcpy(&header, completion->header, sizeof(header));
    return header.type == PACKET_DATA;
}

static void on_received(struct carrier *c, struct link *link, const struct verbs_completion *completion)
{
    if (!has_right_payload(c, completion)) {
        c->counters.foreign_payload++;
        return;
    }
    note_generation(link, completion);
    struct received_packet packet = {.source = link->name.address,
                                     .source_port = link->source_port,
                                     .bytes = completion->header,
                                     .length =
                                         (uint16_t)(completion->header_bytes + completion->payload_bytes)};
    c->receiver.receive(c->receiver.context, &packet);
}

static void on_completion(struct carrier *c, const struct verbs_completion *completion, nsec_t now)
{
    struct link *link = completion->owner;
    switch (completion->kind) {
    case VERBS_SENT:
        on_sent(c, link, now);
        break;
    case VERBS_RECEIVED:
        on_received(c, link, completion);
        break;
    case VERBS_FAILED:
        fail(c, link, completion->reason, now);
        break;
    }
}

static void tell_refused(struct carrier *c, nsec_t now)
{
    while (c->no_link_count > 0) {
        const struct link_name *name = &c->no_link[--c->no_link_count];
        transport_on_path_failed(c->config.transport, name->address, name->path, now);
    }
}

unsigned carrier_poll(struct carrier *c, nsec_t now)
{
    struct verbs_completion completions[COMPLETIONS_A_ROUND];
    unsigned count = verbs_poll(c->config.verbs, completions, COMPLETIONS_A_ROUND);
    for (unsigned i = 0; i < count; i++)
        on_completion(c, &completions[i], now);
    verbs_release(c->config.verbs, completions, count);
    post_all_waiting(c);
    tell_refused(c, now);
    return count;
}

bool carrier_arm(struct carrier *c, nsec_t now)
{
    verbs_arm(c->config.verbs);
    return carrier_poll(c, now) > 0;
}

int carrier_bell_fd(const struct carrier *c)
{
    return verbs_completion_fd(c->config.verbs);
}

void carrier_get_counters(const struct carrier *c, struct carrier_counters *counters)
{
    *counters = c->counters;
}
