/* SPDX-License-Identifier: BSD-3-Clause */
/* One exchange with control, over the daemons' HTTP client. */
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/weft/control_place.h"

enum {
    ANSWER_BYTES_MAX = 256 << 20 /* the links of the largest topology are some 100 MiB */
};

struct exchange {
    const struct options *options;
    struct api_answer *answer;
    bool done;
};

static void read_body(const struct http_answer *http, struct api_answer *answer)
{
    json_error_t error;
    answer->body = json_loadb(http->bytes > 0 ? (const char *)http->body : "", http->bytes, 0, &error);
    if (json_is_object(answer->body))
        return;
    json_decref(answer->body);
    answer->body = NULL;
    snprintf(answer->failure, sizeof(answer->failure), "the answer (HTTP status %d) is no JSON object",
             answer->status);
}

static void on_answer(void *context, const struct http_answer *http)
{
    struct exchange *x = context;
    x->done = true;
    x->answer->status = http->status;
    if (http->status)
        read_body(http, x->answer);
    else
        control_place_explain(x->options, http, x->answer->failure);
}

static void exchange(struct exchange *x, struct event_base *base, struct http_client *client,
                     struct http_request *request)
{
    request->done = on_answer;
    request->context = x;
    if (!http_client_start(client, request))
        snprintf(x->answer->failure, API_FAILURE_BYTES, "out of memory");
    else
        while (!x->done && event_base_loop(base, EVLOOP_ONCE) == 0)
            ;
}

void api_ask(const struct options *options, const char *path, const json_t *body, long wait_ms,
             struct api_answer *answer)
{
    struct event_base *base = event_base_new();
    struct http_client *client = NULL;
    char *sent = body ? json_dumps(body, JSON_COMPACT) : NULL;
    const struct http_place place = control_place(options);
    *answer = (struct api_answer){.status = 0};
    struct http_request request = {.path = path,
                                   .body = sent,
                                   .body_bytes = sent ? strlen(sent) : 0,
                                   .content_type = "application/json",
                                   .timeout_ms = options->timeout_ms + wait_ms,
                                   .answer_bytes_max = ANSWER_BYTES_MAX};
    struct exchange x = {.options = options, .answer = answer};
    if (!base)
        snprintf(answer->failure, sizeof(answer->failure), "out of memory");
    else if (http_client_create(base, &place, &client, answer->failure) == 0)
        exchange(&x, base, client, &request);
    http_client_destroy(client);
    if (base)
        event_base_free(base);
    free(sent);
}
