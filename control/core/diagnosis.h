/* SPDX-License-Identifier: BSD-3-Clause */
/* From the timing that monitors tell to verdicts, and from verdicts to drains: the localiser and its guard
 * rails (control/localiser), with the fabric's names, the log of events, the plan and the agents around them.
 * It is a part of the core (core.h), and of its thread. */
#ifndef WEFT_CONTROL_DIAGNOSIS_H
#define WEFT_CONTROL_DIAGNOSIS_H

#include "control/core/core.h"
#include "control/localiser/guard.h"
#include "control/localiser/localiser.h"

enum {
    DIAGNOSIS_VERDICTS_KEPT = 1024 /* the oldest that are over give way, then the oldest */
};

/* A verdict as it is now: what was said last, and what has come of it. */
struct diagnosed {
    uint64_t id;       /* grows, over restarts of control too; the states of one verdict share it */
    uint64_t revision; /* grows with each change of any verdict */
    uint64_t since_ns; /* when it was first told; verdict.at_ns: when it was told last */
    struct verdict verdict;
    enum guard_action_kind action;
    bool dry_run; /* it would have been done */
    char reason[GUARD_REASON_BYTES];
};

/* Takes a checked batch of a monitor. 0, or -ENOENT (no host port has its address), -ENOMEM or -EINVAL (a
 * fabric that the localiser cannot take) with `error`. */
int core_take_timing(struct core *core, const struct timing_view *batch, uint64_t now_ns,
                     struct core_error *error);

/* Those that are kept, oldest first. */
unsigned core_verdict_count(const struct core *core);
const struct diagnosed *core_verdict(const struct core *core, unsigned index);
bool core_verdict_is_open(const struct diagnosed *d);
/* NULL: never told, or not kept any more. */
const struct diagnosed *core_verdict_find(const struct core *core, uint64_t id);
/* The first change after `revision`; NULL: none. */
const struct diagnosed *core_verdict_after(const struct core *core, uint64_t revision);
/* All of it as JSON (VERDICT of API.md), from malloc(); NULL: no memory. */
char *core_verdict_json(const struct core *core, const struct diagnosed *d);
/* As one line for a person, with the fabric's names. */
void core_verdict_text(const struct core *core, const struct diagnosed *d, char text[VERDICT_TEXT_BYTES]);
/* Whether the link, either direction of it, is among the verdict's components. */
bool core_verdict_names_link(const struct core *core, const struct diagnosed *d, uint32_t link);
/* Whether the verdict is about a hang of a communicator that has a rank at this host port, and not over. */
bool core_verdict_hangs_at(const struct core *core, const struct diagnosed *d, uint32_t address);

/* How far timing speaks against the link, in that direction against which it speaks more: 0, not at all; 1
 * and more, enough to suspect it. Negative: no monitor has told anything. */
double core_link_score(const struct core *core, uint32_t link);

/* All zero as long as no monitor has told anything. */
void core_diagnosis_counters(const struct core *core, struct localiser_counters *counters);

#endif
