/* SPDX-License-Identifier: BSD-3-Clause */
/* Which call a path means, who may make it, and by which method. */
#include <string.h>

#include "control/server/calls.h"

struct route {
    const char *words[CALL_WORDS_MAX]; /* "*": any word */
    enum call_method method;
    enum call_role role; /* at least; AGENT: agents and operators */
    void (*answer)(struct call *call);
};

static const struct route routes[] = {
    {{"fabric"}, CALL_GET, CALL_ROLE_VIEWER, calls_show_fabric},
    {{"topology"}, CALL_GET, CALL_ROLE_VIEWER, calls_show_topology},
    {{"hosts"}, CALL_GET, CALL_ROLE_VIEWER, calls_show_hosts},
    {{"hosts", "*"}, CALL_GET, CALL_ROLE_VIEWER, calls_show_hosts},
    {{"links"}, CALL_GET, CALL_ROLE_VIEWER, calls_show_links},
    {{"links", "*"}, CALL_GET, CALL_ROLE_VIEWER, calls_show_links},
    {{"links", "*"}, CALL_POST, CALL_ROLE_OPERATOR, calls_act_on_link},
    {{"paths"}, CALL_GET, CALL_ROLE_VIEWER, calls_show_paths},
    {{"paths", "probe"}, CALL_POST, CALL_ROLE_OPERATOR, calls_probe_paths},
    {{"plan"}, CALL_GET, CALL_ROLE_VIEWER, calls_show_plan},
    {{"plan", "explain"}, CALL_GET, CALL_ROLE_VIEWER, calls_explain_plan},
    {{"plan", "diff"}, CALL_GET, CALL_ROLE_VIEWER, calls_diff_plans},
    {{"plan", "history"}, CALL_GET, CALL_ROLE_VIEWER, calls_show_history},
    {{"jobs"}, CALL_GET, CALL_ROLE_VIEWER, calls_show_jobs},
    {{"jobs", "*"}, CALL_POST, CALL_ROLE_OPERATOR, calls_set_priority},
    {{"events"}, CALL_GET, CALL_ROLE_VIEWER, calls_show_events},
    {{"verdicts"}, CALL_GET, CALL_ROLE_VIEWER, calls_show_verdicts},
    {{"verdicts", "*"}, CALL_GET, CALL_ROLE_VIEWER, calls_show_verdicts},
    {{"monitors", "*"}, CALL_POST, CALL_ROLE_AGENT, calls_take_timing},
    {{"agents", "*"}, CALL_POST, CALL_ROLE_AGENT, calls_report},
    {{"agents", "*", "plan"}, CALL_GET, CALL_ROLE_AGENT, calls_fetch_plan},
};

static bool matches(const struct route *route, const struct call *call)
{
    unsigned count = 0;
    while (count < CALL_WORDS_MAX && route->words[count] != NULL)
        count++;
    if (count != call->word_count)
        return false;
    for (unsigned i = 0; i < count; i++)
        if (strcmp(route->words[i], "*") != 0 && strcmp(route->words[i], call->words[i]) != 0)
            return false;
    return true;
}

static bool may(const struct call *call, const struct route *route)
{
    if (route->role == CALL_ROLE_AGENT)
        return call->role == CALL_ROLE_AGENT || call->role == CALL_ROLE_OPERATOR;
    return call->role != CALL_ROLE_AGENT && call->role >= route->role;
}

void call_route(struct call *call)
{
    bool path_is_known = false;
    for (size_t i = 0; i < sizeof(routes) / sizeof(*routes); i++) {
        if (!matches(&routes[i], call))
            continue;
        path_is_known = true;
        if (routes[i].method != call->method)
            continue;
        if (may(call, &routes[i]))
            routes[i].answer(call);
        else
            call_fail(call, 403, "forbidden", NULL, "this token's role may not do that");
        return;
    }
    if (path_is_known)
        call_fail(call, 405, "wrong_method", NULL, "this path is not used with this method");
    else
        call_fail(call, 404, "unknown_path", NULL, "there is no such call: control/API.md lists them");
}
