/* SPDX-License-Identifier: BSD-3-Clause */
/* The 64-bit tag by which the dataplane matches a send with its receive. It must be unique at any time for
 * (communicator, source rank, destination rank), and both ends must arrive at it without talking:
 *
 *   collective      1 | operation sequence:40 | step:16 | lane:7   a step of a lane has one message per pair
 *   point to point  0 | message number:31 | user tag:32             numbered per (peer, direction, user tag),
 *                                                                  so messages of a tag match in order
 *
 * The numbers wrap; what was given 2^31 messages or 2^40 operations ago has long ended.
 */
#ifndef WEFT_CLIENT_WIRE_TAG_H
#define WEFT_CLIENT_WIRE_TAG_H

#include <stdint.h>

#define WIRE_TAG_COLLECTIVE (1ull << 63)
enum {
    WIRE_TAG_LANE_BITS = 7,
    WIRE_TAG_STEP_BITS = 16,
    WIRE_TAG_SEQUENCE_BITS = 40
};

static inline uint64_t wire_tag_low_bits(uint64_t value, unsigned bits)
{
    return value & ((1ull << bits) - 1);
}

static inline uint64_t wire_tag_collective(uint64_t sequence, uint32_t step, uint32_t lane)
{
    return WIRE_TAG_COLLECTIVE |
           wire_tag_low_bits(sequence, WIRE_TAG_SEQUENCE_BITS) << (WIRE_TAG_STEP_BITS + WIRE_TAG_LANE_BITS) |
           wire_tag_low_bits(step, WIRE_TAG_STEP_BITS) << WIRE_TAG_LANE_BITS |
           wire_tag_low_bits(lane, WIRE_TAG_LANE_BITS);
}

static inline uint64_t wire_tag_message(uint32_t user_tag, uint32_t number)
{
    return wire_tag_low_bits(number, 31) << 32 | user_tag;
}

#endif
