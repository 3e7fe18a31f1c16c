/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#include "dataplane/daemon/completion_queue.h"

static int setup(void **state)
{
    struct completion_queue *q = calloc(1, sizeof(*q));
    q->queue = calloc(1, sizeof(*q->queue));
    q->backlog = calloc(COMPLETION_BACKLOG_MAX, sizeof(q->backlog[0]));
    q->doorbell_fd = eventfd(0, EFD_NONBLOCK);
    *state = q;
    return 0;
}

static int teardown(void **state)
{
    struct completion_queue *q = *state;
    close(q->doorbell_fd);
    free(q->backlog);
    free(q->queue);
    free(q);
    return 0;
}

static bool add(struct completion_queue *q, uint64_t cookie)
{
    return completion_queue_add(q, &(struct app_completion){.kind = APP_COMPLETION_SENT, .cookie = cookie});
}

/* The application takes everything it can see; the cookies must go on counting from `next`. */
static uint64_t consume(struct completion_queue *q, uint64_t next)
{
    struct app_queue *queue = q->queue;
    uint32_t head = queue->completion.head;
    for (; head != queue->completion.tail; head++)
        assert_int_equal(queue->completions[head & (APP_COMPLETION_ENTRIES - 1)].cookie, next++);
    queue->completion.head = head;
    return next;
}

static bool was_rung(struct completion_queue *q)
{
    uint64_t count;
    return read(q->doorbell_fd, &count, sizeof(count)) == sizeof(count);
}

static void nothing_is_seen_before_it_is_published(void **state)
{
    struct completion_queue *q = *state;
    assert_true(add(q, 0));
    assert_int_equal(q->queue->completion.tail, 0);
    assert_true(completion_queue_publish(q));
    assert_int_equal(consume(q, 0), 1);
}

static void the_doorbell_rings_only_when_wanted(void **state)
{
    struct completion_queue *q = *state;
    add(q, 0);
    completion_queue_publish(q);
    assert_false(was_rung(q));
    q->queue->completion_doorbell_wanted = 1;
    completion_queue_publish(q);
    assert_false(was_rung(q));
    add(q, 1);
    completion_queue_publish(q);
    assert_true(was_rung(q));
    assert_int_equal(q->queue->completion_doorbell_wanted, 0);
}

static void a_slow_application_gets_everything_in_order(void **state)
{
    struct completion_queue *q = *state;
    uint64_t added = 0, seen = 0;
    while (added < APP_COMPLETION_ENTRIES + COMPLETION_BACKLOG_MAX)
        assert_true(add(q, added++));
    assert_false(add(q, added));
    while (seen < added) {
        assert_true(completion_queue_publish(q));
        uint64_t before = seen;
        seen = consume(q, seen);
        assert_true(seen > before);
    }
    assert_true(add(q, added++));
    completion_queue_publish(q);
    assert_int_equal(consume(q, seen), added);
}

static void nothing_overtakes_the_backlog(void **state)
{
    struct completion_queue *q = *state;
    uint64_t added = 0, seen = 0;
    while (added < APP_COMPLETION_ENTRIES + 5)
        add(q, added++);
    completion_queue_publish(q);
    seen = consume(q, seen);
    add(q, added++);
    completion_queue_publish(q);
    assert_int_equal(consume(q, seen), added);
}

static void an_impossible_head_is_noticed_and_harms_nothing(void **state)
{
    struct completion_queue *q = *state;
    add(q, 0);
    q->queue->completion.head = 77;
    assert_false(completion_queue_publish(q));
    assert_true(add(q, 1));
    assert_false(completion_queue_publish(q));
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(nothing_is_seen_before_it_is_published),          STORY(the_doorbell_rings_only_when_wanted),
        STORY(a_slow_application_gets_everything_in_order),     STORY(nothing_overtakes_the_backlog),
        STORY(an_impossible_head_is_noticed_and_harms_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
