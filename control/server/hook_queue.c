/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/server/hook_queue.h"

#include <stdlib.h>
#include <string.h>

void hook_queue_put(struct hook_queue *q, const char *text)
{
    char *copy = strdup(text);
    if (copy == NULL) {
        q->dropped++;
        return;
    }
    if (q->head - q->tail == HOOK_QUEUE_MAX) {
        free(hook_queue_take(q));
        q->dropped++;
    }
    q->items[q->head++ % HOOK_QUEUE_MAX] = copy;
}

char *hook_queue_take(struct hook_queue *q)
{
    return q->head == q->tail ? NULL : q->items[q->tail++ % HOOK_QUEUE_MAX];
}

void hook_queue_clear(struct hook_queue *q)
{
    for (char *item; (item = hook_queue_take(q)) != NULL;)
        free(item);
}
