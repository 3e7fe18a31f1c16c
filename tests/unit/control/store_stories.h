/* SPDX-License-Identifier: BSD-3-Clause */
/* What every store has to keep, whatever it keeps it in. */
#ifndef WEFT_TESTS_CONTROL_STORE_STORIES_H
#define WEFT_TESTS_CONTROL_STORE_STORIES_H

#include "control/core/store.h"

struct store_medium {
    struct store *(*open)(void);
    void (*interrupt)(
        void); /* NULL: nothing; what keeps it ends without a word and starts again, while it is closed */
    uint64_t epochs_ahead_max; /* of the one that was put */
};

/* Links, priorities, paths, epochs and events are there after it has been closed and opened again, as they
 * were. */
void story_everything_is_kept(const struct store_medium *medium);
/* A drain is found again by the link's name, so the longest that a topology may have is kept whole. */
void story_the_longest_name_is_kept(const struct store_medium *medium);

#endif
