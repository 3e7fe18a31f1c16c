/* SPDX-License-Identifier: BSD-3-Clause */
/* The client's side of control_daemon.h, by libcurl. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "tests/integration/control/control_daemon.h"

enum {
    URL_BYTES = 512,
    WAIT_MS = 30000
};

static CURL *curl;
static struct answer last;

static size_t take_body(char *data, size_t size, size_t count, void *context)
{
    struct answer *a = context;
    char *larger = realloc(a->body, a->bytes + size * count + 1);
    if (larger == NULL)
        return 0;
    memcpy(larger + a->bytes, data, size * count);
    a->body = larger;
    a->bytes += size * count;
    a->body[a->bytes] = '\0';
    return size * count;
}

static void forget(void)
{
    free(last.body);
    json_decref(last.json);
    last = (struct answer){0};
}

void api_close(void)
{
    forget();
    if (curl != NULL)
        curl_easy_cleanup(curl);
    curl = NULL;
}

static struct curl_slist *add_header(struct curl_slist *headers, const char *name, const char *value)
{
    char line[URL_BYTES];
    snprintf(line, sizeof(line), "%s%s", name, value);
    return curl_slist_append(headers, line);
}

static void set_certificates(const struct control_daemon *d)
{
    char path[DAEMON_PATH_BYTES];
    snprintf(path, sizeof(path), "%s/ca.pem", d->folder);
    curl_easy_setopt(curl, CURLOPT_CAINFO, path);
    if (d->role == NULL)
        return;
    snprintf(path, sizeof(path), "%s/%s.pem", d->folder, d->role);
    curl_easy_setopt(curl, CURLOPT_SSLCERT, path);
    snprintf(path, sizeof(path), "%s/%s.key", d->folder, d->role);
    curl_easy_setopt(curl, CURLOPT_SSLKEY, path);
}

static void set_place(const struct control_daemon *d, const char *path)
{
    char url[URL_BYTES];
    if (d->port == 0) {
        curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, d->socket);
        snprintf(url, sizeof(url), "http://weft%s", path);
    } else {
        set_certificates(d);
        snprintf(url, sizeof(url), "https://127.0.0.1:%u%s", d->port, path);
    }
    curl_easy_setopt(curl, CURLOPT_URL, url);
}

static void set_body(const struct request *r)
{
    if (r->body == NULL)
        return;
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
                     (curl_off_t)(r->body_bytes != 0 ? r->body_bytes : strlen(r->body)));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, r->body);
}

const struct answer *api_send(const struct control_daemon *d, const struct request *r)
{
    struct curl_slist *headers = add_header(NULL, "Expect:", "");
    forget();
    if (curl == NULL)
        curl = curl_easy_init();
    curl_easy_reset(curl);
    if (r->body != NULL)
        headers =
            add_header(headers, "Content-Type: ", r->content_type ? r->content_type : "application/json");
    if (d->secret != NULL)
        headers = add_header(headers, "Authorization: Bearer ", d->secret);
    if (r->header != NULL)
        headers = add_header(headers, "", r->header);
    set_place(d, r->path);
    set_body(r);
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, r->method);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &last);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    if (curl_easy_perform(curl) == CURLE_OK)
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &last.status);
    curl_slist_free_all(headers);
    if (last.body != NULL)
        last.json = json_loadb(last.body, last.bytes, 0, NULL);
    return &last;
}

const struct answer *api_get(const struct control_daemon *d, const char *format, ...)
{
    char path[URL_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(path, sizeof(path), format, arguments);
    va_end(arguments);
    return api_send(d, &(struct request){.method = "GET", .path = path});
}

const struct answer *api_post(const struct control_daemon *d, const char *path, const char *format, ...)
{
    char *body;
    va_list arguments;
    va_start(arguments, format);
    if (vasprintf(&body, format, arguments) < 0)
        fail();
    va_end(arguments);
    const struct answer *a = api_send(d, &(struct request){.method = "POST", .path = path, .body = body});
    free(body);
    return a;
}

/* ---- judging answers ---- */

void assert_answer(const struct answer *a, long status)
{
    if (a->status != status || a->json == NULL)
        fail_msg("status %ld instead of %ld: %s", a->status, status, a->body != NULL ? a->body : "no body");
}

void assert_error(const struct answer *a, long status, const char *code)
{
    const char *found = NULL, *message = NULL;
    assert_answer(a, status);
    if (json_unpack(a->json, "{s:{s:s, s:s}}", "error", "code", &found, "message", &message) != 0)
        fail_msg("no error as API.md has it: %s", a->body);
    assert_string_equal(found, code);
    assert_true(strlen(message) > 10);
}

static uint64_t find_kind(const json_t *events, const char *kind)
{
    size_t i;
    json_t *event;
    json_array_foreach(events, i, event)
    {
        if (strcmp(json_string_value(json_object_get(event, "kind")), kind) == 0)
            return (uint64_t)json_integer_value(json_object_get(event, "sequence"));
    }
    return 0;
}

void wait_for_event(const struct control_daemon *d, const char *kind, uint64_t *sequence)
{
    for (;;) {
        const struct answer *a =
            api_get(d, "/v1/events?after=%llu&wait_ms=%d", (unsigned long long)*sequence, WAIT_MS);
        assert_answer(a, 200);
        const json_t *events = json_object_get(a->json, "events");
        if (json_array_size(events) == 0)
            fail_msg("no event %s within %d s", kind, WAIT_MS / 1000);
        uint64_t found = find_kind(events, kind);
        *sequence = found != 0 ? found : (uint64_t)json_integer_value(json_object_get(a->json, "next"));
        if (found != 0)
            return;
    }
}

uint64_t last_event(const struct control_daemon *d)
{
    uint64_t sequence = 0;
    for (;;) {
        const struct answer *a = api_get(d, "/v1/events?after=%llu", (unsigned long long)sequence);
        assert_answer(a, 200);
        if (json_array_size(json_object_get(a->json, "events")) == 0)
            return sequence;
        sequence = (uint64_t)json_integer_value(json_object_get(a->json, "next"));
    }
}
