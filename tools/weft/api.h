/* SPDX-License-Identifier: BSD-3-Clause */
/* Asks control (control/API.md), one question at a time. What answers is not trusted:
 * the length of an answer is bounded, and what is not JSON is no answer. */
#ifndef WEFT_TOOLS_WEFT_API_H
#define WEFT_TOOLS_WEFT_API_H

#include <jansson.h>

#include "tools/weft/options.h"

enum {
    API_PATH_BYTES = 2048,
    API_FAILURE_BYTES = 512
};

/* "/v1/..." in the making; names are escaped. One that is too long becomes "/too-long". */
struct api_path {
    char text[API_PATH_BYTES];
    unsigned queries;
};
struct api_path api_path(const char *start);
void api_path_add(struct api_path *path, const char *name);
void api_path_query(struct api_path *path, const char *key, const char *value);

struct api_answer {
    int status;                      /* of HTTP; 0: none came, and `failure` says why */
    json_t *body;                    /* an object, or NULL */
    char failure[API_FAILURE_BYTES]; /* and what to do */
};

/* Waits at most options->timeout_ms + wait_ms. With a `body` it is a POST. */
void api_ask(const struct options *options, const char *path, const json_t *body, long wait_ms,
             struct api_answer *answer);

/* EXIT_DONE for an answer that is good; else says on stderr what is wrong, with its code, and as JSON too if
 * that was asked for, and frees the body. */
enum exit_status api_judge(const struct options *options, struct api_answer *answer);

/* Both together: the caller owns *body after EXIT_DONE. */
enum exit_status api_get(const struct options *options, const char *path, json_t **body);
/* "/v1/links", or the one of that name if it is not NULL. */
enum exit_status api_get_named(const struct options *options, const char *list, const char *name,
                               json_t **body);
enum exit_status api_post(const struct options *options, const char *path, const json_t *sent, json_t **body);

#endif
