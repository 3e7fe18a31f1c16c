/* SPDX-License-Identifier: BSD-3-Clause */
#include "ebpf/monitor/hang_watch.h"

#include <stdio.h>
#include <stdlib.h>

#include "dataplane/formats/address.h"

enum {
    COMMUNICATORS_MAX = 1024,
    RANKS_MAX = 65536,
    RANKS_NAMED = 8,
    RANKS_TEXT_BYTES = 80
};

struct hang_watch {
    struct hang_watch_config config;
    struct stage_gate *gate;
    struct hang hangs[HANGS_MAX];
};

struct hang_watch *hang_watch_create(const struct hang_watch_config *config)
{
    struct stage_gate_config gate = {.hang_ns = config->hang_ns,
                                     .whole_communicators = config->whole_communicators,
                                     .communicators_max = COMMUNICATORS_MAX,
                                     .ranks_max = RANKS_MAX};
    struct hang_watch *h = calloc(1, sizeof(*h));
    if (!h)
        return NULL;
    h->config = *config;
    h->gate = stage_gate_create(&gate);
    if (h->gate)
        return h;
    free(h);
    return NULL;
}

void hang_watch_destroy(struct hang_watch *h)
{
    if (!h)
        return;
    stage_gate_destroy(h->gate);
    free(h);
}

/* ---- intake ---- */

static void take_for_all(struct hang_watch *h, const struct timing_record *record,
                         const struct rank_table *ranks, uint64_t now_ns)
{
    struct timing_record told = *record;
    for (unsigned i = 0; i < RANK_TABLE_MAX; i++) {
        const struct rank_entry *rank = &ranks->ranks[i];
        if (rank->heard == 0 || rank->address != record->source)
            continue;
        told.communicator = rank->communicator;
        stage_gate_take_record(h->gate, &told, now_ns);
    }
}

void hang_watch_take(struct hang_watch *h, const struct timing_record *record, const struct rank_table *ranks,
                     uint64_t now_ns)
{
    if (record->kind == TIMING_SILENT || record->kind == TIMING_ANSWERS)
        take_for_all(h, record, ranks, now_ns);
    else
        stage_gate_take_record(h->gate, record, now_ns);
}

void hang_watch_on_loss(struct hang_watch *h, const struct rank_table *ranks)
{
    for (unsigned i = 0; i < RANK_TABLE_MAX; i++)
        if (ranks->ranks[i].heard != 0)
            stage_gate_on_loss(h->gate, ranks->ranks[i].address);
}

/* ---- findings ---- */

static void write_ranks(const struct stage_finding *f, char text[RANKS_TEXT_BYTES])
{
    size_t length = (size_t)snprintf(text, RANKS_TEXT_BYTES, f->rank_count == 1 ? "rank" : "ranks");
    uint32_t named = f->rank_count < RANKS_NAMED ? f->rank_count : RANKS_NAMED;
    for (uint32_t i = 0; i < named; i++)
        length +=
            (size_t)snprintf(text + length, RANKS_TEXT_BYTES - length, "%s %u", i ? "," : "", f->ranks[i]);
    if (f->rank_count > named)
        snprintf(text + length, RANKS_TEXT_BYTES - length, " and %u more", f->rank_count - named);
}

static void write_text(const struct hang_watch *h, const struct stage_finding *f, char text[HANG_TEXT_BYTES])
{
    char ranks[RANKS_TEXT_BYTES], from[ADDRESS_TEXT_BYTES], to[ADDRESS_TEXT_BYTES];
    unsigned long long sequence = f->sequence;
    double waited_s = (double)f->waited_ns / 1e9;
    write_ranks(f, ranks);
    if (f->kind == STAGE_NEVER_ENTERED)
        snprintf(text, HANG_TEXT_BYTES, "collective %llu hangs for %.1f s: %s never entered it", sequence,
                 waited_s, ranks);
    else if (f->path_silent)
        snprintf(text, HANG_TEXT_BYTES,
                 "collective %llu hangs for %.1f s in %s: silent from %s to %s over spine %u", sequence,
                 waited_s, ranks, address_text(f->source, from), address_text(f->destination, to), f->path);
    else
        snprintf(text, HANG_TEXT_BYTES, "collective %llu hangs for %.1f s in %s%s: nothing moves", sequence,
                 waited_s, ranks, h->config.whole_communicators ? "" : " of this host");
}

static struct hang *find(struct hang_watch *h, uint64_t communicator)
{
    for (unsigned i = 0; i < HANGS_MAX; i++)
        if (h->hangs[i].since_ns != 0 && h->hangs[i].communicator == communicator)
            return &h->hangs[i];
    return NULL;
}

static struct hang *take_slot(struct hang_watch *h)
{
    struct hang *oldest = &h->hangs[0];
    for (unsigned i = 1; i < HANGS_MAX; i++)
        if (h->hangs[i].since_ns < oldest->since_ns)
            oldest = &h->hangs[i];
    return oldest;
}

static void begin(struct hang_watch *h, const struct stage_finding *f, uint64_t now_ns)
{
    struct hang *hang = take_slot(h);
    *hang = (struct hang){.communicator = f->communicator,
                          .sequence = f->sequence,
                          .since_ns = now_ns - f->waited_ns,
                          .rank_count =
                              f->rank_count < STAGE_GATE_RANKS_MAX ? f->rank_count : STAGE_GATE_RANKS_MAX,
                          .path = f->path_silent ? f->path : TIMING_PATH_NONE};
    for (uint32_t i = 0; i < hang->rank_count; i++)
        hang->ranks[i] = f->ranks[i];
    write_text(h, f, hang->text);
    h->config.tell(h->config.context, hang);
}

static void end(struct hang_watch *h, const struct stage_finding *f)
{
    struct hang *hang = find(h, f->communicator);
    if (!hang)
        return;
    hang->since_ns = 0;
    snprintf(hang->text, sizeof(hang->text), "collective %llu goes on", (unsigned long long)f->sequence);
    h->config.tell(h->config.context, hang);
}

void hang_watch_tick(struct hang_watch *h, uint64_t now_ns)
{
    struct stage_finding finding;
    while (stage_gate_next(h->gate, now_ns, &finding)) {
        if (finding.kind == STAGE_RESUMED)
            end(h, &finding);
        else
            begin(h, &finding, now_ns);
    }
}

const struct hang *hang_watch_get(const struct hang_watch *h, unsigned index)
{
    for (unsigned i = 0; i < HANGS_MAX; i++)
        if (h->hangs[i].since_ns != 0 && index-- == 0)
            return &h->hangs[i];
    return NULL;
}
