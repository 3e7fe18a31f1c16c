/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/process/http_client.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "dataplane/process/curl_loop.h"

enum {
    TOKEN_BYTES = 512,
    HEADER_BYTES = 1024,
    CONNECT_TIMEOUT_MS = 2000
};

struct http_exchange {
    LIST_ENTRY(http_exchange) link;
    struct http_client *client;
    CURL *easy;
    struct curl_slist *headers;
    uint8_t *body; /* of the answer */
    size_t bytes, room, bytes_max;
    bool is_too_long;
    void (*done)(void *context, const struct http_answer *answer);
    void *context;
    char failure[CURL_ERROR_SIZE];
};

struct http_client {
    struct curl_loop *loop;
    char *origin, *socket, *ca, *certificate, *key;
    const char *protocols;
    char authorization[HEADER_BYTES]; /* a header; "" without a token */
    LIST_HEAD(, http_exchange) exchanges;
};

/* ---- exchanges ---- */

static void exchange_free(struct http_exchange *x)
{
    LIST_REMOVE(x, link);
    if (x->easy)
        curl_loop_remove(x->client->loop, x->easy);
    curl_easy_cleanup(x->easy);
    curl_slist_free_all(x->headers);
    free(x->body);
    free(x);
}

static const char *explain(struct http_exchange *x, CURLcode outcome)
{
    if (x->is_too_long)
        snprintf(x->failure, sizeof(x->failure), "the answer is longer than %zu bytes", x->bytes_max);
    return x->failure[0] ? x->failure : curl_easy_strerror(outcome);
}

static enum http_failure kind_of(const struct http_exchange *x, CURLcode outcome)
{
    switch (outcome) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
        return HTTP_NOT_TRUSTED;
    case CURLE_SSL_CERTPROBLEM:
        return HTTP_BAD_PAIR;
    case CURLE_OPERATION_TIMEDOUT:
        return HTTP_TIMED_OUT;
    default:
        return x->is_too_long ? HTTP_TOO_LONG : HTTP_UNREACHABLE;
    }
}

static void on_ended(CURL *easy, CURLcode outcome)
{
    struct http_exchange *x;
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &x);
    struct http_answer answer = {.body = x->body, .bytes = x->bytes};
    if (outcome == CURLE_OK) {
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
        answer.status = (int)status;
    } else {
        answer.failure = explain(x, outcome);
        answer.kind = kind_of(x, outcome);
    }
    x->done(x->context, &answer);
    exchange_free(x);
}

/* Fewer bytes than have come: the transfer fails. */
static size_t take_body(char *bytes, size_t size, size_t count, void *context)
{
    struct http_exchange *x = context;
    size_t more = size * count;
    x->is_too_long = more > x->bytes_max - x->bytes;
    if (x->is_too_long)
        return 0;
    if (x->bytes + more > x->room) {
        size_t room = 2 * (x->bytes + more) < x->bytes_max ? 2 * (x->bytes + more) : x->bytes_max;
        uint8_t *larger = realloc(x->body, room);
        if (!larger)
            return 0;
        x->body = larger;
        x->room = room;
    }
    memcpy(x->body + x->bytes, bytes, more);
    x->bytes += more;
    return more;
}

static bool add_header(struct http_exchange *x, const char *header)
{
    struct curl_slist *longer = curl_slist_append(x->headers, header);
    if (longer)
        x->headers = longer;
    return longer != NULL;
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
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, c->protocols);
}

static void set_outcome(struct http_exchange *x)
{
    curl_easy_setopt(x->easy, CURLOPT_PRIVATE, x);
    curl_easy_setopt(x->easy, CURLOPT_ERRORBUFFER, x->failure);
    curl_easy_setopt(x->easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(x->easy, CURLOPT_WRITEDATA, x);
}

static bool set_body(struct http_exchange *x, const struct http_request *request)
{
    char type[HEADER_BYTES];
    snprintf(type, sizeof(type), "Content-Type: %s", request->content_type);
    curl_easy_setopt(x->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_bytes);
    return curl_easy_setopt(x->easy, CURLOPT_COPYPOSTFIELDS, request->body) == CURLE_OK &&
           add_header(x, type) && add_header(x, "Expect:");
}

static bool set_url(struct http_exchange *x, const char *path)
{
    char *url;
    if (asprintf(&url, "%s%s", x->client->origin, path) < 0)
        return false;
    CURLcode outcome = curl_easy_setopt(x->easy, CURLOPT_URL, url);
    free(url);
    return outcome == CURLE_OK;
}

static bool set_request(struct http_exchange *x, const struct http_request *request)
{
    const char *authorization = x->client->authorization;
    curl_easy_setopt(x->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(x->easy, CURLOPT_TIMEOUT_MS, request->timeout_ms);
    curl_easy_setopt(x->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS);
    if (!set_url(x, request->path) || (authorization[0] && !add_header(x, authorization)) ||
        (request->body && !set_body(x, request)))
        return false;
    curl_easy_setopt(x->easy, CURLOPT_HTTPHEADER, x->headers);
    return true;
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
    LIST_INSERT_HEAD(&c->exchanges, x, link);
    if (x->easy && set_request(x, request)) {
        set_peer(c, x->easy);
        set_outcome(x);
        if (curl_loop_add(c->loop, x->easy))
            return x;
    }
    exchange_free(x);
    return NULL;
}

void http_exchange_cancel(struct http_exchange *exchange)
{
    exchange_free(exchange);
}

/* ---- the client ---- */

static int read_token(struct http_client *c, const char *file, char *error)
{
    char token[TOKEN_BYTES];
    FILE *stream = fopen(file, "re");
    int result = stream ? 0 : -errno;
    if (stream && !fgets(token, sizeof(token), stream))
        result = -ENODATA;
    if (stream)
        fclose(stream);
    if (result) {
        snprintf(error, HTTP_CLIENT_ERROR_BYTES, "token_file %s: %s", file,
                 result == -ENODATA ? "it is empty" : strerror(-result));
        return result;
    }
    token[strcspn(token, "\r\n")] = '\0';
    snprintf(c->authorization, sizeof(c->authorization), "Authorization: Bearer %s", token);
    return 0;
}

static char *copy(const char *text, bool *failed)
{
    char *made = text ? strdup(text) : NULL;
    *failed |= text && !made;
    return made;
}

static int prepare(struct http_client *c, struct event_base *base, const struct http_place *place,
                   char *error)
{
    bool failed = false;
    c->origin = copy(place->socket ? "http://localhost" : place->url, &failed);
    c->socket = copy(place->socket, &failed);
    c->ca = copy(place->ca, &failed);
    c->certificate = copy(place->certificate, &failed);
    c->key = copy(place->key, &failed);
    c->protocols = place->socket ? "http" : place->is_plain_allowed ? "http,https" : "https";
    c->loop = curl_loop_create(base, on_ended);
    if (failed || !c->loop) {
        snprintf(error, HTTP_CLIENT_ERROR_BYTES, "out of memory");
        return -ENOMEM;
    }
    return place->token_file ? read_token(c, place->token_file, error) : 0;
}

int http_client_create(struct event_base *base, const struct http_place *place, struct http_client **created,
                       char error[HTTP_CLIENT_ERROR_BYTES])
{
    struct http_client *c = calloc(1, sizeof(*c));
    *created = c;
    if (!c) {
        snprintf(error, HTTP_CLIENT_ERROR_BYTES, "out of memory");
        return -ENOMEM;
    }
    LIST_INIT(&c->exchanges);
    int result = prepare(c, base, place, error);
    if (result) {
        http_client_destroy(c);
        *created = NULL;
    }
    return result;
}

void http_client_destroy(struct http_client *c)
{
    if (!c)
        return;
    while (!LIST_EMPTY(&c->exchanges))
        exchange_free(LIST_FIRST(&c->exchanges));
    curl_loop_destroy(c->loop);
    free(c->origin);
    free(c->socket);
    free(c->ca);
    free(c->certificate);
    free(c->key);
    free(c);
}
