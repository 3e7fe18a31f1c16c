/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/client/app_ring.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dataplane/client/ring.h"

int app_ring_open(struct app_ring *ring, int memfd, int submission_doorbell, int completion_doorbell)
{
    struct stat status;
    if (fstat(memfd, &status) < 0)
        return -errno;
    if (status.st_size < (off_t)sizeof(struct app_queue))
        return -EPROTO;
    struct app_queue *queue =
        mmap(NULL, sizeof(struct app_queue), PROT_READ | PROT_WRITE, MAP_SHARED, memfd, 0);
    if (queue == MAP_FAILED)
        return -errno;
    if (queue->version != APP_QUEUE_VERSION) {
        munmap(queue, sizeof(struct app_queue));
        return -EPROTONOSUPPORT;
    }
    *ring = (struct app_ring){.queue = queue,
                              .submission_doorbell = submission_doorbell,
                              .completion_doorbell = completion_doorbell};
    return 0;
}

void app_ring_close(struct app_ring *ring)
{
    munmap(ring->queue, sizeof(struct app_queue));
    close(ring->submission_doorbell);
    close(ring->completion_doorbell);
}

static bool app_ring_has_room(struct app_ring *ring, uint32_t entries)
{
    uint32_t used = ring->submission_tail - ring_observe(&ring->queue->submission.head);
    if (used > APP_SUBMISSION_ENTRIES)
        ring->corrupt = true;
    return !ring->corrupt && entries <= APP_SUBMISSION_ENTRIES - used;
}

static void app_ring_put(struct app_ring *ring, const union app_submission *entry)
{
    ring->queue->submissions[ring->submission_tail & (APP_SUBMISSION_ENTRIES - 1)] = *entry;
    ring->submission_tail++;
}

bool app_ring_begin_batch(struct app_ring *ring, const struct app_batch *batch)
{
    if (!app_ring_has_room(ring, batch->flow_count + 1))
        return false;
    app_ring_put(ring, &(union app_submission){.batch = *batch});
    return true;
}

void app_ring_add_flow(struct app_ring *ring, const struct app_flow *flow)
{
    app_ring_put(ring, &(union app_submission){.flow = *flow});
}

void app_ring_end_batch(struct app_ring *ring)
{
    ring_publish(&ring->queue->submission.tail, ring->submission_tail);
}

/* The only failure of a write to an eventfd is a full counter, and then the reader is awake. */
static void doorbell_ring(int doorbell)
{
    uint64_t one = 1;
    while (write(doorbell, &one, sizeof(one)) < 0 && errno == EINTR)
        ;
}

void app_ring_wake_dataplane(struct app_ring *ring)
{
    if (ring_take_doorbell(&ring->queue->submission_doorbell_wanted))
        doorbell_ring(ring->submission_doorbell);
}

/* Completions that wait to be taken. */
static uint32_t app_ring_ready(struct app_ring *ring)
{
    uint32_t ready = ring_observe(&ring->queue->completion.tail) - ring->completion_head;
    if (ready > APP_COMPLETION_ENTRIES)
        ring->corrupt = true;
    return ring->corrupt ? 0 : ready;
}

unsigned app_ring_take(struct app_ring *ring, struct app_completion *completions, unsigned max)
{
    uint32_t ready = app_ring_ready(ring);
    unsigned count = ready < max ? ready : max;
    for (unsigned i = 0; i < count; i++)
        completions[i] = ring->queue->completions[(ring->completion_head + i) & (APP_COMPLETION_ENTRIES - 1)];
    if (count > 0) {
        ring->completion_head += count;
        ring_publish(&ring->queue->completion.head, ring->completion_head);
    }
    return count;
}

bool app_ring_prepare_sleep(struct app_ring *ring)
{
    ring_want_doorbell(&ring->queue->completion_doorbell_wanted);
    return app_ring_ready(ring) == 0 && !ring->corrupt;
}

void app_ring_end_sleep(struct app_ring *ring, bool rung)
{
    ring_decline_doorbell(&ring->queue->completion_doorbell_wanted);
    uint64_t count;
    if (rung)
        while (read(ring->completion_doorbell, &count, sizeof(count)) < 0 && errno == EINTR)
            ;
}
