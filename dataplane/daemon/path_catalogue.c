/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/daemon/path_catalogue.h"

#include <string.h>

int spine_list_find_or_add(struct spine_list *spines, uint32_t address)
{
    for (unsigned i = 0; i < spines->count; i++)
        if (spines->address[i] == address)
            return (int)i;
    if (spines->count == CATALOGUE_SPINES_MAX)
        return -1;
    spines->address[spines->count] = address;
    return (int)spines->count++;
}

void spine_list_number(struct spine_list *spines)
{
    unsigned first = spines->numbered;
    for (unsigned i = first; i < spines->count; i++) {
        unsigned smaller = 0;
        for (unsigned j = first; j < spines->count; j++)
            smaller += spines->address[j] < spines->address[i];
        spines->path[i] = (uint8_t)(first + smaller);
    }
    spines->numbered = spines->count;
}

static struct learned_port *find_port(const struct path_catalogue *catalogue, uint16_t port)
{
    for (unsigned i = 0; i < catalogue->port_count; i++)
        if (catalogue->ports[i].port == port)
            return (struct learned_port *)&catalogue->ports[i];
    return NULL;
}

static unsigned count_ports(const struct path_catalogue *catalogue, unsigned spine)
{
    unsigned count = 0;
    for (unsigned i = 0; i < catalogue->port_count; i++)
        count += catalogue->ports[i].spine == spine;
    return count;
}

/* Room for one more: free, or of a spine that has more than its share after ports have moved. There is always
 * one when some spine has less than its share. */
static struct learned_port *find_room(struct path_catalogue *catalogue)
{
    if (catalogue->port_count < CATALOGUE_PORTS_MAX)
        return &catalogue->ports[catalogue->port_count++];
    for (unsigned i = CATALOGUE_PORTS_MAX; i-- > 0;)
        if (count_ports(catalogue, catalogue->ports[i].spine) > CATALOGUE_PORTS_PER_SPINE)
            return &catalogue->ports[i];
    return NULL;
}

bool path_catalogue_learn(struct path_catalogue *catalogue, struct learned_port learned)
{
    struct learned_port *known = find_port(catalogue, learned.port);
    bool moved = known && known->spine != learned.spine;
    if (!known && count_ports(catalogue, learned.spine) < CATALOGUE_PORTS_PER_SPINE)
        known = find_room(catalogue);
    if (known)
        *known = learned;
    return moved;
}

nsec_t path_catalogue_heard_at(const struct path_catalogue *catalogue, unsigned spine)
{
    nsec_t heard_at = 0;
    for (unsigned i = 0; i < catalogue->port_count; i++)
        if (catalogue->ports[i].spine == spine && catalogue->ports[i].heard_at > heard_at)
            heard_at = catalogue->ports[i].heard_at;
    return heard_at;
}

bool path_catalogue_knows(const struct path_catalogue *catalogue, uint16_t port)
{
    return find_port(catalogue, port) != NULL;
}

uint64_t path_catalogue_spines(const struct path_catalogue *catalogue, unsigned ports)
{
    unsigned count[CATALOGUE_SPINES_MAX] = {0};
    uint64_t spines = 0;
    for (unsigned i = 0; i < catalogue->port_count; i++) {
        unsigned spine = catalogue->ports[i].spine;
        if (++count[spine] >= ports)
            spines |= 1ull << spine;
    }
    return spines;
}

static uint16_t choose_port(const struct path_catalogue *catalogue, unsigned spine, uint16_t current)
{
    uint16_t first = 0;
    for (unsigned i = 0; i < catalogue->port_count; i++) {
        if (catalogue->ports[i].spine != spine)
            continue;
        if (catalogue->ports[i].port == current)
            return current;
        if (first == 0)
            first = catalogue->ports[i].port;
    }
    return first;
}

bool path_catalogue_publish(struct path_catalogue *catalogue, const struct spine_list *spines)
{
    bool changed = catalogue->published_count != spines->numbered;
    for (unsigned spine = 0; spine < spines->numbered; spine++) {
        struct path_entry *entry = &catalogue->published[spines->path[spine]];
        uint16_t port = choose_port(catalogue, spine, entry->source_port);
        changed |= entry->source_port != port;
        entry->source_port = port;
    }
    catalogue->published_count = spines->numbered;
    return changed;
}
