/* SPDX-License-Identifier: BSD-3-Clause */
/* Addresses for people. */
#ifndef WEFT_DAEMON_TEXT_H
#define WEFT_DAEMON_TEXT_H

#include <stdint.h>
#include <stdio.h>

enum {
    TEXT_ADDRESS_BYTES = 16
};

/* IPv4, host byte order; returns `text`. */
static inline const char *text_address(uint32_t address, char text[TEXT_ADDRESS_BYTES])
{
    snprintf(text, TEXT_ADDRESS_BYTES, "%hhu.%hhu.%hhu.%hhu", (uint8_t)(address >> 24),
             (uint8_t)(address >> 16), (uint8_t)(address >> 8), (uint8_t)address);
    return text;
}

#endif
