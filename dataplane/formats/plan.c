/* SPDX-License-Identifier: BSD-3-Clause */
/* The gate for plans, and looking things up in them. */
#include "dataplane/formats/plan.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

static int refuse(char error[PLAN_ERROR_BYTES], const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static int refuse(char error[PLAN_ERROR_BYTES], const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error, PLAN_ERROR_BYTES, format, arguments);
    va_end(arguments);
    return -EINVAL;
}

/* ---- layout ---- */

/* Padded so that what follows lies on a multiple of 8. */
static size_t weights_bytes(const struct plan_header *h)
{
    size_t before = h->spine_count * sizeof(struct plan_spine) + h->leaf_count * sizeof(struct plan_leaf);
    size_t end = before + (size_t)h->leaf_count * h->spine_count;
    return ((end + 7) & ~(size_t)7) - before;
}

size_t plan_bytes(const struct plan_header *h)
{
    if (h->spine_count > PLAN_SPINES_MAX || h->leaf_count > PLAN_LEAVES_MAX ||
        h->communicator_count > PLAN_COMMUNICATORS_MAX || h->flow_count > PLAN_FLOWS_MAX ||
        h->piece_count > PLAN_PIECES_MAX)
        return 0;
    return sizeof(*h) + h->spine_count * sizeof(struct plan_spine) +
           h->leaf_count * sizeof(struct plan_leaf) + weights_bytes(h) +
           h->communicator_count * sizeof(struct plan_communicator) +
           h->flow_count * sizeof(struct plan_flow) + h->piece_count * sizeof(struct plan_piece);
}

struct plan_view plan_lay_out(const void *block)
{
    struct plan_view v = {.header = block};
    const struct plan_header *h = v.header;
    v.spines = (const void *)(h + 1);
    v.leaves = (const void *)(v.spines + h->spine_count);
    v.weights = (const void *)(v.leaves + h->leaf_count);
    v.communicators = (const void *)(v.weights + weights_bytes(h));
    v.flows = (const void *)(v.communicators + h->communicator_count);
    v.pieces = (const void *)(v.flows + h->flow_count);
    return v;
}

/* Half a byte at a time: control sums up a block for every host of each plan. */
static uint32_t crc_of(uint32_t crc, const uint8_t *bytes, size_t count)
{
    static const uint32_t halves[16] = {
        0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
        0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75};
    for (size_t i = 0; i < count; i++) {
        crc ^= bytes[i];
        crc = crc >> 4 ^ halves[crc & 15];
        crc = crc >> 4 ^ halves[crc & 15];
    }
    return crc;
}

uint32_t plan_checksum(const void *block, size_t bytes)
{
    static const uint8_t zeroes[sizeof(uint32_t)];
    const uint8_t *all = block;
    size_t at = offsetof(struct plan_header, checksum), after = at + sizeof(zeroes);
    uint32_t crc = crc_of(UINT32_MAX, all, at);
    crc = crc_of(crc, zeroes, sizeof(zeroes));
    return ~crc_of(crc, all + after, bytes - after);
}

/* ---- the gate ---- */

static int check_header(const void *block, size_t bytes, uint32_t address, char error[PLAN_ERROR_BYTES])
{
    const struct plan_header *h = block;
    if (bytes < sizeof(*h))
        return refuse(error, "plan is truncated: %zu bytes are less than a header", bytes);
    if (h->magic != PLAN_MAGIC)
        return refuse(error, "these bytes are not a plan");
    if (h->version != PLAN_VERSION)
        return refuse(error, "plan has version %u, this dataplane knows %u: upgrade the older of the two",
                      h->version, PLAN_VERSION);
    if (h->bytes != bytes || plan_bytes(h) != bytes)
        return refuse(error, "plan is truncated or too long: %zu bytes came, its header says %u", bytes,
                      h->bytes);
    if (plan_checksum(block, bytes) != h->checksum)
        return refuse(error, "plan is damaged: its checksum is wrong");
    if (h->address != address)
        return refuse(error, "plan is for another host port");
    if (h->epoch == 0 || h->leaf_prefix_bits == 0 || h->leaf_prefix_bits > 32)
        return refuse(error, "plan has epoch %llu and leaf prefixes of %u bits", (unsigned long long)h->epoch,
                      h->leaf_prefix_bits);
    return 0;
}

static int check_leaves(const struct plan_view *v, char error[PLAN_ERROR_BYTES])
{
    const struct plan_header *h = v->header;
    for (uint32_t i = 1; i < h->leaf_count; i++)
        if (v->leaves[i].prefix <= v->leaves[i - 1].prefix)
            return refuse(error, "plan's leaf %u is out of order", i);
    for (size_t i = 0; i < (size_t)h->leaf_count * h->spine_count; i++)
        if (v->weights[i] > PLAN_WEIGHT_FULL)
            return refuse(error, "plan's weight %zu is %u, at most %u is possible", i, v->weights[i],
                          PLAN_WEIGHT_FULL);
    return 0;
}

static bool communicators_ascend(const struct plan_communicator *a, const struct plan_communicator *b)
{
    if (a->identity != b->identity)
        return a->identity < b->identity;
    return a->rank != b->rank ? a->rank < b->rank : a->shape < b->shape;
}

static int check_flow(const struct plan_view *v, uint32_t index, char error[PLAN_ERROR_BYTES])
{
    const struct plan_header *h = v->header;
    const struct plan_flow *f = &v->flows[index];
    if (f->piece_count == 0 || f->piece_count > h->spine_count || f->first_piece > h->piece_count ||
        f->piece_count > h->piece_count - f->first_piece)
        return refuse(error, "plan's flow %u has pieces that do not exist", index);
    uint64_t share = 0;
    for (uint32_t i = 0; i < f->piece_count; i++) {
        const struct plan_piece *p = &v->pieces[f->first_piece + i];
        if (p->spine >= h->spine_count || p->share == 0)
            return refuse(error, "plan's flow %u has an empty piece or one on no spine", index);
        share += p->share;
    }
    if (share != PLAN_SHARE_WHOLE)
        return refuse(error, "plan's flow %u has pieces that do not make up the whole", index);
    return 0;
}

static int check_communicator(const struct plan_view *v, uint32_t index, char error[PLAN_ERROR_BYTES])
{
    const struct plan_header *h = v->header;
    const struct plan_communicator *c = &v->communicators[index];
    if (c->shape >= STEP_SHAPES || (index > 0 && !communicators_ascend(c - 1, c)))
        return refuse(error, "plan's communicator %u is out of order or of no known shape", index);
    if (c->first_flow > h->flow_count || c->flow_count > h->flow_count - c->first_flow)
        return refuse(error, "plan's communicator %u has flows that do not exist", index);
    const struct plan_flow *flows = &v->flows[c->first_flow];
    for (uint32_t i = 1; i < c->flow_count; i++)
        if (flows[i].peer_rank <= flows[i - 1].peer_rank)
            return refuse(error, "plan's communicator %u has flows out of order", index);
    return 0;
}

int plan_check(const void *block, size_t bytes, uint32_t address, struct plan_view *view,
               char error[PLAN_ERROR_BYTES])
{
    int result = check_header(block, bytes, address, error);
    if (result != 0)
        return result;
    struct plan_view v = plan_lay_out(block);
    result = check_leaves(&v, error);
    for (uint32_t i = 0; result == 0 && i < v.header->communicator_count; i++)
        result = check_communicator(&v, i, error);
    for (uint32_t i = 0; result == 0 && i < v.header->flow_count; i++)
        result = check_flow(&v, i, error);
    if (result == 0)
        *view = v;
    return result;
}

/* ---- looking up ---- */

static const struct plan_communicator *find_table(const struct plan_view *v,
                                                  const struct plan_communicator *wanted)
{
    uint32_t low = 0, high = v->header->communicator_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (communicators_ascend(&v->communicators[middle], wanted))
            low = middle + 1;
        else
            high = middle;
    }
    if (low == v->header->communicator_count || communicators_ascend(wanted, &v->communicators[low]))
        return NULL;
    return &v->communicators[low];
}

const struct plan_communicator *plan_find_communicator(const struct plan_view *v, uint64_t identity,
                                                       uint32_t rank, uint32_t shape)
{
    struct plan_communicator wanted = {.identity = identity, .rank = rank, .shape = shape};
    const struct plan_communicator *found = find_table(v, &wanted);
    wanted.shape = STEP_SHAPE_ANY;
    return found != NULL ? found : find_table(v, &wanted);
}

const struct plan_flow *plan_find_flow(const struct plan_view *v, const struct plan_communicator *c,
                                       uint32_t peer_rank)
{
    const struct plan_flow *flows = &v->flows[c->first_flow];
    uint32_t low = 0, high = c->flow_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (flows[middle].peer_rank < peer_rank)
            low = middle + 1;
        else
            high = middle;
    }
    return low < c->flow_count && flows[low].peer_rank == peer_rank ? &flows[low] : NULL;
}

const uint8_t *plan_find_weights(const struct plan_view *v, uint32_t prefix)
{
    uint32_t low = 0, high = v->header->leaf_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (v->leaves[middle].prefix < prefix)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == v->header->leaf_count || v->leaves[low].prefix != prefix)
        return NULL;
    return &v->weights[(size_t)low * v->header->spine_count];
}
