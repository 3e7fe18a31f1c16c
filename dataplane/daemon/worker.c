/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/daemon/worker.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <rte_pause.h>

#include "dataplane/daemon/privileges.h"
#include "dataplane/daemon/worker_links.h"
#include "dataplane/process/clock.h"

enum {
    SHARED_CORE_NICE = -15 /* packets before arithmetic: peers take a late answer for a loss */
};
static const nsec_t BLOCKED_RETRY_NS = NSEC_PER_MSEC;
static const nsec_t PORT_FULL_RETRY_NS = 20 * NSEC_PER_USEC;

nsec_t worker_read_clock(const struct worker *w)
{
    return clock_ns(CLOCK_MONOTONIC) - w->clock_base;
}

static void ring(int bell)
{
    uint64_t one = 1;
    ssize_t ignored = write(bell, &one, sizeof(one)); /* full counter: it is awake anyway */
    (void)ignored;
}

void worker_answer(struct worker *w, struct command *command, int64_t result)
{
    command->result = result;
    mailbox_put(w->answers, &command); /* there is room: see commands_out */
    w->main_bell_due = true;
}

bool worker_notify(struct worker *w, const struct notice *notice)
{
    bool put = mailbox_put(w->notices, notice);
    w->notices_lost += !put;
    w->main_bell_due = true;
    return put;
}

static unsigned do_round(struct worker *w)
{
    w->now = worker_read_clock(w);
    w->rounds++;
    unsigned work = worker_receive_packets(w);
    work += worker_links_poll(w);
    work += worker_do_commands(w);
    work += worker_take_submissions(w);
    work += worker_send_packets(w);
    worker_deliver_events(w);
    worker_publish_completions(w);
    worker_answer_waiting(w);
    worker_links_tell(w);
    if (w->main_bell_due) {
        w->main_bell_due = false;
        ring(w->main_bell);
    }
    return work;
}

static void set_doorbells_wanted(struct worker *w, uint32_t wanted)
{
    for (unsigned slot = 0; slot < w->session_end; slot++)
        if (w->sessions[slot])
            __atomic_store_n(&w->sessions[slot]->submissions.queue->submission_doorbell_wanted, wanted,
                             __ATOMIC_RELAXED);
}

/* 0: do not sleep. */
static nsec_t sleep_limit(struct worker *w)
{
    nsec_t wakeup = transport_next_wakeup(w->config.transport);
    nsec_t now = worker_read_clock(w);
    nsec_t limit = wakeup == NSEC_NEVER ? NSEC_PER_SEC : wakeup > now ? wakeup - now : 0;
    if (w->frame_first < w->frame_count && limit > PORT_FULL_RETRY_NS)
        limit = PORT_FULL_RETRY_NS;
    if (limit > BLOCKED_RETRY_NS && worker_has_blocked_session(w))
        limit = BLOCKED_RETRY_NS;
    return limit < NSEC_PER_SEC ? limit : NSEC_PER_SEC;
}

/* Edge-triggered, so taking the events is enough: nothing an application may have emptied is read. */
static void forget_doorbells(struct worker *w)
{
    struct epoll_event events[WORKER_SESSIONS_MAX + 1];
    epoll_wait(w->doorbells, events, WORKER_SESSIONS_MAX + 1, 0);
}

static void sleep_until_needed(struct worker *w)
{
    if (worker_links_arm(w))
        return;
    nsec_t limit = sleep_limit(w);
    if (limit == 0)
        return;
    set_doorbells_wanted(w, 1);
    __atomic_store_n(&w->asleep, true, __ATOMIC_RELAXED);
    /* full barrier: whoever publishes after this look at the rings sees the flags, and rings */
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (mailbox_is_empty(w->commands) && !worker_has_submissions(w)) {
        w->sleeps++;
        port_wait(w->config.port, w->doorbells, limit);
    }
    bool rung = !__atomic_exchange_n(&w->asleep, false, __ATOMIC_RELAXED);
    for (unsigned slot = 0; slot < w->session_end; slot++)
        rung |= w->sessions[slot] &&
                !__atomic_load_n(&w->sessions[slot]->submissions.queue->submission_doorbell_wanted,
                                 __ATOMIC_RELAXED);
    set_doorbells_wanted(w, 0);
    if (rung || w->slept_in_vain)
        forget_doorbells(w);
}

static void *run(void *argument)
{
    struct worker *w = argument;
    prctl(PR_SET_TIMERSLACK, 1000); /* ns: a sleep ends when it should */
    if (w->config.sleep)
        setpriority(PRIO_PROCESS, (id_t)gettid(), SHARED_CORE_NICE);
    privileges_drop(); /* of this thread; what the main thread's own call says is what is logged */
    port_thread_register();
    while (!__atomic_load_n(&w->stop, __ATOMIC_RELAXED)) {
        bool worked = do_round(w) > 0;
        if (worked)
            w->slept_in_vain = false;
        else if (!w->config.sleep)
            rte_pause();
        else {
            sleep_until_needed(w);
            w->slept_in_vain = true;
        }
    }
    return NULL;
}

static bool open_bells(struct worker *w)
{
    w->worker_bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    w->main_bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    w->doorbells = epoll_create1(EPOLL_CLOEXEC);
    return w->worker_bell >= 0 && w->main_bell >= 0 && w->doorbells >= 0 &&
           worker_watch_doorbell(w, w->worker_bell) == 0;
}

static bool allocate(struct worker *w)
{
    w->commands = mailbox_create("commands", 2 * WORKER_COMMANDS_MAX, sizeof(struct command *));
    w->answers = mailbox_create("answers", 2 * WORKER_COMMANDS_MAX, sizeof(struct command *));
    w->notices = mailbox_create("notices", WORKER_NOTICES_MAX, sizeof(struct notice));
    return w->commands && w->answers && w->notices &&
           transfer_table_create(&w->transfers, w->config.transfers_max) == 0 &&
           loopback_create(&w->loopback, WORKER_LOOPBACK_PACKETS,
                           PACKET_HEADER_BYTES_MAX + w->config.payload_bytes_max) == 0;
}

/* What our probes say to whom they reach after all: nothing, for no session has this number. */
static void fill_probe_header(struct worker *w)
{
    w->probe_header.header = (struct packet_header){.version = PACKET_VERSION,
                                                    .type = PACKET_PROBE,
                                                    .session = PACKET_NO_SESSION,
                                                    .incarnation = w->config.incarnation};
}

int worker_create(const struct worker_config *config, struct worker **worker, char error[WORKER_ERROR_BYTES])
{
    struct worker *w = aligned_alloc(64, (sizeof(*w) + 63) / 64 * 64);
    *worker = w;
    if (w)
        memset(w, 0, sizeof(*w));
    if (w)
        w->config = *config;
    if (!w || !allocate(w)) {
        snprintf(error, WORKER_ERROR_BYTES, "out of memory for a worker");
        return -ENOMEM;
    }
    if (!open_bells(w)) {
        snprintf(error, WORKER_ERROR_BYTES, "no eventfd or epoll for a worker: %s", strerror(errno));
        return -errno;
    }
    fill_probe_header(w);
    worker_number_spines(w, NULL);
    w->clock_base = worker_read_clock(w) - 1; /* time begins above 0 */
    return 0;
}

static int pin(struct worker *w, pthread_attr_t *attributes, char error[WORKER_ERROR_BYTES])
{
    cpu_set_t allowed, wanted;
    CPU_ZERO(&wanted);
    CPU_SET(w->config.core, &wanted);
    sched_getaffinity(0, sizeof(allowed), &allowed);
    if (!CPU_ISSET(w->config.core, &allowed)) {
        snprintf(error, WORKER_ERROR_BYTES, "core %u is not there or not allowed; choose another `core`",
                 w->config.core);
        return -EINVAL;
    }
    return -pthread_attr_setaffinity_np(attributes, sizeof(wanted), &wanted);
}

int worker_start(struct worker *w, char error[WORKER_ERROR_BYTES])
{
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    int result = pin(w, &attributes, error);
    if (result == 0) {
        result = -pthread_create(&w->thread, &attributes, run, w);
        if (result != 0)
            snprintf(error, WORKER_ERROR_BYTES, "cannot start a thread: %s", strerror(-result));
    }
    pthread_attr_destroy(&attributes);
    w->running = result == 0;
    return result;
}

static void close_if_open(int descriptor)
{
    if (descriptor > 0)
        close(descriptor);
}

void worker_destroy(struct worker *w)
{
    if (!w)
        return;
    if (w->running) {
        __atomic_store_n(&w->stop, true, __ATOMIC_RELAXED);
        ring(w->worker_bell);
        pthread_join(w->thread, NULL);
    }
    loopback_destroy(&w->loopback);
    transfer_table_destroy(&w->transfers);
    mailbox_destroy(w->commands);
    mailbox_destroy(w->answers);
    mailbox_destroy(w->notices);
    close_if_open(w->worker_bell);
    close_if_open(w->main_bell);
    close_if_open(w->doorbells);
    free(w);
}

bool worker_post(struct worker *w, struct command *command)
{
    if (w->commands_out == WORKER_COMMANDS_MAX || !mailbox_put(w->commands, &command))
        return false;
    w->commands_out++;
    /* full barrier: a worker that misses the command has set `asleep` before, and is rung */
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (__atomic_exchange_n(&w->asleep, false, __ATOMIC_RELAXED))
        ring(w->worker_bell);
    return true;
}

int worker_bell_fd(const struct worker *w)
{
    return w->main_bell;
}

struct command *worker_take_answer(struct worker *w)
{
    struct command *command;
    if (!mailbox_take(w->answers, &command))
        return NULL;
    w->commands_out--;
    return command;
}

bool worker_take_notice(struct worker *w, struct notice *notice)
{
    return mailbox_take(w->notices, notice);
}

int worker_watch_doorbell(struct worker *w, int doorbell_fd)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLET};
    return epoll_ctl(w->doorbells, EPOLL_CTL_ADD, doorbell_fd, &event) == 0 ? 0 : -errno;
}

void worker_unwatch_doorbell(struct worker *w, int doorbell_fd)
{
    epoll_ctl(w->doorbells, EPOLL_CTL_DEL, doorbell_fd, NULL);
}
