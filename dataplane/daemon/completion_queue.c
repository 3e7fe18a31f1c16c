/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/daemon/completion_queue.h"

#include <unistd.h>

/* Free slots of the ring; negative when the application's head is impossible. */
static int64_t count_free(const struct completion_queue *q)
{
    /* acquire: pairs with the application's release of head, so that it has copied what we overwrite */
    uint32_t head = __atomic_load_n(&q->queue->completion.head, __ATOMIC_ACQUIRE);
    return (int64_t)APP_COMPLETION_ENTRIES - (int64_t)(uint32_t)(q->tail - head);
}

static void write_entry(struct completion_queue *q, const struct app_completion *completion)
{
    q->queue->completions[q->tail++ & (APP_COMPLETION_ENTRIES - 1)] = *completion;
}

bool completion_queue_add(struct completion_queue *q, const struct app_completion *completion)
{
    if (q->backlog_count == 0 && count_free(q) > 0) {
        write_entry(q, completion);
        return true;
    }
    if (q->backlog_count == COMPLETION_BACKLOG_MAX)
        return false;
    q->backlog[(q->backlog_first + q->backlog_count++) & (COMPLETION_BACKLOG_MAX - 1)] = *completion;
    return true;
}

static void ring_doorbell(struct completion_queue *q)
{
    /* full barrier: the application must not have seen the old tail after setting the flag that we miss */
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (!__atomic_load_n(&q->queue->completion_doorbell_wanted, __ATOMIC_RELAXED))
        return;
    __atomic_store_n(&q->queue->completion_doorbell_wanted, 0, __ATOMIC_RELAXED);
    uint64_t one = 1;
    ssize_t ignored = write(q->doorbell_fd, &one, sizeof(one)); /* full counter: it is awake anyway */
    (void)ignored;
}

bool completion_queue_publish(struct completion_queue *q)
{
    if (q->backlog_count == 0 && q->tail == q->published_tail)
        return true;
    int64_t room = count_free(q);
    if (room < 0)
        return false;
    for (; q->backlog_count > 0 && room > 0; room--, q->backlog_count--)
        write_entry(q, &q->backlog[q->backlog_first++ & (COMPLETION_BACKLOG_MAX - 1)]);
    if (q->tail == q->published_tail)
        return true;
    /* release: the entries are whole before the application sees the tail */
    __atomic_store_n(&q->queue->completion.tail, q->tail, __ATOMIC_RELEASE);
    q->published_tail = q->tail;
    ring_doorbell(q);
    return true;
}
