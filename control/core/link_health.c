/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/core/link_health.h"

static uint64_t hold_ns(unsigned holds)
{
    uint64_t hold = LINK_HOLD_MIN_NS;
    for (unsigned i = 1; i < holds && hold < LINK_HOLD_MAX_NS; i++)
        hold *= 2;
    return hold < LINK_HOLD_MAX_NS ? hold : LINK_HOLD_MAX_NS;
}

static bool flaps(const struct link_health *h, uint64_t now_ns)
{
    uint64_t earliest = h->out_ns[LINK_FLAPS_ALLOWED - 1];
    return h->holds > 0 || (earliest != 0 && now_ns - earliest < LINK_FLAP_WINDOW_NS);
}

static void go_out(struct link_health *h, uint64_t now_ns)
{
    if (now_ns - h->since_ns >= LINK_FORGIVE_NS)
        h->holds = 0;
    if (flaps(h, now_ns)) {
        h->holds += h->holds < UINT8_MAX;
        h->hold_until_ns = now_ns + hold_ns(h->holds);
    }
    for (unsigned i = LINK_FLAPS_ALLOWED - 1; i > 0; i--)
        h->out_ns[i] = h->out_ns[i - 1];
    h->out_ns[0] = now_ns;
}

enum link_change link_health_follow(struct link_health *h, enum core_link_state evidence, uint64_t now_ns)
{
    h->held = evidence == CORE_LINK_UP && h->state != CORE_LINK_UP && now_ns < h->hold_until_ns;
    if (h->held || h->state == evidence)
        return LINK_UNCHANGED;
    bool was_up = h->state == CORE_LINK_UP;
    if (was_up)
        go_out(h, now_ns);
    h->state = (uint8_t)evidence;
    h->since_ns = now_ns;
    if (was_up)
        return LINK_WENT_OUT;
    return evidence == CORE_LINK_UP ? LINK_CAME_BACK : LINK_KNOWN_BETTER;
}

void link_health_acquit(struct link_health *h)
{
    if (h->state != CORE_LINK_SUSPECT)
        return;
    for (unsigned i = 1; i < LINK_FLAPS_ALLOWED; i++)
        h->out_ns[i - 1] = h->out_ns[i];
    h->out_ns[LINK_FLAPS_ALLOWED - 1] = 0;
    h->holds -= h->hold_until_ns > h->since_ns;
    h->hold_until_ns = 0;
}

uint64_t link_health_wakeup(const struct link_health *h)
{
    return h->held ? h->hold_until_ns : UINT64_MAX;
}
