/* SPDX-License-Identifier: BSD-3-Clause */
/* A topology as text. Names hold no character that YAML or JSON would have to escape (builder.h). */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>

#include "control/topology/model.h"
#include "dataplane/formats/address.h"

static int written(FILE *stream)
{
    return fflush(stream) == 0 && !ferror(stream) ? 0 : -EIO;
}

/* Quoted where another reader of YAML could take it for a number or a word such as `no`. */
static void write_name(FILE *stream, const char *name)
{
    bool has_other = false;
    for (const char *c = name; *c; c++)
        has_other |= !isalpha((unsigned char)*c);
    bool plain = isalpha((unsigned char)name[0]) && has_other;
    fprintf(stream, plain ? "%s" : "\"%s\"", name);
}

static void write_address(FILE *stream, uint32_t address)
{
    char text[ADDRESS_TEXT_BYTES];
    fputs(address_text(address, text), stream);
}

/* Exact: in the largest unit that leaves no fraction. */
static void write_rate(FILE *stream, uint64_t rate_bits_per_s)
{
    static const char units[] = {'k', 'M', 'G', 'T'};
    int unit = -1;
    while (unit < 3 && rate_bits_per_s % 1000 == 0) {
        rate_bits_per_s /= 1000;
        unit++;
    }
    fprintf(stream, "%" PRIu64, rate_bits_per_s);
    if (unit >= 0)
        fputc(units[unit], stream);
}

static void write_addresses(FILE *stream, const struct topology *t, uint32_t host)
{
    const char *before = ", addresses: {";
    for (uint32_t i = t->first_port[host]; i < t->first_port[host + 1]; i++) {
        if (t->ports[i].address == 0)
            continue;
        fputs(before, stream);
        write_name(stream, t->links[t->ports[i].link].lower_port);
        fputs(": ", stream);
        write_address(stream, t->ports[i].address);
        before = ", ";
    }
    if (before[2] == '\0')
        fputc('}', stream);
}

static void write_node(FILE *stream, const struct topology *t, const struct topology_node *node)
{
    fputs("    ", stream);
    write_name(stream, node->name);
    fprintf(stream, ": {kind: %s", topology_kind_name(node->kind));
    if (node->address) {
        fputs(", address: ", stream);
        write_address(stream, node->address);
    }
    if (node->kind == TOPOLOGY_HOST)
        write_addresses(stream, t, node->index);
    fputs("}\n", stream);
}

static void write_end(FILE *stream, const struct topology *t, uint32_t node, const char *port)
{
    fprintf(stream, port[0] ? "\"%s:%s\"" : "\"%s\"", t->nodes[node].name, port);
}

static void write_link(FILE *stream, const struct topology *t, const struct topology_link *link)
{
    fputs("    - {endpoints: [", stream);
    write_end(stream, t, link->lower, link->lower_port);
    fputs(", ", stream);
    write_end(stream, t, link->upper, link->upper_port);
    fputs("], rate: ", stream);
    write_rate(stream, link->rate_bits_per_s);
    if (link->plane)
        fprintf(stream, ", plane: %u", link->plane);
    fputs("}\n", stream);
}

int topology_write_yaml(const struct topology *t, FILE *stream)
{
    fputs("topology:\n  nodes:\n", stream);
    for (uint32_t i = 0; i < t->node_count; i++)
        write_node(stream, t, &t->nodes[i]);
    fputs("  links:\n", stream);
    for (uint32_t i = 0; i < t->link_count; i++)
        write_link(stream, t, &t->links[i]);
    return written(stream);
}

static void write_json_ports(FILE *stream, const struct topology *t, uint32_t host)
{
    fputs(",\"ports\":[", stream);
    for (uint32_t i = t->first_port[host]; i < t->first_port[host + 1]; i++) {
        const struct topology_port *port = &t->ports[i];
        fprintf(stream, "%s{\"name\":\"%s\",\"rail\":%u,\"leaf\":\"%s\"", port->rail ? "," : "",
                t->links[port->link].lower_port, port->rail,
                t->nodes[topology_node_of(t, TOPOLOGY_LEAF, port->leaf)].name);
        if (port->address) {
            fputs(",\"address\":\"", stream);
            write_address(stream, port->address);
            fputc('"', stream);
        }
        fputc('}', stream);
    }
    fputc(']', stream);
}

static void write_json_switch(FILE *stream, const struct topology_node *node)
{
    fprintf(stream, ",\"plane\":%u", node->plane);
    if (node->pod != TOPOLOGY_NONE)
        fprintf(stream, ",\"pod\":%u,\"index_in_pod\":%u", node->pod, node->index_in_pod);
    if (node->address) {
        fputs(",\"address\":\"", stream);
        write_address(stream, node->address);
        fputc('"', stream);
    }
}

static void write_json_node(FILE *stream, const struct topology *t, const struct topology_node *node)
{
    fprintf(stream, "{\"name\":\"%s\",\"kind\":\"%s\",\"index\":%u", node->name,
            topology_kind_name(node->kind), node->index);
    if (node->kind == TOPOLOGY_HOST)
        write_json_ports(stream, t, node->index);
    else
        write_json_switch(stream, node);
    fputc('}', stream);
}

static void write_json_link(FILE *stream, const struct topology *t, uint32_t number)
{
    const struct topology_link *link = &t->links[number];
    char name[TOPOLOGY_LINK_NAME_BYTES];
    fprintf(stream, "{\"name\":\"%s\",\"endpoints\":[", topology_link_name(t, number, name));
    write_end(stream, t, link->lower, link->lower_port);
    fputc(',', stream);
    write_end(stream, t, link->upper, link->upper_port);
    fprintf(stream, "],\"rate_bps\":%" PRIu64 ",\"plane\":%u}", link->rate_bits_per_s, link->plane);
}

int topology_write_json(const struct topology *t, FILE *stream)
{
    fputs("{\"nodes\":[", stream);
    for (uint32_t i = 0; i < t->node_count; i++) {
        fputs(i ? ",\n" : "\n", stream);
        write_json_node(stream, t, &t->nodes[i]);
    }
    fputs("],\n\"links\":[", stream);
    for (uint32_t i = 0; i < t->link_count; i++) {
        fputs(i ? ",\n" : "\n", stream);
        write_json_link(stream, t, i);
    }
    fputs("]}\n", stream);
    return written(stream);
}
