/* SPDX-License-Identifier: BSD-3-Clause */
/* What is usual for a communicator: how noisy its messages are, how fast they go, and how far its operations
 * have been judged. */
#ifndef WEFT_CONTROL_LOCALISER_HABIT_H
#define WEFT_CONTROL_LOCALISER_HABIT_H

#include <stdbool.h>
#include <stdint.h>

enum {
    HABITS_MAX = 4096, /* communicators; the longest idle gives way */
    HABIT_LEVELS = 8   /* kinds of operations, by name and size */
};

struct habit_level {
    uint32_t key; /* 0: unused */
    uint32_t seen;
    float mean, deviation; /* of the lower quartile of log time a byte */
};
struct habit {
    uint64_t communicator;
    uint64_t used; /* 0: free */
    uint64_t judged_sequence;
    bool judged;
    float noise; /* of log time; 0: not known */
    float gap;   /* between the median and the lower quartile of the cohorts */
    uint32_t gaps_seen;
    double longest_message_ns; /* of operations' medians, lately */
    struct habit_level levels[HABIT_LEVELS];
    uint32_t next_level;
};
struct habits {
    struct habit *entries; /* HABITS_MAX, by hash, in groups of HABIT_WAYS */
    uint64_t clock;
};

int habits_create(struct habits *h);
void habits_destroy(struct habits *h);
struct habit *habits_of(struct habits *h, uint64_t communicator);

/* Takes the operation's noise into account, and returns what to judge by: the larger of it and the usual. */
float habit_follow_noise(struct habit *h, float noise);
/* Takes the gap in, and returns by how much it is wider than usual if that is a good deal of the noise: then
 * so many messages are slow that the median is one of them. Else 0. */
float habit_follow_gap(struct habit *h, float gap);
/* Takes the level in; true if it is so far above what is usual that something common to all has changed. */
bool habit_has_drifted(struct habit *h, uint32_t key, float level, float noise);

/* Takes the median message's time of an operation in, and returns the longest of late: what is material to a
 * job is a share of that, not of the barriers between. */
double habit_follow_message(struct habit *h, double median_ns);

#endif
