/* SPDX-License-Identifier: BSD-3-Clause */
/* What monitors tell, and what is known of hangs, for their jobs. */
#include <stdio.h>

#include "control/core/diagnosis.h"
#include "control/server/calls.h"
#include "control/server/view.h"
#include "dataplane/formats/timing.h"

static json_t *hangs_at(const struct call *call, uint32_t address)
{
    json_t *hangs = json_array();
    char verdict[VERDICT_TEXT_BYTES], text[VERDICT_TEXT_BYTES + 64];
    for (unsigned i = 0; i < core_verdict_count(call->core); i++) {
        const struct diagnosed *d = core_verdict(call->core, i);
        if (!core_verdict_hangs_at(call->core, d, address))
            continue;
        core_verdict_text(call->core, d, verdict);
        snprintf(text, sizeof(text), "collective %llu hangs: %s", (unsigned long long)d->verdict.sequence,
                 verdict);
        json_array_append_new(hangs, json_pack("{s:o, s:I, s:o}", "communicator",
                                               view_identity(d->verdict.communicator), "sequence",
                                               (json_int_t)d->verdict.sequence, "text", call_text(text)));
    }
    return hangs;
}

static void answer(struct call *call, uint32_t address)
{
    json_t *hangs = hangs_at(call, address);
    if (json_array_size(hangs) == 0) {
        json_decref(hangs);
        call_answer(call, 200, json_object());
        return;
    }
    call_answer(call, 200, json_pack("{s:o}", "hangs", hangs));
}

void calls_take_timing(struct call *call)
{
    struct timing_view batch;
    struct core_error error;
    uint32_t address;
    char why[TIMING_ERROR_BYTES];
    if (!view_find_agent(call, &address))
        return;
    if (timing_batch_check(call->body, call->body_bytes, address, &batch, why) != 0)
        call_fail(call, 400, "wrong_type", NULL, "no batch of timing records: %s", why);
    else if (core_take_timing(call->core, &batch, call->now_ns, &error) != 0)
        call_fail_core(call, &error);
    else
        answer(call, address);
}
