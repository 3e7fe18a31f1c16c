/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/exporter/web_server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "tools/exporter/web_auth.h"

enum {
    CONNECTIONS_MAX = 64
};

/* One request. */
struct exchange {
    TAILQ_ENTRY(exchange) link; /* of those that wait */
    struct MHD_Connection *connection;
    bool waits, has_waited;
};

struct web_server {
    struct exporter *exporter;
    struct web_auth *auth;
    struct http_server *http;
    TAILQ_HEAD(, exchange) waiting;
};

/* ---- answers ---- */

struct page {
    unsigned status;
    const char *type, *header, *header_value; /* header NULL: none */
};

static enum MHD_Result answer(struct MHD_Connection *connection, const struct page *page,
                              struct MHD_Response *response)
{
    if (response == NULL)
        return MHD_NO;
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, page->type);
    if (page->header != NULL)
        MHD_add_response_header(response, page->header, page->header_value);
    enum MHD_Result result = MHD_queue_response(connection, page->status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result answer_text(struct MHD_Connection *connection, const struct page *page,
                                   const char *text)
{
    return answer(
        connection, page,
        MHD_create_response_from_buffer(strlen(text), (void *)(uintptr_t)text, MHD_RESPMEM_PERSISTENT));
}

#define PLAIN "text/plain; charset=utf-8"

static enum MHD_Result answer_metrics(struct web_server *s, struct MHD_Connection *connection)
{
    const char *accept = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT);
    enum metric_format format = metric_format_choose(accept);
    struct text_buffer text = {.bytes = NULL};
    exporter_write(s->exporter, format, &text);
    if (!text.failed)
        return answer(connection, &(struct page){MHD_HTTP_OK, metric_format_type(format), NULL, NULL},
                      MHD_create_response_from_buffer(text.count, text.bytes, MHD_RESPMEM_MUST_FREE));
    text_buffer_free(&text);
    return answer_text(connection, &(struct page){MHD_HTTP_INTERNAL_SERVER_ERROR, PLAIN, NULL, NULL},
                       "out of memory\n");
}

static enum MHD_Result refuse(struct MHD_Connection *connection, enum web_admission why)
{
    static const struct {
        struct page page;
        const char *text;
    } refusals[] = {
        [WEB_UNKNOWN] = {{MHD_HTTP_UNAUTHORIZED, PLAIN, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Basic"},
                         "a name and its password are wanted\n"},
        [WEB_COME_LATER] = {{MHD_HTTP_TOO_MANY_REQUESTS, PLAIN, MHD_HTTP_HEADER_RETRY_AFTER, "1"},
                            "another password has just been checked\n"},
        [WEB_FORBIDDEN] = {{MHD_HTTP_FORBIDDEN, PLAIN, NULL, NULL}, "a client certificate is wanted\n"},
    };
    return answer_text(connection, &refusals[why].page, refusals[why].text);
}

/* ---- requests ---- */

static enum MHD_Result scrape(struct web_server *s, struct exchange *x)
{
    if (x->has_waited || !exporter_look(s->exporter))
        return answer_metrics(s, x->connection);
    x->waits = x->has_waited = true;
    TAILQ_INSERT_TAIL(&s->waiting, x, link);
    MHD_suspend_connection(x->connection);
    return MHD_YES;
}

static enum MHD_Result serve(struct web_server *s, struct exchange *x, const char *url, const char *method)
{
    static const char start_page[] =
        "<html><head><title>weft-exporter</title></head>"
        "<body><h1>weft-exporter</h1><a href=\"/metrics\">Metrics</a></body></html>\n";
    enum web_admission admission = x->has_waited ? WEB_ADMITTED : web_auth_admit(s->auth, x->connection);
    if (http_server_is_full(s->http))
        return answer_text(x->connection, &(struct page){MHD_HTTP_TOO_MANY_REQUESTS, PLAIN, NULL, NULL},
                           "there are too many connections\n");
    if (admission != WEB_ADMITTED)
        return refuse(x->connection, admission);
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
        return answer_text(
            x->connection,
            &(struct page){MHD_HTTP_METHOD_NOT_ALLOWED, PLAIN, MHD_HTTP_HEADER_ALLOW, "GET, HEAD"},
            "only GET and HEAD are used here\n");
    if (strcmp(url, "/metrics") == 0)
        return scrape(s, x);
    if (strcmp(url, "/") == 0)
        return answer_text(x->connection, &(struct page){MHD_HTTP_OK, "text/html; charset=utf-8", NULL, NULL},
                           start_page);
    return answer_text(x->connection, &(struct page){MHD_HTTP_NOT_FOUND, PLAIN, NULL, NULL},
                       "there is only /metrics\n");
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *data, size_t *bytes,
                                  void **state)
{
    struct exchange *x = *state;
    (void)version;
    (void)data;
    if (x == NULL) {
        x = *state = calloc(1, sizeof(*x));
        if (x != NULL)
            x->connection = connection;
        return x != NULL ? MHD_YES : MHD_NO;
    }
    if (*bytes > 0) { /* a body is read and dropped */
        *bytes = 0;
        return MHD_YES;
    }
    return serve(context, x, url, method);
}

static void on_completed(void *context, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode how)
{
    struct web_server *s = context;
    struct exchange *x = *state;
    (void)connection;
    (void)how;
    if (x != NULL && x->waits)
        TAILQ_REMOVE(&s->waiting, x, link);
    free(x);
    *state = NULL;
}

static void on_settled(void *context)
{
    struct web_server *s = context;
    struct exchange *x;
    while ((x = TAILQ_FIRST(&s->waiting)) != NULL) {
        TAILQ_REMOVE(&s->waiting, x, link);
        x->waits = false;
        MHD_resume_connection(x->connection);
    }
    http_server_proceed(s->http);
}

/* ---- life ---- */

int web_server_create(const struct web_server_config *config, struct web_server **created,
                      char error[HTTP_SERVER_ERROR_BYTES])
{
    struct web_server *s = calloc(1, sizeof(*s));
    struct web_config *web = config->web;
    const struct http_server_config http = {.base = config->base,
                                            .socket = config->socket,
                                            .certificate = web->certificate,
                                            .key = web->key,
                                            .ca = web->client_ca,
                                            .connections_max = CONNECTIONS_MAX,
                                            .on_request = on_request,
                                            .on_completed = on_completed,
                                            .context = s};
    *created = s;
    int result = s != NULL ? http_server_create(&http, &s->http, error) : -ENOMEM;
    if (result != 0) {
        free(s);
        web_config_free(web);
        *created = NULL;
        return result;
    }
    s->exporter = config->exporter;
    s->auth = web_auth_create(web);
    TAILQ_INIT(&s->waiting);
    exporter_on_settled(s->exporter, on_settled, s);
    if (s->auth != NULL)
        return 0;
    web_server_destroy(s);
    *created = NULL;
    snprintf(error, HTTP_SERVER_ERROR_BYTES, "out of memory");
    return -ENOMEM;
}

void web_server_destroy(struct web_server *server)
{
    if (server == NULL)
        return;
    exporter_on_settled(server->exporter, NULL, NULL);
    on_settled(server);
    http_server_destroy(server->http);
    web_auth_destroy(server->auth);
    free(server);
}

void web_server_replace_users(struct web_server *server, struct web_config *web)
{
    web_auth_replace(server->auth, web);
}
