/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/planner/fabric.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "control/planner/fabric_state.h"
#include "control/planner/refuse.h"

/* ---- what is accepted ---- */

static bool link_rate_is_valid(uint64_t rate)
{
    return rate == 0 || (rate >= PLANNER_RATE_MIN_BYTES_PER_S && rate <= PLANNER_RATE_MAX_BYTES_PER_S);
}

static int check_rates(const uint64_t *rates, size_t count, const char *what, char *error)
{
    if (rates == NULL)
        return planner_refuse(error, "fabric has no rates of %s links", what);
    for (size_t i = 0; i < count; i++) {
        if (!link_rate_is_valid(rates[i]))
            return planner_refuse(error,
                                  "fabric's %s link %zu has %" PRIu64
                                  " bytes/s: give 0 for a dead link, else 1 Mb/s to 100 Tb/s",
                                  what, i, rates[i]);
    }
    return 0;
}

static int check_ports(const struct planner_fabric_config *c, char *error)
{
    if (c->ports == NULL)
        return planner_refuse(error, "fabric has no ports");
    for (uint32_t i = 0; i < c->port_count; i++) {
        const struct planner_port *port = &c->ports[i];
        if (port->leaf >= c->leaf_count)
            return planner_refuse(error, "fabric's port %u is on leaf %u, leaves are 0 to %u", i, port->leaf,
                                  c->leaf_count - 1);
        if (port->rate_bytes_per_s == 0 || !link_rate_is_valid(port->rate_bytes_per_s))
            return planner_refuse(error, "fabric's port %u has %" PRIu64 " bytes/s: give 1 Mb/s to 100 Tb/s",
                                  i, port->rate_bytes_per_s);
    }
    return 0;
}

static int check_pods(const struct planner_fabric_config *c, char *error)
{
    if (c->pod_count == 0)
        return 0;
    if (c->pod_count > c->leaf_count || c->core_count == 0 || c->core_count > PLANNER_CORES_MAX ||
        c->leaf_pods == NULL)
        return planner_refuse(error, "fabric has %u pods and %u cores a spine: cores are 1 to %d",
                              c->pod_count, c->core_count, PLANNER_CORES_MAX);
    for (uint32_t leaf = 0; leaf < c->leaf_count; leaf++) {
        if (c->leaf_pods[leaf] >= c->pod_count)
            return planner_refuse(error, "fabric's leaf %u is in pod %u, pods are 0 to %u", leaf,
                                  c->leaf_pods[leaf], c->pod_count - 1);
    }
    size_t links = (size_t)c->pod_count * c->spine_count * c->core_count;
    int result = check_rates(c->core_up_bytes_per_s, links, "spine-to-core", error);
    return result != 0 ? result : check_rates(c->core_down_bytes_per_s, links, "core-to-spine", error);
}

static int check(const struct planner_fabric_config *c, char *error)
{
    if (c->leaf_count == 0 || c->leaf_count > PLANNER_LEAVES_MAX || c->spine_count == 0 ||
        c->spine_count > PLANNER_SPINES_MAX || c->port_count == 0 || c->port_count > PLANNER_PORTS_MAX)
        return planner_refuse(
            error, "fabric has %u leaves, %u spines, %u ports: possible are 1 to %d, %d, %d", c->leaf_count,
            c->spine_count, c->port_count, PLANNER_LEAVES_MAX, PLANNER_SPINES_MAX, PLANNER_PORTS_MAX);
    size_t links = (size_t)c->leaf_count * c->spine_count;
    int result = check_ports(c, error);
    if (result == 0)
        result = check_rates(c->up_bytes_per_s, links, "leaf-to-spine", error);
    if (result == 0)
        result = check_rates(c->down_bytes_per_s, links, "spine-to-leaf", error);
    return result != 0 ? result : check_pods(c, error);
}

/* ---- life ---- */

static void *copy_of(const void *from, size_t count, size_t bytes)
{
    void *to = malloc(count ? count * bytes : 1);
    if (to != NULL && count > 0)
        memcpy(to, from, count * bytes);
    return to;
}

static uint64_t live_bits(const uint64_t *rates, unsigned count)
{
    uint64_t live = 0;
    for (unsigned i = 0; i < count; i++)
        live |= (uint64_t)(rates[i] > 0) << i;
    return live;
}

static bool note_live(struct planner_fabric *f, enum planner_side side)
{
    size_t groups = (size_t)f->pod_count * f->spine_count;
    f->live_spines[side] = calloc(f->leaf_count, sizeof(uint64_t));
    f->live_cores[side] = calloc(groups + 1, sizeof(uint64_t));
    if (!f->live_spines[side] || !f->live_cores[side])
        return false;
    for (uint32_t leaf = 0; leaf < f->leaf_count; leaf++)
        f->live_spines[side][leaf] =
            live_bits(&f->rates[side][fabric_link_index(f, leaf, 0)], f->spine_count);
    for (size_t i = 0; i < groups; i++)
        f->live_cores[side][i] = live_bits(&f->core_rates[side][i * f->core_count], f->core_count);
    return true;
}

static struct fabric_ports *copy_ports(const struct planner_fabric_config *c)
{
    struct fabric_ports *ports = malloc(sizeof(*ports) + c->port_count * sizeof(*ports->items));
    if (ports == NULL)
        return NULL;
    atomic_init(&ports->users, 1);
    memcpy(ports->items, c->ports, c->port_count * sizeof(*ports->items));
    return ports;
}

static void release_ports(struct fabric_ports *ports)
{
    if (ports != NULL && atomic_fetch_sub(&ports->users, 1) == 1)
        free(ports);
}

static bool copy_pods(struct planner_fabric *f, const struct planner_fabric_config *c)
{
    if (c->pod_count == 0)
        return true;
    f->leaf_pods = copy_of(c->leaf_pods, c->leaf_count, sizeof(*f->leaf_pods));
    f->core_rates[SIDE_OUT] = copy_of(c->core_up_bytes_per_s, fabric_core_link_count(f), sizeof(uint64_t));
    f->core_rates[SIDE_IN] = copy_of(c->core_down_bytes_per_s, fabric_core_link_count(f), sizeof(uint64_t));
    return f->leaf_pods && f->core_rates[SIDE_OUT] && f->core_rates[SIDE_IN];
}

/* Takes over `ports`, of which NULL means that there was no memory. */
static struct planner_fabric *take(const struct planner_fabric_config *c, struct fabric_ports *ports)
{
    struct planner_fabric *f = calloc(1, sizeof(*f));
    if (f == NULL || ports == NULL) {
        release_ports(ports);
        free(f);
        return NULL;
    }
    *f = (struct planner_fabric){.shared_ports = ports,
                                 .ports = ports->items,
                                 .leaf_count = c->leaf_count,
                                 .spine_count = c->spine_count,
                                 .port_count = c->port_count,
                                 .pod_count = c->pod_count,
                                 .core_count = c->pod_count ? c->core_count : 0};
    f->rates[SIDE_OUT] = copy_of(c->up_bytes_per_s, fabric_link_count(f), sizeof(uint64_t));
    f->rates[SIDE_IN] = copy_of(c->down_bytes_per_s, fabric_link_count(f), sizeof(uint64_t));
    if (f->rates[SIDE_OUT] && f->rates[SIDE_IN] && copy_pods(f, c) && note_live(f, SIDE_OUT) &&
        note_live(f, SIDE_IN))
        return f;
    planner_fabric_destroy(f);
    return NULL;
}

int planner_fabric_create(const struct planner_fabric_config *config, struct planner_fabric **fabric,
                          char error[PLANNER_ERROR_BYTES])
{
    int result = check(config, error);
    if (result != 0)
        return result;
    *fabric = take(config, copy_ports(config));
    return *fabric != NULL ? 0 : planner_refuse_memory(error);
}

int planner_fabric_copy(const struct planner_fabric *f, struct planner_fabric **copy,
                        char error[PLANNER_ERROR_BYTES])
{
    const struct planner_fabric_config config = {.leaf_count = f->leaf_count,
                                                 .spine_count = f->spine_count,
                                                 .port_count = f->port_count,
                                                 .up_bytes_per_s = f->rates[SIDE_OUT],
                                                 .down_bytes_per_s = f->rates[SIDE_IN],
                                                 .pod_count = f->pod_count,
                                                 .core_count = f->core_count,
                                                 .leaf_pods = f->leaf_pods,
                                                 .core_up_bytes_per_s = f->core_rates[SIDE_OUT],
                                                 .core_down_bytes_per_s = f->core_rates[SIDE_IN]};
    atomic_fetch_add(&f->shared_ports->users, 1);
    *copy = take(&config, f->shared_ports);
    return *copy != NULL ? 0 : planner_refuse_memory(error);
}

void planner_fabric_destroy(struct planner_fabric *f)
{
    if (f == NULL)
        return;
    for (int side = 0; side < SIDES; side++) {
        free(f->rates[side]);
        free(f->core_rates[side]);
        free(f->live_spines[side]);
        free(f->live_cores[side]);
    }
    free(f->leaf_pods);
    release_ports(f->shared_ports);
    free(f);
}

/* ---- rates ---- */

static enum planner_side side_of(const struct planner_link *link)
{
    return link->kind == PLANNER_LINK_UP || link->kind == PLANNER_LINK_CORE_UP ? SIDE_OUT : SIDE_IN;
}

/* A rate, and the bit that says whether it is any. */
struct link_state {
    uint64_t *rate; /* NULL: there is no such link */
    uint64_t *live;
    unsigned bit;
};

static struct link_state link_state(const struct planner_fabric *f, const struct planner_link *link)
{
    enum planner_side side = side_of(link);
    bool core = link->kind == PLANNER_LINK_CORE_UP || link->kind == PLANNER_LINK_CORE_DOWN;
    if (link->spine >= f->spine_count || link->place >= (core ? f->pod_count : f->leaf_count) ||
        (core && link->core >= f->core_count))
        return (struct link_state){0};
    if (core)
        return (struct link_state){
            .rate = &f->core_rates[side][fabric_core_index(f, link->place, link->spine, link->core)],
            .live = &f->live_cores[side][(size_t)link->place * f->spine_count + link->spine],
            .bit = link->core};
    return (struct link_state){.rate = &f->rates[side][fabric_link_index(f, link->place, link->spine)],
                               .live = &f->live_spines[side][link->place],
                               .bit = link->spine};
}

int planner_fabric_set_rate(struct planner_fabric *f, const struct planner_link *link,
                            uint64_t rate_bytes_per_s, char error[PLANNER_ERROR_BYTES])
{
    struct link_state state = link_state(f, link);
    if (state.rate == NULL)
        return planner_refuse(error, "the fabric has no link of leaf or pod %u, spine %u, core %u",
                              link->place, link->spine, link->core);
    if (!link_rate_is_valid(rate_bytes_per_s))
        return planner_refuse(error, "a link cannot have %" PRIu64 " bytes/s: give 0, or 1 Mb/s to 100 Tb/s",
                              rate_bytes_per_s);
    *state.rate = rate_bytes_per_s;
    *state.live &= ~(1ull << state.bit);
    *state.live |= (uint64_t)(rate_bytes_per_s > 0) << state.bit;
    return 0;
}

uint64_t planner_fabric_rate(const struct planner_fabric *f, const struct planner_link *link)
{
    struct link_state state = link_state(f, link);
    return state.rate != NULL ? *state.rate : 0;
}

const uint64_t *planner_fabric_rates(const struct planner_fabric *f, enum planner_link_kind kind)
{
    bool core = kind == PLANNER_LINK_CORE_UP || kind == PLANNER_LINK_CORE_DOWN;
    enum planner_side side = kind == PLANNER_LINK_UP || kind == PLANNER_LINK_CORE_UP ? SIDE_OUT : SIDE_IN;
    return core ? f->core_rates[side] : f->rates[side];
}

static uint64_t spines_with_common_cores(const struct planner_fabric *f, uint32_t from, uint32_t to)
{
    const uint64_t *up = &f->live_cores[SIDE_OUT][(size_t)from * f->spine_count];
    const uint64_t *down = &f->live_cores[SIDE_IN][(size_t)to * f->spine_count];
    uint64_t spines = 0;
    for (unsigned spine = 0; spine < f->spine_count; spine++)
        spines |= (uint64_t)((up[spine] & down[spine]) != 0) << spine;
    return spines;
}

uint64_t fabric_common_spines(const struct planner_fabric *f, uint32_t source_leaf, uint32_t destination_leaf)
{
    uint64_t common = f->live_spines[SIDE_OUT][source_leaf] & f->live_spines[SIDE_IN][destination_leaf];
    if (!fabric_crosses_cores(f, source_leaf, destination_leaf))
        return common;
    return common & spines_with_common_cores(f, f->leaf_pods[source_leaf], f->leaf_pods[destination_leaf]);
}

/* ---- weights ---- */

unsigned planner_weight(uint64_t nominal_bytes_per_s, uint64_t measured_bytes_per_s)
{
    if (measured_bytes_per_s == 0 || nominal_bytes_per_s == 0)
        return 0;
    if (measured_bytes_per_s >= nominal_bytes_per_s)
        return PLANNER_WEIGHT_FULL;
    unsigned __int128 doubled = (unsigned __int128)measured_bytes_per_s * PLANNER_WEIGHT_FULL * 2;
    unsigned weight = (unsigned)((doubled / nominal_bytes_per_s + 1) / 2);
    return weight > 0 ? weight : 1;
}

uint64_t planner_weighted_rate(uint64_t nominal_bytes_per_s, unsigned weight)
{
    return (uint64_t)((unsigned __int128)nominal_bytes_per_s * weight / PLANNER_WEIGHT_FULL);
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t path_rate(const struct planner_fabric *f, uint32_t source_leaf, uint32_t destination_leaf,
                          unsigned path)
{
    bool cores = fabric_crosses_cores(f, source_leaf, destination_leaf);
    unsigned spine = cores ? path / f->core_count : path;
    uint64_t rate = smaller(f->rates[SIDE_OUT][fabric_link_index(f, source_leaf, spine)],
                            f->rates[SIDE_IN][fabric_link_index(f, destination_leaf, spine)]);
    if (!cores)
        return rate;
    unsigned core = path % f->core_count;
    uint32_t from = f->leaf_pods[source_leaf], to = f->leaf_pods[destination_leaf];
    return smaller(rate, smaller(f->core_rates[SIDE_OUT][fabric_core_index(f, from, spine, core)],
                                 f->core_rates[SIDE_IN][fabric_core_index(f, to, spine, core)]));
}

unsigned planner_path_weights(const struct planner_fabric *f, uint32_t source_leaf, uint32_t destination_leaf,
                              uint8_t *weights, unsigned max)
{
    if (source_leaf >= f->leaf_count || destination_leaf >= f->leaf_count)
        return 0;
    bool cores = fabric_crosses_cores(f, source_leaf, destination_leaf);
    unsigned count = cores ? f->spine_count * f->core_count : f->spine_count;
    uint64_t fastest = 0;
    for (unsigned path = 0; path < count; path++) {
        uint64_t rate = path_rate(f, source_leaf, destination_leaf, path);
        fastest = rate > fastest ? rate : fastest;
    }
    for (unsigned path = 0; path < count && path < max; path++)
        weights[path] = (uint8_t)planner_weight(fastest, path_rate(f, source_leaf, destination_leaf, path));
    return count;
}
