/* SPDX-License-Identifier: BSD-3-Clause */
/* Tells an application what has ended: its completion ring, and behind it a bounded backlog for an
 * application that is slow to look. Belongs to the worker. */
#ifndef WEFT_DAEMON_COMPLETION_QUEUE_H
#define WEFT_DAEMON_COMPLETION_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/formats/app_queue.h"

enum {
    COMPLETION_BACKLOG_MAX = 16384 /* power of two */
};

struct completion_queue {
    struct app_queue *queue; /* shared with the application */
    int doorbell_fd;         /* eventfd that the application sleeps on */
    uint32_t tail;           /* ours: written, not all published yet */
    uint32_t published_tail;
    struct app_completion *backlog; /* COMPLETION_BACKLOG_MAX entries */
    uint32_t backlog_first, backlog_count;
};

/* Adds one; false when the backlog is full. The application sees it after completion_queue_publish(). */
bool completion_queue_add(struct completion_queue *q, const struct app_completion *completion);
/* Moves the backlog on, publishes, and rings the doorbell if the application asked for it. False when the
 * application's position is impossible. */
bool completion_queue_publish(struct completion_queue *q);

#endif
