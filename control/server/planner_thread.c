/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/server/planner_thread.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "dataplane/process/clock.h"

struct planner_thread {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wanted;
    struct core_planning *planning; /* to be computed, or done */
    bool is_done, stop;
    uint64_t duration_ns;
    int bell; /* eventfd */
};

static void ring(const struct planner_thread *t)
{
    uint64_t one = 1;
    if (write(t->bell, &one, sizeof(one)) < 0)
        return; /* it is rung already */
}

static bool wait_for_work(struct planner_thread *t)
{
    while (!t->stop && (t->planning == NULL || t->is_done))
        pthread_cond_wait(&t->wanted, &t->lock);
    return !t->stop;
}

static void *work(void *context)
{
    struct planner_thread *t = context;
    pthread_mutex_lock(&t->lock);
    while (wait_for_work(t)) {
        pthread_mutex_unlock(&t->lock);
        uint64_t begin = clock_ns(CLOCK_MONOTONIC);
        core_plan_compute(t->planning);
        uint64_t duration_ns = clock_ns(CLOCK_MONOTONIC) - begin;
        pthread_mutex_lock(&t->lock);
        t->duration_ns = duration_ns;
        t->is_done = true;
        ring(t);
    }
    pthread_mutex_unlock(&t->lock);
    return NULL;
}

struct planner_thread *planner_thread_create(void)
{
    struct planner_thread *t = calloc(1, sizeof(*t));
    if (t == NULL)
        return NULL;
    pthread_mutex_init(&t->lock, NULL);
    pthread_cond_init(&t->wanted, NULL);
    t->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (t->bell >= 0 && pthread_create(&t->thread, NULL, work, t) == 0)
        return t;
    if (t->bell >= 0)
        close(t->bell);
    free(t);
    return NULL;
}

void planner_thread_destroy(struct planner_thread *t, struct core *core, uint64_t now_ns)
{
    if (t == NULL)
        return;
    pthread_mutex_lock(&t->lock);
    t->stop = true;
    pthread_cond_signal(&t->wanted);
    pthread_mutex_unlock(&t->lock);
    pthread_join(t->thread, NULL);
    if (t->planning != NULL)
        core_plan_publish(core, t->planning, t->duration_ns, now_ns);
    close(t->bell);
    free(t);
}

int planner_thread_bell(const struct planner_thread *t)
{
    return t->bell;
}

bool planner_thread_is_idle(const struct planner_thread *t)
{
    return t->planning == NULL; /* only the event loop sets it */
}

void planner_thread_compute(struct planner_thread *t, struct core_planning *planning)
{
    pthread_mutex_lock(&t->lock);
    t->planning = planning;
    t->is_done = false;
    pthread_cond_signal(&t->wanted);
    pthread_mutex_unlock(&t->lock);
}

struct core_planning *planner_thread_take(struct planner_thread *t, uint64_t *duration_ns)
{
    struct core_planning *done = NULL;
    uint64_t count;
    if (read(t->bell, &count, sizeof(count)) < 0)
        count = 0;
    pthread_mutex_lock(&t->lock);
    if (t->planning != NULL && t->is_done) {
        done = t->planning;
        *duration_ns = t->duration_ns;
        t->planning = NULL;
    }
    pthread_mutex_unlock(&t->lock);
    return done;
}
