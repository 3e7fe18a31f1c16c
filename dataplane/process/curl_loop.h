/* SPDX-License-Identifier: BSD-3-Clause */
/* libcurl's multi interface on libevent: curl says which sockets it waits for and when it wants to be called
 * again, the event loop calls it. */
#ifndef WEFT_PROCESS_CURL_LOOP_H
#define WEFT_PROCESS_CURL_LOOP_H

#include <stdbool.h>

#include <curl/curl.h>

struct event_base;
struct curl_loop;

/* `ended` is called from the event loop, once for each transfer that was added and has come to its end; it
 * may remove that transfer and others. NULL when memory is short. */
struct curl_loop *curl_loop_create(struct event_base *base, void (*ended)(CURL *easy, CURLcode outcome));
/* After the last transfer was removed. */
void curl_loop_destroy(struct curl_loop *loop);

bool curl_loop_add(struct curl_loop *loop, CURL *easy);
void curl_loop_remove(struct curl_loop *loop, CURL *easy);

#endif
