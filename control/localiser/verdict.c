/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/localiser/verdict.h"

#include <stdarg.h>
#include <stdio.h>

const char *verdict_kind_name(enum verdict_kind kind)
{
    static const char *const names[VERDICT_KINDS] = {[VERDICT_BLACK_HOLE] = "black_hole",
                                                     [VERDICT_LOSSY] = "lossy",
                                                     [VERDICT_REDUCED_RATE] = "reduced_rate",
                                                     [VERDICT_CONGESTED] = "congested",
                                                     [VERDICT_HOST_SENDING] = "host_sending",
                                                     [VERDICT_HOST_RECEIVING] = "host_receiving",
                                                     [VERDICT_STRAGGLER] = "straggler",
                                                     [VERDICT_NEVER_ENTERED] = "never_entered",
                                                     [VERDICT_HANG] = "hang"};
    return kind < VERDICT_KINDS ? names[kind] : "unknown";
}

const char *verdict_state_name(enum verdict_state state)
{
    switch (state) {
    case VERDICT_SUSPECTED:
        return "suspected";
    case VERDICT_CONFIRMED:
        return "confirmed";
    case VERDICT_CLEARED:
        return "cleared";
    case VERDICT_WITHDRAWN:
        return "withdrawn";
    }
    return "unknown";
}

/* Appends to a text that may be full already. */
static void append(char text[VERDICT_TEXT_BYTES], size_t *length, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void append(char text[VERDICT_TEXT_BYTES], size_t *length, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int written = vsnprintf(text + *length, VERDICT_TEXT_BYTES - *length, format, arguments);
    va_end(arguments);
    *length += written > 0 ? (size_t)written : 0;
    if (*length >= VERDICT_TEXT_BYTES)
        *length = VERDICT_TEXT_BYTES - 1;
}

static void explain_place(const struct verdict *v, char text[VERDICT_TEXT_BYTES], size_t *length)
{
    for (uint32_t i = 0; i < v->component_count; i++) {
        char name[COMPONENT_NAME_BYTES];
        component_name(&v->components[i], name);
        append(text, length, "%s%s", i > 0 ? " or " : "", name);
    }
    for (uint32_t i = 0; i < v->rank_count && i < VERDICT_RANKS_MAX; i++)
        append(text, length, "%s%u",
               i > 0                    ? ", "
               : v->component_count > 0 ? ", rank "
                                        : "rank ",
               v->ranks[i]);
    if (v->rank_count > VERDICT_RANKS_MAX)
        append(text, length, " and %u more", v->rank_count - VERDICT_RANKS_MAX);
}

static void explain_rounds(const struct verdict_evidence *e, char text[VERDICT_TEXT_BYTES], size_t *length)
{
    append(text, length, "bad in %u of %u rounds (%u needed), gain %.1f (%.1f needed, next best %.1f)",
           e->bad_rounds, e->rounds, e->bad_rounds_needed, e->gain, e->gain_needed, e->runner_up_gain);
    append(text, length, "; %u of %u flows bad, told by %u hosts", e->bad_flows, e->flows, e->reporters);
    if (e->excess > 1)
        append(text, length, "; they take %.2f times as long", e->excess);
    if (e->packets > 0)
        append(text, length, "; %llu of %llu packets sent again, %llu marked (%.2f %% elsewhere)",
               (unsigned long long)e->retransmits, (unsigned long long)e->packets,
               (unsigned long long)e->marks, 100 * e->mark_share_elsewhere);
    if (e->rtt_floor_ratio > 0)
        append(text, length, "; least round trip %.2f times the others'", e->rtt_floor_ratio);
}

static void explain_hang(const struct verdict *v, char text[VERDICT_TEXT_BYTES], size_t *length)
{
    append(text, length, "operation %llu of communicator %llx, waited for %.2f s",
           (unsigned long long)v->sequence, (unsigned long long)v->communicator,
           (double)v->evidence.waited_ns / 1e9);
}

static void explain_evidence(const struct verdict *v, char text[VERDICT_TEXT_BYTES], size_t *length)
{
    const struct verdict_evidence *e = &v->evidence;
    append(text, length, "(confidence %.4f): ", v->confidence);
    if (v->kind == VERDICT_NEVER_ENTERED || v->kind == VERDICT_HANG)
        explain_hang(v, text, length);
    else if (v->kind == VERDICT_BLACK_HOLE)
        append(text, length, "%u flows silent for up to %.1f ms, %u answer, told by %u hosts",
               e->silent_flows, (double)e->silent_ns / 1e6, e->answering_flows, e->reporters);
    else
        explain_rounds(e, text, length);
    if (e->probes > 0)
        append(text, length, "; %u of %u probes bad", e->bad_probes, e->probes);
}

void verdict_explain_evidence(const struct verdict *v, char text[VERDICT_TEXT_BYTES])
{
    size_t length = 0;
    text[0] = '\0';
    explain_evidence(v, text, &length);
}

void verdict_explain(const struct verdict *v, char text[VERDICT_TEXT_BYTES])
{
    size_t length = 0;
    text[0] = '\0';
    append(text, &length, "%s, %s: ", verdict_kind_name(v->kind), verdict_state_name(v->state));
    explain_place(v, text, &length);
    append(text, &length, " ");
    explain_evidence(v, text, &length);
}
