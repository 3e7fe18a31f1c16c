/* SPDX-License-Identifier: BSD-3-Clause */
#include "ebpf/monitor/uplink.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "dataplane/formats/address.h"
#include "dataplane/process/http_client.h"

enum {
    BATCH_RECORDS_MAX = 4096,
    ANSWER_BYTES_MAX = 64 * 1024,
    TIMEOUT_MS = 5000,
    ERROR_BYTES = 256,
    PATH_BYTES = 64,
    TOLD_MAX = 64
};
static const uint64_t IDLE_NS = 1000000000, RETRY_MIN_NS = 100000000, RETRY_MAX_NS = 10000000000;

/* One port's conversation with control. */
struct speaker {
    struct uplink *uplink;
    struct outbox *outbox;
    struct http_exchange *exchange; /* NULL: nothing is under way */
    uint64_t first;                 /* of the batch under way */
    uint32_t count;
    uint64_t spoke_at_ns;
};

struct told_hang {
    uint64_t communicator, sequence;
};

struct uplink {
    struct uplink_config config;
    struct told_hang told[TOLD_MAX]; /* a ring: what control repeats as long as it lasts is passed on once */
    unsigned told_count;
    struct http_client *http;
    struct speaker speakers[TIMING_ADDRESSES_MAX];
    uint64_t now_ns, retry_at_ns, retry_ns;
    struct uplink_view view;
    char error[ERROR_BYTES];
    struct timing_record records[BATCH_RECORDS_MAX];
    uint8_t block[sizeof(struct timing_batch) + BATCH_RECORDS_MAX * sizeof(struct timing_record)];
};

static void fail(struct uplink *u, const char *address, const struct http_answer *answer)
{
    if (answer->status == 0)
        snprintf(u->error, sizeof(u->error), "%s", answer->failure);
    else
        snprintf(u->error, sizeof(u->error), "%s: HTTP status %d: %.*s", address, answer->status,
                 answer->bytes < 160 ? (int)answer->bytes : 160, (const char *)answer->body);
    if (u->view.answering || u->view.failures == 0)
        log_warning(
            "control does not take records: %s; they are kept, the oldest dropped when there are too many",
            u->error);
    u->view.answering = false;
    u->view.failures++;
    u->view.error = u->error;
    u->retry_ns = u->retry_ns == 0 ? RETRY_MIN_NS : 2 * u->retry_ns;
    u->retry_ns = u->retry_ns < RETRY_MAX_NS ? u->retry_ns : RETRY_MAX_NS;
    u->retry_at_ns = u->now_ns + u->retry_ns;
}

static bool is_told(const struct uplink *u, const struct told_hang *hang)
{
    unsigned count = u->told_count < TOLD_MAX ? u->told_count : TOLD_MAX;
    for (unsigned i = 0; i < count; i++)
        if (u->told[i].communicator == hang->communicator && u->told[i].sequence == hang->sequence)
            return true;
    return false;
}

static void pass_on(struct uplink *u, const struct told_hang *hang, const char *text)
{
    if (is_told(u, hang))
        return;
    u->told[u->told_count++ % TOLD_MAX] = *hang;
    u->config.tell(u->config.context, hang->communicator, text);
}

/* Whatever else control answers is of no interest here. */
static void pass_on_hangs(struct uplink *u, const struct http_answer *answer)
{
    json_t *root = json_loadb((const char *)answer->body, answer->bytes, 0, NULL), *hang;
    size_t i;
    json_array_foreach(json_object_get(root, "hangs"), i, hang)
    {
        const char *communicator = json_string_value(json_object_get(hang, "communicator"));
        const char *text = json_string_value(json_object_get(hang, "text"));
        if (!communicator || !text)
            continue;
        pass_on(
            u,
            &(struct told_hang){.communicator = strtoull(communicator, NULL, 16),
                                .sequence = (uint64_t)json_integer_value(json_object_get(hang, "sequence"))},
            text);
    }
    json_decref(root);
}

static void on_answer(void *context, const struct http_answer *answer)
{
    struct speaker *s = context;
    struct uplink *u = s->uplink;
    char text[ADDRESS_TEXT_BYTES];
    s->exchange = NULL;
    if (answer->status < 200 || answer->status > 299) {
        fail(u, address_text(s->outbox->address, text), answer);
        return;
    }
    if (!u->view.answering)
        log_info("control takes records");
    u->view.answering = true;
    u->view.batches++;
    u->view.error = NULL;
    u->retry_ns = u->retry_at_ns = 0;
    outbox_on_taken(s->outbox, s->first, s->count);
    pass_on_hangs(u, answer);
}

static void speak(struct speaker *s, uint64_t lost)
{
    struct uplink *u = s->uplink;
    char path[PATH_BYTES], text[ADDRESS_TEXT_BYTES];
    s->first = s->outbox->first;
    s->count = outbox_peek(s->outbox, u->records, BATCH_RECORDS_MAX);
    if (s->count == 0 && u->now_ns - s->spoke_at_ns < IDLE_NS)
        return;
    struct timing_batch batch = {.count = s->count,
                                 .address = s->outbox->address,
                                 .incarnation = u->config.incarnation,
                                 .first_sequence = s->first,
                                 .lost = s->outbox->dropped + lost};
    snprintf(path, sizeof(path), "/v1/monitors/%s", address_text(s->outbox->address, text));
    struct http_request request = {.path = path,
                                   .body = u->block,
                                   .body_bytes = timing_batch_write(u->block, &batch, u->records),
                                   .content_type = "application/octet-stream",
                                   .timeout_ms = TIMEOUT_MS,
                                   .answer_bytes_max = ANSWER_BYTES_MAX,
                                   .done = on_answer,
                                   .context = s};
    s->spoke_at_ns = u->now_ns;
    s->exchange = http_client_start(u->http, &request);
}

void uplink_send(struct uplink *u, uint64_t now_ns, uint64_t lost)
{
    u->now_ns = now_ns;
    if (now_ns < u->retry_at_ns)
        return;
    for (unsigned i = 0; i < u->config.ports->count; i++) {
        struct speaker *s = &u->speakers[i];
        s->uplink = u;
        s->outbox = &u->config.ports->outboxes[i];
        if (!s->exchange)
            speak(s, lost);
    }
}

struct uplink *uplink_create(const struct uplink_config *config)
{
    const struct http_place *control = &config->config->control;
    char error[HTTP_CLIENT_ERROR_BYTES];
    if (!http_place_is_given(control))
        return NULL;
    struct uplink *u = calloc(1, sizeof(*u));
    if (!u) {
        log_error("no memory to tell control");
        return NULL;
    }
    u->config = *config;
    if (http_client_create(config->base, control, &u->http, error) == 0)
        return u;
    log_error("control is not told: %s", error);
    free(u);
    return NULL;
}

void uplink_destroy(struct uplink *u)
{
    if (!u)
        return;
    http_client_destroy(u->http);
    free(u);
}

void uplink_get_view(const struct uplink *u, struct uplink_view *view)
{
    *view = u ? u->view : (struct uplink_view){0};
}
