/* SPDX-License-Identifier: BSD-3-Clause */
/* A lab's answers as tables for people. */
#ifndef WEFT_LAB_CLIENT_TABLE_H
#define WEFT_LAB_CLIENT_TABLE_H

#include <jansson.h>

void client_table_describe(json_t *answer);
void client_table_counters(json_t *answer);

#endif
