/* SPDX-License-Identifier: BSD-3-Clause */
/* What the verbs of the command tree do. Each prints what it was asked for and returns how the program ends.
 */
#ifndef WEFT_TOOLS_WEFT_HANDLERS_H
#define WEFT_TOOLS_WEFT_HANDLERS_H

#include "tools/weft/command.h"

enum exit_status fabric_show(const struct invocation *invocation);

enum exit_status topology_show(const struct invocation *invocation);
enum exit_status topology_check(const struct invocation *invocation);
enum exit_status topology_import(const struct invocation *invocation);

enum exit_status host_show(const struct invocation *invocation);

enum exit_status link_show(const struct invocation *invocation);
enum exit_status link_act(const struct invocation *invocation); /* drain, restore, set: the verb's name */

enum exit_status path_show(const struct invocation *invocation);
enum exit_status path_probe(const struct invocation *invocation);

enum exit_status plan_show(const struct invocation *invocation);
enum exit_status plan_explain(const struct invocation *invocation);
enum exit_status plan_diff(const struct invocation *invocation);
enum exit_status plan_history(const struct invocation *invocation);

enum exit_status job_show(const struct invocation *invocation);
enum exit_status job_priority(const struct invocation *invocation);

enum exit_status event_show(const struct invocation *invocation);
enum exit_status event_watch(const struct invocation *invocation);

enum exit_status verdict_show(const struct invocation *invocation);
enum exit_status verdict_explain(const struct invocation *invocation);
enum exit_status why_show(const struct invocation *invocation);

enum exit_status dataplane_show(const struct invocation *invocation);
enum exit_status doctor_show(const struct invocation *invocation);

enum exit_status completion_bash(const struct invocation *invocation);
enum exit_status completion_candidates(const struct invocation *invocation);

#endif
