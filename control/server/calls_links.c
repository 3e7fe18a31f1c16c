/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "control/server/body.h"
#include "control/server/calls.h"
#include "control/server/view.h"

void calls_show_links(struct call *call)
{
    json_t *links = json_array();
    uint32_t link;
    if (call->word_count == 2) {
        if (view_find_link(call, call->words[1], &link))
            json_array_append_new(links, view_link(call, link));
    } else {
        for (link = 0; link < topology_link_count(call->topology); link++)
            json_array_append_new(links, view_link(call, link));
    }
    if (call->status == 0)
        call_answer(call, 200, json_pack("{s:o}", "links", links));
    else
        json_decref(links);
}

static bool read_action(struct body_object *root, struct core_link_request *request)
{
    static const char *const members[] = {"action", "capacity_ratio", "reason", "by",
                                          "force",  "dry_run",        NULL};
    char action[16];
    body_check_members(root, members);
    body_text(root, "action", action, sizeof(action));
    request->capacity_ratio = body_real(root, "capacity_ratio", 1, 1);
    body_text(root, "reason", request->reason, sizeof(request->reason));
    body_by(root, request->by);
    request->force = body_bool(root, "force", false);
    request->dry_run = body_bool(root, "dry_run", false);
    if (strcmp(action, "drain") == 0)
        request->action = CORE_LINK_DRAIN;
    else if (strcmp(action, "restore") == 0)
        request->action = CORE_LINK_RESTORE;
    else if (strcmp(action, "set") == 0)
        request->action = CORE_LINK_SET;
    else
        body_fail(root->body, "out_of_range", "/action", "/action must be drain, restore or set");
    return !root->body->failed;
}

void calls_act_on_link(struct call *call)
{
    struct body body;
    struct body_object root;
    struct core_link_request request = {0};
    struct core_error error;
    if (!view_find_link(call, call->words[1], &request.link))
        return;
    if (body_open(&body, call, &root) && read_action(&root, &request)) {
        if (core_link_act(call->core, &request, call->now_ns, &error) != 0)
            call_fail_core(call, &error);
        else
            call_answer(call, 200,
                        json_pack("{s:o, s:I, s:b}", "link", view_link(call, request.link), "epoch",
                                  (json_int_t)core_epoch(call->core), "dry_run", request.dry_run));
    }
    body_close(&body);
}
