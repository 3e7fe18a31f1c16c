/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/server/hooks.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/server/hook_program.h"
#include "control/server/hook_queue.h"
#include "dataplane/process/log.h"

enum {
    ANSWER_BYTES_MAX = 64 << 10
};

struct hooks {
    const struct control_hooks *config;
    struct hook_program *program; /* NULL: none */
    struct http_client *client;   /* NULL: no web server */
    struct http_exchange *exchange;
    struct hook_queue posts;
};

static void post_next(struct hooks *h);

static void on_answer(void *context, const struct http_answer *answer)
{
    struct hooks *h = context;
    h->exchange = NULL;
    if (answer->status == 0)
        log_warning("the webhook was not told: %s", answer->failure);
    else if (answer->status > 299)
        log_warning("the webhook has answered with HTTP status %d", answer->status);
    post_next(h);
}

static void post_next(struct hooks *h)
{
    char *text = h->exchange == NULL ? hook_queue_take(&h->posts) : NULL;
    if (text == NULL)
        return;
    h->exchange = http_client_start(h->client, &(struct http_request){.path = h->config->path,
                                                                      .body = text,
                                                                      .body_bytes = strlen(text),
                                                                      .content_type = "application/json",
                                                                      .timeout_ms = h->config->timeout_ms,
                                                                      .answer_bytes_max = ANSWER_BYTES_MAX,
                                                                      .done = on_answer,
                                                                      .context = h});
    if (h->exchange == NULL)
        log_warning("the webhook was not told: out of memory");
    free(text);
}

int hooks_create(struct event_base *base, const struct control_hooks *config, struct hooks **created,
                 char error[HTTP_CLIENT_ERROR_BYTES])
{
    struct hooks *h = calloc(1, sizeof(*h));
    *created = NULL;
    snprintf(error, HTTP_CLIENT_ERROR_BYTES, "out of memory");
    if (h == NULL)
        return -ENOMEM;
    h->config = config;
    int result =
        http_place_is_given(&config->web) ? http_client_create(base, &config->web, &h->client, error) : 0;
    if (result == 0 && config->program != NULL) {
        h->program = hook_program_create(base, config->program, config->timeout_ms);
        result = h->program != NULL ? 0 : -ENOMEM;
    }
    if (result == 0)
        *created = h;
    else
        hooks_destroy(h);
    return result;
}

void hooks_destroy(struct hooks *h)
{
    if (h == NULL)
        return;
    hook_program_destroy(h->program);
    http_client_destroy(h->client);
    hook_queue_clear(&h->posts);
    free(h);
}

void hooks_tell(struct hooks *h, const char *json)
{
    if (h->program != NULL)
        hook_program_tell(h->program, json);
    if (h->client == NULL)
        return;
    hook_queue_put(&h->posts, json);
    post_next(h);
}
