/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/lab/shape.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* Reads a number of at most four digits and moves *text behind it; 0 when there is none. */
static unsigned shape_read_number(const char **text)
{
    unsigned number = 0;
    for (unsigned digits = 0; isdigit((unsigned char)**text) && digits < 4; digits++)
        number = number * 10 + (unsigned)(*(*text)++ - '0');
    return number;
}

static int shape_check(const struct shape *shape, struct lab_error *error)
{
    if (shape->leaves > SHAPE_LEAVES_MAX || shape->spines > SHAPE_SPINES_MAX)
        return lab_error_set(error, -EINVAL, "shape: at most %d leaves and %d spines", SHAPE_LEAVES_MAX,
                             SHAPE_SPINES_MAX);
    if (shape_hosts(shape) > SHAPE_HOSTS_MAX)
        return lab_error_set(error, -EINVAL, "shape: %u hosts, and a lab has at most %d", shape_hosts(shape),
                             SHAPE_HOSTS_MAX);
    return 0;
}

int shape_parse(const char *text, struct shape *shape, struct lab_error *error)
{
    const char *rest = text;
    unsigned *const parts[] = {&shape->leaves, &shape->spines, &shape->hosts_per_leaf};
    for (unsigned i = 0; i < 3; i++) {
        *parts[i] = shape_read_number(&rest);
        if (*parts[i] == 0 || *rest != (i < 2 ? 'x' : '\0'))
            return lab_error_set(error, -EINVAL,
                                 "shape '%s': LEAVESxSPINESxHOSTS is wanted, for example 2x4x4", text);
        rest++;
    }
    return shape_check(shape, error);
}

unsigned shape_hosts(const struct shape *shape)
{
    return shape->leaves * shape->hosts_per_leaf;
}

unsigned shape_leaf_of_host(const struct shape *shape, unsigned host)
{
    return host / shape->hosts_per_leaf;
}

uint32_t shape_leaf_prefix(unsigned leaf)
{
    return 10U << 24 | (leaf + 1) << 16;
}

uint32_t shape_host_address(const struct shape *shape, unsigned host)
{
    return shape_leaf_prefix(shape_leaf_of_host(shape, host)) + host % shape->hosts_per_leaf + 1;
}

uint32_t shape_leaf_gateway(unsigned leaf)
{
    return shape_leaf_prefix(leaf) + 254;
}

uint32_t shape_leaf_identity(unsigned leaf)
{
    return 10U << 24 | 255U << 16 | (leaf + 1);
}

uint32_t shape_spine_identity(unsigned spine)
{
    return 10U << 24 | 255U << 16 | 1U << 8 | (spine + 1);
}
