/* SPDX-License-Identifier: BSD-3-Clause */
/* What a running lab can be asked to tell and to do, as JSON objects. Nothing about a request is believed
 * before it has been checked. */
#ifndef WEFT_LAB_REQUEST_H
#define WEFT_LAB_REQUEST_H

#include <jansson.h>

struct lab;
struct dataplane;

/* Does what {"do": ...} says and returns the answer, which is the caller's: {"ok":true}, {"error":"..."} or
 * what was asked for. NULL: the answer is due when *awaited has started. */
json_t *request_answer(struct lab *lab, json_t *request, const struct dataplane **awaited);
json_t *request_answer_started(const struct dataplane *dataplane);

#endif
