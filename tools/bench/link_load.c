/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/bench/link_load.h"

#include "tools/bench/fabric.h"

/* The live links of one leaf in one direction. */
struct link_group {
    uint64_t bytes;
    uint64_t bytes_max;
    unsigned live;
};

static void link_group_add(struct link_group *group, uint64_t bytes, bool up)
{
    group->bytes += bytes;
    group->live += up;
    if (bytes > group->bytes_max)
        group->bytes_max = bytes;
}

double link_load_imbalance(const struct link_load *loads, unsigned count)
{
    double most_loaded = 0, sum = 0;
    unsigned live = 0;
    for (unsigned i = 0; i < count; i++) {
        if (!loads[i].up)
            continue;
        live++;
        sum += (double)loads[i].up_bytes;
        most_loaded = (double)loads[i].up_bytes > most_loaded ? (double)loads[i].up_bytes : most_loaded;
    }
    return sum > 0 ? most_loaded * live / sum : 0;
}

double link_load_over_even_spread(const struct link_load *loads, unsigned count)
{
    struct link_group groups[FABRIC_LEAVES_MAX][2] = {0};
    for (unsigned i = 0; i < count; i++) {
        link_group_add(&groups[loads[i].leaf][0], loads[i].up_bytes, loads[i].up);
        link_group_add(&groups[loads[i].leaf][1], loads[i].down_bytes, loads[i].up);
    }
    double most_loaded = 0, ideal = 0;
    for (unsigned leaf = 0; leaf < FABRIC_LEAVES_MAX; leaf++)
        for (unsigned direction = 0; direction < 2; direction++) {
            const struct link_group *group = &groups[leaf][direction];
            double mean = group->live ? (double)group->bytes / group->live : 0;
            ideal = mean > ideal ? mean : ideal;
            most_loaded = group->bytes_max > most_loaded ? group->bytes_max : most_loaded;
        }
    return ideal > 0 ? most_loaded / ideal : 0;
}
