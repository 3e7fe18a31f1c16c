/* SPDX-License-Identifier: BSD-3-Clause */
/* The topology file: README.md describes it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/topology/builder.h"
#include "control/topology/text_file.h"
#include "control/topology/yaml_reader.h"
#include "dataplane/formats/address.h"
#include "dataplane/formats/units.h"

enum {
    FILE_BYTES_MAX = 256 << 20,
    NUMBER_BYTES = 32
};

/* What is being read. */
struct loader {
    struct topology_builder *builder;
    struct topology_node_entry node;
    struct topology_link_entry link;
    struct {
        char node[TOPOLOGY_NAME_BYTES], port[TOPOLOGY_NAME_BYTES];
    } ends[2];
    unsigned end_count;
};

static int read_name(struct yaml_reader *reader, void *context)
{
    char name[256];
    (void)context;
    return yaml_reader_text(reader, "a name", name, sizeof(name));
}

static int read_kind(struct yaml_reader *reader, void *context)
{
    struct loader *loader = context;
    struct topology_position at = yaml_reader_position(reader);
    char text[NUMBER_BYTES], quote[TOPOLOGY_QUOTE_BYTES];
    int result = yaml_reader_text(reader, "host, leaf, spine or core", text, sizeof(text));
    if (result)
        return result;
    for (enum topology_kind kind = TOPOLOGY_HOST; kind < TOPOLOGY_KINDS; kind++)
        if (strcmp(text, topology_kind_name(kind)) == 0) {
            loader->node.kind = kind;
            return 0;
        }
    return topology_fail(reader->error, at, "bad_value", "'%s' is no kind: use host, leaf, spine or core",
                         topology_quote(text, strlen(text), quote));
}

static int read_ipv4(struct yaml_reader *reader, uint32_t *address)
{
    struct topology_position at = yaml_reader_position(reader);
    char text[NUMBER_BYTES];
    int result = yaml_reader_text(reader, "an IPv4 address", text, sizeof(text));
    if (result)
        return result;
    if (!address_parse(text, address) || *address == 0)
        return topology_fail(reader->error, at, "bad_address", "an IPv4 address is wanted, such as 10.1.0.1");
    return 0;
}

static int read_node_address(struct yaml_reader *reader, void *context)
{
    struct loader *loader = context;
    return read_ipv4(reader, &loader->node.address);
}

static int read_port_address(struct yaml_reader *reader, const char *port, struct topology_position at,
                             void *context)
{
    struct loader *loader = context;
    struct topology_address_entry entry = {.port = {loader->node.name, port}, .at = at};
    int result = read_ipv4(reader, &entry.address);
    return result ? result : topology_builder_add_address(loader->builder, &entry, reader->error);
}

static int read_addresses(struct yaml_reader *reader, void *context)
{
    return yaml_reader_entries(reader, "a mapping of ports to addresses", read_port_address, context);
}

static int read_node(struct yaml_reader *reader, const char *name, struct topology_position at, void *context)
{
    static const struct yaml_key keys[] = {{"kind", read_kind, true},
                                           {"address", read_node_address, false},
                                           {"addresses", read_addresses, false},
                                           {NULL, NULL, false}};
    struct loader *loader = context;
    loader->node = (struct topology_node_entry){.name = name, .at = at};
    int result = yaml_reader_record(reader, "a node, such as {kind: leaf},", keys, loader);
    return result ? result : topology_builder_add_node(loader->builder, &loader->node, reader->error);
}

static int read_nodes(struct yaml_reader *reader, void *context)
{
    return yaml_reader_entries(reader, "a mapping of names to nodes", read_node, context);
}

/* "leaf1:eth1", or "leaf1" where the port is not known. */
static int read_end(struct yaml_reader *reader, void *context)
{
    struct loader *loader = context;
    struct topology_position at = yaml_reader_position(reader);
    char text[2 * TOPOLOGY_NAME_BYTES];
    int result = yaml_reader_text(reader, "an end such as \"leaf1:eth1\"", text, sizeof(text));
    if (result)
        return result;
    if (loader->end_count == 2)
        return topology_fail(reader->error, at, "bad_structure", "a third end: a link has two");
    size_t node_length = strcspn(text, ":");
    const char *port = text[node_length] ? text + node_length + 1 : text + node_length;
    if (node_length == 0 || node_length >= TOPOLOGY_NAME_BYTES || strlen(port) >= TOPOLOGY_NAME_BYTES ||
        (text[node_length] && !port[0]))
        return topology_fail(reader->error, at, "bad_name", "an end is a node and its port: \"leaf1:eth1\"");
    memcpy(loader->ends[loader->end_count].node, text, node_length);
    loader->ends[loader->end_count].node[node_length] = '\0';
    strcpy(loader->ends[loader->end_count++].port, port);
    return 0;
}

static int read_ends(struct yaml_reader *reader, void *context)
{
    struct loader *loader = context;
    struct topology_position at = yaml_reader_position(reader);
    loader->end_count = 0;
    int result = yaml_reader_list(reader, "a list of two ends", read_end, context);
    if (result == 0 && loader->end_count != 2)
        result = topology_fail(reader->error, at, "bad_structure", "a link has two ends: name both");
    return result;
}

static int read_rate(struct yaml_reader *reader, void *context)
{
    struct loader *loader = context;
    struct topology_position at = yaml_reader_position(reader);
    char text[NUMBER_BYTES];
    int result = yaml_reader_text(reader, "a rate such as 400G", text, sizeof(text));
    if (result == 0 && units_parse_rate(text, &loader->link.rate_bits_per_s) != 0)
        result =
            topology_fail(reader->error, at, "bad_rate", "a rate in bits per second is wanted, such as 400G");
    return result;
}

static int read_plane(struct yaml_reader *reader, void *context)
{
    struct loader *loader = context;
    struct topology_position at = yaml_reader_position(reader);
    char text[NUMBER_BYTES];
    int result = yaml_reader_text(reader, "a plane's number", text, sizeof(text));
    if (result)
        return result;
    if (strspn(text, "0123456789") != strlen(text) || strlen(text) > 4)
        return topology_fail(reader->error, at, "bad_plane", "a plane is a number from 0 to %d",
                             TOPOLOGY_PLANES_MAX - 1);
    loader->link.plane = (uint32_t)atoi(text);
    return 0;
}

static int read_link(struct yaml_reader *reader, void *context)
{
    static const struct yaml_key keys[] = {{"endpoints", read_ends, true},
                                           {"rate", read_rate, true},
                                           {"plane", read_plane, false},
                                           {NULL, NULL, false}};
    struct loader *loader = context;
    loader->link = (struct topology_link_entry){.at = yaml_reader_position(reader)};
    int result = yaml_reader_record(
        reader, "a link, such as {endpoints: [\"leaf1:eth1\", \"spine1:eth1\"], rate: 400G},", keys, loader);
    for (int i = 0; i < 2; i++)
        loader->link.ends[i] = (struct topology_end){loader->ends[i].node, loader->ends[i].port};
    return result ? result : topology_builder_add_link(loader->builder, &loader->link, reader->error);
}

static int read_links(struct yaml_reader *reader, void *context)
{
    return yaml_reader_list(reader, "a list of links", read_link, context);
}

static int read_topology(struct yaml_reader *reader, void *context)
{
    static const struct yaml_key keys[] = {
        {"nodes", read_nodes, true}, {"links", read_links, true}, {NULL, NULL, false}};
    return yaml_reader_record(reader, "a topology (`nodes` and `links`)", keys, context);
}

static int read_file(struct yaml_reader *reader, struct loader *loader)
{
    static const struct yaml_key keys[] = {
        {"name", read_name, false}, {"topology", read_topology, true}, {NULL, NULL, false}};
    int result = yaml_reader_record(reader, "a mapping with `topology`", keys, loader);
    return result ? result : yaml_reader_expect_end(reader);
}

int topology_parse(const char *name, const char *text, size_t length, struct topology **topology,
                   struct topology_error *error)
{
    struct loader loader = {.builder = topology_builder_create()};
    struct yaml_reader reader;
    *topology = NULL;
    if (!loader.builder)
        return topology_fail_memory(error);
    int result = yaml_reader_open(&reader, name, text, length, error);
    if (result == 0)
        result = read_file(&reader, &loader);
    yaml_reader_close(&reader);
    if (result == 0)
        result = topology_builder_finish(loader.builder, topology, error);
    topology_builder_free(loader.builder);
    return result;
}

int topology_load(const char *file, struct topology **topology, struct topology_error *error)
{
    char *text;
    size_t length;
    *topology = NULL;
    int result = text_file_read(file, FILE_BYTES_MAX, &text, &length, error);
    if (result)
        return result;
    result = topology_parse(file, text, length, topology, error);
    free(text);
    return result;
}
