/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes at all as control's answer to a report: refused with a line, or every number within its bounds;
 * and as its refusal of one: a line of text.
 */
#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/daemon/agent_report.h"
#include "tests/fuzz/fuzz.h"

enum {
    ERROR_BYTES = 160,
    HOUR_MS = 3600 * 1000
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct agent_reply reply;
    char error[ERROR_BYTES] = "";
    uint8_t *body = malloc(length + 1); /* of its own, so that reading beyond it is seen */
    assert(body != NULL);
    memcpy(body, bytes, length);
    if (agent_reply_read(body, length, &reply, error) == 0) {
        assert(reply.report_every_ms >= 10 && reply.report_every_ms <= HOUR_MS);
        assert(reply.lease_ms >= 10 && reply.lease_ms <= HOUR_MS);
        assert(reply.epoch <= INT64_MAX && reply.probe_count <= AGENT_PROBES_MAX);
        assert(reply.time_count <= LONE_ERRANDS_MAX);
        for (unsigned i = 0; i < reply.time_count; i++)
            assert(reply.time[i].packets >= 1 && reply.time[i].packets <= LONE_PACKETS_MAX &&
                   reply.time[i].over_ms <= LONE_OVER_MS_MAX);
    } else {
        assert(error[0] != '\0' && memchr(error, '\0', sizeof(error)));
    }
    agent_reply_refusal(body, length, error);
    for (const char *c = error; *c; c++)
        assert(!iscntrl((unsigned char)*c));
    free(body);
    return 0;
}
