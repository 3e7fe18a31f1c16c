/* SPDX-License-Identifier: BSD-3-Clause */
/* The transport of one host port, sans-IO: packets and requests go in, packets, placements and events come
 * out, time is an argument. It never blocks, logs, reads a clock or allocates after transport_create(). One
 * instance belongs to one thread.
 *
 * The caller's loop:
 *     for each packet that has arrived:   transport_receive(), then copy the payload where the placement says
 *     for each request of an application: transport_send_batch(), transport_receive_batch(), ...
 *     transport_prepare_packets() until it returns 0, giving the packets to the port
 *     transport_next_event() until it returns false, telling the applications
 *     sleep until a packet, a request or transport_next_wakeup()
 *
 * Terms: a *peer* is a remote host port; a *channel* a numbered packet stream to it over one path; a
 * *message* one flow of one step; a *piece* a run of a message that one channel carries. `now` must never go
 * back.
 */
#ifndef WEFT_TRANSPORT_TRANSPORT_H
#define WEFT_TRANSPORT_TRANSPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/formats/packet.h"
#include "dataplane/formats/plan.h"
#include "dataplane/formats/step_shape.h"

typedef uint64_t nsec_t;
#define NSEC_NEVER    UINT64_MAX
#define NSEC_PER_USEC 1000ull
#define NSEC_PER_MSEC 1000000ull
#define NSEC_PER_SEC  1000000000ull

struct transport;
struct congestion_control; /* congestion.h */

enum path_mode {
    PATH_MODE_HASH,   /* each pair of hosts on the path that a five-tuple hash would give */
    PATH_MODE_SPRAY,  /* every packet on a path of its own, one window for the peer */
    PATH_MODE_REPS,   /* the same, but paths whose packets came unmarked are used again */
    PATH_MODE_MPRDMA, /* each pair of hosts on four hashed paths, each with its own window */
    PATH_MODE_ETHEREAL,
    PATH_MODE_WRAP,
    PATH_MODE_PLANNED, /* as control plans; wrap where there is no plan */
    PATH_MODES
};
/* Its name, for those who try or list them all; NULL beyond the last. */
const char *path_mode_name(unsigned mode);

/* Whether the receives of a communicator are credited batch by batch (credit_order.h), or all that data comes
 * for in proportion to their room. */
enum credit_order {
    CREDIT_ORDER_OF_MODE, /* by batches if the path mode works by batches: ethereal, wrap, planned */
    CREDIT_ORDER_FAIR,
    CREDIT_ORDER_BATCHES
};

struct transport_config {
    uint32_t address; /* IPv4, host byte order: packets to this address come back by the caller's loopback */
    uint32_t incarnation;         /* drawn at random by the caller, not zero */
    uint64_t seed;                /* of everything random here: jitter, spraying, nonces */
    uint64_t rate_bytes_per_s;    /* of the port: what is sent is paced at this rate, wire bytes */
    uint32_t wire_overhead_bytes; /* bytes on the wire beside weft's header and payload: Ethernet, IP, UDP */
    uint16_t payload_bytes_max;   /* of one data packet */
    uint16_t window_packets;      /* power of two, 8 .. PACKET_WINDOW_MAX */
    uint16_t peers_max;
    uint16_t paths_max;    /* per peer, 1 .. PACKET_PATHS_MAX */
    uint32_t messages_max; /* sends and receives in progress, each */
    uint32_t pieces_max;   /* at least paths_max + window_packets */
    uint32_t communicators_max;
    nsec_t base_rtt_ns; /* of an idle fabric, turnaround included */
    nsec_t rto_min_ns;
    nsec_t rto_max_ns;
    nsec_t ack_delay_ns;    /* an ack is held back at most this long */
    nsec_t peer_timeout_ns; /* silence, while something is awaited from it, after which a peer is dead */
    nsec_t probe_interval_min_ns; /* of a dead path; doubles to the maximum, for ever */
    nsec_t probe_interval_max_ns;
    /* Receiver: bytes granted and not yet arrived, over all messages that data is coming for. At first:
     * credit_budget.h moves it between half and four times as much. */
    uint32_t credit_budget_bytes;
    enum credit_order credit_order;
    /* What one path may send before another's turn comes: at least a packet, at most eight. Less keeps the
     * fabric's queues short when many hosts send at their full rate; more needs fewer acks. */
    uint32_t burst_bytes;
    const struct congestion_control *congestion;
    /* A NIC does the work of channels: it mends losses and keeps order, and what is numbered arrives once or
     * its path has failed. Then no ack is sent or awaited and no silence is judged; the caller says what the
     * NIC has delivered (transport_on_delivered()) and when it gave a path up (transport_on_path_failed()).
     * Payload is written to where the peer's credits say. Unnumbered packets may be lost as ever. */
    bool reliable_nic;
    /* The tables that every packet needs lie in a huge page, where the kernel gives one: it takes 2 MB,
     * however little of them is used. */
    bool huge_page;
};
/* Sensible values for everything but address, incarnation and seed. From rate and round trip follow, with BDP
 * their product: least timeout 4 round trips and 5 us; ack delay half a round trip; turns of BDP/32, at most
 * 32 KiB; credits of 3 BDP, at least 64 KiB. They suit hosts that poll; README.md says how they were found.
 */
void transport_config_default(struct transport_config *config, uint64_t rate_bytes_per_s, nsec_t base_rtt_ns);

/* NULL when memory is short or the configuration is out of range. */
struct transport *transport_create(const struct transport_config *config);
void transport_destroy(struct transport *t);

/* ---- peers and paths ---- */

/* Finds or adds the peer with this address; `leaf` says behind which leaf it is: the splitter spreads a
 * step's flows per leaf. Returns its number, or -1 when the table is full. */
int transport_add_peer(struct transport *t, uint32_t address, uint32_t leaf);
uint32_t transport_peer_address(const struct transport *t, uint16_t peer);

/* The source port of the one path that a peer has until its paths are known. */
uint16_t transport_first_source_port(uint32_t own_address, uint32_t peer_address);

struct path_entry {
    uint16_t source_port; /* UDP source port that takes this path; 0: this path does not exist for the peer */
};
/* Tells which source port reaches the peer over each path: path i crosses the same spine for every peer of a
 * leaf. Until the first call a peer has one path, with a source port of the transport's own choosing. A
 * changed port takes effect at once and counts as a fresh path: it is believed alive. */
void transport_set_paths(struct transport *t, uint16_t peer, const struct path_entry *paths, unsigned count,
                         nsec_t now);

/* Sends one small packet over the path, before all that waits, and times its way there and back:
 * EVENT_PATH_TIMED. It may be lost; the caller gives up what is not answered, and asks for at most 32 at a
 * time: of more the oldest are forgotten. False: there is no session with the peer, or the path does not
 * live, or there is no room. */
bool transport_time_path(struct transport *t, uint16_t peer, unsigned path, uint64_t cookie, nsec_t now);

/* ---- plans ---- */

/* A plan in force. */
struct path_plan {
    struct plan_view view; /* of a plan that plan_check() has accepted */
    /* Which path crosses the plan's spine; PACKET_PATHS_MAX or more: we know of none. */
    uint8_t path_of_spine[PLAN_SPINES_MAX];
};
/* From now on batches avoid the paths that the plan gives no weight, are split by its weights, and those of
 * PATH_MODE_PLANNED go as it says; what is on its way stays where it is. NULL: no plan any more. The plan
 * stays the caller's, unchanged until another one is used. */
void transport_use_plan(struct transport *t, const struct path_plan *plan);

/* ---- communicators and requests ---- */

struct communicator_config {
    uint64_t identity;
    uint32_t rank;
    uint32_t rank_count;
    const uint16_t
        *rank_peers; /* rank_count peer numbers; the caller keeps them until the communicator is closed */
    enum path_mode path_mode;
    uint32_t hash_seed;
    uint32_t owner;        /* the application, for events */
    uint32_t owner_handle; /* the application's name for the communicator, for events */
};
/* Returns its number, or -1: table full, or the (identity, rank) is open already. */
int transport_open_communicator(struct transport *t, const struct communicator_config *config, nsec_t now);
/* Cancels what is in progress on it. With `dead`, all peers learn that this rank is gone and end their
 * operations; without, the rank has done its part and nobody is told. */
void transport_close_communicator(struct transport *t, uint32_t communicator, bool dead, nsec_t now);

struct flow_request {
    uint64_t cookie;
    uint32_t peer_rank;
    uint32_t region; /* opaque here; comes back in outgoing_packet and placement */
    uint64_t tag;
    uint64_t offset;
    uint64_t bytes;       /* to send, or room to receive; at most 4 GiB */
    uint32_t chunk_bytes; /* receives: see app_flow */
};
enum submit_result {
    SUBMIT_OK,
    SUBMIT_FULL,   /* tables are full now; nothing was taken, try again after events */
    SUBMIT_INVALID /* a rank, length, or chunk size is out of range, or the tag is in use; nothing was taken
                    */
};
/* The flows of one step that one rank sends (receives). */
struct flow_batch {
    const struct flow_request *flows;
    unsigned count;
    enum step_shape shape; /* which table of a plan they are looked up in; receives: of no meaning */
};
/* Takes the batch as one unit: its flows are split together and planned to end together. Every flow ends in
 * exactly one EVENT_SENT (EVENT_RECEIVED). If the communicator is dead they end at once. */
enum submit_result transport_send_batch(struct transport *t, uint32_t communicator,
                                        const struct flow_batch *batch, nsec_t now);
enum submit_result transport_receive_batch(struct transport *t, uint32_t communicator,
                                           const struct flow_batch *batch, nsec_t now);

/* ---- events ---- */

enum event_kind {
    EVENT_SENT,
    EVENT_RECEIVED,
    EVENT_CHUNK, /* chunk `chunk` of a receive is whole */
    EVENT_COMMUNICATOR_DEAD,
    EVENT_PATH_DOWN, /* owner is meaningless: peer and path */
    EVENT_PATH_UP,
    EVENT_PATH_TIMED /* peer, path, cookie: what transport_time_path() asked for */
};
enum event_status {
    EVENT_OK,
    EVENT_TRUNCATED,
    EVENT_PEER_DEAD, /* rank */
    EVENT_CANCELLED
};
struct event {
    enum event_kind kind;
    enum event_status status;
    uint32_t owner;
    uint32_t owner_handle;
    uint64_t cookie;
    uint64_t bytes;
    uint32_t chunk;
    uint32_t rank;
    uint16_t peer;
    uint8_t path;
    /* The course of the message at this end; 0: that never happened. */
    nsec_t ready_at;    /* SENT, RECEIVED: it was submitted */
    nsec_t credited_at; /* SENT: the first credit of its receiver came */
    nsec_t begun_at;    /* RECEIVED: its first data came */
    nsec_t arrived_at;  /* RECEIVED: its last data came */
    /* PATH_DOWN: how long nothing had come back, and in timeouts of the path, rounded up. */
    nsec_t silent_ns;
    uint32_t timeouts;
    nsec_t round_trip_ns; /* PATH_TIMED */
};
/* Takes the oldest event. Drain it before the next transport_receive(): an event may speak of bytes that the
 * last placement named, so copy those first. */
bool transport_next_event(struct transport *t, struct event *event);

enum {
    LEG_NO_PATH = UINT8_MAX
};
/* What a message that was sent went through on one path. */
struct message_leg {
    uint8_t path;     /* LEG_NO_PATH: each packet chose its own, or nobody has told us what paths there are */
    bool abandoned;   /* the path died with packets of it unacknowledged; they went over another */
    uint32_t packets; /* sent, retransmissions included */
    uint32_t retransmits;
    uint32_t marked_packets; /* of the path while the leg was on it, at most `packets`; LEG_NO_PATH: 0 */
    uint64_t bytes;          /* acknowledged on this path */
    nsec_t first_sent_at, last_acked_at;
    nsec_t minimum_rtt_ns; /* of the path; LEG_NO_PATH: 0 */
};
/* Takes a leg of the message that the last event, an EVENT_SENT, spoke of; false when there is none left. */
bool transport_next_leg(struct transport *t, struct message_leg *leg);

/* ---- packets ---- */

struct received_packet {
    uint32_t source; /* IPv4, host byte order */
    uint16_t source_port;
    uint8_t ecn; /* the two ECN bits of the IP header: 3 is congestion experienced */
    /* A switch that was short of room has cut the payload off, and says so in the IP header: what is left is
     * the header of a data packet. Ordinary routers never do this. */
    bool trimmed;
    uint16_t length;      /* of the UDP payload */
    const uint8_t *bytes; /* the UDP payload: header and, of data packets, payload */
};
struct placement {
    uint32_t region;
    uint32_t length; /* 0: nothing to place */
    uint64_t offset;
    const uint8_t *payload; /* inside received_packet.bytes */
};
enum drop_reason {
    DROP_NONE,      /* accepted */
    DROP_TRUNCATED, /* shorter than its type, or longer than the largest payload */
    DROP_VERSION,
    DROP_TYPE,    /* unknown, or a reserved field is set */
    DROP_SESSION, /* no such session */
    DROP_SOURCE,  /* the session belongs to another address */
    DROP_INCARNATION,
    DROP_PATH,
    DROP_GENERATION,   /* of a channel that was closed, or not yet opened */
    DROP_DUPLICATE,    /* number seen before: network copy, retransmission or replay */
    DROP_WINDOW,       /* number beyond what may be in flight */
    DROP_MESSAGE,      /* numbered packet for a message that is not (or no longer) in progress */
    DROP_OFFSET,       /* outside the message or the room for it */
    DROP_CREDIT,       /* beyond what was granted */
    DROP_ACK,          /* acknowledges what was never sent */
    DROP_NONCE,        /* hello-ack or probe reply that answers nothing of ours */
    DROP_NO_RESOURCES, /* a table is full; it will be sent again */
    DROP_TRIMMED,      /* its payload was cut off under way: its sender is told at once */
    DROP_REASONS
};
const char *drop_reason_name(enum drop_reason reason);

/* Takes one packet. `placement` says where its payload belongs; the caller copies before it drains events. */
enum drop_reason transport_receive(struct transport *t, const struct received_packet *packet,
                                   struct placement *placement, nsec_t now);

struct outgoing_packet {
    uint32_t destination; /* IPv4, host byte order */
    uint16_t source_port;
    uint16_t header_bytes;
    uint8_t ecn_capable; /* set ECT(0) */
    uint32_t region;     /* payload: `length` bytes at `offset` of `region` */
    uint32_t length;
    uint64_t offset;
    /* reliable_nic: where the payload is to be written at the peer. A credit has no payload, but region and
     * offset of what it is for: the caller completes its packet_credit_placed.place. */
    uint64_t remote_address;
    uint32_t remote_key;
    bool tests_path; /* a probe of a path believed dead: what carries the channel must carry it, too */
    _Alignas(8) uint8_t header[PACKET_HEADER_BYTES_MAX];
};
/* Writes up to `max` packets that are due now, and returns how many. They must be sent in this order, at
 * once. */
unsigned transport_prepare_packets(struct transport *t, struct outgoing_packet *packets, unsigned max,
                                   nsec_t now);
/* When transport_prepare_packets() should be called next though nothing arrives: a time not before which
 * nothing is due. */
nsec_t transport_next_wakeup(const struct transport *t);

/* ---- callers that know what comes next ---- */

enum {
    TRANSPORT_FORESIGHT_STEPS = 5
};
/* Brings into the cache what transport_receive() of the packet (its first 32 bytes are read; NULL: none) and
 * transport_prepare_packets() will need, in steps from 0 on, each best a hundred ns or more after the one
 * before it. Nothing else depends on it. */
void transport_foresee(const struct transport *t, const void *packet, unsigned step);

/* ---- NICs that mend losses (transport_config.reliable_nic) ---- */

/* Whether numbered packets of this peer can be taken: its NIC delivers once, also what comes too early. */
bool transport_has_session(const struct transport *t, uint32_t address);
/* Whether the header is of the session with this peer, so that nobody else can have written it. */
bool transport_is_of_session(const struct transport *t, uint32_t address, const struct packet_header *header);
/* The peer's NIC has this numbered packet of ours, and all that were prepared for its channel before. */
void transport_on_delivered(struct transport *t, uint32_t destination, const struct packet_header *packet,
                            nsec_t now);
/* The NIC has given up what was sent to the peer on this path since its channel was last opened: what the
 * peer did not get goes over other paths, or over this one again if there is no other. */
void transport_on_path_failed(struct transport *t, uint32_t destination, uint8_t path, nsec_t now);

/* ---- introspection ---- */

struct transport_counters {
    uint64_t data_packets_sent, data_bytes_sent;         /* payload, retransmissions included */
    uint64_t data_packets_received, data_bytes_received; /* payload, accepted */
    uint64_t acks_sent, acks_received, credits_sent, probes_sent;
    uint64_t retransmits, retransmitted_bytes, timeouts, tail_probes;
    uint64_t marked_packets;  /* our data that arrived marked */
    uint64_t trimmed_packets; /* our data that arrived without its payload */
    uint64_t messages_sent, messages_received, pieces_sent;
    uint64_t pieces_relieved;                /* times that half of one left a slow path */
    uint64_t legs_unmeasured;                /* the table of legs was full */
    uint64_t flows_planned, flows_unplanned; /* of PATH_MODE_PLANNED: as the plan says, or split locally */
    uint64_t paths_died, paths_revived, packets_rehomed, peers_died;
    uint64_t drops[DROP_REASONS];
};
void transport_get_counters(const struct transport *t, struct transport_counters *counters);

struct channel_info {
    uint32_t peer_address;
    uint16_t source_port;
    uint16_t peer;
    uint8_t path;
    bool alive;
    uint16_t generation;
    uint32_t in_flight_packets;
    uint64_t window_bytes;
    nsec_t smoothed_rtt_ns;
    nsec_t minimum_rtt_ns;
    uint64_t sent_packets, retransmits, marked_packets;
    uint64_t acked_bytes;
};
/* The channel on the `index`-th path of the transport (peer-major); false beyond the last. `*exists`:
 * something has been sent or received on the path; only then is there information. */
bool transport_get_channel(const struct transport *t, unsigned index, struct channel_info *info,
                           bool *exists);
/* Bytes of one channel's own state; of the largest window that it holds while packets are unacknowledged. */
unsigned transport_channel_bytes(void);
unsigned transport_channel_window_bytes(const struct transport *t);

#endif
