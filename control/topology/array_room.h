/* SPDX-License-Identifier: BSD-3-Clause */
/* Arrays that grow. */
#ifndef WEFT_TOPOLOGY_ARRAY_ROOM_H
#define WEFT_TOPOLOGY_ARRAY_ROOM_H

#include <stddef.h>
#include <stdlib.h>

/* The array, moved if it had to be, with room for one element behind `count`; NULL, and the array untouched,
 * when there is no memory. */
static inline void *array_with_room(void *array, size_t count, size_t *room, size_t element_bytes)
{
    if (count < *room)
        return array;
    size_t wanted = *room ? 2 * *room : 16;
    void *grown = reallocarray(array, wanted, element_bytes);
    if (grown)
        *room = wanted;
    return grown;
}

#endif
