/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/core/plan_history.h"

#include <string.h>

static void drop_oldest(struct plan_history *h)
{
    h->bytes -= plan_record_bytes(h->records[0]);
    plan_record_destroy(h->records[0]);
    memmove(&h->records[0], &h->records[1], (h->count - 1) * sizeof(h->records[0]));
    h->count--;
}

void plan_history_add(struct plan_history *h, struct plan_record *record)
{
    if (h->count == CORE_HISTORY_PLANS)
        drop_oldest(h);
    h->records[h->count++] = record;
    h->bytes += plan_record_bytes(record);
    while (h->count > 1 && h->bytes > HISTORY_BYTES_MAX)
        drop_oldest(h);
}

struct plan_record *plan_history_find(const struct plan_history *h, uint64_t epoch)
{
    for (unsigned i = 0; i < h->count; i++) {
        if (h->records[i]->info.epoch == epoch)
            return h->records[i];
    }
    return NULL;
}

void plan_history_clear(struct plan_history *h)
{
    while (h->count > 0)
        drop_oldest(h);
}
