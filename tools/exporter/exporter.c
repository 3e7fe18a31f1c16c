/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/exporter/exporter.h"

#include <errno.h>
#include <stdlib.h>

#include <event2/event.h>

#include "tools/exporter/control_source.h"
#include "tools/exporter/dataplane_source.h"
#include "tools/exporter/monitor_source.h"

enum {
    SOURCES_MAX = 3
};

struct exporter {
    const struct exporter_config *config;
    struct event_base *base;
    struct topology *topology; /* NULL: none */
    struct place_names names;
    struct source *sources[SOURCES_MAX];
    unsigned source_count;
    void (*on_settled)(void *context);
    void *context;
    struct metric_page own;
};

static const struct metric build_info = {"fabric_build_info", METRIC_INFO, "Version of weft-exporter."};

/* ---- looking ---- */

static void on_source_end(void *context)
{
    struct exporter *e = context;
    for (unsigned i = 0; i < e->source_count; i++)
        if (e->sources[i]->is_refreshing)
            return;
    if (e->on_settled != NULL)
        e->on_settled(e->context);
}

void exporter_on_settled(struct exporter *exporter, void (*on_settled)(void *context), void *context)
{
    exporter->on_settled = on_settled;
    exporter->context = context;
}

bool exporter_look(struct exporter *exporter)
{
    bool awaited = false;
    for (unsigned i = 0; i < exporter->source_count; i++)
        awaited |= source_refresh(exporter->sources[i]);
    return awaited;
}

static void write_own(struct exporter *e)
{
    struct metric_labels labels;
    metric_labels_clear(&labels);
    metric_labels_add(&labels, "version", WEFT_VERSION);
    metric_page_clear(&e->own);
    metric_page_begin(&e->own, &build_info);
    metric_page_add(&e->own, &labels, 1);
    source_metrics_write(&e->own, e->sources, e->source_count);
}

void exporter_write(struct exporter *exporter, enum metric_format format, struct text_buffer *text)
{
    write_own(exporter);
    metric_page_write(&exporter->own, format, text);
    for (unsigned i = 0; i < exporter->source_count; i++)
        metric_page_write(&exporter->sources[i]->page, format, text);
    metric_format_end(format, text);
}

/* ---- life ---- */

static int add_source(struct exporter *e, struct source *source)
{
    if (source == NULL) {
        log_error("out of memory");
        return -ENOMEM;
    }
    source->on_end = on_source_end;
    source->context = e;
    e->sources[e->source_count++] = source;
    return 0;
}

static int add_control(struct exporter *e)
{
    const struct control_source_config config = {e->base, e->config->control, e->config->timeout_ms};
    struct source *source;
    char error[HTTP_CLIENT_ERROR_BYTES];
    int result = control_source_create(&config, &source, error);
    if (result == 0)
        return add_source(e, source);
    log_error("%s", error);
    return result;
}

static int add_sources(struct exporter *e)
{
    const struct exporter_config *c = e->config;
    int result = c->control != NULL ? add_control(e) : 0;
    if (result == 0 && c->dataplane != NULL)
        result = add_source(e, dataplane_source_create(&(struct socket_source_config){
                                   e->base, c->dataplane->socket, &e->names, c->timeout_ms}));
    if (result == 0 && c->monitor != NULL)
        result = add_source(e, monitor_source_create(&(struct socket_source_config){
                                   e->base, c->monitor->socket, &e->names, c->timeout_ms}));
    return result;
}

static int load_topology(struct exporter *e)
{
    struct topology_error error;
    if (e->config->topology == NULL)
        return 0;
    int result = topology_load(e->config->topology, &e->topology, &error);
    if (result != 0)
        log_error("%s", error.text);
    return result;
}

int exporter_create(const struct exporter_config *config, struct event_base *base, struct exporter **created)
{
    struct exporter *e = calloc(1, sizeof(*e));
    *created = NULL;
    if (e == NULL) {
        log_error("out of memory");
        return -ENOMEM;
    }
    e->config = config;
    e->base = base;
    int result = load_topology(e);
    e->names = (struct place_names){e->topology, config->host};
    if (result == 0)
        result = add_sources(e);
    if (result != 0)
        exporter_destroy(e);
    else
        *created = e;
    return result;
}

void exporter_destroy(struct exporter *exporter)
{
    if (exporter == NULL)
        return;
    for (unsigned i = 0; i < exporter->source_count; i++)
        exporter->sources[i]->destroy(exporter->sources[i]);
    topology_free(exporter->topology);
    metric_page_free(&exporter->own);
    free(exporter);
}
