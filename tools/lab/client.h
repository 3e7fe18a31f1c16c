/* SPDX-License-Identifier: BSD-3-Clause */
/* The verbs that speak to a running lab, for its command and what that starts. */
#ifndef WEFT_LAB_CLIENT_H
#define WEFT_LAB_CLIENT_H

extern const char client_help[];

/* arguments[0] is the verb. Returns the exit status, or -1: not one of its verbs. */
int client_main(int count, char **arguments);

#endif
