/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/integration/control/agents.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/formats/address.h"

uint32_t agent_address(const struct agents *a, unsigned host)
{
    return 10u << 24 | (host / a->hosts_per_leaf + 1) << 16 | (host % a->hosts_per_leaf + 1);
}

const char *agent_name(const struct agents *a, unsigned host)
{
    static char text[ADDRESS_TEXT_BYTES];
    return address_text(agent_address(a, host), text);
}

static json_t *communicators(const struct agents *a, unsigned host)
{
    if (a->identity == NULL)
        return json_array();
    json_t *addresses = json_array(), *demands = json_array();
    for (unsigned i = 0; i < a->ranks; i++)
        json_array_append_new(addresses, json_string(agent_name(a, i)));
    if (a->flow_bytes > 0)
        json_array_append_new(
            demands, json_pack("{s:s, s:I}", "shape", "ring", "flow_bytes", (json_int_t)a->flow_bytes));
    return json_pack("[{s:s, s:i, s:o, s:s, s:s, s:o}]", "identity", a->identity, "rank", host, "addresses",
                     addresses, "name", "test", "path_mode", "planned", "demands", demands);
}

static json_t *paths_to(const struct agents *a, unsigned host, unsigned peer)
{
    json_t *ports = json_array();
    char spine[ADDRESS_TEXT_BYTES];
    for (unsigned i = 0; i < a->spines; i++) {
        bool dead =
            (int)i == a->dead_spine && (host / a->hosts_per_leaf == 0 || peer / a->hosts_per_leaf == 0);
        address_text(10u << 24 | 255u << 16 | 1u << 8 | (i + 1), spine);
        json_array_append_new(ports, json_pack("{s:s, s:i, s:b, s:I}", "spine", spine, "source_port",
                                               49152 + i, "alive", !dead, "acked_bytes",
                                               (json_int_t)(dead ? 1 : 1000 * a->sequence)));
    }
    return ports;
}

static json_t *paths(const struct agents *a, unsigned host)
{
    json_t *list = json_array();
    unsigned next = (host + 1) % a->ranks, previous = (host + a->ranks - 1) % a->ranks;
    unsigned peers[2] = {next, previous};
    for (unsigned i = 0; i < 2; i++)
        if (peers[i] / a->hosts_per_leaf != host / a->hosts_per_leaf)
            json_array_append_new(list, json_pack("{s:s, s:o}", "peer", agent_name(a, peers[i]), "ports",
                                                  paths_to(a, host, peers[i])));
    return list;
}

char *agent_report_body(struct agents *a, unsigned host)
{
    json_t *report =
        json_pack("{s:i, s:i, s:I, s:I, s:I, s:o, s:o}", "version", 1, "incarnation", a->incarnation,
                  "sequence", (json_int_t)++a->sequence, "plan_epoch", (json_int_t)a->epoch, "rate_bps",
                  (json_int_t)100000000000, "communicators", communicators(a, host), "paths", paths(a, host));
    char *body = json_dumps(report, JSON_COMPACT);
    json_decref(report);
    return body;
}

const struct answer *agent_report(struct agents *a, unsigned host)
{
    char path[64], *body = agent_report_body(a, host);
    snprintf(path, sizeof(path), "/v1/agents/%s", agent_name(a, host));
    const struct answer *answer =
        api_send(a->daemon, &(struct request){.method = "POST", .path = path, .body = body});
    free(body);
    return answer;
}

void agents_report(struct agents *a)
{
    for (unsigned host = 0; host < a->ranks; host++)
        assert_answer(agent_report(a, host), 200);
}

uint64_t agent_fetch_plan(struct agents *a, unsigned host, uint64_t after, struct plan_view *view)
{
    static uint64_t block[1 << 16];
    char error[PLAN_ERROR_BYTES];
    const struct answer *answer = api_get(a->daemon, "/v1/agents/%s/plan?after=%llu&wait_ms=30000",
                                          agent_name(a, host), (unsigned long long)after);
    if (answer->status != 200 || answer->bytes > sizeof(block))
        fail_msg("no plan for host %u: status %ld", host, answer->status);
    memcpy(block, answer->body, answer->bytes);
    if (plan_check(block, answer->bytes, agent_address(a, host), view, error) != 0)
        fail_msg("the plan of host %u: %s", host, error);
    a->epoch = view->header->epoch;
    return a->epoch;
}
