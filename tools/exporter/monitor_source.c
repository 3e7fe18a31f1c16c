/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/exporter/monitor_source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "tools/exporter/monitor_metrics.h"

enum {
    ANSWER_BYTES_MAX = 16 << 20,
    PART_BYTES = 64 << 10
};

struct monitor_source {
    struct socket_source base;
    struct text_buffer answer;
};

static void read_answer(struct monitor_source *s)
{
    json_error_t error;
    json_t *json = s->answer.failed ? NULL : json_loadb(s->answer.bytes, s->answer.count, 0, &error);
    metric_page_clear(&s->base.source.page);
    bool is_written = monitor_metrics_write(&s->base.source.page, s->base.config.names, json);
    json_decref(json);
    socket_source_end(&s->base, is_written ? NULL : "the answer is no JSON object");
}

static void on_readable(struct socket_source *source)
{
    struct monitor_source *s = (struct monitor_source *)source;
    char part[PART_BYTES];
    ssize_t count = recv(source->socket, part, sizeof(part), 0);
    if (count > 0 && s->answer.count < ANSWER_BYTES_MAX)
        text_buffer_add(&s->answer, part, (size_t)count);
    else if (count > 0)
        socket_source_end(source, "the answer is too long");
    else if (count == 0)
        read_answer(s);
    else if (errno != EAGAIN && errno != EINTR)
        socket_source_end(source, strerror(errno));
}

static void reset(struct socket_source *source)
{
    text_buffer_clear(&((struct monitor_source *)source)->answer);
}

static void destroy(struct source *source)
{
    struct monitor_source *s = (struct monitor_source *)source;
    socket_source_release(&s->base);
    text_buffer_free(&s->answer);
    free(s);
}

static const struct socket_source_kind kind = {
    .name = "monitor", .type = SOCK_STREAM, .reset = reset, .on_readable = on_readable, .destroy = destroy};

struct source *monitor_source_create(const struct socket_source_config *config)
{
    struct monitor_source *s = calloc(1, sizeof(*s));
    if (s != NULL && socket_source_init(&s->base, config, &kind))
        return &s->base.source;
    free(s);
    return NULL;
}
