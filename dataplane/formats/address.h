/* SPDX-License-Identifier: BSD-3-Clause */
/* IPv4 addresses as people, files and JSON write them; in programs they are numbers in host byte order. */
#ifndef WEFT_FORMATS_ADDRESS_H
#define WEFT_FORMATS_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

enum {
    ADDRESS_TEXT_BYTES = 16
};

/* Returns `text`. */
const char *address_text(uint32_t address, char text[ADDRESS_TEXT_BYTES]);
/* False, and *address is as it was, when the text is NULL or no address in four parts. */
bool address_parse(const char *text, uint32_t *address);

#endif
