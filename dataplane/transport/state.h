/* SPDX-License-Identifier: BSD-3-Clause */
/* What the transport remembers: one struct a noun, all allocated in transport_create(). Only files of this
 * folder see it.
 *
 * Pools are arrays; members refer to each other by index (NONE: nobody), so nothing depends on addresses.
 * They are as large as the worst case, but what was never used is never touched, and what is used last is
 * used again first, so memory follows use: free members are a list of those given back (`_free`) and, behind
 * it, those from `_fresh` on. A message's *name* is its index and a generation that changes whenever the
 * index is given out anew: names go on the wire and into windows, and a stale one is recognised.
 */
#ifndef WEFT_TRANSPORT_STATE_H
#define WEFT_TRANSPORT_STATE_H

#include <stddef.h>

#include "dataplane/transport/congestion.h"
#include "dataplane/transport/credit_budget.h"
#include "dataplane/transport/match_table.h"
#include "dataplane/transport/pacer.h"
#include "dataplane/transport/path_subset.h"
#include "dataplane/transport/random.h"
#include "dataplane/transport/receive_window.h"
#include "dataplane/transport/reps.h"
#include "dataplane/transport/rtt_estimator.h"
#include "dataplane/transport/send_window.h"
#include "dataplane/transport/splitter.h"
#include "dataplane/transport/timer_heap.h"
#include "dataplane/transport/transport.h"
#include "dataplane/transport/window_pool.h"

#define NONE UINT32_MAX

enum {
    CHUNKS_MAX = 64,       /* of one receive */
    REPLIES_MAX = 256,     /* answers waiting to be sent */
    PATH_TIMINGS_MAX = 32, /* lone packets on their way */
    NOTICES_MAX = 256      /* deaths of ranks that peers are being told of */
};

/* The lanes of a peer that are not bound to one path, numbered after the paths: one a mode, so that modes do
 * not mix. */
enum roaming_lane {
    LANE_SPRAY = PACKET_PATHS_MAX,
    LANE_REPS,
    LANE_MPRDMA,
    LANES_END
};
enum {
    ROAMING_LANES = LANES_END - LANE_SPRAY
};

/* Windows of a peer over all its paths: sent_packet.flight. */
enum flight_of {
    FLIGHT_OWN,
    FLIGHT_SPRAY,
    FLIGHT_REPS
};

/* Something that sends pieces in the order of their tags: a channel, or a mode of a peer that takes a path
 * for every packet. */
struct lane {
    uint32_t number; /* in transport.ready, where it is at the tag of its first piece while it may send */
    uint32_t first_piece, last_piece;
    uint16_t peer;
    uint8_t path; /* or enum roaming_lane */
};

/* A run of an outgoing message that one lane carries. On a lane's list while it may be sent, else parked on
 * its message. */
struct piece {
    uint64_t tag;       /* scheduling: smaller goes first; grows with what has been sent */
    uint64_t tag_scale; /* growth of tag per byte, 16 fractional bits */
    uint64_t begin_offset, next_offset, end_offset; /* in the message */
    uint32_t message;                               /* index */
    uint32_t next, previous;                        /* on the lane */
    uint32_t next_of_message;
    uint16_t peer;
    uint8_t path;  /* or enum roaming_lane */
    bool queued;   /* on the lane's list */
    bool measured; /* its packets count towards a leg */
};

/* What a message sends over one path (leg.h). */
struct leg {
    nsec_t first_sent_at, last_acked_at;
    uint64_t bytes; /* acknowledged */
    uint32_t retransmits;
    uint32_t marked_before; /* the channel's marked packets when it began */
    uint32_t next;          /* of the message, of those offered, or of the free list */
    uint16_t peer;
    uint8_t lane; /* path, or enum roaming_lane */
    bool abandoned;
};

/* A message that this host sends. Lives from the first of (its send was submitted, a credit for it came) to
 * the end of the send. It is sent while credited; done when every byte is acknowledged. What every packet and
 * ack of it needs is in its first cache line. */
struct outgoing {
    _Alignas(64) uint32_t name;
    uint32_t remote_name;
    uint64_t bytes;
    uint64_t limit_bytes; /* credit */
    uint64_t sent_bytes;  /* for the first time */
    uint64_t acked_bytes;
    uint64_t offset; /* in the region */
    uint32_t region;
    uint32_t first_leg;
    uint16_t peer;
    uint8_t status; /* enum event_status, once done */
    bool used, submitted, credited, done,
        refusing; /* refusing: its receiver must be told that it does not fit */
    uint32_t first_piece;
    struct packet_match match;
    uint64_t capacity_bytes;
    uint32_t communicator; /* NONE: only a credit has come */
    uint32_t owner, owner_handle;
    uint64_t cookie;
    nsec_t submitted_at, credited_at; /* 0: not yet */
    struct packet_place place;        /* reliable_nic: at the receiver */
    uint32_t next, previous;          /* of the communicator, or of the free list (next) */
    uint32_t next_event;
    uint32_t dead_rank; /* status EVENT_PEER_DEAD */
};

/* A message that this host receives. What every packet of it needs comes first, in two cache lines. */
struct incoming {
    _Alignas(64) uint32_t name;
    uint32_t region;
    uint64_t offset;
    uint64_t capacity_bytes;
    uint64_t message_bytes; /* as its data says; UINT64_MAX until then */
    uint64_t received_bytes;
    uint64_t granted_bytes;
    uint64_t ahead_bytes; /* granted and not arrived, as transport.granted_ahead_bytes counts it */
    uint16_t peer;
    uint8_t status; /* enum event_status, once done */
    bool used, done, active, event_queued, credit_queued, waits, held;
    uint32_t chunk_bytes;
    uint32_t communicator;
    uint64_t first_bytes;                    /* granted at first, or for the asking */
    uint64_t awaited_bytes;                  /* as communicator.awaited_bytes counts it */
    uint32_t batch;                          /* of its communicator (credit_order.h) */
    uint32_t next_in_turn, previous_in_turn; /* on communicator.held or .begun */
    uint32_t next_credit;                    /* on the peer's list of credits to send */
    uint32_t next_waiting, previous_waiting; /* for the credit budget */
    nsec_t posted_at, begun_at, arrived_at;  /* begun, arrived: its first, its last data; 0: not yet */
    uint64_t chunks_ready;                   /* bit i: chunk i is whole and not reported yet */
    uint64_t batch_bytes;                    /* room of its whole batch */
    uint32_t owner, owner_handle;
    uint64_t cookie;
    struct packet_match match;
    uint32_t next, previous; /* of the communicator, or of the free list (next) */
    uint32_t next_event;
    uint32_t dead_rank; /* status EVENT_PEER_DEAD */
};

/* Incoming messages in the order of their batches. */
struct turn_list {
    uint32_t first, last;
};

struct communicator {
    struct communicator_config config;
    uint32_t first_outgoing, first_incoming;
    uint32_t outgoing_count, incoming_count; /* submitted, and not ended */
    uint64_t finish_tag;                     /* scheduling: where its last batch ends */
    uint32_t dead_rank;
    uint32_t next_event;
    uint32_t steps;                      /* send batches so far */
    uint32_t receive_batches;            /* so far, if they have an order (credit_order.h) */
    uint32_t admitted_batch;             /* the last one that may have all of its first credit */
    struct turn_list held;               /* those that may not yet, and that no data has come for */
    struct turn_list begun;              /* those that data is coming for */
    uint64_t first_begun_capacity_bytes; /* of those of the first batch among them */
    uint64_t awaited_bytes;              /* of messages admitted, or begun: what has not arrived */
    bool open, dead, event_queued;
    bool spoke; /* a credit or data has come for it, so its peers' incarnations matter */
};

/* Both directions of one path of one session. It is opened when something is first sent or received on the
 * path: of all paths to all peers, most are never used. In the order of use, so that a packet needs few of
 * its cache lines: what sending needs, what acks need as well, what receiving needs, the rest. */
struct channel {
    _Alignas(64) struct lane lane;
    struct send_window sent;
    uint16_t generation;
    uint16_t source_port;
    uint8_t state;        /* enum channel_state */
    uint8_t timeouts;     /* in a row; CLOSING: whether it has been asked before */
    bool suspected : 1;   /* ALIVE: silent while others are not (suspicion.h); it gets nothing new */
    bool quick_trial : 1; /* DEAD: no probe has gone unanswered yet */
    bool tail_probed : 1;
    bool marked : 1;     /* by the last ack */
    bool peer_lived : 1; /* it was heard elsewhere while a flight timed out */
    bool path_event_queued : 1;
    uint8_t wronged; /* deaths in a row after which it answered at once */
    struct pacer pacer;
    nsec_t waiting_since; /* when the wait for the next ack began: the flight, the last ack, or the last
                             timeout */
    uint64_t sent_packets;
    struct congestion congestion;
    struct rtt_estimator rtt;
    nsec_t delivered_at; /* when the newest of what is known to have arrived was sent, probes included */
    nsec_t look_at;      /* ALIVE: not before this is its silence looked into; CLOSING: when to ask (again) */
    nsec_t probe_at;     /* when to probe; NSEC_NEVER: no probing */
    uint64_t acked_bytes;
    uint32_t recovery_number; /* the losses of one window count once: those before this number did */
    uint32_t marked_reported; /* the peer's count of our marked packets */
    uint32_t retransmits, marked_packets;
    /* receiving */
    struct receive_window received;
    uint32_t received_packets, received_marked;
    uint32_t echo_sent_at_ns;
    uint16_t received_generation;
    uint8_t unacked_packets;
    bool receiving : 1, ack_queued : 1;
    nsec_t echo_arrived_at, ack_due_at;
    uint32_t next_ack, previous_ack; /* on transport.acks */
    /* rarely */
    union {
        nsec_t trial_at;          /* ALIVE: when it was probed last */
        nsec_t probe_interval_ns; /* DEAD */
    };
    uint64_t probe_token;
    uint64_t planned_rate_bytes_per_s; /* of the pieces it carries, as congestion control was told */
    uint64_t window_before_timeout_bytes;
    nsec_t timed_out_at;  /* the first timeout in a row */
    nsec_t died_at;       /* the last time; 0: never */
    uint64_t planned_tag; /* start tag of the batch that this counts */
    uint32_t next_path_event;
    uint8_t clean_probes;
};

static_assert(sizeof(struct channel) <= 512, "a fabric has many channels");

/* ABSENT: no path. ALIVE: in use. CLOSING: its path is dead, the peer is asked what arrived. DEAD: probed
 * until it lives. */
enum channel_state {
    CHANNEL_ABSENT,
    CHANNEL_ALIVE,
    CHANNEL_CLOSING,
    CHANNEL_DEAD
};

/* The window over all paths of a peer, and what decides which path a packet takes. */
struct sprayer {
    struct congestion congestion;
    uint64_t planned_rate_bytes_per_s, planned_tag; /* as of a channel */
    uint64_t window_before_timeout_bytes;
    nsec_t sent_at, heard_at; /* the last of its packets, and the last ack of one */
    nsec_t delivered_sent_at; /* latest send time of a packet known to have arrived, on any path */
    nsec_t timed_out_at;      /* 0: never */
    nsec_t recovery_at;       /* the losses of packets sent before count as one */
    struct reps reps;
    uint8_t path_order_left;
    uint8_t path_order[PACKET_PATHS_MAX]; /* the first path_order_left have not had their turn */
};

struct peer {
    _Alignas(64) uint32_t address;
    uint32_t incarnation; /* theirs */
    uint8_t generation;   /* of our side of the session: packet_hello.session_generation */
    uint8_t remote_generation;
    bool open;           /* the session: they have answered */
    bool control_queued; /* on transport.control: has credits, closes or probes to send, or a hello */
    uint16_t remote_slot;
    uint16_t window_packets;        /* the smaller of both sides'; 0 until the session is open */
    uint16_t payload_bytes_max;     /* the smaller of both sides' */
    uint16_t plan_epoch, plan_hash; /* of the plan that it follows, as its packets say */
    uint16_t path_count;
    uint16_t next_path;      /* round robin of what may take any path; begins anywhere, at both ends alike */
    uint8_t sprayers_in_use; /* bit i: sprayer i is more than zeroed memory */
    bool paths_told;         /* by transport_set_paths() */
    nsec_t heard_at;
    uint32_t first_credit, last_credit; /* incoming messages whose credit is to be sent */
    uint32_t refusals;                  /* outgoing messages that are refusing */
    uint32_t next_control;
    uint32_t awaited; /* messages in progress with it */
    uint32_t leaf;
    struct lane roaming[ROAMING_LANES];
    struct flight flights[SPRAYERS]; /* what its sprayers have in flight */
    struct path_subset subset;       /* of LANE_MPRDMA */
    uint64_t avoided_paths;          /* the plan gives them no weight: a bit each */
    uint64_t nonce;                  /* of our hello; 0: none outstanding */
    nsec_t reset_at;                 /* when the session, and so its channels, last began or ended */
    nsec_t hello_at, hello_interval_ns;
};

/* An unnumbered answer. */
struct reply {
    uint32_t destination;
    uint16_t source_port;
    uint16_t length;
    uint8_t bytes[PACKET_HEADER_BYTES_MAX];
};

/* A lone packet whose round trip is measured. */
struct path_timing {
    uint64_t token; /* 0: none is on its way */
    uint64_t cookie;
    nsec_t sent_at, round_trip_ns;
    uint16_t peer;
    uint8_t path;
    bool answered; /* and nobody has been told */
};

/* "Rank `rank` of this communicator is dead": told to every peer that has its bit set. */
struct notice {
    uint64_t identity;
    uint32_t rank;
    uint32_t name;
    uint32_t peers_left;
};

/* In the order of use: what every packet needs comes first, what few need and is large last. */
struct transport {
    struct transport_config config;
    struct congestion_path path;
    uint64_t virtual_now;      /* tag of what was sent last */
    uint64_t proportional_now; /* where it would be, had all pieces advanced in proportion; see relief.h */
    struct peer *peers;
    uint32_t peer_count;
    uint32_t channels_max;    /* the first number that is no channel's */
    uint32_t *paths;          /* peer * paths_max + path: see channel.h */
    struct channel *channels; /* in the order in which they were opened */
    struct outgoing *outgoing;
    struct incoming *incoming;
    struct piece *pieces;
    struct leg *legs; /* as many as there are pieces */
    struct communicator *communicators;
    uint32_t communicators_open;
    struct timer_heap ready;  /* lanes that have something to send: of channels, and roaming ones */
    struct timer_heap timers; /* channels: loss, pacing, closing, probing; peers: hello, keepalive, death */
    struct pacer pacer;       /* of the port */
    uint32_t lane_burst_packets;
    uint32_t first_ack, last_ack;         /* channels that owe an ack, in order of ack_due_at */
    uint32_t first_control, last_control; /* peers with hello, credits, closes or probes to send */
    uint32_t first_outgoing_event, last_outgoing_event;
    uint32_t first_incoming_event, last_incoming_event;
    uint32_t first_communicator_event, last_communicator_event;
    uint32_t first_path_event, last_path_event;
    uint32_t timings_answered;
    uint32_t offered_leg; /* of the last event, not taken yet */
    uint32_t reply_first, reply_count;
    uint32_t notices_pending, next_notice; /* pending: notices that some peer has not been told */
    bool notices_due;                      /* it is worth trying to tell them now */
    uint16_t plan_epoch, plan_hash;
    uint32_t first_waiting, last_waiting; /* incoming messages: for the credit budget */
    uint64_t active_capacity_bytes;       /* of incoming messages that data is coming for, those of each
                                             communicator's first batch */
    uint64_t granted_ahead_bytes;         /* to them, and not arrived */
    struct credit_budget credit_budget;   /* what they may be granted and not have arrived */
    struct rtt_estimator rtt;             /* of all channels together */
    struct window_pools windows;
    struct transport_counters counters;

    struct random_stream random;
    struct match_table matches;
    uint32_t channel_count;
    uint32_t outgoing_count, outgoing_free, outgoing_free_count;
    uint32_t outgoing_unsubmitted; /* known by a credit only: messages_max at most, so that sends find room */
    uint32_t incoming_free, incoming_free_count;
    uint32_t piece_free, piece_free_count;
    uint32_t leg_free;
    uint32_t outgoing_fresh, incoming_fresh, piece_fresh, leg_fresh; /* from here on never used */
    uint32_t *chunk_missing_bytes; /* incoming message * CHUNKS_MAX + chunk */
    uint16_t *peer_index;          /* open addressing by address: peer + 1, 0 is empty */
    uint32_t peer_index_mask;
    struct sprayer *sprayers;            /* peer * SPRAYERS + flight - 1; untouched until used */
    struct congestion_path sprayed_path; /* as path, for sprayers, whose acks are held back */
    const struct path_plan *plan;        /* NULL: none */
    uint64_t *notice_peers;              /* bitmap of peers per notice */

    /* scratch of submit.c and placement.c, each for as many flows as there are outgoing messages */
    uint32_t *batch, *unplaced, *bucket_flows;
    uint64_t *bucket_bytes;
    struct split_piece *split; /* as many as there are pieces */

    void *memory; /* that all of this lies in */
    struct path_timing timings[PATH_TIMINGS_MAX];
    uint32_t next_timing;
    struct reply replies[REPLIES_MAX];
    struct notice notices[NOTICES_MAX];
};

/* Pieces are cut at multiples of this: a packet's payload; of packets that a NIC cuts again, a part of it. */
static inline uint32_t transport_granule_bytes(const struct transport *t, uint32_t payload_bytes)
{
    const uint32_t nic_granule_bytes = 4096;
    return t->config.reliable_nic && payload_bytes > nic_granule_bytes ? nic_granule_bytes : payload_bytes;
}

/* What so many data packets take on the wire. */
static inline uint64_t transport_wire_bytes(const struct transport *t, uint64_t packets,
                                            uint64_t payload_bytes)
{
    return payload_bytes + packets * (t->config.wire_overhead_bytes + sizeof(struct packet_data));
}

#endif
