/* SPDX-License-Identifier: BSD-3-Clause */
/* What must hold of every topology, and of every reason why there is none. */
#ifndef WEFT_TESTS_FUZZ_TOPOLOGY_FUZZ_H
#define WEFT_TESTS_FUZZ_TOPOLOGY_FUZZ_H

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "control/topology/topology.h"

static inline void check_line(const char *text)
{
    assert(text[0]);
    for (; *text; text++)
        assert(*text >= ' ' && *text <= '~');
}

static inline char *topology_text(const struct topology *t, size_t *length)
{
    char *text;
    FILE *stream = open_memstream(&text, length);
    assert(stream && topology_write_yaml(t, stream) == 0);
    fclose(stream);
    return text;
}

/* What is written is read again, and written equally. */
static inline void check_round_trip(const struct topology *t)
{
    struct topology_error error;
    struct topology *again;
    size_t length, length_again;
    char *text = topology_text(t, &length);
    assert(topology_parse("written", text, length, &again, &error) == 0);
    char *text_again = topology_text(again, &length_again);
    assert(length == length_again && memcmp(text, text_again, length) == 0);
    topology_free(again);
    free(text);
    free(text_again);
}

static inline void check_accessors(const struct topology *t)
{
    char name[TOPOLOGY_LINK_NAME_BYTES];
    for (uint32_t i = 0; i < topology_node_count(t); i++)
        assert(topology_node_by_name(t, topology_node(t, i)->name) == i);
    for (uint32_t i = 0; i < topology_link_count(t); i++) {
        const struct topology_link *link = topology_link(t, i);
        assert(topology_node(t, link->upper)->kind == topology_node(t, link->lower)->kind + 1);
        assert(topology_capacity_bits_per_s(t, link->lower, link->upper) >= link->rate_bits_per_s);
        check_line(topology_link_name(t, i, name));
    }
    for (uint32_t i = 0; i < topology_port_count(t); i++) {
        const struct topology_port *port = topology_port(t, i);
        assert(topology_link(t, port->link)->lower == port->host);
        assert(port->address == 0 || topology_port_by_address(t, port->address) == i);
    }
}

/* Takes the topology. */
static inline void check_result(int result, struct topology *t, const struct topology_error *error)
{
    assert((result == 0) == (t != NULL));
    if (!t) {
        assert(error->code);
        check_line(error->text);
        return;
    }
    check_accessors(t);
    check_round_trip(t);
    topology_free(t);
}

#endif
