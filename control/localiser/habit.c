/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/localiser/habit.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

enum {
    HABIT_WAYS = 8,
    SEEN_BEFORE_TRUSTED = 5
};
#define NOISE_MEMORY        (1.0f / 16)
#define GAP_IN_NOISES       2.0f
#define LEVEL_MEMORY        (1.0f / 16)
#define LONGEST_MEMORY      (1.0 / 64)
#define DRIFT_LEAST         0.18f /* log 1.2: what all share must become a fifth slower */
#define DRIFT_IN_DEVIATIONS 4.0f

int habits_create(struct habits *h)
{
    *h = (struct habits){.entries = calloc(HABITS_MAX, sizeof(struct habit))};
    return h->entries != NULL ? 0 : -ENOMEM;
}

void habits_destroy(struct habits *h)
{
    free(h->entries);
}

struct habit *habits_of(struct habits *h, uint64_t communicator)
{
    uint64_t group = (communicator * 0x9e3779b97f4a7c15ull >> 40) % (HABITS_MAX / HABIT_WAYS);
    struct habit *first = &h->entries[group * HABIT_WAYS], *oldest = first;
    h->clock++;
    for (struct habit *e = first; e < first + HABIT_WAYS; e++) {
        if (e->used != 0 && e->communicator == communicator) {
            e->used = h->clock;
            return e;
        }
        if (e->used < oldest->used)
            oldest = e;
    }
    *oldest = (struct habit){.communicator = communicator, .used = h->clock};
    return oldest;
}

float habit_follow_noise(struct habit *h, float noise)
{
    float usual = h->noise > 0 ? h->noise : noise;
    h->noise = usual + NOISE_MEMORY * (noise - usual);
    return fmaxf(noise, h->noise);
}

float habit_follow_gap(struct habit *h, float gap)
{
    float wider = gap - h->gap;
    if (h->gaps_seen >= SEEN_BEFORE_TRUSTED && wider > GAP_IN_NOISES * h->noise)
        return wider;
    h->gap += h->gaps_seen > 0 ? NOISE_MEMORY * wider : wider;
    h->gaps_seen += h->gaps_seen < UINT32_MAX;
    return 0;
}

static struct habit_level *level_of(struct habit *h, uint32_t key)
{
    for (unsigned i = 0; i < HABIT_LEVELS; i++)
        if (h->levels[i].key == key)
            return &h->levels[i];
    struct habit_level *level = &h->levels[h->next_level];
    h->next_level = (h->next_level + 1) % HABIT_LEVELS;
    *level = (struct habit_level){.key = key};
    return level;
}

bool habit_has_drifted(struct habit *h, uint32_t key, float level, float noise)
{
    struct habit_level *l = level_of(h, key);
    float off = l->seen > 0 ? level - l->mean : 0;
    bool drifted = l->seen >= SEEN_BEFORE_TRUSTED &&
                   off > fmaxf(fmaxf(DRIFT_LEAST, noise), DRIFT_IN_DEVIATIONS * l->deviation);
    l->mean = l->seen > 0 ? l->mean + LEVEL_MEMORY * off : level;
    l->deviation += LEVEL_MEMORY * (fabsf(off) - l->deviation);
    l->seen += l->seen < UINT32_MAX;
    return drifted;
}

double habit_follow_message(struct habit *h, double median_ns)
{
    h->longest_message_ns = fmax(median_ns, h->longest_message_ns * (1 - LONGEST_MEMORY));
    return h->longest_message_ns;
}
