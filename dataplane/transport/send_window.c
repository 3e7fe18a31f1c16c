/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/transport/send_window.h"

#include <stddef.h>

#include "dataplane/transport/receive_window.h"
#include "dataplane/transport/window_pool.h"

enum {
    DUPLICATE_THRESHOLD = 3
};

void send_window_reset(struct send_window *w, struct window_pools *pools)
{
    if (w->size != 0)
        send_window_release(w, pools);
    *w = (struct send_window){0};
}

void send_window_grow(struct send_window *w, struct window_pools *pools)
{
    struct send_window old = *w;
    struct window_pool *pool = old.size == 0 ? &pools->small : &pools->large;
    w->packets = window_pool_take(pool);
    w->size = pool->window_packets;
    for (uint32_t n = old.base; n != old.next; n++)
        *send_window_at(w, n) = *send_window_at(&old, n);
    if (old.size != 0)
        send_window_release(&old, pools);
}

void send_window_release(struct send_window *w, struct window_pools *pools)
{
    window_pool_give(w->size == pools->small.window_packets ? &pools->small : &pools->large, w->packets);
    w->packets = NULL;
    w->size = 0;
}

static void mark_lost(struct send_window *w, uint32_t number, struct sent_packet *packet)
{
    packet->state = SENT_LOST;
    send_window_leave_flight(w, packet);
    if (w->lost_packets++ == 0 || (int32_t)(number - w->lost_from) < 0)
        w->lost_from = number;
}

bool send_window_first_lost(struct send_window *w, uint32_t *number)
{
    if (w->lost_packets == 0)
        return false;
    if ((int32_t)(w->lost_from - w->base) < 0)
        w->lost_from = w->base;
    while (send_window_at(w, w->lost_from)->state != SENT_LOST)
        w->lost_from++;
    *number = w->lost_from;
    return true;
}

void send_window_resend(struct send_window *w, uint32_t number, nsec_t now)
{
    struct sent_packet *packet = send_window_at(w, number);
    packet->sent_at = now;
    packet->transmissions += packet->transmissions < UINT8_MAX;
    w->lost_packets--;
    send_window_enter_flight(w, packet);
}

/* An ack that is being taken: what it did, and the run that the last of its packets belong to. */
struct taking {
    send_window_acked acked;
    void *context;
    struct send_window_ack *result;
    const struct sent_packet *run; /* one packet of it; NULL: none yet */
    uint32_t run_bytes;
};

static void end_run(struct taking *taking)
{
    if (taking->run != NULL)
        taking->acked(taking->context, taking->run, taking->run_bytes);
    taking->run_bytes = 0;
}

static inline void add_to_run(struct taking *taking, const struct sent_packet *packet)
{
    if (taking->run == NULL || taking->run->item != packet->item || taking->run->kind != packet->kind) {
        end_run(taking);
        taking->run = packet;
    }
    taking->run_bytes += packet->length;
}

static inline void acknowledge(struct send_window *w, struct sent_packet *packet, struct taking *taking)
{
    if (packet->state == SENT_ACKED)
        return;
    if (packet->state == SENT_LOST)
        w->lost_packets--;
    else
        send_window_leave_flight(w, packet);
    packet->state = SENT_ACKED;
    taking->result->packets++;
    taking->result->bytes += packet->length;
    if (packet->flight != 0) {
        taking->result->shared_packets[packet->flight - 1]++;
        taking->result->shared_bytes[packet->flight - 1] += packet->length;
    }
    add_to_run(taking, packet);
}

static inline void note_acked(struct send_window *w, uint32_t number)
{
    if ((int32_t)(number - w->highest_acked) > 0)
        w->highest_acked = number;
}

static void acknowledge_before(struct send_window *w, uint32_t cumulative, struct taking *taking)
{
    if ((int32_t)(cumulative - w->base) <= 0)
        return;
    for (; w->base != cumulative; w->base++)
        acknowledge(w, send_window_at(w, w->base), taking);
    note_acked(w, cumulative - 1);
}

static void acknowledge_bitmap(struct send_window *w, uint32_t cumulative, const uint64_t *bitmap,
                               struct taking *taking)
{
    for (unsigned i = 0; i < RECEIVE_WINDOW_WORDS; i++) {
        for (uint64_t word = bitmap[i]; word; word &= word - 1) {
            uint32_t number = cumulative + i * 64 + (uint32_t)__builtin_ctzll(word);
            if ((int32_t)(number - w->base) < 0)
                continue;
            acknowledge(w, send_window_at(w, number), taking);
            note_acked(w, number);
        }
    }
}

/* Whether the bitmap speaks only of numbers that were sent. */
static bool bitmap_is_sane(const struct send_window *w, uint32_t cumulative, const uint64_t *bitmap)
{
    uint32_t sent = w->next - cumulative; /* numbers from cumulative on that exist */
    for (unsigned i = 0; i < RECEIVE_WINDOW_WORDS; i++) {
        uint32_t known = sent > i * 64 ? sent - i * 64 : 0;
        uint64_t unsent = known >= 64 ? 0 : ~0ull << known;
        if (bitmap[i] & unsent)
            return false;
    }
    return true;
}

bool send_window_on_ack(struct send_window *w, uint32_t cumulative, const uint64_t *bitmap,
                        send_window_acked acked, void *context, struct send_window_ack *result)
{
    *result = (struct send_window_ack){0};
    int32_t advance = (int32_t)(cumulative - w->base);
    if (advance > (int32_t)send_window_used(w) || advance < -(int32_t)PACKET_WINDOW_MAX)
        return false;
    if (!bitmap_is_sane(w, cumulative, bitmap))
        return false;
    struct taking taking = {.acked = acked, .context = context, .result = result};
    acknowledge_before(w, cumulative, &taking);
    acknowledge_bitmap(w, cumulative, bitmap, &taking);
    end_run(&taking);
    while (w->base != w->next && send_window_at(w, w->base)->state == SENT_ACKED)
        w->base++;
    return true;
}

static void note_overtaken(struct send_window *w, const struct sent_packet *packet)
{
    struct flight *shared = &w->flights[packet->flight - 1];
    if (packet->sent_at > shared->overtaken_sent_at)
        shared->overtaken_sent_at = packet->sent_at;
}

uint32_t send_window_detect_losses(struct send_window *w, nsec_t delivered_at, nsec_t reorder_ns)
{
    if (delivered_at > w->newest_delivered_at)
        w->newest_delivered_at = delivered_at;
    uint32_t found = 0;
    for (uint32_t n = w->base; (int32_t)(w->highest_acked - n) > 0; n++) {
        struct sent_packet *packet = send_window_at(w, n);
        if (packet->state != SENT_IN_FLIGHT)
            continue;
        bool overtaken = packet->transmissions == 1 && w->highest_acked - n >= DUPLICATE_THRESHOLD;
        if (overtaken || packet->sent_at + reorder_ns < w->newest_delivered_at) {
            mark_lost(w, n, packet);
            if (packet->flight == 0)
                found++;
            else
                note_overtaken(w, packet);
        }
    }
    return found;
}

void send_window_lose_all(struct send_window *w)
{
    for (uint32_t n = w->base; n != w->next; n++) {
        struct sent_packet *packet = send_window_at(w, n);
        if (packet->state == SENT_IN_FLIGHT)
            mark_lost(w, n, packet);
    }
}

bool send_window_lose(struct send_window *w, uint32_t number, uint32_t sent_at_ns)
{
    if (number - w->base >= send_window_used(w))
        return false;
    struct sent_packet *packet = send_window_at(w, number);
    if (packet->state != SENT_IN_FLIGHT || (uint32_t)packet->sent_at != sent_at_ns)
        return false;
    mark_lost(w, number, packet);
    if (packet->flight != 0)
        note_overtaken(w, packet);
    return true;
}

void send_window_lose_shared(struct send_window *w)
{
    for (uint32_t n = w->base; n != w->next; n++) {
        struct sent_packet *packet = send_window_at(w, n);
        if (packet->state == SENT_IN_FLIGHT && packet->flight != 0)
            mark_lost(w, n, packet);
    }
}

bool send_window_lose_last(struct send_window *w)
{
    for (uint32_t n = w->next; n != w->base; n--) {
        struct sent_packet *packet = send_window_at(w, n - 1);
        if (packet->state == SENT_IN_FLIGHT) {
            mark_lost(w, n - 1, packet);
            return true;
        }
    }
    return false;
}
