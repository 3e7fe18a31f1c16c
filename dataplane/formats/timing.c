/* SPDX-License-Identifier: BSD-3-Clause */
/* The gate for what monitors tell. */
#include "dataplane/formats/timing.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* ---- batches ---- */

size_t timing_batch_bytes(uint32_t count)
{
    if (count > TIMING_RECORDS_MAX)
        return 0;
    return sizeof(struct timing_batch) + count * sizeof(struct timing_record);
}

size_t timing_batch_write(void *block, const struct timing_batch *batch, const struct timing_record *records)
{
    size_t bytes = timing_batch_bytes(batch->count);
    if (bytes == 0)
        return 0;
    struct timing_batch envelope = *batch;
    envelope.magic = TIMING_MAGIC;
    envelope.version = TIMING_VERSION;
    envelope.record_bytes = sizeof(struct timing_record);
    memcpy(block, &envelope, sizeof(envelope));
    if (batch->count > 0)
        memcpy((uint8_t *)block + sizeof(envelope), records, bytes - sizeof(envelope));
    return bytes;
}

static int check_envelope(const struct timing_batch *b, size_t bytes, char error[TIMING_ERROR_BYTES])
{
    int written = 0;
    if (b->magic != TIMING_MAGIC)
        written = snprintf(error, TIMING_ERROR_BYTES, "these bytes are not a batch of timing records");
    else if (b->version != TIMING_VERSION || b->record_bytes != sizeof(struct timing_record))
        written =
            snprintf(error, TIMING_ERROR_BYTES,
                     "batch has version %u with records of %u bytes, known here is %u with %zu: upgrade "
                     "the older of monitor and control",
                     b->version, b->record_bytes, TIMING_VERSION, sizeof(struct timing_record));
    else if (timing_batch_bytes(b->count) != bytes)
        written = snprintf(error, TIMING_ERROR_BYTES,
                           "batch is truncated or too long: %zu bytes came, its envelope says %u records",
                           bytes, b->count);
    else if (b->incarnation == 0)
        written = snprintf(error, TIMING_ERROR_BYTES, "batch has no incarnation");
    return written > 0 ? -EINVAL : 0;
}

int timing_batch_check(const void *block, size_t bytes, uint32_t address, struct timing_view *view,
                       char error[TIMING_ERROR_BYTES])
{
    struct timing_view v = {.records = (const uint8_t *)block + sizeof(struct timing_batch)};
    if (bytes < sizeof(v.batch)) {
        snprintf(error, TIMING_ERROR_BYTES, "batch is truncated: %zu bytes are less than its envelope",
                 bytes);
        return -EINVAL;
    }
    memcpy(&v.batch, block, sizeof(v.batch));
    int result = check_envelope(&v.batch, bytes, error);
    if (result == 0 && v.batch.address != address) {
        snprintf(error, TIMING_ERROR_BYTES, "batch is of another host port");
        result = -EINVAL;
    }
    if (result == 0)
        *view = v;
    return result;
}

void timing_batch_record(const struct timing_view *view, uint32_t index, struct timing_record *record)
{
    assert(index < view->batch.count);
    memcpy(record, view->records + index * sizeof(*record), sizeof(*record));
}

/* ---- records ---- */

const char *timing_fault_name(enum timing_fault fault)
{
    static const char *const names[TIMING_FAULTS] = {[TIMING_GOOD] = "good",
                                                     [TIMING_BAD_KIND] = "kind",
                                                     [TIMING_BAD_ADDRESS] = "address",
                                                     [TIMING_BAD_STAGE] = "stage",
                                                     [TIMING_BAD_COUNT] = "count"};
    return names[fault];
}

static bool times_are_possible(const struct timing_record *r)
{
    return r->ready_ns <= TIMING_NS_MAX && r->credit_ns <= TIMING_NS_MAX && r->network_ns <= TIMING_NS_MAX &&
           r->drain_ns <= TIMING_NS_MAX && r->minimum_rtt_ns <= TIMING_NS_MAX;
}

static bool counts_are_possible(const struct timing_record *r)
{
    bool ranked = r->rank_count == 0 || (r->rank < r->rank_count && r->peer_rank < r->rank_count);
    bool counted = (r->kind == TIMING_SILENT || r->retransmits <= r->packets) && r->marks <= r->packets;
    bool carried = r->kind != TIMING_SENT || r->bytes == 0 || r->packets > 0;
    return ranked && counted && carried && r->bytes <= TIMING_BYTES_MAX;
}

enum timing_fault timing_record_check(const struct timing_record *r, uint32_t address)
{
    if (r->kind == 0 || r->kind >= TIMING_KINDS || (r->flags & ~TIMING_FLAGS_ALL) != 0 || r->reserved != 0)
        return TIMING_BAD_KIND;
    if ((r->kind == TIMING_RECEIVED ? r->destination : r->source) != address)
        return TIMING_BAD_ADDRESS;
    if (!times_are_possible(r))
        return TIMING_BAD_STAGE;
    return counts_are_possible(r) ? TIMING_GOOD : TIMING_BAD_COUNT;
}
