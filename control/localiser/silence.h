/* SPDX-License-Identifier: BSD-3-Clause */
/* Black holes: paths from which nothing comes back, against those that answer. No window is needed: silence
 * is certain, the question is only whose. */
#ifndef WEFT_CONTROL_LOCALISER_SILENCE_H
#define WEFT_CONTROL_LOCALISER_SILENCE_H

#include "control/localiser/suspect.h"

enum {
    SILENT_FLOWS_MAX = 4096
};

struct silent_flow {
    struct flow flow;
    uint64_t heard_at_ns; /* when it was told */
    uint64_t silent_ns;
};

struct silence {
    const struct flow_map *map;
    const struct localiser_config *config;
    struct silent_flow *flows; /* in the order of their telling */
    uint32_t count, capacity;
    uint64_t newest_at_ns;
    uint32_t *of_source;    /* [port]: silent flows from there */
    struct flow *answering; /* a ring: messages that ended since the first silence */
    uint32_t answering_count;
    uint64_t *
        forgiven_at_ns; /* [component]: silence that began before then is nobody's fault any more; 0: never */
};

int silence_create(struct silence *s, const struct flow_map *map, const struct localiser_config *config);
void silence_destroy(struct silence *s);

void silence_on_silent(struct silence *s, const struct flow *flow, uint64_t silent_ns, uint64_t now_ns);
/* A message has come through, or the path answers. */
void silence_on_answer(struct silence *s, const struct flow *flow);
/* When there will be something to judge; UINT64_MAX: not without new silence. */
uint64_t silence_wakeup(const struct silence *s);

struct silence_evidence {
    uint32_t silent, answering;
    uint64_t longest_ns;
};
/* As suspect_find(), of components that are not accused. `evidence`: which flows there were lately. */
bool silence_find(const struct silence *s, const struct evidence *evidence, uint64_t now_ns,
                  struct suspicion *suspicion, struct silence_evidence *told);
/* Silent flows over the component are not held against anybody until they are told again. */
void silence_forget(struct silence *s, uint32_t component);
/* The component was mended: silence over it that began before now is not held against anybody, however late
 * it is told. */
void silence_forgive(struct silence *s, uint32_t component, uint64_t now_ns);
/* Silent flows over the component. */
uint32_t silence_count(const struct silence *s, uint32_t component);

#endif
