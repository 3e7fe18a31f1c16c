/* SPDX-License-Identifier: BSD-3-Clause */
/* In place of control_link.c where weft was built without libcurl or jansson. */
#include "dataplane/daemon/control_link.h"

struct control_link *control_link_create(const struct control_link_config *config)
{
    if (config->control->socket || config->control->url)
        log_error("this weft-dataplane was built without libcurl or jansson: control is not followed");
    return NULL;
}

void control_link_destroy(struct control_link *link)
{
    (void)link;
}

bool control_link_view(const struct control_link *link, unsigned port, struct control_agent_view *view)
{
    (void)link;
    (void)port;
    (void)view;
    return false;
}
