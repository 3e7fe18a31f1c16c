/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/daemon/path_discovery.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/daemon/probed_peer.h"
#include "dataplane/transport/random.h"

struct path_discovery {
    struct path_discovery_config config;
    struct spine_list spines;
    struct probed_peer **peers; /* in order of addition */
    void *by_address;           /* the same, as a tree (search.h) */
    struct probed_leaf **leaves;
    unsigned peer_count, leaf_count;
    unsigned turn; /* which peer is asked first for the next burst */
    nsec_t next_burst_at;
    uint64_t probes_sent, answers;
};

void path_discovery_config_default(struct path_discovery_config *config)
{
    *config = (struct path_discovery_config){
        .port_first = 49152,
        .burst_probes = 16,
        .burst_interval_ns = NSEC_PER_MSEC,
        .probe_timeout_ns = 100 * NSEC_PER_MSEC,
        .silence_limit_ns = 2 * NSEC_PER_SEC,
        .verify_interval_ns = NSEC_PER_SEC,
        .retry_min_ns = NSEC_PER_SEC,
        .retry_max_ns = 60 * NSEC_PER_SEC,
        .recheck_interval_ns = 100 * NSEC_PER_MSEC,
    };
}

struct path_discovery *path_discovery_create(const struct path_discovery_config *config)
{
    struct path_discovery *d = calloc(1, sizeof(*d));
    if (d)
        d->config = *config;
    return d;
}

static void ignore_node(void *node)
{
    (void)node;
}

void path_discovery_destroy(struct path_discovery *d)
{
    if (!d)
        return;
    for (unsigned i = 0; i < d->peer_count; i++)
        free(d->peers[i]);
    for (unsigned i = 0; i < d->leaf_count; i++)
        free(d->leaves[i]);
    tdestroy(d->by_address, ignore_node);
    free(d->peers);
    free(d->leaves);
    free(d);
}

static int compare_addresses(const void *a, const void *b)
{
    const struct probed_peer *left = a, *right = b;
    return (left->who.address > right->who.address) - (left->who.address < right->who.address);
}

static struct probed_peer *find_peer(const struct path_discovery *d, uint32_t address)
{
    struct probed_peer wanted = {.who.address = address};
    struct probed_peer **found = tfind(&wanted, &d->by_address, compare_addresses);
    return found ? *found : NULL;
}

static struct probed_leaf *find_or_add_leaf(struct path_discovery *d, uint32_t number)
{
    for (unsigned i = 0; i < d->leaf_count; i++)
        if (d->leaves[i]->leaf == number)
            return d->leaves[i];
    struct probed_leaf **leaves = reallocarray(d->leaves, d->leaf_count + 1, sizeof(struct probed_leaf *));
    if (!leaves)
        return NULL;
    d->leaves = leaves;
    struct probed_leaf *leaf = calloc(1, sizeof(*leaf));
    if (leaf) {
        leaf->leaf = number;
        d->leaves[d->leaf_count++] = leaf;
    }
    return leaf;
}

static struct probed_peer *insert_peer(struct path_discovery *d, uint32_t address)
{
    struct probed_peer **peers = reallocarray(d->peers, d->peer_count + 1, sizeof(struct probed_peer *));
    if (!peers)
        return NULL;
    d->peers = peers;
    struct probed_peer *p = calloc(1, sizeof(*p));
    if (!p)
        return NULL;
    p->who.address = address;
    if (!tsearch(p, &d->by_address, compare_addresses)) {
        free(p);
        return NULL;
    }
    d->peers[d->peer_count++] = p;
    return p;
}

int path_discovery_add_peer(struct path_discovery *d, const struct path_discovery_peer *peer, nsec_t now)
{
    if (find_peer(d, peer->address))
        return 0;
    struct probed_leaf *leaf = find_or_add_leaf(d, peer->leaf);
    struct probed_peer *p = leaf ? insert_peer(d, peer->address) : NULL;
    if (!p)
        return -ENOMEM;
    p->who = *peer;
    p->leaf = leaf;
    p->next_port = d->config.port_first;
    p->verify_index = d->peer_count;
    p->next_id = (uint16_t)mix64_pair(d->config.seed, peer->address);
    probed_peer_search(p, now);
    return 0;
}

bool path_discovery_is_settled(const struct path_discovery *d, uint32_t address)
{
    const struct probed_peer *p = find_peer(d, address);
    return !p || p->settled_once;
}

bool path_discovery_is_at_rest(const struct path_discovery *d, uint32_t address)
{
    const struct probed_peer *p = find_peer(d, address);
    return !p || p->state == PEER_SETTLED;
}

int path_discovery_path_of(const struct path_discovery *d, uint32_t spine_address)
{
    for (unsigned spine = 0; spine < d->spines.numbered; spine++)
        if (d->spines.address[spine] == spine_address)
            return d->spines.path[spine];
    return -1;
}

int path_discovery_path_of_port(struct path_discovery *d, uint32_t address, uint16_t port)
{
    struct probed_peer *p = find_peer(d, address);
    int spine = p ? probed_peer_ask(p, port) : -1;
    return spine >= 0 && (unsigned)spine < d->spines.numbered ? d->spines.path[spine] : -1;
}

bool path_discovery_was_answered(const struct path_discovery *d, uint32_t address)
{
    const struct probed_peer *p = find_peer(d, address);
    return p && p->answered;
}

unsigned path_discovery_take_probes(struct path_discovery *d, struct path_probe *probes, unsigned max,
                                    nsec_t now)
{
    if (now < d->next_burst_at)
        return 0;
    if (max > d->config.burst_probes)
        max = d->config.burst_probes;
    unsigned count = 0, idle = 0;
    while (count < max && idle < d->peer_count) {
        struct probed_peer *p = d->peers[d->turn++ % d->peer_count];
        bool sent = probed_peer_next_probe(p, &d->config, &probes[count], now);
        count += sent;
        idle = sent ? 0 : idle + 1;
    }
    if (count > 0)
        d->next_burst_at = now + d->config.burst_interval_ns;
    d->probes_sent += count;
    return count;
}

/* True unless that was done only a moment ago. */
static bool recheck_leaf(struct path_discovery *d, struct probed_leaf *leaf, nsec_t now)
{
    if (leaf->rechecked_at != 0 && now < leaf->rechecked_at + d->config.recheck_interval_ns)
        return false;
    leaf->rechecked_at = now;
    leaf->answers = 0;
    for (unsigned i = 0; i < d->peer_count; i++)
        if (d->peers[i]->leaf == leaf && d->peers[i]->state == PEER_SETTLED)
            probed_peer_recheck(d->peers[i]);
    return true;
}

static void verify_others(struct path_discovery *d, const struct probed_leaf *leaf, nsec_t now)
{
    for (unsigned i = 0; i < d->peer_count; i++)
        if (d->peers[i]->leaf != leaf && d->peers[i]->verify_at > now)
            d->peers[i]->verify_at = now;
}

void path_discovery_on_answer(struct path_discovery *d, const struct path_answer *answer, nsec_t now)
{
    struct probed_peer *p = find_peer(d, answer->quote.destination);
    if (!p || !probed_peer_take_answer(p, &answer->quote))
        return;
    int spine = spine_list_find_or_add(&d->spines, answer->router);
    if (spine < 0)
        return;
    d->answers++;
    probed_peer_tell(p, answer->quote.source_port, (unsigned)spine);
    p->answered = true;
    p->answers++;
    p->silent_since = now;
    p->leaf->answers++;
    bool back = probed_peer_missing(p) >> spine & 1;
    bool moved = path_catalogue_learn(
        &p->catalogue,
        (struct learned_port){.port = answer->quote.source_port, .spine = (uint8_t)spine, .heard_at = now});
    p->leaf->spines |= 1ull << spine; /* the settled peers that miss it search at once: their retry is due */
    if ((moved || back) && p->state == PEER_SETTLED && recheck_leaf(d, p->leaf, now))
        verify_others(d, p->leaf, now);
}

void path_discovery_on_reachable(struct path_discovery *d, uint32_t address)
{
    struct probed_peer *p = find_peer(d, address);
    if (p)
        p->outstanding_count = 0;
}

void path_discovery_on_path_changed(struct path_discovery *d, uint16_t peer, nsec_t now)
{
    for (unsigned i = 0; i < d->peer_count; i++)
        if (d->peers[i]->who.peer == peer)
            recheck_leaf(d, d->peers[i]->leaf, now);
}

uint32_t path_discovery_address(const struct path_discovery *d, uint16_t peer)
{
    for (unsigned i = 0; i < d->peer_count; i++)
        if (d->peers[i]->who.peer == peer)
            return d->peers[i]->who.address;
    return 0;
}

bool path_discovery_take_change(struct path_discovery *d, struct path_change *change)
{
    for (unsigned i = 0; i < d->peer_count; i++) {
        struct probed_peer *p = d->peers[i];
        if (!p->unpublished)
            continue;
        p->unpublished = false;
        spine_list_number(&d->spines);
        if (!path_catalogue_publish(&p->catalogue, &d->spines))
            continue;
        change->peer = p->who.peer;
        change->count = p->catalogue.published_count;
        memcpy(change->entries, p->catalogue.published, sizeof(change->entries));
        return true;
    }
    return false;
}

nsec_t path_discovery_next_wakeup(const struct path_discovery *d)
{
    nsec_t next = NSEC_NEVER;
    for (unsigned i = 0; i < d->peer_count; i++) {
        nsec_t at = probed_peer_next_at(d->peers[i], &d->config);
        if (at < next)
            next = at;
    }
    return next < d->next_burst_at ? d->next_burst_at : next;
}

bool path_discovery_view(const struct path_discovery *d, unsigned index, struct path_view *view)
{
    if (index >= d->peer_count)
        return false;
    const struct probed_peer *p = d->peers[index];
    *view = (struct path_view){.address = p->who.address,
                               .peer = p->who.peer,
                               .settled = p->state == PEER_SETTLED,
                               .answered = p->answered,
                               .complete = p->complete,
                               .count = p->catalogue.published_count};
    for (unsigned spine = 0; spine < d->spines.numbered; spine++) {
        view->spine_address[d->spines.path[spine]] = d->spines.address[spine];
        view->heard_at[d->spines.path[spine]] = path_catalogue_heard_at(&p->catalogue, spine);
    }
    for (unsigned path = 0; path < view->count; path++)
        view->source_port[path] = p->catalogue.published[path].source_port;
    return true;
}

uint64_t path_discovery_probes_sent(const struct path_discovery *d)
{
    return d->probes_sent;
}

uint64_t path_discovery_answers(const struct path_discovery *d)
{
    return d->answers;
}
