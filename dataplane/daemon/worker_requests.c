/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/daemon/worker_state.h"
#include "dataplane/daemon/worker_trace.h"

enum {
    BATCHES_A_ROUND = 4 /* of one session, so that packets are not kept waiting */
};
/* A batch that does not fit though nothing has been in progress for so long never will. */
static const nsec_t NEVER_FITS_NS = NSEC_PER_SEC;

static void break_session(struct worker *w, struct worker_session *session, const char *what, uint64_t value)
{
    session->fault.what = what;
    session->fault.value = value;
    __atomic_store_n(&session->broken, true, __ATOMIC_RELEASE);
    w->main_bell_due = true;
}

static bool is_served(const struct worker_session *session)
{
    return session && !session->broken && !session->detach;
}

static void tell(struct worker *w, struct worker_session *session, const struct app_completion *completion)
{
    if (is_served(session) && !completion_queue_add(&session->completions, completion))
        break_session(w, session, "the application does not take its completions; waiting for it:",
                      COMPLETION_BACKLOG_MAX + APP_COMPLETION_ENTRIES);
}

/* ---- batches ---- */

static void end_batch(struct worker *w, struct worker_session *session, enum app_status status)
{
    for (unsigned i = 0; i < w->batch.count; i++) {
        struct app_completion completion = {.kind = w->batch.receive ? APP_COMPLETION_RECEIVED
                                                                     : APP_COMPLETION_SENT,
                                            .status = status,
                                            .cookie = w->batch.flows[i].cookie};
        tell(w, session, &completion);
    }
}

static void add_transfers(struct worker *w, const struct worker_session *session)
{
    for (unsigned i = 0; i < w->batch.count; i++) {
        struct flow_request *flow = &w->batch.flows[i];
        struct transfer transfer = {.cookie = flow->cookie,
                                    .region = flow->region,
                                    .session = session->slot,
                                    .handle = w->batch.communicator->handle,
                                    .sequence = w->batch.sequence,
                                    .plan_epoch = w->plan_epoch,
                                    .step = w->batch.step,
                                    .peer_rank = flow->peer_rank,
                                    .operation = w->batch.operation};
        flow->cookie = transfer_table_add(&w->transfers, &transfer);
    }
}

static void count_transfers(struct worker *w, struct worker_session *session)
{
    session->transfers += w->batch.count;
    w->batch.communicator->transfers += w->batch.count;
    for (unsigned i = 0; i < w->batch.count; i++)
        region_table_use(&w->regions, w->batch.flows[i].region);
}

/* Gives back the transfers of a batch that was not taken, and the application's cookies. */
static void drop_transfers(struct worker *w)
{
    for (unsigned i = w->batch.count; i-- > 0;) {
        struct flow_request *flow = &w->batch.flows[i];
        uint32_t index = (uint32_t)flow->cookie;
        flow->cookie = w->transfers.transfers[index].cookie;
        transfer_table_remove(&w->transfers, index);
    }
}

/* Control plans for what is sent: it is told of each shape, and each time flows are twice as long as known.
 */
static void note_demand(struct worker *w, const struct worker_session *session)
{
    uint64_t longest = 0, *known = &w->batch.communicator->demand_bytes[w->batch.shape];
    for (unsigned i = 0; i < w->batch.count; i++)
        longest = w->batch.flows[i].bytes > longest ? w->batch.flows[i].bytes : longest;
    if (*known > longest / 2)
        return;
    struct notice notice = {.kind = NOTICE_DEMAND,
                            .demand = {.session = session->slot,
                                       .communicator = w->batch.communicator->handle,
                                       .shape = w->batch.shape,
                                       .flow_bytes = longest}};
    if (worker_notify(w, &notice))
        *known = longest + 1;
}

static enum submit_result submit(struct worker *w, struct worker_session *session)
{
    if (w->transfers.capacity - w->transfers.used < w->batch.count)
        return SUBMIT_FULL;
    add_transfers(w, session);
    uint32_t number = w->batch.communicator->number;
    const struct flow_batch batch = {w->batch.flows, w->batch.count, w->batch.shape};
    enum submit_result result = w->batch.receive
                                    ? transport_receive_batch(w->config.transport, number, &batch, w->now)
                                    : transport_send_batch(w->config.transport, number, &batch, w->now);
    if (result != SUBMIT_OK) {
        drop_transfers(w);
        return result;
    }
    count_transfers(w, session);
    if (!w->batch.receive)
        note_demand(w, session);
    return SUBMIT_OK;
}

/* The tables are full: the batch stays in the ring, unless waiting cannot help. True when it was taken. */
static bool wait_for_room(struct worker *w, struct worker_session *session)
{
    if (!session->blocked || w->transfers.used > 0)
        session->blocked_since = w->now;
    session->blocked = true;
    session->blocked_at_finished = w->finished;
    if (w->now - session->blocked_since < NEVER_FITS_NS)
        return false;
    end_batch(w, session, APP_STATUS_NO_RESOURCES);
    return true;
}

/* Takes one batch; false when there is none, or it must wait. */
static bool take_batch(struct worker *w, struct worker_session *session)
{
    struct submission_fault *fault = &session->fault;
    enum submission_status status = submission_read(&session->submissions, &w->batch, fault);
    if (status == SUBMISSION_EMPTY)
        return false;
    if (status == SUBMISSION_MALFORMED) {
        break_session(w, session, fault->what, fault->value);
        return false;
    }
    enum submit_result result = SUBMIT_OK;
    if (w->batch.cancelled)
        end_batch(w, session, APP_STATUS_CANCELLED);
    else
        result = submit(w, session);
    if (result == SUBMIT_INVALID) {
        break_session(w, session, "a rank, length or chunk size is out of range or a tag is in use, batch of",
                      w->batch.count);
        return false;
    }
    if (result == SUBMIT_FULL && !wait_for_room(w, session))
        return false;
    session->blocked = false;
    submission_take(&session->submissions, &w->batch);
    return true;
}

/* Whether looking at its ring can be of use: not while it does not take its completions, nor while what it
 * asked for last still does not fit. */
static bool is_ready(const struct worker *w, const struct worker_session *session)
{
    return is_served(session) && session->completions.backlog_count == 0 &&
           (!session->blocked || session->blocked_at_finished != w->finished || w->transfers.used == 0);
}

void worker_take_session(struct worker *w, struct worker_session *session)
{
    while (is_ready(w, session) && take_batch(w, session))
        ;
}

unsigned worker_take_submissions(struct worker *w)
{
    unsigned batches = 0;
    for (unsigned slot = 0; slot < w->session_end; slot++) {
        struct worker_session *session = w->sessions[slot];
        for (unsigned i = 0; i < BATCHES_A_ROUND && is_ready(w, session) && take_batch(w, session); i++)
            batches++;
    }
    return batches;
}

bool worker_has_submissions(const struct worker *w)
{
    for (unsigned slot = 0; slot < w->session_end; slot++)
        if (is_ready(w, w->sessions[slot]) && !w->sessions[slot]->blocked &&
            submission_is_waiting(&w->sessions[slot]->submissions))
            return true;
    return false;
}

bool worker_has_blocked_session(const struct worker *w)
{
    for (unsigned slot = 0; slot < w->session_end; slot++)
        if (is_served(w->sessions[slot]) &&
            (w->sessions[slot]->blocked || w->sessions[slot]->completions.backlog_count > 0))
            return true;
    return false;
}

/* ---- events ---- */

static enum app_status status_of(enum event_status status)
{
    switch (status) {
    case EVENT_OK:
        return APP_STATUS_OK;
    case EVENT_TRUNCATED:
        return APP_STATUS_TRUNCATED;
    case EVENT_PEER_DEAD:
        return APP_STATUS_PEER_DEAD;
    case EVENT_CANCELLED:
        return APP_STATUS_CANCELLED;
    }
    return APP_STATUS_CANCELLED;
}

static void tell_event(struct worker *w, const struct event *event, enum app_completion_kind kind)
{
    const struct transfer *transfer = &w->transfers.transfers[event->cookie];
    struct app_completion completion = {.kind = kind,
                                        .status = status_of(event->status),
                                        .cookie = transfer->cookie,
                                        .bytes = event->bytes,
                                        .chunk = event->chunk,
                                        .rank = event->rank};
    tell(w, w->sessions[transfer->session], &completion);
}

static void end_transfer(struct worker *w, uint32_t index)
{
    const struct transfer *transfer = &w->transfers.transfers[index];
    struct worker_session *session = w->sessions[transfer->session];
    session->transfers--;
    communicator_table_slot(&session->communicators, transfer->handle)->transfers--;
    region_table_release(&w->regions, transfer->region);
    transfer_table_remove(&w->transfers, index);
    w->finished++;
}

static void tell_dead(struct worker *w, const struct event *event)
{
    struct app_completion completion = {.kind = APP_COMPLETION_ABORTED,
                                        .status = APP_STATUS_PEER_DEAD,
                                        .cookie = event->owner_handle,
                                        .rank = event->rank};
    tell(w, w->sessions[event->owner], &completion);
}

static void tell_path(struct worker *w, const struct event *event)
{
    struct notice notice = {.kind = event->kind == EVENT_PATH_DOWN ? NOTICE_PATH_DOWN : NOTICE_PATH_UP,
                            .peer = event->peer,
                            .path = event->path};
    worker_notify(w, &notice);
    worker_trace_path(w, event);
}

static void tell_timed(struct worker *w, const struct event *event)
{
    struct notice notice = {
        .kind = NOTICE_PATH_TIMED, .cookie = event->cookie, .round_trip_ns = event->round_trip_ns};
    worker_notify(w, &notice);
}

static void deliver(struct worker *w, const struct event *event)
{
    switch (event->kind) {
    case EVENT_SENT:
    case EVENT_RECEIVED:
        tell_event(w, event, event->kind == EVENT_SENT ? APP_COMPLETION_SENT : APP_COMPLETION_RECEIVED);
        worker_trace_message(w, event);
        end_transfer(w, (uint32_t)event->cookie);
        break;
    case EVENT_CHUNK:
        tell_event(w, event, APP_COMPLETION_CHUNK);
        break;
    case EVENT_COMMUNICATOR_DEAD:
        tell_dead(w, event);
        break;
    case EVENT_PATH_DOWN:
    case EVENT_PATH_UP:
        tell_path(w, event);
        break;
    case EVENT_PATH_TIMED:
        tell_timed(w, event);
        break;
    }
}

void worker_deliver_events(struct worker *w)
{
    struct event event;
    while (transport_next_event(w->config.transport, &event))
        deliver(w, &event);
}

void worker_publish_completions(struct worker *w)
{
    for (unsigned slot = 0; slot < w->session_end; slot++) {
        struct worker_session *session = w->sessions[slot];
        if (is_served(session) && !completion_queue_publish(&session->completions))
            break_session(w, session, "the completion ring's head is beyond its tail, which is",
                          session->completions.tail);
    }
}
