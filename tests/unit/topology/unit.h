/* SPDX-License-Identifier: BSD-3-Clause */
/* What the tests of topologies share: texts to topologies, topologies to texts, and a fabric to begin with.
 */
#ifndef WEFT_TESTS_TOPOLOGY_UNIT_H
#define WEFT_TESTS_TOPOLOGY_UNIT_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "control/topology/topology.h"

/* Two leaves, two spines, a host on each leaf. */
#define SMALL_NODES                                                                                          \
    "topology:\n"                                                                                            \
    "  nodes:\n"                                                                                             \
    "    host0: {kind: host, addresses: {eth0: 10.1.0.1}}\n"                                                 \
    "    host1: {kind: host, addresses: {eth0: 10.2.0.1}}\n"                                                 \
    "    leaf0: {kind: leaf, address: 10.255.0.1}\n"                                                         \
    "    leaf1: {kind: leaf, address: 10.255.0.2}\n"                                                         \
    "    spine0: {kind: spine, address: 10.255.1.1}\n"                                                       \
    "    spine1: {kind: spine, address: 10.255.1.2}\n"
#define SMALL_LINKS                                                                                          \
    "  links:\n"                                                                                             \
    "    - {endpoints: [\"host0:eth0\", \"leaf0:eth0\"], rate: 400G}\n"                                      \
    "    - {endpoints: [\"host1:eth0\", \"leaf1:eth0\"], rate: 400G}\n"                                      \
    "    - {endpoints: [\"leaf0:eth1\", \"spine0:eth1\"], rate: 400G}\n"                                     \
    "    - {endpoints: [\"leaf0:eth2\", \"spine1:eth1\"], rate: 400G}\n"                                     \
    "    - {endpoints: [\"leaf1:eth1\", \"spine0:eth2\"], rate: 400G}\n"                                     \
    "    - {endpoints: [\"leaf1:eth2\", \"spine1:eth2\"], rate: 400G}\n"
#define SMALL SMALL_NODES SMALL_LINKS

static inline struct topology *parse(const char *text)
{
    struct topology_error error;
    struct topology *topology;
    if (topology_parse("test.yaml", text, strlen(text), &topology, &error) != 0)
        fail_msg("%s", error.text);
    return topology;
}

typedef int (*topology_writer)(const struct topology *topology, FILE *stream);

/* The caller's to free. */
static inline char *write_text(const struct topology *topology, topology_writer writer)
{
    char *text;
    size_t length;
    FILE *stream = open_memstream(&text, &length);
    assert_non_null(stream);
    assert_int_equal(writer(topology, stream), 0);
    fclose(stream);
    return text;
}

static inline void assert_written(const struct topology *topology, topology_writer writer,
                                  const char *expected)
{
    char *text = write_text(topology, writer);
    assert_string_equal(text, expected);
    free(text);
}

#endif
