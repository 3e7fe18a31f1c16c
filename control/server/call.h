/* SPDX-License-Identifier: BSD-3-Clause */
/* One request as those who answer it see it: what is asked, by whom, and the answer. HTTP itself is http.c's
 * business; control/API.md says what the calls are. */
#ifndef WEFT_CONTROL_CALL_H
#define WEFT_CONTROL_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "control/core/core.h"

enum {
    CALL_WORDS_MAX = 4,
    CALL_WORD_BYTES = TOPOLOGY_LINK_NAME_BYTES,
    CALL_WAIT_MS_MAX = 60000
};

enum call_method {
    CALL_GET,
    CALL_POST
};

/* Who may do what: each includes what stands before it, but for agents, who only report. */
enum call_role {
    CALL_ROLE_NOBODY,
    CALL_ROLE_AGENT,
    CALL_ROLE_VIEWER,
    CALL_ROLE_OPERATOR
};

/* What a call waits for. */
enum call_topic {
    CALL_TOPIC_EVENTS,
    CALL_TOPIC_PLAN,
    CALL_TOPICS
};

struct call {
    /* asked */
    struct core *core;
    const struct topology *topology;
    enum call_method method;
    char words[CALL_WORDS_MAX][CALL_WORD_BYTES]; /* of the path, behind /v1/ */
    unsigned word_count;
    const char *(*query)(const struct call *call, const char *name); /* NULL: not given */
    void *connection;                                                /* for `query` */
    const char *body;
    size_t body_bytes;
    enum call_role role;
    char who[CORE_NAME_BYTES];   /* stands in for `by` where the body has none; "" when not known */
    uint64_t now_ns, started_ns; /* monotonic: now, and when the call came */
    uint64_t up_since_ns;
    bool time_is_up; /* of a call that waited */

    /* answered: exactly one of these */
    int status;
    json_t *json;
    const void *bytes; /* application/octet-stream: copied at once */
    size_t byte_count;
    uint64_t wait_until_ns; /* ask again when there is news of `topic`, or then; 0: do not wait */
    enum call_topic topic;
};

/* Takes over `json` (NULL: out of memory, which is answered). */
void call_answer(struct call *call, int status, json_t *json);
void call_answer_bytes(struct call *call, const void *bytes, size_t count);
void call_answer_nothing(struct call *call); /* 204 */
/* `at`: a JSON pointer into the body, or NULL. */
void call_fail(struct call *call, int status, const char *code, const char *at, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* What the core has refused, with the status that goes with its code. */
void call_fail_core(struct call *call, const struct core_error *error);

/* As JSON, whatever its bytes: text that was cut within a letter of UTF-8 is shown too. NULL: no memory. */
json_t *call_text(const char *text);

/* The number of the query parameter; `absent` when it is not there. False, and the call has failed, when it
 * is no number up to `most`. */
bool call_query_number(struct call *call, const char *name, uint64_t absent, uint64_t most, uint64_t *value);

/* True when the call should be asked again later: it may wait, and its time is not up. */
bool call_waits(struct call *call, enum call_topic topic, uint64_t wait_ms);

/* Takes "/v1/links/leaf0-spine1" apart; false: it is no path of this version, or too long. */
bool call_read_path(struct call *call, const char *path);
/* Finds who answers, checks method and role, and lets them. */
void call_route(struct call *call);

#endif
