/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/weft/dataplane_view.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    PARTS_MAX = 4096,
    PATHS_OF_PEER_MAX = 256
};

enum exit_status dataplane_open(const struct invocation *invocation, struct telemetry *telemetry)
{
    const char *path = invocation_text(invocation, "telemetry");
    path = path ? path : TELEMETRY_SOCKET;
    int result = telemetry_open(telemetry, path, invocation->options->timeout_ms);
    if (result == 0)
        return EXIT_DONE;
    fprintf(
        stderr, "weft: the dataplane's telemetry does not answer on %s: %s; %s\n", path, strerror(-result),
        result == -EACCES ? "it is root's" : "is weft-dataplane running? `telemetry` names another socket");
    return EXIT_UNREACHABLE;
}

static json_t *ask(struct telemetry *telemetry, const char *command, uint64_t start, unsigned port)
{
    char parameters[48];
    snprintf(parameters, sizeof(parameters), "%" PRIu64 ",%u", start, port);
    json_t *answer = telemetry_ask(telemetry, command, parameters);
    if (!answer)
        fprintf(stderr, "weft: the dataplane has no answer to %s,%s: %s\n", command, parameters,
                errno == EAGAIN ? "it took too long" : "is there such a port?");
    return answer;
}

json_t *dataplane_counters(struct telemetry *telemetry, unsigned port)
{
    return ask(telemetry, "/weft/counters", 0, port);
}

json_t *dataplane_list(struct telemetry *telemetry, const char *command, unsigned port)
{
    json_t *list = json_array();
    uint64_t start = 0;
    for (unsigned parts = 0; parts < PARTS_MAX; parts++) {
        const char *key;
        json_t *value, *answer = ask(telemetry, command, start, port);
        if (!answer) {
            json_decref(list);
            return NULL;
        }
        json_object_foreach(answer, key, value)
        {
            if (json_is_object(value))
                json_array_append(list, value);
        }
        uint64_t next = (uint64_t)json_integer_value(json_object_get(answer, "next"));
        json_decref(answer);
        if (next <= start)
            break;
        start = next;
    }
    return list;
}

static json_t *path_row(const json_t *peer, unsigned path)
{
    char spine[32], source_port[32];
    snprintf(spine, sizeof(spine), "path%u_spine", path);
    snprintf(source_port, sizeof(source_port), "path%u_source_port", path);
    const json_t *address = json_object_get(peer, spine);
    if (!address)
        return NULL;
    return json_pack("{s:O?, s:i, s:O, s:O?, s:O?}", "peer", json_object_get(peer, "peer"), "path", (int)path,
                     "spine", address, "source_port", json_object_get(peer, source_port), "settled",
                     json_object_get(peer, "settled"));
}

json_t *dataplane_path_rows(const json_t *peers)
{
    json_t *rows = json_array(), *peer, *row;
    size_t i;
    json_array_foreach(peers, i, peer)
    {
        for (unsigned path = 0; path < PATHS_OF_PEER_MAX && (row = path_row(peer, path)) != NULL; path++)
            json_array_append_new(rows, row);
    }
    return rows;
}
