/* SPDX-License-Identifier: BSD-3-Clause */
/* What a running lab can be asked to tell and to do, as JSON objects. Nothing about a request is believed
 * before it has been checked. */
#ifndef WEFT_LAB_REQUEST_H
#define WEFT_LAB_REQUEST_H

#include <jansson.h>

#include "tools/lab/program.h"

struct lab;

/* What a client waits for before it gets its answer. */
struct awaited {
    const struct program *program; /* NULL: nothing */
    enum program_state state;
};

/* Does what {"do": ...} says and returns the answer, which is the caller's: {"ok":true}, {"error":"..."} or
 * what was asked for. NULL: the answer is due, by request_answer_awaited(), when the program has changed.
 */
json_t *request_answer(struct lab *lab, json_t *request, struct awaited *awaited);
json_t *request_answer_awaited(const struct awaited *awaited);

#endif
