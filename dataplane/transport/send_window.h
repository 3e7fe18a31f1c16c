/* SPDX-License-Identifier: BSD-3-Clause */
/* The unacknowledged packets of one channel: what each number carried, when it was last sent, and which are
 * lost.
 *
 * A packet's life: IN_FLIGHT when sent, LOST when something sent after it arrived and it did not (or a timer
 * said so), IN_FLIGHT again when sent again under the same number, ACKED when the receiver has it. The path
 * is pinned, so packets arrive in order and a threshold of three is safe (congestion.md); retransmissions are
 * judged by send time, as RACK does (RFC 8985).
 *
 * A window with nothing unacknowledged holds no memory (window_pool.h).
 */
#ifndef WEFT_TRANSPORT_SEND_WINDOW_H
#define WEFT_TRANSPORT_SEND_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/transport/transport.h"

enum sent_kind {
    SENT_DATA,
    SENT_CREDIT,
    SENT_ABORT,
    SENT_TOO_LONG, /* item: name of the outgoing message */
};

enum sent_state {
    SENT_ACKED,
    SENT_IN_FLIGHT,
    SENT_LOST
};

struct sent_packet {
    nsec_t sent_at;
    uint32_t item; /* data: name of the outgoing message; credit: of the incoming one; abort: of the notice */
    uint32_t offset; /* data: in the message */
    uint16_t length; /* data: payload bytes */
    uint8_t kind;
    uint8_t state;
    uint8_t lane;          /* data: which it came from */
    uint8_t flight;        /* whose window it is in: 0: the channel's own, n: that of flights[n - 1] */
    uint8_t transmissions; /* stays at 255 */
};

/* What is in flight within a window that is not one channel's own: of a sprayer. */
struct flight {
    uint64_t bytes; /* payload */
    uint32_t packets;
    nsec_t overtaken_sent_at; /* latest send time of a packet that later ones have overtaken; 0: none yet */
};

enum {
    SPRAYERS = 2
};

struct window_pools; /* window_pool.h */

struct send_window {
    struct sent_packet *packets; /* `size` of them, a power of two or 0; number n is at n & (size - 1) */
    uint32_t base;               /* oldest number that is not acked */
    uint32_t next;               /* number of the next new packet */
    uint32_t own_bytes;          /* payload in flight that is the channel's own */
    uint16_t own_packets;
    uint16_t in_flight_packets; /* own and shared */
    uint16_t lost_packets;
    uint16_t size;
    uint32_t lost_from;         /* no number before this one is LOST */
    uint32_t highest_acked;     /* greatest number acked so far; meaningless while nothing was */
    nsec_t newest_delivered_at; /* latest send time of a packet known to have arrived */
    struct flight *flights;     /* SPRAYERS of them; NULL: all are the channel's own */
};

/* What one ack did. */
struct send_window_ack {
    uint32_t packets;                                          /* newly acknowledged */
    uint32_t bytes;                                            /* payload of these */
    uint32_t shared_packets[SPRAYERS], shared_bytes[SPRAYERS]; /* of these, by flight */
};
/* Called for newly acknowledged packets, for runs of one kind with one item together: any of them, and the
 * payload of all. */
typedef void (*send_window_acked)(void *context, const struct sent_packet *packet, uint32_t bytes);

/* As new: whatever was unacknowledged is forgotten. A window that is all zero is new. */
void send_window_reset(struct send_window *w, struct window_pools *pools);

static inline struct sent_packet *send_window_at(const struct send_window *w, uint32_t number)
{
    return &w->packets[number & (w->size - 1)];
}

static inline uint32_t send_window_used(const struct send_window *w)
{
    return w->next - w->base;
}

/* Gets memory for more packets; there must be fewer than the largest window holds. */
void send_window_grow(struct send_window *w, struct window_pools *pools);
/* Gives its memory back. */
void send_window_release(struct send_window *w, struct window_pools *pools);

/* To be called when packets may have been acknowledged. */
static inline void send_window_rest(struct send_window *w, struct window_pools *pools)
{
    if (send_window_used(w) == 0 && w->size != 0)
        send_window_release(w, pools);
}

/* The packet is sent, for the first time or again. */
static inline void send_window_enter_flight(struct send_window *w, struct sent_packet *packet)
{
    packet->state = SENT_IN_FLIGHT;
    w->in_flight_packets++;
    if (packet->flight == 0) {
        w->own_packets++;
        w->own_bytes += packet->length;
        return;
    }
    w->flights[packet->flight - 1].packets++;
    w->flights[packet->flight - 1].bytes += packet->length;
}

/* It has arrived, or is lost. */
static inline void send_window_leave_flight(struct send_window *w, const struct sent_packet *packet)
{
    w->in_flight_packets--;
    if (packet->flight == 0) {
        w->own_packets--;
        w->own_bytes -= packet->length;
        return;
    }
    w->flights[packet->flight - 1].packets--;
    w->flights[packet->flight - 1].bytes -= packet->length;
}

/* Enters a new packet and returns its number. There must be room: send_window_used() less than the largest
 * window. */
static inline uint32_t send_window_push(struct send_window *w, struct window_pools *pools,
                                        const struct sent_packet *packet)
{
    if (send_window_used(w) == w->size)
        send_window_grow(w, pools);
    struct sent_packet *slot = send_window_at(w, w->next);
    *slot = *packet;
    slot->transmissions = 1;
    send_window_enter_flight(w, slot);
    return w->next++;
}

/* The oldest lost number, if any. */
bool send_window_first_lost(struct send_window *w, uint32_t *number);
/* It is being sent again. */
void send_window_resend(struct send_window *w, uint32_t number, nsec_t now);

/* False, and nothing changed, when the ack speaks of a number never sent. An ack older than one seen before
 * is accepted and does what it still can. `delivered_at`: when the packet that caused the ack was sent.
 * `reorder`: see RACK. */
bool send_window_on_ack(struct send_window *w, uint32_t cumulative, const uint64_t *bitmap,
                        send_window_acked acked, void *context, struct send_window_ack *result);
/* Marks what must be lost given what has been delivered; returns how many of the channel's own. */
uint32_t send_window_detect_losses(struct send_window *w, nsec_t delivered_at, nsec_t reorder_ns);
/* A timer says that nothing in flight will arrive: all of it is lost. */
void send_window_lose_all(struct send_window *w);
/* The packet, as it was sent at this time (low 32 bits), has not arrived: marks it lost. False when that
 * transmission is not in flight. */
bool send_window_lose(struct send_window *w, uint32_t number, uint32_t sent_at_ns);
/* The same of what is not the channel's own. */
void send_window_lose_shared(struct send_window *w);
/* Marks the newest packet in flight lost, so that sending it again provokes an ack; false if there is none.
 */
bool send_window_lose_last(struct send_window *w);

#endif
