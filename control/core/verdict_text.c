/* SPDX-License-Identifier: BSD-3-Clause */
/* A verdict in words and as JSON, with the names of the topology. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "control/core/diagnosis_state.h"

/* ---- components ---- */

uint32_t diagnosis_uplink(const struct core *core, const struct component *c)
{
    if (c->kind != COMPONENT_UP && c->kind != COMPONENT_DOWN)
        return MAP_NONE;
    return fabric_map_uplink(core->map, c->place, c->spine);
}

uint32_t diagnosis_port(const struct core *core, const struct component *c)
{
    bool is_port = c->kind == COMPONENT_TX || c->kind == COMPONENT_RX;
    return is_port && c->place < core->diagnosis->shape.port_count ? core->diagnosis->ports[c->place]
                                                                   : TOPOLOGY_NONE;
}

static void port_name(const struct core *core, const struct component *c, char name[STORE_NAME_BYTES])
{
    uint32_t port = diagnosis_port(core, c), first;
    const struct topology_port *p = topology_port(core->map->topology, port);
    const char *way = c->kind == COMPONENT_TX ? "tx" : "rx", *host = fabric_map_host_name(core->map, port);
    if (topology_host_ports(core->map->topology, p->host, &first) > 1)
        snprintf(name, STORE_NAME_BYTES, "%s rail%u %s", host, p->rail, way);
    else
        snprintf(name, STORE_NAME_BYTES, "%s %s", host, way);
}

/* One that the topology does not have is named like those that it has. */
static void link_name(const struct core *core, uint32_t uplink, char name[STORE_NAME_BYTES])
{
    if (core->map->nominal_bytes_per_s[uplink] > 0)
        fabric_map_link_name(core->map, core->map->first_link[uplink], name);
    else
        snprintf(name, STORE_NAME_BYTES, "%.60s-%.60s",
                 fabric_map_leaf_name(core->map, uplink / core->map->spine_count),
                 fabric_map_spine_name(core->map, uplink % core->map->spine_count));
}

void diagnosis_component_name(const struct core *core, const struct component *c, char name[STORE_NAME_BYTES])
{
    char link[STORE_NAME_BYTES];
    switch (c->kind) {
    case COMPONENT_TX:
    case COMPONENT_RX:
        port_name(core, c, name);
        return;
    case COMPONENT_UP:
    case COMPONENT_DOWN:
        link_name(core, diagnosis_uplink(core, c), link);
        snprintf(name, STORE_NAME_BYTES, "%.120s %s", link, c->kind == COMPONENT_UP ? "up" : "down");
        return;
    case COMPONENT_SPINE:
        snprintf(name, STORE_NAME_BYTES, "%s", fabric_map_spine_name(core->map, c->place));
        return;
    case COMPONENT_LEAF:
    case COMPONENT_KINDS:
        break;
    }
    snprintf(name, STORE_NAME_BYTES, "%s", fabric_map_leaf_name(core->map, c->place));
}

bool core_verdict_names_link(const struct core *core, const struct diagnosed *d, uint32_t link)
{
    uint32_t uplink = core->map->uplink_of_link[link];
    for (uint32_t i = 0; i < d->verdict.component_count; i++) {
        const struct component *c = &d->verdict.components[i];
        uint32_t port = diagnosis_port(core, c);
        if ((uplink != MAP_NONE && diagnosis_uplink(core, c) == uplink) ||
            (port != TOPOLOGY_NONE && topology_port(core->map->topology, port)->link == link))
            return true;
    }
    return false;
}

bool core_verdict_hangs_at(const struct core *core, const struct diagnosed *d, uint32_t address)
{
    unsigned number = jobs_find(&core->jobs, d->verdict.communicator);
    if ((d->verdict.kind != VERDICT_HANG && d->verdict.kind != VERDICT_NEVER_ENTERED) ||
        !core_verdict_is_open(d) || number >= core->jobs.count)
        return false;
    const struct geometry *g = core->jobs.jobs[number]->geometry;
    for (uint32_t rank = 0; rank < g->rank_count; rank++)
        if (g->addresses[rank] == address)
            return true;
    return false;
}

/* ---- as a line ---- */

static void write_ranks(FILE *out, const struct verdict *v)
{
    for (uint32_t i = 0; i < v->rank_count && i < VERDICT_RANKS_MAX; i++)
        fprintf(out, "%s%u", i > 0 ? ", " : v->component_count > 0 ? ", rank " : "rank ", v->ranks[i]);
    if (v->rank_count > VERDICT_RANKS_MAX)
        fprintf(out, " and %u more", v->rank_count - VERDICT_RANKS_MAX);
}

void core_verdict_text(const struct core *core, const struct diagnosed *d, char text[VERDICT_TEXT_BYTES])
{
    const struct verdict *v = &d->verdict;
    char name[STORE_NAME_BYTES], evidence[VERDICT_TEXT_BYTES];
    FILE *out = fmemopen(text, VERDICT_TEXT_BYTES, "w");
    text[0] = '\0';
    if (out == NULL)
        return;
    fprintf(out, "%s, %s: ", verdict_kind_name(v->kind), verdict_state_name(v->state));
    for (uint32_t i = 0; i < v->component_count; i++) {
        diagnosis_component_name(core, &v->components[i], name);
        fprintf(out, "%s%s", i > 0 ? " or " : "", name);
    }
    write_ranks(out, v);
    verdict_explain_evidence(v, evidence);
    fprintf(out, " %s", evidence);
    fclose(out);
    text[VERDICT_TEXT_BYTES - 1] = '\0';
}

/* ---- as JSON ---- */

static void write_components(FILE *out, const struct core *core, const struct verdict *v)
{
    char name[STORE_NAME_BYTES];
    fprintf(out, ", \"components\": [");
    for (uint32_t i = 0; i < v->component_count; i++) {
        diagnosis_component_name(core, &v->components[i], name);
        fprintf(out, "%s\"%s\"", i > 0 ? ", " : "", name);
    }
    fputc(']', out);
}

/* Of the first component: where an operator would look. */
static void write_place(FILE *out, const struct core *core, const struct verdict *v)
{
    char name[STORE_NAME_BYTES];
    if (v->component_count == 0)
        return;
    uint32_t uplink = diagnosis_uplink(core, &v->components[0]),
             port = diagnosis_port(core, &v->components[0]);
    if (uplink != MAP_NONE) {
        link_name(core, uplink, name);
        fprintf(out, ", \"link\": \"%s\"", name);
    }
    if (port != TOPOLOGY_NONE)
        fprintf(out, ", \"host\": \"%s\"", fabric_map_host_name(core->map, port));
}

static const char *host_of_rank(const struct core *core, const struct verdict *v, uint32_t rank)
{
    unsigned number = jobs_find(&core->jobs, v->communicator);
    if (number >= core->jobs.count || rank >= core->jobs.jobs[number]->geometry->rank_count)
        return NULL;
    uint32_t port = core->jobs.jobs[number]->geometry->ports[rank];
    return port < core->map->port_count ? fabric_map_host_name(core->map, port) : NULL;
}

static void write_job(FILE *out, const struct core *core, const struct verdict *v)
{
    if (v->communicator == 0)
        return;
    fprintf(out, ", \"communicator\": \"0x%" PRIx64 "\", \"sequence\": %" PRIu64 ", \"ranks\": [",
            v->communicator, v->sequence);
    for (uint32_t i = 0; i < v->rank_count && i < VERDICT_RANKS_MAX; i++)
        fprintf(out, "%s%u", i > 0 ? ", " : "", v->ranks[i]);
    fprintf(out, "], \"rank_count\": %u, \"rank_hosts\": [", v->rank_count);
    for (uint32_t i = 0, written = 0; i < v->rank_count && i < VERDICT_RANKS_MAX; i++) {
        const char *host = host_of_rank(core, v, v->ranks[i]);
        if (host != NULL)
            fprintf(out, "%s\"%s\"", written++ > 0 ? ", " : "", host);
    }
    fputc(']', out);
}

static void write_count(FILE *out, const char *key, uint64_t value)
{
    fprintf(out, "\"%s\": %" PRIu64 ", ", key, value);
}

/* JSON has no infinity. */
static void write_real(FILE *out, const char *key, double value)
{
    fprintf(out, "\"%s\": %.6f, ", key, isfinite(value) ? value : 0);
}

static void write_evidence(FILE *out, const struct verdict_evidence *e)
{
    fputc('{', out);
    write_count(out, "rounds", e->rounds);
    write_count(out, "bad_rounds", e->bad_rounds);
    write_count(out, "bad_rounds_needed", e->bad_rounds_needed);
    write_count(out, "flows", e->flows);
    write_count(out, "bad_flows", e->bad_flows);
    write_count(out, "reporters", e->reporters);
    write_real(out, "gain", e->gain);
    write_real(out, "gain_needed", e->gain_needed);
    write_real(out, "runner_up_gain", e->runner_up_gain);
    write_real(out, "cusum", e->cusum);
    write_real(out, "excess_ratio", e->excess);
    write_count(out, "packets", e->packets);
    write_count(out, "retransmits", e->retransmits);
    write_count(out, "marks", e->marks);
    write_real(out, "mark_share_elsewhere", e->mark_share_elsewhere);
    write_real(out, "rtt_floor_ratio", e->rtt_floor_ratio);
    write_real(out, "silent_ms", (double)e->silent_ns / 1e6);
    write_count(out, "silent_flows", e->silent_flows);
    write_count(out, "answering_flows", e->answering_flows);
    write_count(out, "probes", e->probes);
    write_count(out, "bad_probes", e->bad_probes);
    fprintf(out, "\"waited_s\": %.3f}", (double)e->waited_ns / 1e9);
}

static const char *action_name(enum guard_action_kind action)
{
    static const char *const names[] = {[GUARD_REPORT] = "report",
                                        [GUARD_REWEIGHT] = "reweight",
                                        [GUARD_DRAIN] = "drain",
                                        [GUARD_NOTIFY] = "notify",
                                        [GUARD_RESTORE] = "restore"};
    return names[action];
}

/* What the words consist of is ours or the topology's, whose names need no escapes; reasons may quote. */
static void write_text(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            fputc('\\', out);
        fputc((unsigned char)*text < ' ' || (unsigned char)*text > '~' ? '?' : *text, out);
    }
}

char *core_verdict_json(const struct core *core, const struct diagnosed *d)
{
    const struct verdict *v = &d->verdict;
    char *json = NULL, text[VERDICT_TEXT_BYTES];
    size_t bytes;
    FILE *out = open_memstream(&json, &bytes);
    if (out == NULL)
        return NULL;
    fprintf(out,
            "{\"id\": %" PRIu64 ", \"kind\": \"%s\", \"state\": \"%s\", \"since_s\": %.6f, \"at_s\": %.6f",
            d->id, verdict_kind_name(v->kind), verdict_state_name(v->state), (double)d->since_ns / 1e9,
            (double)v->at_ns / 1e9);
    fprintf(out, ", \"confidence\": %.6f", v->confidence);
    write_components(out, core, v);
    write_place(out, core, v);
    write_job(out, core, v);
    fprintf(out, ", \"action\": \"%s\", \"dry_run\": %s, \"reason\": \"", action_name(d->action),
            d->dry_run ? "true" : "false");
    write_text(out, d->reason);
    fputs("\", \"text\": \"", out);
    core_verdict_text(core, d, text);
    write_text(out, text);
    fputs("\", \"evidence\": ", out);
    write_evidence(out, &v->evidence);
    fputc('}', out);
    return fclose(out) == 0 ? json : NULL;
}
