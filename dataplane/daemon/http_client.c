/* SPDX-License-Identifier: BSD-3-Clause */
/* libcurl's multi interface on libevent: curl says which sockets it waits for and when it wants to be called
 * again, the event loop calls it. */
#include "dataplane/daemon/http_client.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <curl/curl.h>
#include <event2/event.h>

enum {
    URL_BYTES = 512,
    TOKEN_BYTES = 1024,
    CONNECT_TIMEOUT_MS = 2000
};

struct http_exchange {
    LIST_ENTRY(http_exchange) link;
    struct http_client *client;
    CURL *easy;
    char *sent; /* the body */
    uint8_t *body;
    size_t bytes, bytes_max;
    void (*done)(void *context, const struct http_answer *answer);
    void *context;
    char failure[CURL_ERROR_SIZE];
};

struct http_client {
    CURLM *multi;
    struct event_base *base;
    struct event *timer;
    struct curl_slist *headers;
    char *socket, *ca, *certificate, *key;
    char origin[URL_BYTES];
    LIST_HEAD(, http_exchange) exchanges;
};

static void exchange_free(struct http_exchange *x)
{
    LIST_REMOVE(x, link);
    curl_multi_remove_handle(x->client->multi, x->easy);
    curl_easy_cleanup(x->easy);
    free(x->sent);
    free(x->body);
    free(x);
}

/* ---- curl and the event loop ---- */

static void tell(struct http_exchange *x, CURLcode outcome)
{
    struct http_answer answer = {.body = x->body, .bytes = x->bytes};
    long status = 0;
    if (outcome == CURLE_OK) {
        curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
        answer.status = (int)status;
    } else {
        answer.failure = x->failure[0] ? x->failure : curl_easy_strerror(outcome);
    }
    x->done(x->context, &answer);
}

static void tell_of_ended(struct http_client *c)
{
    int left;
    for (CURLMsg *message; (message = curl_multi_info_read(c->multi, &left)) != NULL;) {
        struct http_exchange *x;
        if (message->msg != CURLMSG_DONE)
            continue;
        CURLcode outcome = message->data.result; /* gone with the handle */
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &x);
        tell(x, outcome);
        exchange_free(x);
    }
}

static void on_socket(evutil_socket_t socket, short events, void *context)
{
    struct http_client *c = context;
    int action = (events & EV_READ ? CURL_CSELECT_IN : 0) | (events & EV_WRITE ? CURL_CSELECT_OUT : 0);
    int running;
    curl_multi_socket_action(c->multi, socket, action, &running);
    tell_of_ended(c);
}

static void on_timer(evutil_socket_t unused, short events, void *context)
{
    struct http_client *c = context;
    int running;
    (void)unused;
    (void)events;
    curl_multi_socket_action(c->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    tell_of_ended(c);
}

static int watch_socket(CURL *easy, curl_socket_t socket, int what, void *context, void *watched)
{
    struct http_client *c = context;
    struct event *event = watched;
    (void)easy;
    if (event)
        event_free(event);
    event = NULL;
    if (what != CURL_POLL_REMOVE) {
        short wanted = (what & CURL_POLL_IN ? EV_READ : 0) | (what & CURL_POLL_OUT ? EV_WRITE : 0);
        event = event_new(c->base, socket, wanted | EV_PERSIST, on_socket, c);
        if (event)
            event_add(event, NULL);
    }
    curl_multi_assign(c->multi, socket, event);
    return 0;
}

static int set_timer(CURLM *multi, long timeout_ms, void *context)
{
    struct http_client *c = context;
    struct timeval timeout = {.tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000};
    (void)multi;
    if (timeout_ms < 0)
        evtimer_del(c->timer);
    else
        evtimer_add(c->timer, &timeout);
    return 0;
}

/* ---- requests ---- */

static size_t take_body(char *bytes, size_t size, size_t count, void *context)
{
    struct http_exchange *x = context;
    size_t more = size * count;
    if (more > x->bytes_max - x->bytes)
        return 0;
    uint8_t *body = realloc(x->body, x->bytes + more);
    if (!body)
        return 0;
    memcpy(body + x->bytes, bytes, more);
    x->body = body;
    x->bytes += more;
    return more;
}

static void set_peer(const struct http_client *c, CURL *easy)
{
    if (c->socket)
        curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, c->socket);
    if (c->ca)
        curl_easy_setopt(easy, CURLOPT_CAINFO, c->ca);
    if (c->certificate)
        curl_easy_setopt(easy, CURLOPT_SSLCERT, c->certificate);
    if (c->key)
        curl_easy_setopt(easy, CURLOPT_SSLKEY, c->key);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, c->headers);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, c->socket ? "http" : "https");
}

static void set_request(struct http_exchange *x, const struct http_request *request)
{
    char url[2 * URL_BYTES];
    snprintf(url, sizeof(url), "%s%s", x->client->origin, request->path);
    curl_easy_setopt(x->easy, CURLOPT_URL, url);
    curl_easy_setopt(x->easy, CURLOPT_PRIVATE, x);
    curl_easy_setopt(x->easy, CURLOPT_ERRORBUFFER, x->failure);
    curl_easy_setopt(x->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(x->easy, CURLOPT_TIMEOUT_MS, request->timeout_ms);
    curl_easy_setopt(x->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS);
    curl_easy_setopt(x->easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(x->easy, CURLOPT_WRITEDATA, x);
    if (x->sent)
        curl_easy_setopt(x->easy, CURLOPT_POSTFIELDS, x->sent);
}

struct http_exchange *http_client_start(struct http_client *c, const struct http_request *request)
{
    struct http_exchange *x = calloc(1, sizeof(*x));
    if (!x)
        return NULL;
    x->client = c;
    x->bytes_max = request->answer_bytes_max;
    x->done = request->done;
    x->context = request->context;
    x->easy = curl_easy_init();
    x->sent = request->body ? strdup(request->body) : NULL;
    LIST_INSERT_HEAD(&c->exchanges, x, link);
    if (!x->easy || (request->body && !x->sent)) {
        exchange_free(x);
        return NULL;
    }
    set_peer(c, x->easy);
    set_request(x, request);
    curl_multi_add_handle(c->multi, x->easy);
    return x;
}

void http_exchange_cancel(struct http_exchange *exchange)
{
    exchange_free(exchange);
}

/* ---- the client ---- */

static char *copy(const char *text, bool *failed)
{
    char *made = text ? strdup(text) : NULL;
    *failed |= text && !made;
    return made;
}

static bool add_header(struct http_client *c, const char *header)
{
    struct curl_slist *longer = curl_slist_append(c->headers, header);
    if (longer)
        c->headers = longer;
    return longer != NULL;
}

static bool prepare(struct http_client *c, const struct http_client_config *config)
{
    char header[TOKEN_BYTES];
    bool failed = false;
    c->socket = copy(config->socket, &failed);
    c->ca = copy(config->ca, &failed);
    c->certificate = copy(config->certificate, &failed);
    c->key = copy(config->key, &failed);
    snprintf(c->origin, sizeof(c->origin), "%s", config->socket ? "http://control" : config->url);
    failed |= !add_header(c, "Content-Type: application/json") || !add_header(c, "Expect:");
    if (config->token) {
        snprintf(header, sizeof(header), "Authorization: Bearer %s", config->token);
        failed |= !add_header(c, header);
    }
    c->timer = evtimer_new(config->base, on_timer, c);
    c->multi = curl_multi_init();
    return !failed && c->timer && c->multi;
}

struct http_client *http_client_create(const struct http_client_config *config)
{
    struct http_client *c = calloc(1, sizeof(*c));
    if (!c)
        return NULL;
    LIST_INIT(&c->exchanges);
    c->base = config->base;
    if (!prepare(c, config)) {
        http_client_destroy(c);
        return NULL;
    }
    curl_multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
    curl_multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c);
    curl_multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, set_timer);
    curl_multi_setopt(c->multi, CURLMOPT_TIMERDATA, c);
    return c;
}

void http_client_destroy(struct http_client *c)
{
    if (!c)
        return;
    while (!LIST_EMPTY(&c->exchanges))
        exchange_free(LIST_FIRST(&c->exchanges));
    if (c->multi)
        curl_multi_cleanup(c->multi);
    if (c->timer)
        event_free(c->timer);
    curl_slist_free_all(c->headers);
    free(c->socket);
    free(c->ca);
    free(c->certificate);
    free(c->key);
    free(c);
}
