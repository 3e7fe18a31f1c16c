/* SPDX-License-Identifier: BSD-3-Clause */
/* What `lldpcli -f json show neighbors` prints: see the samples of the tests. */
#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "control/topology/observation.h"

/* The file being read, for errors. */
struct reading {
    struct observed_cables *cables;
    const char *node, *file;
    struct topology_error *error;
};

static int fail(const struct reading *reading, const char *interface, const char *what)
{
    char quote[TOPOLOGY_QUOTE_BYTES];
    return topology_fail(reading->error, (struct topology_position){.file = reading->file}, "bad_structure",
                         "lldp.interface, '%s': %s; `lldpcli -f json show neighbors` is wanted",
                         topology_quote(interface, strlen(interface), quote), what);
}

/* "value" of an id such as {"type": "mac", "value": "..."}, when it is of the type; NULL: any. */
static const char *id_value(const json_t *of, const char *type)
{
    const json_t *id = json_object_get(of, "id");
    const char *said = json_string_value(json_object_get(id, "type"));
    if (type && (!said || strcmp(said, type) != 0))
        return NULL;
    return json_string_value(json_object_get(id, "value"));
}

/* lldpd names a port by its Ethernet address, and its interface in the description. "": not told. */
static const char *port_name(const json_t *port)
{
    const char *name = id_value(port, "ifname"),
               *description = json_string_value(json_object_get(port, "descr"));
    if (!name && description && description[0])
        name = description;
    if (!name)
        name = id_value(port, "local");
    return name ? name : "";
}

static bool forwards(const json_t *chassis)
{
    const json_t *capabilities = json_object_get(chassis, "capability");
    size_t count = json_is_array(capabilities) ? json_array_size(capabilities) : capabilities != NULL;
    for (size_t i = 0; i < count; i++) {
        const json_t *one = json_is_array(capabilities) ? json_array_get(capabilities, i) : capabilities;
        const char *type = json_string_value(json_object_get(one, "type"));
        if (type && (strcmp(type, "Router") == 0 || strcmp(type, "Bridge") == 0) &&
            json_is_true(json_object_get(one, "enabled")))
            return true;
    }
    return false;
}

/* {"leaf1": {"id": ...}}; or, of one that tells no name, {"id": ...} itself. */
static const char *chassis_name(json_t *chassis, const json_t **details)
{
    void *first = json_object_iter(chassis);
    *details = chassis;
    if (id_value(chassis, NULL))
        return id_value(chassis, NULL);
    if (!first || !json_is_object(json_object_iter_value(first)))
        return NULL;
    *details = json_object_iter_value(first);
    return json_object_iter_key(first);
}

static int add_cable(const struct reading *reading, const char *interface, const json_t *neighbour)
{
    const json_t *details;
    const char *name = chassis_name(json_object_get(neighbour, "chassis"), &details);
    if (!name || !name[0] || !interface[0])
        return fail(reading, interface, "no chassis");
    struct observed_cable cable = {.node = reading->node,
                                   .port = interface,
                                   .neighbour = name,
                                   .far_port = port_name(json_object_get(neighbour, "port")),
                                   .neighbour_forwards = forwards(details)};
    int result = observed_cables_add(reading->cables, &cable);
    if (result == -EFBIG)
        return topology_fail(reading->error, (struct topology_position){.file = reading->file}, "too_large",
                             "more than %d neighbours", OBSERVED_CABLES_MAX);
    return result ? topology_fail_memory(reading->error) : 0;
}

static int add_interfaces(const struct reading *reading, json_t *interfaces)
{
    const char *name;
    json_t *neighbour;
    json_object_foreach(interfaces, name, neighbour)
    {
        int result = add_cable(reading, name, neighbour);
        if (result)
            return result;
    }
    return 0;
}

/* One interface is an object, several are an array of objects. */
static int add_document(const struct reading *reading, const json_t *document)
{
    const json_t *lldp = json_object_get(document, "lldp");
    json_t *interfaces = json_object_get(lldp, "interface"), *entry;
    size_t i;
    int result = 0;
    if (!json_is_object(lldp) || (interfaces && !json_is_object(interfaces) && !json_is_array(interfaces)))
        return fail(reading, "", "no such object or list");
    if (json_is_object(interfaces))
        return add_interfaces(reading, interfaces);
    json_array_foreach(interfaces, i, entry)
    {
        result = json_is_object(entry) ? add_interfaces(reading, entry) : fail(reading, "", "no object");
        if (result)
            break;
    }
    return result;
}

int observed_cables_add_text(struct observed_cables *cables, const char *node, const char *name,
                             const char *text, size_t length, struct topology_error *error)
{
    struct reading reading = {.cables = cables, .file = name, .error = error};
    char quote[TOPOLOGY_QUOTE_BYTES];
    json_error_t why;
    json_t *document = json_loadb(text, length, 0, &why);
    if (!document)
        return topology_fail(error,
                             (struct topology_position){.file = name,
                                                        .line = why.line > 0 ? (uint32_t)why.line : 1,
                                                        .column = why.column > 0 ? (uint32_t)why.column : 1},
                             "bad_json", "this is not JSON: %s",
                             topology_quote(why.text, strlen(why.text), quote));
    reading.node = observed_cables_add_node(cables, node);
    int result = reading.node ? add_document(&reading, document) : topology_fail_memory(error);
    json_decref(document);
    return result;
}
