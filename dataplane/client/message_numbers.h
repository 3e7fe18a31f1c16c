/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers the point-to-point messages of each (peer, direction, tag), so that the n-th send meets the n-th
 * receive. One entry per triple that was ever used on the communicator. */
#ifndef WEFT_CLIENT_MESSAGE_NUMBERS_H
#define WEFT_CLIENT_MESSAGE_NUMBERS_H

#include <stdbool.h>
#include <stdint.h>

struct message_number {
    uint32_t peer;
    uint32_t tag;
    bool used;
    bool is_send;
    uint32_t next;
};

struct message_numbers {
    struct message_number *entries; /* open addressing */
    uint32_t capacity;              /* power of two, or 0 */
    uint32_t count;
};

/* Takes the next number of the triple, starting at 0. False: no memory. */
bool message_numbers_take(struct message_numbers *numbers, uint32_t peer, uint32_t tag, bool is_send,
                          uint32_t *number);
void message_numbers_free(struct message_numbers *numbers);

#endif
