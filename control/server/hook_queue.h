/* SPDX-License-Identifier: BSD-3-Clause */
/* What one hook has not been told yet: bounded, the oldest gives way. */
#ifndef WEFT_CONTROL_HOOK_QUEUE_H
#define WEFT_CONTROL_HOOK_QUEUE_H

#include <stdint.h>

enum {
    HOOK_QUEUE_MAX = 256
};

struct hook_queue {
    char *items[HOOK_QUEUE_MAX];
    uint64_t head, tail;
    uint64_t dropped;
};

/* Copies the text. */
void hook_queue_put(struct hook_queue *q, const char *text);
/* The oldest, the caller's to free; NULL: none. */
char *hook_queue_take(struct hook_queue *q);
void hook_queue_clear(struct hook_queue *q);

#endif
