/* SPDX-License-Identifier: BSD-3-Clause */
/* The bytes of weft packets on the wire: what follows the UDP header.
 *
 * A *session* joins two host ports that have exchanged hellos. In each direction it has one *channel* per
 * path; a channel numbers its packets, and the receiver accepts every number at most once, so no byte is
 * ever counted twice. A side that gives a session up (the other seemed dead) opens the next one under another
 * generation, so that the other notices, and nothing of the old one is taken for the new one's. Data, credit,
 * abort, void and too-long packets are numbered (reliable); the others are not.
 *
 * All integers are little-endian: every host that weft runs on is, and the assertion below keeps it so.
 * Every field is hostile until packet_parse() (transport/packet_parse.h) has looked at it.
 */
#ifndef WEFT_FORMATS_PACKET_H
#define WEFT_FORMATS_PACKET_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "weft's formats are little-endian");

enum {
    PACKET_VERSION = 1,
    PACKET_UDP_PORT = 4793,      /* default destination port; the source port chooses the path */
    PACKET_WINDOW_MAX = 256,     /* unacknowledged packets of one channel: the reach of an ack's bitmap */
    PACKET_PATHS_MAX = 64,       /* channels of a session, per direction */
    PACKET_HEADER_BYTES_MAX = 88 /* of any packet type, payload excluded */
};

enum packet_type {
    PACKET_HELLO = 1,     /* opens a session: "this is my incarnation and my slot for you" */
    PACKET_HELLO_ACK = 2, /* answers a hello, and answers that answer: proof that the address is not forged */
    PACKET_DATA = 3,      /* numbered: a run of bytes of one message */
    PACKET_CREDIT = 4,    /* numbered: the receiver of a message lets its sender go up to a limit */
    PACKET_ABORT = 5,     /* numbered: a rank of a communicator is dead */
    PACKET_ACK = 6,       /* what a channel has received */
    PACKET_CLOSE = 7,     /* the sender gives a channel up (its path is dead) and asks what arrived on it */
    PACKET_CLOSED = 8,    /* final ack of a closed channel: nothing later than this will be accepted on it */
    PACKET_PROBE = 9, /* is this path alive? also used, with a small TTL, to learn which router it crosses */
    PACKET_PROBE_REPLY = 10,
    PACKET_VOID = 11, /* numbered: nothing; fills a number whose content is no longer wanted */
    PACKET_TOO_LONG =
        12,           /* numbered: the message does not fit the room at its receiver and will not be sent */
    PACKET_NACK = 13, /* a data packet has come without its payload: a switch on its path has cut it off */
    PACKET_CREDIT_PLACED =
        14 /* numbered: a credit that says where the sender's NIC is to write the message */
};

/* Begins every packet. */
struct packet_header {
    uint8_t version;  /* PACKET_VERSION */
    uint8_t type;     /* enum packet_type */
    uint16_t session; /* the receiver's slot for this sender, from its hello; PACKET_NO_SESSION in a hello */
    uint8_t path;     /* which channel of the session: the sender's index of the path */
    uint8_t session_generation; /* of the session, as its receiver counts: from its hello; 0 in a hello */
    uint16_t generation;        /* of the channel; grows by one each time it is closed and opened again */
    uint32_t incarnation;       /* of the sender's transport: drawn anew each time it starts, never zero */
    uint32_t number;            /* numbered packets: the packet number, from 0, wrapping; others: 0 */
    uint32_t sent_at_ns;        /* sender's clock, low 32 bits, at this transmission; an ack echoes it */
    uint16_t plan_epoch;        /* low bits of the epoch of the plan that placed the step; 0: local mode */
    uint16_t plan_hash;         /* low bits of that plan's hash */
};
#define PACKET_NO_SESSION UINT16_MAX

struct packet_data {
    struct packet_header header;
    uint32_t message;       /* the receiver's name for the message, from its credit */
    uint32_t offset;        /* bytes from the start of the message to the first byte of the payload */
    uint64_t message_bytes; /* length of the whole message, 0 .. 4 GiB */
    /* the payload follows, to the end of the datagram; empty only when message_bytes is 0 */
};

/* Names one message of a communicator on both sides. The client library makes tags unique per pair of ranks.
 */
struct packet_match {
    uint64_t communicator;
    uint32_t source_rank;
    uint32_t destination_rank;
    uint64_t tag;
};

struct packet_credit {
    struct packet_header header;
    struct packet_match match;
    uint64_t capacity_bytes; /* room at the receiver */
    uint64_t limit_bytes;    /* the sender may have sent this much of the message; only ever grows */
    uint32_t message;        /* the receiver's name for the message */
    uint32_t first; /* 1: the first credit for this message; 0: a later one, of use only if the first came */
};

/* Where a message belongs in its receiver's memory, as RDMA writes name it. */
struct packet_place {
    uint64_t address; /* of the message's first byte */
    uint32_t key;     /* of the memory that it lies in */
    uint32_t reserved;
};

struct packet_credit_placed {
    struct packet_credit credit;
    struct packet_place place;
};

struct packet_too_long {
    struct packet_header header;
    uint64_t message_bytes;
    uint32_t message;  /* the receiver's name for the message */
    uint32_t reserved; /* zero */
};

struct packet_abort {
    struct packet_header header;
    uint64_t communicator;
    uint32_t rank; /* the dead rank */
    uint32_t reserved;
};

/* header.path and header.generation name the *acknowledged* channel, which runs the other way. Zero bytes at
 * the end of the bitmap may be left out: where nothing is lost an ack is PACKET_ACK_BYTES_MIN long. */
struct packet_ack {
    struct packet_header header;
    uint32_t cumulative;       /* every number before this one has been received */
    uint32_t echo_sent_at_ns;  /* sent_at_ns of the packet that caused this ack */
    uint32_t turnaround_ns;    /* from that packet's arrival to this ack */
    uint32_t received_packets; /* on the channel so far, wrapping */
    uint32_t marked_packets;   /* of these, how many carried ECN congestion-experienced, wrapping */
    uint8_t bitmap[PACKET_WINDOW_MAX /
                   8]; /* bit i (LSB first): number cumulative + i has been received; bit 0 is 0 */
};
enum {
    PACKET_ACK_BYTES_MIN = offsetof(struct packet_ack, bitmap)
};

struct packet_hello {
    struct packet_header header;
    uint64_t nonce;      /* the answer must echo it; 0 in an answer that wants none */
    uint64_t echo_nonce; /* hello-ack: the nonce of what it answers; hello: 0 */
    uint16_t slot;       /* the sender's slot for the receiver: goes into header.session of what comes back */
    uint16_t window_packets; /* numbers beyond the cumulative ack that the sender of this hello can receive */
    uint16_t payload_bytes_max;  /* largest payload of a data packet that the sender of this hello accepts */
    uint16_t session_generation; /* 0 .. 255: grows by one, modulo 256, with each session that the sender
                                    gives up; begins anywhere, so that incarnations differ */
};

/* header.path, header.generation and header.number name the packet that was cut. */
struct packet_nack {
    struct packet_header header;
    uint32_t echo_sent_at_ns; /* sent_at_ns of that packet: which of its transmissions it was */
    uint32_t reserved;        /* zero */
};

struct packet_close {
    struct packet_header header; /* path, generation: the channel that is given up */
};

struct packet_probe {
    struct packet_header header;
    uint64_t token; /* echoed by the reply */
};

static_assert(sizeof(struct packet_header) == 24, "packet_header");
static_assert(sizeof(struct packet_data) == 40, "packet_data");
static_assert(sizeof(struct packet_match) == 24, "packet_match");
static_assert(sizeof(struct packet_credit) == 72, "packet_credit");
static_assert(sizeof(struct packet_credit_placed) == 88, "packet_credit_placed");
static_assert(sizeof(struct packet_too_long) == 40, "packet_too_long");
static_assert(sizeof(struct packet_abort) == 40, "packet_abort");
static_assert(sizeof(struct packet_ack) == 76, "packet_ack");
static_assert(sizeof(struct packet_nack) == 32, "packet_nack");
static_assert(sizeof(struct packet_hello) == 48, "packet_hello");
static_assert(sizeof(struct packet_close) == 24, "packet_close");
static_assert(sizeof(struct packet_probe) == 32, "packet_probe");
static_assert(sizeof(struct packet_credit_placed) <= PACKET_HEADER_BYTES_MAX,
              "headers fit the transmit buffer");

#endif
