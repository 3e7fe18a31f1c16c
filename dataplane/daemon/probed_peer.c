/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/daemon/probed_peer.h"

void probed_peer_search(struct probed_peer *p, nsec_t now)
{
    p->state = PEER_SEARCHING;
    p->answers = 0;
    p->silent_since = now;
}

void probed_peer_recheck(struct probed_peer *p)
{
    p->asked_count = 0; /* what was true of them may be no more */
    p->state = PEER_RECHECKING;
    p->recheck_index = 0;
}

uint64_t probed_peer_missing(const struct probed_peer *p)
{
    return p->leaf->spines & ~path_catalogue_spines(&p->catalogue, 1);
}

static bool must_retry(const struct probed_peer *p)
{
    return !p->answered || probed_peer_missing(p) != 0;
}

/* N(s) of the stopping rule; ln x <= 0.7 ceil(log2 x). */
static unsigned answers_needed(unsigned spines)
{
    unsigned log2_ceil = spines == 0 ? 0 : 32 - (unsigned)__builtin_clz(spines);
    return (spines + 1) * (14 + (7 * log2_ceil + 9) / 10);
}

static bool search_is_complete(const struct probed_peer *p)
{
    unsigned needed = answers_needed((unsigned)__builtin_popcountll(p->leaf->spines));
    uint64_t spared = path_catalogue_spines(&p->catalogue, CATALOGUE_PORTS_PER_SPINE);
    return p->answers >= needed || ((p->leaf->spines & ~spared) == 0 && p->leaf->answers >= needed);
}

static bool search_has_ended(const struct probed_peer *p, const struct path_discovery_config *config,
                             nsec_t now)
{
    return search_is_complete(p) || now >= p->silent_since + config->silence_limit_ns;
}

static void settle(struct probed_peer *p, const struct path_discovery_config *config, nsec_t now)
{
    p->state = PEER_SETTLED;
    p->settled_once = true;
    p->complete = search_is_complete(p);
    p->unpublished = p->answered;
    p->verify_at = now + config->verify_interval_ns;
    if (!must_retry(p))
        p->retry_interval_ns = 0;
    else if (p->retry_interval_ns == 0)
        p->retry_interval_ns = config->retry_min_ns;
    else if (p->retry_interval_ns < config->retry_max_ns / 2)
        p->retry_interval_ns *= 2;
    else
        p->retry_interval_ns = config->retry_max_ns;
    p->retry_at = now + p->retry_interval_ns;
}

static void fill_probe(const struct probed_peer *p, const struct outstanding_probe *o,
                       struct path_probe *probe)
{
    *probe = (struct path_probe){.destination = p->who.address, .source_port = o->port, .id = o->id};
}

static bool send_probe(struct probed_peer *p, uint16_t port, struct path_probe *probe, nsec_t now)
{
    struct outstanding_probe *o = &p->outstanding[p->outstanding_count++];
    *o = (struct outstanding_probe){.port = port, .id = p->next_id++, .tries = 1, .sent_at = now};
    fill_probe(p, o, probe);
    return true;
}

/* Sends the first lost probe of a known port again; gives up the others that are lost. */
static bool repeat_lost(struct probed_peer *p, const struct path_discovery_config *config,
                        struct path_probe *probe, nsec_t now)
{
    for (unsigned i = 0; i < p->outstanding_count;) {
        struct outstanding_probe *o = &p->outstanding[i];
        if (now < o->sent_at + config->probe_timeout_ns) {
            i++;
        } else if (o->tries < PROBE_TRIES_MAX && path_catalogue_knows(&p->catalogue, o->port)) {
            o->tries++;
            o->sent_at = now;
            fill_probe(p, o, probe);
            return true;
        } else {
            *o = p->outstanding[--p->outstanding_count];
        }
    }
    return false;
}

static bool has_room(const struct probed_peer *p)
{
    return p->outstanding_count < PROBES_OUTSTANDING_MAX;
}

static uint16_t next_new_port(struct probed_peer *p, const struct path_discovery_config *config)
{
    uint16_t port = p->next_port;
    p->next_port = port == UINT16_MAX ? config->port_first : port + 1;
    return port;
}

static bool search_probe(struct probed_peer *p, const struct path_discovery_config *config,
                         struct path_probe *probe, nsec_t now)
{
    if (search_has_ended(p, config, now)) {
        settle(p, config, now);
        return false;
    }
    if (!has_room(p))
        return false;
    return send_probe(p, next_new_port(p, config), probe, now);
}

static bool recheck_probe(struct probed_peer *p, const struct path_discovery_config *config,
                          struct path_probe *probe, nsec_t now)
{
    if (p->recheck_index < p->catalogue.port_count)
        return has_room(p) && send_probe(p, p->catalogue.ports[p->recheck_index++].port, probe, now);
    if (p->outstanding_count > 0)
        return false;
    probed_peer_search(p, now);
    return search_probe(p, config, probe, now);
}

/* Of the ports in use, in turn; 0 when there is none. */
static uint16_t next_port_in_use(struct probed_peer *p)
{
    unsigned count = p->catalogue.published_count;
    for (unsigned tried = 0; tried < count; tried++) {
        uint16_t port = p->catalogue.published[p->verify_index++ % count].source_port;
        if (port != 0)
            return port;
    }
    return 0;
}

/* While a spine is missing, known ports and new ones alternate: whichever takes it first tells that it is
 * back. */
static uint16_t next_port_to_verify(struct probed_peer *p, const struct path_discovery_config *config)
{
    unsigned count = p->catalogue.port_count;
    if (probed_peer_missing(p) == 0 || count == 0)
        return next_port_in_use(p);
    unsigned turn = p->verify_index++;
    return turn % 2 == 0 ? p->catalogue.ports[turn / 2 % count].port : next_new_port(p, config);
}

static bool verify_probe(struct probed_peer *p, const struct path_discovery_config *config,
                         struct path_probe *probe, nsec_t now)
{
    if (must_retry(p) && now >= p->retry_at) {
        probed_peer_search(p, now);
        return search_probe(p, config, probe, now);
    }
    if (now < p->verify_at || !has_room(p))
        return false;
    uint16_t port = next_port_to_verify(p, config);
    if (port == 0)
        return false;
    p->verify_at = now + config->verify_interval_ns;
    return send_probe(p, port, probe, now);
}

static bool is_outstanding(const struct probed_peer *p, uint16_t port)
{
    for (unsigned i = 0; i < p->outstanding_count; i++)
        if (p->outstanding[i].port == port)
            return true;
    return false;
}

/* The next asked port that has to be probed, or 0. One that got no answer in time is probed again. */
static uint16_t asked_port_due(const struct probed_peer *p)
{
    for (unsigned i = 0; i < ASKED_PORTS_MAX && i < p->asked_count; i++)
        if (p->asked[i].spine < 0 && !is_outstanding(p, p->asked[i].port))
            return p->asked[i].port;
    return 0;
}

int probed_peer_ask(struct probed_peer *p, uint16_t port)
{
    for (unsigned i = 0; i < ASKED_PORTS_MAX && i < p->asked_count; i++)
        if (p->asked[i].port == port)
            return p->asked[i].spine;
    p->asked[p->asked_count++ % ASKED_PORTS_MAX] = (struct asked_port){.port = port, .spine = -1};
    return -1;
}

void probed_peer_tell(struct probed_peer *p, uint16_t port, unsigned spine)
{
    for (unsigned i = 0; i < ASKED_PORTS_MAX && i < p->asked_count; i++)
        if (p->asked[i].port == port)
            p->asked[i].spine = (int16_t)spine;
}

bool probed_peer_next_probe(struct probed_peer *p, const struct path_discovery_config *config,
                            struct path_probe *probe, nsec_t now)
{
    if (repeat_lost(p, config, probe, now))
        return true;
    uint16_t asked = asked_port_due(p);
    if (asked != 0 && has_room(p))
        return send_probe(p, asked, probe, now);
    switch (p->state) {
    case PEER_SEARCHING:
        return search_probe(p, config, probe, now);
    case PEER_RECHECKING:
        return recheck_probe(p, config, probe, now);
    case PEER_SETTLED:
        return verify_probe(p, config, probe, now);
    }
    return false;
}

bool probed_peer_take_answer(struct probed_peer *p, const struct path_probe *quote)
{
    for (unsigned i = 0; i < p->outstanding_count; i++) {
        struct outstanding_probe *o = &p->outstanding[i];
        if (o->port == quote->source_port && o->id == quote->id) {
            *o = p->outstanding[--p->outstanding_count];
            return true;
        }
    }
    return false;
}

static nsec_t first_timeout(const struct probed_peer *p, const struct path_discovery_config *config)
{
    nsec_t first = NSEC_NEVER;
    for (unsigned i = 0; i < p->outstanding_count; i++)
        if (p->outstanding[i].sent_at + config->probe_timeout_ns < first)
            first = p->outstanding[i].sent_at + config->probe_timeout_ns;
    return first;
}

static nsec_t earlier(nsec_t a, nsec_t b)
{
    return a < b ? a : b;
}

nsec_t probed_peer_next_at(const struct probed_peer *p, const struct path_discovery_config *config)
{
    nsec_t timeout = first_timeout(p, config);
    if (asked_port_due(p) != 0 && has_room(p))
        return 0;
    switch (p->state) {
    case PEER_SEARCHING:
        return has_room(p) ? 0 : earlier(timeout, p->silent_since + config->silence_limit_ns);
    case PEER_RECHECKING:
        return (p->recheck_index < p->catalogue.port_count && has_room(p)) || p->outstanding_count == 0
                   ? 0
                   : timeout;
    case PEER_SETTLED:
        if (p->catalogue.published_count > 0)
            timeout = earlier(timeout, p->verify_at);
        return must_retry(p) ? earlier(timeout, p->retry_at) : timeout;
    }
    return NSEC_NEVER;
}
