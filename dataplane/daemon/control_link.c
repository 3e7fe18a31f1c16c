/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/daemon/control_link.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/daemon/http_client.h"

enum {
    TOKEN_BYTES = 512
};

struct control_link {
    struct http_client *http;
    struct control_agent *agents[CONFIG_PORTS_MAX];
};

/* The first line of the file; false, and it is logged, when it cannot be read. */
static bool read_token(const char *file, char token[TOKEN_BYTES])
{
    FILE *stream = fopen(file, "re");
    bool is_read = stream && fgets(token, TOKEN_BYTES, stream);
    if (!is_read)
        log_error("control.token_file %s: %s", file, stream ? "it is empty" : strerror(errno));
    else
        token[strcspn(token, "\r\n")] = '\0';
    if (stream)
        fclose(stream);
    return is_read;
}

static struct http_client *create_client(const struct control_link_config *config)
{
    const struct config_control *c = config->control;
    char token[TOKEN_BYTES];
    if (c->token_file && !read_token(c->token_file, token))
        return NULL;
    struct http_client_config http = {.base = config->base,
                                      .socket = c->socket,
                                      .url = c->url,
                                      .ca = c->ca,
                                      .certificate = c->certificate,
                                      .key = c->key,
                                      .token = c->token_file ? token : NULL};
    return http_client_create(&http);
}

static void create_agent(struct control_link *link, const struct control_link_config *config, unsigned port)
{
    struct control_agent_config agent = {
        .base = config->base, .http = link->http, .port = config->ports[port], .server = config->server};
    link->agents[port] = control_agent_create(&agent);
    if (!link->agents[port])
        log_error("no memory to follow control with port %s", host_port_device(config->ports[port]));
}

struct control_link *control_link_create(const struct control_link_config *config)
{
    if (!config->control->socket && !config->control->url)
        return NULL;
    struct control_link *link = calloc(1, sizeof(*link));
    if (link)
        link->http = create_client(config);
    if (!link || !link->http) {
        log_error("control is not followed");
        free(link);
        return NULL;
    }
    for (unsigned i = 0; i < config->port_count; i++)
        create_agent(link, config, i);
    return link;
}

void control_link_destroy(struct control_link *link)
{
    if (!link)
        return;
    for (unsigned i = 0; i < CONFIG_PORTS_MAX; i++)
        control_agent_destroy(link->agents[i]);
    http_client_destroy(link->http);
    free(link);
}

bool control_link_view(const struct control_link *link, unsigned port, struct control_agent_view *view)
{
    if (!link || port >= CONFIG_PORTS_MAX || !link->agents[port])
        return false;
    control_agent_view(link->agents[port], view);
    return true;
}
