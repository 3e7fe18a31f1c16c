/* SPDX-License-Identifier: BSD-3-Clause */
/* The verdicts that are kept, in the order in which they were first told. */
#ifndef WEFT_CONTROL_VERDICT_TABLE_H
#define WEFT_CONTROL_VERDICT_TABLE_H

#include "control/core/diagnosis.h"

struct verdict_table {
    struct diagnosed *items; /* DIAGNOSIS_VERDICTS_KEPT, ascending by id; made with the first */
    unsigned count;
    uint64_t last_revision;
};

void verdict_table_free(struct verdict_table *t);
/* Takes over a verdict's newest state, with a new revision. NULL: no memory. */
struct diagnosed *verdict_table_put(struct verdict_table *t, uint64_t id, const struct verdict *verdict);
/* Its next change is to be seen. */
void verdict_table_touch(struct verdict_table *t, struct diagnosed *d);
struct diagnosed *verdict_table_find(const struct verdict_table *t, uint64_t id);

#endif
