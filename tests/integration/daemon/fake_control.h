/* SPDX-License-Identifier: BSD-3-Clause */
/* Plays control for two dataplanes, rightly or wrongly. It serves only while the test waits in one of these
 * functions, so that the test sees every report in order. */
#ifndef WEFT_TESTS_INTEGRATION_DAEMON_FAKE_CONTROL_H
#define WEFT_TESTS_INTEGRATION_DAEMON_FAKE_CONTROL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct fake_control;

/* Listens on a Unix socket. */
struct fake_control *fake_control_start(const char *socket_path);
/* Closes everything at once, as its death would. */
void fake_control_stop(struct fake_control *c);

/* What it answers to reports from now on: with status 200 `body`, or a right one if that is NULL. The text is
 * the caller's. */
void fake_control_answer(struct fake_control *c, int status, const char *body);

/* What it gives to the port with this address ("10.1.0.1") once that has another epoch. The bytes are
 * copied. */
void fake_control_publish(struct fake_control *c, const char *address, const void *plan, size_t bytes);

/* Serves until that port has sent a report that is right, and returns it: the fake's. NULL when none comes
 * within ten seconds. */
typedef bool (*report_test)(const json_t *report, const void *wanted);
const json_t *fake_control_await(struct fake_control *c, const char *address, report_test is_right,
                                 const void *wanted);

#endif
