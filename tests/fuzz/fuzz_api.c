/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as requests for control, one after the other: the first byte chooses the call, the body follows
 * up to a byte 0xff. Each is answered, exactly once, and an error has a code; the core goes on, tick by tick.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/server/call.h"
#include "tests/fuzz/fuzz.h"

#define SECOND_NS 1000000000ull

static const char fabric_text[] = "topology:\n"
                                  "  nodes:\n"
                                  "    h0: {kind: host, addresses: {e: 10.1.0.1}}\n"
                                  "    h1: {kind: host, addresses: {e: 10.2.0.1}}\n"
                                  "    n0: {kind: leaf}\n"
                                  "    n1: {kind: leaf}\n"
                                  "    s0: {kind: spine, address: 10.255.1.1}\n"
                                  "    s1: {kind: spine, address: 10.255.1.2}\n"
                                  "  links:\n"
                                  "    - {endpoints: [\"h0:e\", n0], rate: 1G}\n"
                                  "    - {endpoints: [\"h1:e\", n1], rate: 1G}\n"
                                  "    - {endpoints: [n0, s0], rate: 1G}\n"
                                  "    - {endpoints: [n0, s1], rate: 1G}\n"
                                  "    - {endpoints: [n1, s0], rate: 1G}\n"
                                  "    - {endpoints: [n1, s1], rate: 1G}\n";

static const struct fuzzed_call {
    enum call_method method;
    unsigned word_count;
    const char *words[CALL_WORDS_MAX];
} calls[] = {
    {CALL_POST, 2, {"agents", "10.1.0.1"}},
    {CALL_POST, 2, {"agents", "10.2.0.1"}},
    {CALL_POST, 2, {"links", "n0-s0"}},
    {CALL_POST, 2, {"jobs", "0x1"}},
    {CALL_POST, 2, {"paths", "probe"}},
    {CALL_GET, 3, {"agents", "10.1.0.1", "plan"}},
    {CALL_GET, 1, {"links"}},
    {CALL_GET, 1, {"jobs"}},
    {CALL_GET, 1, {"hosts"}},
    {CALL_GET, 1, {"events"}},
    {CALL_GET, 2, {"plan", "explain"}},
    {CALL_GET, 2, {"plan", "diff"}},
    {CALL_GET, 1, {"plan"}},
    {CALL_GET, 1, {"paths"}},
};

/* What the caller of GET has in the place of a query: any name has the body as its value. */
static const char *query(const struct call *call, const char *name)
{
    (void)name;
    return call->connection;
}

static void check_answer(struct call *call)
{
    const char *code = NULL;
    if (call->status == 0) {
        assert(call->wait_until_ns > call->now_ns);
        return;
    }
    assert(call->status >= 200 && call->status < 600);
    if (call->status >= 400)
        assert(json_unpack(call->json, "{s:{s:s}}", "error", "code", &code) == 0 && code[0] != '\0');
    if (call->json != NULL) {
        char *text = json_dumps(call->json, JSON_COMPACT);
        assert(text != NULL);
        free(text);
    }
    json_decref(call->json);
}

static void ask(struct core *core, const struct topology *topology, const uint8_t *bytes, size_t length,
                uint64_t now_ns)
{
    const struct fuzzed_call *which = &calls[bytes[0] % (sizeof(calls) / sizeof(*calls))];
    char *text = calloc(1, length);
    assert(text);
    memcpy(text, bytes + 1, length - 1);
    struct call call = {.core = core,
                        .topology = topology,
                        .method = which->method,
                        .word_count = which->word_count,
                        .query = query,
                        .connection = length > 1 ? text : NULL,
                        .body = text,
                        .body_bytes = length - 1,
                        .role = CALL_ROLE_OPERATOR,
                        .who = "fuzz",
                        .now_ns = now_ns,
                        .started_ns = now_ns};
    for (unsigned i = 0; i < which->word_count; i++)
        snprintf(call.words[i], sizeof(call.words[i]), "%s", which->words[i]);
    call_route(&call);
    check_answer(&call);
    free(text);
}

static void pass(struct core *core, uint64_t now_ns)
{
    core_tick(core, now_ns);
    struct core_planning *planning = core_plan_begin(core, now_ns);
    if (planning == NULL)
        return;
    core_plan_compute(planning);
    core_plan_publish(core, planning, 1, now_ns);
}

static void ask_all(struct core *core, const struct topology *topology, const uint8_t *bytes, size_t length)
{
    for (uint64_t now_ns = SECOND_NS; length > 0; now_ns += SECOND_NS) {
        const uint8_t *end = memchr(bytes, 0xff, length);
        size_t count = end != NULL ? (size_t)(end - bytes) : length;
        if (count > 0)
            ask(core, topology, bytes, count, now_ns);
        pass(core, now_ns);
        bytes += count + (end != NULL);
        length -= count + (end != NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static struct topology *topology;
    struct topology_error topology_error;
    struct core_error core_error;
    char error[STORE_ERROR_BYTES];
    struct store *store;
    struct core *core;
    if (topology == NULL)
        assert(topology_parse("fabric", fabric_text, strlen(fabric_text), &topology, &topology_error) == 0);
    assert(store_sqlite_open(":memory:", &store, error) == 0);
    struct core_config config = {.topology = topology,
                                 .store = store,
                                 .leaf_prefix_bits = 24,
                                 .lease_ns = 10 * SECOND_NS,
                                 .report_every_ns = 2 * SECOND_NS,
                                 .plan_delay_ns = 1,
                                 .drained_uplinks_max = 0.5};
    assert(core_create(&config, 1, &core, &core_error) == 0);
    ask_all(core, topology, bytes, length);
    core_destroy(core);
    store->operations->close(store);
    return 0;
}
