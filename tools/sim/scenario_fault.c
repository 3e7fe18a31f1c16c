/* SPDX-License-Identifier: BSD-3-Clause */
/* The faults of a scenario. */
#include <stdlib.h>

#include "tools/sim/memory.h"
#include "tools/sim/scenario_reading.h"

static bool is_a_time(enum sim_fault_kind kind)
{
    return kind == SIM_FAULT_DELAY || kind == SIM_FAULT_FLAP;
}

static bool is_a_share(enum sim_fault_kind kind)
{
    return kind == SIM_FAULT_LOSS || kind == SIM_FAULT_CORRUPT || kind == SIM_FAULT_DUPLICATE ||
           kind == SIM_FAULT_REORDER || kind == SIM_FAULT_RATE;
}

static void read_amount(struct yaml_check *r, const struct scenario_fault *f, const char *path,
                        struct sim_fault *out)
{
    bool wanted = is_a_time(out->kind) || is_a_share(out->kind);
    if (wanted != (f->value != NULL))
        yaml_check_refuse(r, path,
                          wanted ? "this kind of fault needs a value" : "this kind of fault has no value");
    else if (is_a_time(out->kind))
        out->amount_ns = reading_duration(r, reading_member(path, "value"), f->value, 0);
    else if (wanted)
        out->amount = reading_share(r, reading_member(path, "value"), f->value,
                                    out->kind == SIM_FAULT_RATE ? 100 : 1000000);
    if (out->kind == SIM_FAULT_RATE && out->amount == 0)
        yaml_check_refuse(r, reading_member(path, "value"),
                          "at least 1%% of the rate: a link without any is down");
    if (out->kind == SIM_FAULT_REORDER)
        out->amount_ns = reading_duration(r, reading_member(path, "by"), f->by, 20 * NSEC_PER_USEC);
    else if (f->by != NULL)
        yaml_check_refuse(r, reading_member(path, "by"), "only of reordered packets: how late at most");
}

static void read_place(struct yaml_check *r, const struct scenario_fault *f, const struct topology *t,
                       const char *path, struct sim_fault *out)
{
    static const char *const directions[] = {"both", "up", "down"};
    bool of_host = sim_fault_is_of_host(out->kind);
    const char *name = of_host ? f->host : f->link;
    char *end = NULL;
    out->direction = (enum sim_fault_direction)reading_choice(r, reading_member(path, "direction"),
                                                              f->direction, directions, 3);
    if (name == NULL || (of_host ? f->link : f->host) != NULL) {
        yaml_check_refuse(r, path, "this kind of fault is of a %s",
                          of_host ? "host, which?" : "link, which?");
    } else if (of_host) {
        unsigned long host = strtoul(name, &end, 10);
        out->host = (uint32_t)host;
        if (*name < '0' || *name > '9' || *end != '\0' || host >= t->host_count)
            yaml_check_refuse(r, reading_member(path, "host"), "'%s' is no host: 0 to %u", name,
                              t->host_count - 1);
    } else if (!topology_find_link(t, name, &out->up_link, &out->down_link)) {
        yaml_check_refuse(r, reading_member(path, "link"), "'%s' is no link: leaf0-spine1, host3-leaf0, ...",
                          name);
    }
}

static void read_times(struct yaml_check *r, const struct scenario_fault *f, const char *path,
                       struct sim_fault *out)
{
    nsec_t at = reading_duration(r, reading_member(path, "at"), f->at, 0);
    nsec_t until = reading_duration(r, reading_member(path, "until"), f->until, NSEC_NEVER);
    if (until <= at)
        yaml_check_refuse(r, reading_member(path, "until"), "the fault ends before it begins");
    out->at = EXPERIMENT_START_NS + at;
    out->until = f->until ? EXPERIMENT_START_NS + until : NSEC_NEVER;
    out->converges_after_ns =
        reading_duration(r, reading_member(path, "converges_after"), f->converges_after, NSEC_NEVER);
    if (f->converges_after != NULL && out->kind != SIM_FAULT_DOWN)
        yaml_check_refuse(r, reading_member(path, "converges_after"),
                          "routing notices a link that is down, nothing else");
}

static void read_fault(struct yaml_check *r, const struct scenario_file *file, unsigned number,
                       const struct topology *t, struct sim_fault *out)
{
    const struct scenario_fault *f = &file->faults[number];
    const char *kinds[SIM_FAULT_KINDS];
    char path[32];
    for (unsigned i = 0; i < SIM_FAULT_KINDS; i++)
        kinds[i] = sim_fault_kind_name((enum sim_fault_kind)i);
    snprintf(path, sizeof(path), "faults[%u]", number);
    if (f->kind == NULL)
        yaml_check_refuse(r, path, "a fault needs a kind");
    out->kind =
        (enum sim_fault_kind)reading_choice(r, reading_member(path, "kind"), f->kind, kinds, SIM_FAULT_KINDS);
    read_place(r, f, t, path, out);
    read_amount(r, f, path, out);
    read_times(r, f, path, out);
}

void reading_faults(struct yaml_check *r, const struct scenario_file *file, struct experiment *e)
{
    struct topology t;
    e->fault_count = file->faults_count;
    e->faults = memory_take(e->fault_count, sizeof(*e->faults));
    topology_init(&t, &e->config.topology);
    for (unsigned i = 0; i < file->faults_count; i++)
        read_fault(r, file, i, &t, &e->faults[i]);
    topology_destroy(&t);
}
