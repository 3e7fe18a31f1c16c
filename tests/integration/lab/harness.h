/* SPDX-License-Identifier: BSD-3-Clause */
/* Lets a test program run as the command of a lab, and reach into the lab's nodes from there. */
#ifndef WEFT_TESTS_LAB_HARNESS_H
#define WEFT_TESTS_LAB_HARNESS_H

#include <jansson.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

/* Exits with 77 and a line saying why where labs cannot be made here. */
void harness_skip_without_root(void);

/* Outside a lab: becomes `weft_lab run` with these arguments (NULL-terminated) and this very program as the
 * command, so that main() is called again inside. Inside: returns. */
void harness_enter_lab(char **program_arguments, const char *weft_lab, const char *const *run_arguments);

/* A UDP socket in a node's network namespace, bound to `port` (0: any), that waits at most 2 s to receive. */
int harness_udp_socket(const char *node, uint16_t port);
/* A packet socket on a node's eth0 whose frames pass by the interface's queue discipline and tc hooks, as
 * those of AF_XDP do. */
int harness_bypassing_socket(const char *node);
struct sockaddr_in harness_address(const char *address, uint16_t port);

/* One line to the lab, one back; the caller owns the answer. */
json_t *harness_ask(const char *line);
/* Asks and asserts {"ok":true}. */
void harness_do(const char *line);
/* Of leaf0-spine0 and so on, or of host0: the value of `key`. */
json_int_t harness_counter(const char *link, const char *key);
/* Waits until the counter is at least `value`; false: it is not within 5 s. */
bool harness_await_counter(const char *link, const char *key, json_int_t value);

#endif
