/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/formats/address.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <stdio.h>

const char *address_text(uint32_t address, char text[ADDRESS_TEXT_BYTES])
{
    snprintf(text, ADDRESS_TEXT_BYTES, "%u.%u.%u.%u", address >> 24, address >> 16 & 255, address >> 8 & 255,
             address & 255);
    return text;
}

bool address_parse(const char *text, uint32_t *address)
{
    struct in_addr parsed;
    if (text == NULL || inet_pton(AF_INET, text, &parsed) != 1)
        return false;
    *address = ntohl(parsed.s_addr);
    return true;
}
