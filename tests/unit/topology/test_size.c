/* SPDX-License-Identifier: BSD-3-Clause */
/* The largest topologies are taken, and nothing larger. */
#include "tests/unit/topology/unit.h"

enum {
    HOSTS = TOPOLOGY_PORTS_MAX,
    LEAVES = 1024,
    SPINES = 64
};

static void write_nodes(FILE *stream, const char *kind, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        fprintf(stream, "    %s%u: {kind: %s}\n", kind, i, kind);
}

/* Every host on a leaf of 64 ports, every leaf to every spine; `more` is a line behind it. */
static char *write_large(const char *more_node, const char *more_link)
{
    char *text;
    size_t length;
    FILE *stream = open_memstream(&text, &length);
    assert_non_null(stream);
    fprintf(stream, "topology:\n  nodes:\n%s", more_node);
    write_nodes(stream, "host", HOSTS);
    write_nodes(stream, "leaf", LEAVES);
    write_nodes(stream, "spine", SPINES);
    fprintf(stream, "  links:\n");
    for (unsigned i = 0; i < HOSTS; i++)
        fprintf(stream, "    - {endpoints: [\"host%u:eth0\", \"leaf%u:eth%u\"], rate: 400G}\n", i,
                i / (HOSTS / LEAVES), i % (HOSTS / LEAVES));
    for (unsigned i = 0; i < LEAVES * SPINES; i++)
        fprintf(stream, "    - {endpoints: [\"leaf%u:up%u\", \"spine%u:eth%u\"], rate: 400G}\n", i / SPINES,
                i % SPINES, i % SPINES, i / SPINES);
    fputs(more_link, stream);
    fclose(stream);
    return text;
}

static void all_ports_are_taken(void **state)
{
    (void)state;
    char *text = write_large("", "");
    struct topology *t = parse(text);
    free(text);
    assert_int_equal(topology_port_count(t), HOSTS);
    assert_int_equal(topology_link_count(t), HOSTS + LEAVES * SPINES);
    assert_int_equal(topology_port(t, HOSTS - 1)->leaf, LEAVES - 1);
    topology_free(t);
}

static void expect_too_large(char *text, const char *what)
{
    struct topology_error error;
    struct topology *topology;
    assert_int_equal(topology_parse("large.yaml", text, strlen(text), &topology, &error), -EINVAL);
    assert_string_equal(error.code, "too_large");
    assert_non_null(strstr(error.text, what));
    free(text);
}

static void one_more_is_not(void **state)
{
    (void)state;
    expect_too_large(write_large("    one-more: {kind: host}\n", ""), "65536 hosts");
    expect_too_large(write_large("", "    - {endpoints: [\"host0:eth1\", \"leaf1:more\"], rate: 1G}\n"),
                     "65536 ports");
}

static void switches_and_links_are_counted(void **state)
{
    (void)state;
    char *text;
    size_t length;
    FILE *stream = open_memstream(&text, &length);
    fprintf(stream, "topology:\n  nodes:\n");
    write_nodes(stream, "leaf", TOPOLOGY_SWITCHES_MAX + 1);
    fclose(stream);
    expect_too_large(text, "4096 switches");
    stream = open_memstream(&text, &length);
    fprintf(stream, "topology:\n  links:\n");
    for (unsigned i = 0; i <= TOPOLOGY_LINKS_MAX; i++)
        fprintf(stream, "    - {endpoints: [a, b], rate: 1G}\n");
    fclose(stream);
    expect_too_large(text, "524288 links");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_ports_are_taken),
        cmocka_unit_test(one_more_is_not),
        cmocka_unit_test(switches_and_links_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
