/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as what lldpcli prints on several nodes, with a zero byte between them: it is refused with one
 * line, or imported and compared with a fabric, and whatever neighbours call themselves, all that is said is
 * printable. */
#include "control/topology/compare.h"
#include "control/topology/import.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/topology_fuzz.h"

static const char fabric_text[] = "topology:\n"
                                  "  nodes:\n"
                                  "    h0: {kind: host}\n"
                                  "    h1: {kind: host}\n"
                                  "    n0: {kind: leaf}\n"
                                  "    n1: {kind: leaf}\n"
                                  "    n2: {kind: spine}\n"
                                  "  links:\n"
                                  "    - {endpoints: [\"h0:e\", \"n0:1\"], rate: 1G}\n"
                                  "    - {endpoints: [h1, n1], rate: 1G}\n"
                                  "    - {endpoints: [\"n0:2\", \"n2:1\"], rate: 1G}\n"
                                  "    - {endpoints: [\"n1:2\", n2], rate: 1G}\n";

static const struct topology *fabric(void)
{
    static struct topology *t;
    struct topology_error error;
    if (!t)
        assert(topology_parse("fabric", fabric_text, strlen(fabric_text), &t, &error) == 0);
    return t;
}

static void compare(const struct observed_cables *cables)
{
    struct topology_findings findings = {0};
    assert(topology_compare_cables(fabric(), cables, &findings) == 0);
    assert(findings.confirmed_links <= topology_link_count(fabric()));
    for (size_t i = 0; i < findings.count; i++)
        check_line(findings.list[i].text);
    topology_findings_clear(&findings);
}

/* Nodes are n0, n1, ... in turn. False when one is refused. */
static bool add_all(struct observed_cables *cables, const char *text, size_t length)
{
    struct topology_error error;
    char node[16];
    for (unsigned i = 0; length > 0; i++) {
        const char *end = memchr(text, '\0', length);
        size_t bytes = end ? (size_t)(end - text) : length;
        snprintf(node, sizeof(node), "n%u", i);
        if (observed_cables_add_text(cables, node, "fuzz.json", text, bytes, &error) != 0) {
            check_line(error.text);
            return false;
        }
        text += bytes + (end != NULL);
        length -= bytes + (end != NULL);
    }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static const struct topology_lldp_import how = {.rate_bits_per_s = 1000000000, .hosts = "h*"};
    struct observed_cables *cables = observed_cables_create();
    struct topology_error error;
    struct topology *topology;
    assert(cables);
    if (add_all(cables, (const char *)bytes, length)) {
        compare(cables);
        int result = topology_import_lldp(cables, &how, &topology, &error);
        check_result(result, topology, &error);
    }
    observed_cables_free(cables);
    return 0;
}
