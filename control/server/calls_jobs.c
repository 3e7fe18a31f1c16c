/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/server/body.h"
#include "control/server/calls.h"
#include "control/server/view.h"

static json_t *show_job(const struct call *call, unsigned number)
{
    struct core_job_info job;
    char text[ADDRESS_TEXT_BYTES];
    core_job_info(call->core, number, &job);
    json_t *hosts = json_array(), *shapes = json_array();
    for (uint32_t i = 0; i < job.rank_count; i++)
        json_array_append_new(hosts, json_string(view_host_name(call, job.addresses[i], text)));
    for (unsigned i = 0; i < job.shape_count; i++)
        json_array_append_new(shapes, json_pack("{s:s, s:I}", "shape", step_shape_name(job.shapes[i].shape),
                                                "flow_bytes", (json_int_t)job.shapes[i].flow_bytes));
    return json_pack("{s:o, s:s, s:I, s:I, s:o, s:o, s:I, s:f}", "communicator", view_identity(job.identity),
                     "name", job.name, "ranks", (json_int_t)job.rank_count, "ranks_present",
                     (json_int_t)job.ranks_present, "hosts", hosts, "shapes", shapes, "priority",
                     (json_int_t)job.priority, "admitted_ratio", job.admitted_ratio);
}

void calls_show_jobs(struct call *call)
{
    json_t *jobs = json_array();
    for (unsigned i = 0; i < core_job_count(call->core); i++)
        json_array_append_new(jobs, show_job(call, i));
    call_answer(call, 200, json_pack("{s:o}", "jobs", jobs));
}

static bool find_job(struct call *call, uint64_t *identity)
{
    unsigned job;
    if (body_parse_identity(call->words[1], identity) && core_job_find(call->core, *identity, &job))
        return true;
    call_fail(call, 404, "unknown_job", NULL, "no such job runs: `weft job show` lists them");
    return false;
}

void calls_set_priority(struct call *call)
{
    static const char *const members[] = {"priority", "by", NULL};
    struct body body;
    struct body_object root;
    struct core_error error;
    uint64_t identity;
    char by[CORE_NAME_BYTES];
    if (!find_job(call, &identity))
        return;
    if (body_open(&body, call, &root)) {
        body_check_members(&root, members);
        unsigned priority = (unsigned)body_needed_number(&root, "priority", CORE_PRIORITIES - 1);
        body_by(&root, by);
        if (!body.failed) {
            if (core_job_set_priority(call->core, identity, priority, by, call->now_ns, &error) != 0)
                call_fail_core(call, &error);
            else
                calls_show_jobs(call);
        }
    }
    body_close(&body);
}
