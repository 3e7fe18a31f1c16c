/* SPDX-License-Identifier: BSD-3-Clause */
/* The answer lists nodes and links with what follows from them (topology_write_json); here it becomes the
 * text of a topology file, which the reader of such files then checks like any other. JSON is YAML. */
#include "tools/weft/topology_answer.h"

#include <stdlib.h>
#include <string.h>

static void copy(json_t *to, const char *to_key, const json_t *from, const char *from_key)
{
    json_t *value = json_object_get(from, from_key);
    if (value)
        json_object_set(to, to_key, value);
}

static json_t *addresses_of(const json_t *ports)
{
    json_t *addresses = json_object(), *port;
    size_t i;
    json_array_foreach(ports, i, port)
    {
        const char *name = json_string_value(json_object_get(port, "name"));
        if (name && name[0])
            copy(addresses, name, port, "address");
    }
    return addresses;
}

static void add_node(json_t *nodes, const json_t *node)
{
    json_t *entry = json_object(), *addresses = addresses_of(json_object_get(node, "ports"));
    const char *name = json_string_value(json_object_get(node, "name"));
    copy(entry, "kind", node, "kind");
    copy(entry, "address", node, "address");
    if (json_object_size(addresses) > 0)
        json_object_set(entry, "addresses", addresses);
    json_decref(addresses);
    json_object_set_new(nodes, name ? name : "", entry);
}

static void add_link(json_t *links, const json_t *link)
{
    json_t *entry = json_object();
    copy(entry, "endpoints", link, "endpoints");
    copy(entry, "rate", link, "rate_bps");
    copy(entry, "plane", link, "plane");
    json_array_append_new(links, entry);
}

static json_t *file_of(const json_t *answer)
{
    json_t *nodes = json_object(), *links = json_array(), *item;
    size_t i;
    json_array_foreach(json_object_get(answer, "nodes"), i, item) add_node(nodes, item);
    json_array_foreach(json_object_get(answer, "links"), i, item) add_link(links, item);
    return json_pack("{s:{s:o, s:o}}", "topology", "nodes", nodes, "links", links);
}

int topology_answer_parse(const json_t *body, struct topology **topology, struct topology_error *error)
{
    json_t *file = file_of(json_object_get(body, "topology"));
    char *text = json_dumps(file, JSON_ENSURE_ASCII);
    json_decref(file);
    if (!text)
        return topology_fail_memory(error);
    int result = topology_parse("control's topology", text, strlen(text), topology, error);
    free(text);
    return result;
}
