/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/daemon/control_link.h"

#include <stdlib.h>

#include "dataplane/process/http_client.h"

struct control_link {
    struct http_client *http;
    struct control_agent *agents[CONFIG_PORTS_MAX];
};

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
    if (!http_place_is_given(config->control))
        return NULL;
    struct control_link *link = calloc(1, sizeof(*link));
    char error[HTTP_CLIENT_ERROR_BYTES] = "out of memory";
    if (!link || http_client_create(config->base, config->control, &link->http, error) != 0) {
        log_error("control is not followed: %s", error);
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
