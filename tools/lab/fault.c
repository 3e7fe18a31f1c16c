/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/lab/fault.h"

#include <errno.h>
#include <string.h>

#include "dataplane/formats/units.h"

/* Bit `direction` is set for each that is meant; 0: no such direction. */
static unsigned fault_directions(const char *text)
{
    if (strcmp(text, "up") == 0)
        return 1U << LINK_UPWARD;
    if (strcmp(text, "down") == 0)
        return 1U << LINK_DOWNWARD;
    return strcmp(text, "both") == 0 ? 1U << LINK_UPWARD | 1U << LINK_DOWNWARD : 0;
}

static int fault_bad_value(const struct fault_request *request, const char *wanted, struct lab_error *error)
{
    return lab_error_set(error, -EINVAL, "%s '%.32s': %s is wanted", request->kind, request->value, wanted);
}

/* Changes what the request names; -ENOENT: no such kind of fault. */
static int fault_change(const struct fault_request *request, struct link_fault *fault,
                        struct lab_error *error)
{
    if (strcmp(request->kind, "loss") == 0)
        return units_parse_ratio(request->value, &fault->loss_2_32)
                   ? fault_bad_value(request, "a ratio like 1% or 0.01", error)
                   : 0;
    if (strcmp(request->kind, "rate") == 0)
        return units_parse_rate(request->value, &fault->rate_bps) || fault->rate_bps < 10000
                   ? fault_bad_value(request, "a rate of at least 10K, like 50M", error)
                   : 0;
    if (strcmp(request->kind, "delay") == 0)
        return units_parse_duration(request->value, &fault->delay_ns) || fault->delay_ns > 10000000000
                   ? fault_bad_value(request, "a time up to 10s, like 2ms", error)
                   : 0;
    if (request->value[0] != '\0')
        return fault_bad_value(request, "no value", error);
    if (strcmp(request->kind, "black_hole") == 0)
        fault->black_hole = true;
    else if (strcmp(request->kind, "clear") == 0)
        memset(fault, 0, sizeof(*fault));
    else
        return lab_error_set(error, -EINVAL,
                             "fault '%.32s': down, black_hole, loss, rate, delay or clear is wanted",
                             request->kind);
    return 0;
}

static int fault_apply_direction(struct link *link, enum link_direction direction,
                                 const struct fault_request *request, struct lab_error *error)
{
    struct link_fault before = link->fault[direction];
    int status = fault_change(request, &link->fault[direction], error);
    if (status == 0 && link->fault[direction].delay_ns && link->kind == LINK_OF_HOST &&
        direction == LINK_UPWARD)
        status = lab_error_set(error, -EOPNOTSUPP,
                               "%s: AF_XDP passes by a host's queue, so its upward direction cannot be "
                               "delayed; use --direction down",
                               link->name);
    if (status == 0)
        status = link_apply(link, direction, error);
    if (status) {
        struct lab_error ignored;
        link->fault[direction] = before;
        link_apply(link, direction, &ignored);
    }
    return status;
}

int fault_apply(struct fabric *fabric, const struct fault_request *request, struct lab_error *error)
{
    struct link *link = fabric_find_link(fabric, request->link);
    unsigned directions = fault_directions(request->direction);
    if (!link)
        return lab_error_set(error, -ENOENT, "no link '%.32s': leaf0-spine0 and leaf0-host0 are the pattern",
                             request->link);
    if (!directions)
        return lab_error_set(error, -EINVAL, "direction '%.32s': both, up or down is wanted",
                             request->direction);
    if (strcmp(request->kind, "down") == 0)
        return directions == 3 ? fabric_set_link_up(fabric, link, false, error)
                               : lab_error_set(error, -EINVAL, "a link goes down in both directions");
    int status = 0;
    for (unsigned i = 0; i < LINK_DIRECTIONS && status == 0; i++)
        if (directions & 1U << i)
            status = fault_apply_direction(link, (enum link_direction)i, request, error);
    if (status == 0 && !link->up && strcmp(request->kind, "clear") == 0)
        status = fabric_set_link_up(fabric, link, true, error);
    return status;
}
