/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>

#include "control/core/diagnosis.h"
#include "control/server/calls.h"
#include "control/server/view.h"

json_t *view_verdict(const struct core *core, const struct diagnosed *d)
{
    char *text = core_verdict_json(core, d);
    json_t *json = text != NULL ? json_loads(text, 0, NULL) : NULL;
    free(text);
    return json;
}

static void answer_list(struct call *call, json_t *verdicts)
{
    call_answer(call, 200, json_pack("{s:o}", "verdicts", verdicts));
}

static void show_one(struct call *call)
{
    char *end;
    uint64_t id = strtoull(call->words[1], &end, 10);
    const struct diagnosed *d = *end == '\0' ? core_verdict_find(call->core, id) : NULL;
    if (d == NULL) {
        call_fail(call, 404, "unknown_verdict", NULL,
                  "there is no such verdict, or it is not kept any more: `weft verdict show` lists them");
        return;
    }
    json_t *verdicts = json_array();
    json_array_append_new(verdicts, view_verdict(call->core, d));
    answer_list(call, verdicts);
}

/* The link that is asked for; TOPOLOGY_NONE: none is. False, and the call has failed, when there is no such.
 */
static bool find_wanted(struct call *call, uint32_t *link)
{
    const char *name = call->query(call, "link");
    *link = TOPOLOGY_NONE;
    return name == NULL || view_find_link(call, name, link);
}

void calls_show_verdicts(struct call *call)
{
    uint32_t link;
    if (call->word_count == 2) {
        show_one(call);
        return;
    }
    if (!find_wanted(call, &link))
        return;
    json_t *verdicts = json_array();
    for (unsigned i = 0; i < core_verdict_count(call->core); i++) {
        const struct diagnosed *d = core_verdict(call->core, i);
        if (link == TOPOLOGY_NONE || core_verdict_names_link(call->core, d, link))
            json_array_append_new(verdicts, view_verdict(call->core, d));
    }
    answer_list(call, verdicts);
}
