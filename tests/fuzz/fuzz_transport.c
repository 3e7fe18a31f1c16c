/* SPDX-License-Identifier: BSD-3-Clause */
/* Foreign packets against a transport with work in progress. The input is a script: each step lets time pass
 * and gives the transport one packet, whose common header is made believable so that the bytes reach deep:
 * session, address and incarnation are the peer's, the rest is the input's. Checked after every step: nothing
 * is placed outside the room of a receive, every message ends at most once, and what is sent fits its
 * buffers. */
#include <assert.h>
#include <string.h>

#include "dataplane/transport/congestion.h"
#include "dataplane/transport/transport.h"
#include "tests/fuzz/fuzz.h"

enum {
    OUR_ADDRESS = 1,
    PEER_ADDRESS = 2,
    PEER_INCARNATION = 77,
    MESSAGES = 8,
    ROOM_BYTES = 5000,
    STEP_HEADER_BYTES = 4
};

struct bench {
    struct transport *t;
    nsec_t now;
    uint16_t rank_peers[2];
    int communicator;
    uint32_t names[MESSAGES]; /* of our receives, as our credits tell */
    unsigned name_count;
    uint8_t session_generation;
    unsigned ends[2 * MESSAGES];
};

static void note_credit(struct bench *b, const struct outgoing_packet *packet)
{
    const struct packet_credit *credit = (const struct packet_credit *)packet->header;
    if (credit->header.type == PACKET_CREDIT && b->name_count < MESSAGES)
        b->names[b->name_count++] = credit->message;
}

static void drain(struct bench *b)
{
    struct outgoing_packet out[16];
    struct event event;
    unsigned count, rounds = 0;
    while ((count = transport_prepare_packets(b->t, out, 16, b->now)) > 0 && rounds++ < 100) {
        for (unsigned i = 0; i < count; i++) {
            assert(out[i].header_bytes >= sizeof(struct packet_header) &&
                   out[i].header_bytes <= sizeof(out[i].header));
            assert(out[i].offset + out[i].length <= MESSAGES * ROOM_BYTES);
            note_credit(b, &out[i]);
        }
    }
    while (transport_next_event(b->t, &event)) {
        if (event.kind == EVENT_SENT || event.kind == EVENT_RECEIVED)
            assert(++b->ends[event.cookie] == 1);
    }
}

static void give(struct bench *b, const void *bytes, unsigned length, unsigned flags)
{
    struct received_packet packet = {.source = PEER_ADDRESS,
                                     .source_port = 9,
                                     .ecn = flags & 3,
                                     .trimmed = flags & 4,
                                     .length = (uint16_t)length,
                                     .bytes = bytes};
    struct placement placement;
    transport_receive(b->t, &packet, &placement, b->now);
    if (placement.length > 0) {
        assert(placement.offset / ROOM_BYTES == (placement.offset + placement.length - 1) / ROOM_BYTES);
        assert(placement.offset + placement.length <= MESSAGES * ROOM_BYTES);
        assert(placement.payload >= (const uint8_t *)bytes);
        assert(placement.payload + placement.length <= (const uint8_t *)bytes + length);
    }
    drain(b);
}

/* The peer's side of the handshake, with what our answers reveal. */
static void shake_hands(struct bench *b)
{
    struct outgoing_packet out[4];
    struct packet_hello hello = {.header = {.version = PACKET_VERSION,
                                            .type = PACKET_HELLO,
                                            .session = PACKET_NO_SESSION,
                                            .incarnation = PEER_INCARNATION},
                                 .nonce = 5,
                                 .slot = 0,
                                 .window_packets = 64,
                                 .payload_bytes_max = 1000};
    struct received_packet packet = {
        .source = PEER_ADDRESS, .length = sizeof(hello), .bytes = (const uint8_t *)&hello};
    struct placement placement;
    transport_prepare_packets(b->t, out, 4, b->now);
    assert(transport_receive(b->t, &packet, &placement, b->now) == DROP_NONE);
    assert(transport_prepare_packets(b->t, out, 4, b->now) == 1);
    hello.header.type = PACKET_HELLO_ACK;
    hello.echo_nonce = ((const struct packet_hello *)out[0].header)->nonce;
    assert(transport_receive(b->t, &packet, &placement, b->now) == DROP_NONE);
    assert(transport_prepare_packets(b->t, out, 1, b->now) == 1);
    b->session_generation = (uint8_t)((const struct packet_hello *)out[0].header)->session_generation;
}

static void submit(struct bench *b)
{
    struct flow_request flows[MESSAGES];
    for (unsigned i = 0; i < MESSAGES; i++)
        flows[i] = (struct flow_request){.cookie = i,
                                         .peer_rank = 1,
                                         .tag = i,
                                         .offset = i * ROOM_BYTES,
                                         .bytes = i * 700,
                                         .chunk_bytes = i % 2 ? 999 : 0};
    assert(transport_receive_batch(b->t, (uint32_t)b->communicator, &(struct flow_batch){flows, MESSAGES},
                                   b->now) == SUBMIT_OK);
    for (unsigned i = 0; i < MESSAGES; i++)
        flows[i].cookie = MESSAGES + i;
    assert(transport_send_batch(b->t, (uint32_t)b->communicator, &(struct flow_batch){flows, MESSAGES},
                                b->now) == SUBMIT_OK);
}

static void open_bench(struct bench *b)
{
    struct transport_config config;
    transport_config_default(&config, 1000000000, 10 * NSEC_PER_USEC);
    config.address = OUR_ADDRESS;
    config.incarnation = 1;
    config.payload_bytes_max = 1000;
    config.window_packets = 64;
    config.peers_max = 4;
    config.paths_max = 4;
    config.messages_max = 2 * MESSAGES;
    config.pieces_max = 256;
    config.communicators_max = 2;
    *b = (struct bench){.t = transport_create(&config), .now = NSEC_PER_SEC};
    struct path_entry paths[4] = {{1001}, {1002}, {1003}, {1004}};
    b->rank_peers[1] = (uint16_t)transport_add_peer(b->t, PEER_ADDRESS, 1);
    b->rank_peers[0] = (uint16_t)transport_add_peer(b->t, OUR_ADDRESS, 0);
    transport_set_paths(b->t, b->rank_peers[1], paths, 4, b->now);
    struct communicator_config communicator = {
        .identity = 42, .rank_count = 2, .rank_peers = b->rank_peers, .path_mode = PATH_MODE_WRAP};
    b->communicator = transport_open_communicator(b->t, &communicator, b->now);
    shake_hands(b);
    submit(b);
    drain(b);
}

/* Makes the packet one of the session, and names of messages mostly ones that exist. */
static void make_believable(const struct bench *b, uint8_t *bytes, unsigned length)
{
    struct packet_data *data = (struct packet_data *)bytes;
    if (length < sizeof(data->header))
        return;
    data->header.version = PACKET_VERSION;
    data->header.type = data->header.type % (PACKET_CREDIT_PLACED + 2);
    data->header.session_generation = b->session_generation + data->header.session_generation / 255;
    data->header.incarnation = PEER_INCARNATION;
    data->header.session = b->rank_peers[1];
    data->header.path %= 5;
    data->header.generation %= 4;
    data->header.number %= 80;
    if (data->header.type == PACKET_DATA && length >= sizeof(*data)) {
        data->message = b->names[data->message % MESSAGES];
        data->offset %= 6000;
        data->message_bytes %= 6000;
    }
    struct packet_credit *credit = (struct packet_credit *)bytes;
    if (data->header.type == PACKET_CREDIT && length >= sizeof(*credit)) {
        credit->match = (struct packet_match){.communicator = 42,
                                              .source_rank = 0,
                                              .destination_rank = 1,
                                              .tag = credit->match.tag % (MESSAGES + 2)};
        credit->limit_bytes %= 8000;
        credit->capacity_bytes = credit->limit_bytes + credit->capacity_bytes % 4000;
        credit->first %= 2;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *script, size_t size)
{
    struct bench b;
    open_bench(&b);
    while (size > STEP_HEADER_BYTES) {
        _Alignas(8) uint8_t packet[2048];
        unsigned length = script[0] | (script[1] & 7) << 8;
        unsigned flags = script[1] >> 3;
        b.now += (nsec_t)script[2] * script[3] * script[3] * 10;
        script += STEP_HEADER_BYTES;
        size -= STEP_HEADER_BYTES;
        length = length > size ? (unsigned)size : length;
        memcpy(packet, script, length);
        if (!(flags & 1))
            make_believable(&b, packet, length);
        give(&b, packet, length, flags >> 1);
        script += length;
        size -= length;
    }
    transport_destroy(b.t);
    return 0;
}
