/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/transport/rehome.h"

#include "dataplane/transport/channel.h"
#include "dataplane/transport/lane.h"
#include "dataplane/transport/leg.h"
#include "dataplane/transport/message.h"
#include "dataplane/transport/path_health.h"

/* The paths of the peer that may be used; always at least one. */
static unsigned survivors(const struct transport *t, uint16_t peer, uint8_t paths[PACKET_PATHS_MAX])
{
    unsigned count = 0;
    for (uint64_t usable = path_health_usable(t, peer); usable != 0; usable &= usable - 1)
        paths[count++] = (uint8_t)__builtin_ctzll(usable);
    return count;
}

static void return_run(struct transport *t, uint16_t peer, const struct rehome_run *run, nsec_t now)
{
    struct piece_spec spec = {.offset = run->offset,
                              .bytes = run->bytes,
                              .tag = run->tag,
                              .tag_scale = run->tag_scale,
                              .peer = peer,
                              .path = run->lane};
    struct outgoing *m = &t->outgoing[run->message];
    piece_add(t, m, &spec);
    if (m->credited)
        lane_queue_pieces(t, m, now);
}

/* Modes that take any path take what was on the dead one to another; the rest stays on the list. */
static void return_to_roaming_lanes(struct transport *t, uint16_t peer, struct rehome_list *list, nsec_t now)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < list->count; i++) {
        if (lane_roams(list->runs[i].lane))
            return_run(t, peer, &list->runs[i], now);
        else
            list->runs[kept++] = list->runs[i];
    }
    list->count = kept;
}

static void place_run(struct transport *t, uint16_t peer, const struct rehome_run *run,
                      const struct split_piece *cut, uint8_t path)
{
    uint64_t grown = cut->bytes ? run->bytes / cut->bytes : 1;
    struct piece_spec spec = {.offset = run->offset + cut->offset,
                              .bytes = cut->bytes,
                              .tag = run->tag,
                              .tag_scale = run->tag_scale * grown,
                              .peer = peer,
                              .path = path};
    piece_add(t, &t->outgoing[run->message], &spec);
}

static void queue_messages(struct transport *t, const struct rehome_list *list, nsec_t now)
{
    for (unsigned i = 0; i < list->count; i++) {
        struct outgoing *m = &t->outgoing[list->runs[i].message];
        if (m->credited)
            lane_queue_pieces(t, m, now);
    }
}

void rehome_list_to_survivors(struct transport *t, uint16_t peer, struct rehome_list *list, nsec_t now)
{
    uint8_t paths[PACKET_PATHS_MAX];
    uint64_t bytes[REHOME_RUNS_MAX];
    struct split_piece cuts[REHOME_RUNS_MAX + PACKET_PATHS_MAX];
    unsigned path_count = survivors(t, peer, paths);
    return_to_roaming_lanes(t, peer, list, now);
    if (list->count == 0 || path_count == 0)
        return;
    bool short_of_pieces = t->piece_free_count < list->count + path_count;
    for (unsigned i = 0; i < list->count; i++)
        bytes[i] = list->runs[i].bytes;
    struct split_request request = {.flow_bytes = bytes,
                                    .flow_count = list->count,
                                    .path_count = short_of_pieces ? 1 : path_count,
                                    .rotation = t->peers[peer].next_path,
                                    .granule_bytes =
                                        transport_granule_bytes(t, t->peers[peer].payload_bytes_max)};
    unsigned count = split_wrap(&request, cuts);
    for (unsigned i = 0; i < count; i++)
        place_run(t, peer, &list->runs[cuts[i].flow], &cuts[i], paths[cuts[i].path]);
    queue_messages(t, list, now);
    list->count = 0;
}

/* Turns a piece into a run: the piece is gone. */
static void add_piece(struct transport *t, struct rehome_list *list, uint32_t index)
{
    const struct piece *p = &t->pieces[index];
    list->runs[list->count++] = (struct rehome_run){.message = p->message,
                                                    .offset = p->next_offset,
                                                    .bytes = p->end_offset - p->next_offset,
                                                    .tag = p->tag,
                                                    .tag_scale = p->tag_scale,
                                                    .lane = p->path};
    piece_finish(t, index);
}

void rehome_unsent(struct transport *t, struct channel *ch, nsec_t now)
{
    struct rehome_list list;
    while (ch->lane.first_piece != NONE) {
        list.count = 0;
        while (ch->lane.first_piece != NONE && list.count < REHOME_RUNS_MAX)
            add_piece(t, &list, ch->lane.first_piece);
        rehome_list_to_survivors(t, ch->lane.peer, &list, now);
    }
    lane_refresh(t, &ch->lane, now);
}

void rehome_parked(struct transport *t, uint32_t piece, nsec_t now)
{
    uint16_t peer = t->pieces[piece].peer;
    struct rehome_list list = {.count = 0};
    add_piece(t, &list, piece);
    rehome_list_to_survivors(t, peer, &list, now);
}

void rehome_add_packet(struct transport *t, struct rehome_list *list, const struct sent_packet *packet)
{
    struct outgoing *m = outgoing_by_name(t, packet->item);
    if (m == NULL)
        return;
    m->sent_bytes -= packet->length;
    leg_on_abandoned(t, m, packet->lane);
    struct rehome_run *last = list->count > 0 ? &list->runs[list->count - 1] : NULL;
    bool joins = last != NULL && last->message == outgoing_index(t, m) && last->lane == packet->lane &&
                 last->offset + last->bytes == packet->offset;
    if (joins)
        last->bytes += packet->length;
    else
        list->runs[list->count++] = (struct rehome_run){.message = outgoing_index(t, m),
                                                        .offset = packet->offset,
                                                        .bytes = packet->length,
                                                        .tag = t->virtual_now,
                                                        .lane = packet->lane};
}
