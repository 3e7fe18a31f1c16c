/* SPDX-License-Identifier: BSD-3-Clause */
/* The lab's Unix socket: one JSON object a line in, one a line out, in order. A client that sends anything
 * else is told so; one that sends an endless line is cut off. */
#ifndef WEFT_LAB_SERVER_H
#define WEFT_LAB_SERVER_H

#include "tools/lab/error.h"

struct lab;
struct program;
struct server;

/* 0 or negative errno with `error`. */
int server_open(struct server **server, struct lab *lab, struct lab_error *error);

/* This dataplane has become ready or has ended: answers the clients that wait for that. */
void server_on_program_changed(struct server *server, const struct program *program);

#endif
