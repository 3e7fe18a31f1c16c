/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/exporter/path_totals.h"

#include <stdlib.h>
#include <string.h>

enum {
    CHANNELS_MAX = 1 << 18
};

static const double rtt_bounds_s[] = {5e-6, 1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4,
                                      1e-3, 2e-3, 5e-3, 0.01, 0.02, 0.05};

/* A channel as it was last seen. */
struct seen_channel {
    uint64_t acked_bytes, sent_packets, retransmits, marked_packets;
    int generation; /* of the channel: a new one counts from zero */
    unsigned round; /* when it was seen */
};

struct path_totals {
    struct path_total spines[PATH_TOTALS_SPINES_MAX];
    struct seen_channel *channels;
    unsigned count;
    json_t *places; /* {"peer3_path1": index in `channels`} */
    unsigned round;
};

struct path_totals *path_totals_create(void)
{
    struct path_totals *totals = calloc(1, sizeof(*totals));
    if (totals == NULL)
        return NULL;
    totals->places = json_object();
    for (unsigned i = 0; i < PATH_TOTALS_SPINES_MAX; i++)
        totals->spines[i].rtt_s = (struct metric_histogram){
            .bounds = rtt_bounds_s, .bound_count = sizeof(rtt_bounds_s) / sizeof(*rtt_bounds_s)};
    if (totals->places != NULL)
        return totals;
    free(totals);
    return NULL;
}

void path_totals_destroy(struct path_totals *totals)
{
    if (totals == NULL)
        return;
    json_decref(totals->places);
    free(totals->channels);
    free(totals);
}

/* NULL: there are too many. */
static struct seen_channel *add_channel(struct path_totals *totals, const char *name)
{
    if (totals->count == CHANNELS_MAX)
        return NULL;
    if ((totals->count & (totals->count - 1)) == 0) { /* a power of two is full */
        size_t room = totals->count > 0 ? 2 * (size_t)totals->count : 1;
        struct seen_channel *longer = reallocarray(totals->channels, room, sizeof(*longer));
        if (longer == NULL)
            return NULL;
        totals->channels = longer;
    }
    if (json_object_set_new(totals->places, name, json_integer(totals->count)) != 0)
        return NULL;
    totals->channels[totals->count] = (struct seen_channel){.generation = -1};
    return &totals->channels[totals->count++];
}

static struct seen_channel *find_channel(struct path_totals *totals, const char *name)
{
    const json_t *place = json_object_get(totals->places, name);
    return place != NULL ? &totals->channels[json_integer_value(place)] : add_channel(totals, name);
}

static uint64_t read_count(const json_t *channel, const char *key)
{
    json_int_t value = json_integer_value(json_object_get(channel, key));
    return value > 0 ? (uint64_t)value : 0;
}

/* What has been added to a counter; all of it when it has begun anew. */
static uint64_t advance(uint64_t *last, uint64_t now)
{
    uint64_t added = now >= *last ? now - *last : now;
    *last = now;
    return added;
}

static void count_progress(struct path_total *spine, struct seen_channel *seen, const json_t *channel)
{
    uint64_t acked_bytes = advance(&seen->acked_bytes, read_count(channel, "acked_bytes"));
    spine->acked_bytes += acked_bytes;
    spine->sent_packets += advance(&seen->sent_packets, read_count(channel, "sent_packets"));
    spine->retransmits += advance(&seen->retransmits, read_count(channel, "retransmits"));
    spine->marked_packets += advance(&seen->marked_packets, read_count(channel, "marked_packets"));
    if (acked_bytes > 0)
        metric_histogram_observe(&spine->rtt_s, (double)read_count(channel, "smoothed_rtt_ns") / 1e9);
}

static void take_channel(struct path_totals *totals, const char *name, const json_t *channel)
{
    uint64_t path = read_count(channel, "path");
    int generation = (int)read_count(channel, "generation");
    if (!json_is_object(channel) || path >= PATH_TOTALS_SPINES_MAX)
        return;
    struct seen_channel *seen = find_channel(totals, name);
    struct path_total *spine = &totals->spines[path], passed_over = {.is_used = false};
    if (seen == NULL)
        return;
    if (seen->generation != generation)
        *seen = (struct seen_channel){.generation = generation};
    seen->round = totals->round;
    spine->is_used = true;
    count_progress(totals->round > 0 ? spine : &passed_over, seen, channel);
}

void path_totals_take(struct path_totals *totals, const json_t *answer)
{
    const char *name;
    json_t *channel;
    json_object_foreach((json_t *)answer, name, channel) take_channel(totals, name, channel);
}

void path_totals_end_round(struct path_totals *totals)
{
    const char *name;
    json_t *place;
    struct seen_channel *kept = calloc(totals->count + 1, sizeof(*kept));
    json_t *places = json_object();
    unsigned count = 0;
    if (kept == NULL || places == NULL) { /* nothing is forgotten then */
        free(kept);
        json_decref(places);
        return;
    }
    json_object_foreach(totals->places, name, place)
    {
        const struct seen_channel *seen = &totals->channels[json_integer_value(place)];
        if (seen->round == totals->round && json_object_set_new(places, name, json_integer(count)) == 0)
            kept[count++] = *seen;
    }
    for (unsigned i = 0; i < count; i++)
        totals->channels[i] = kept[i];
    totals->count = count;
    free(kept);
    json_decref(totals->places);
    totals->places = places;
    totals->round++;
}

const struct path_total *path_totals_of(const struct path_totals *totals, unsigned spine)
{
    return &totals->spines[spine];
}
