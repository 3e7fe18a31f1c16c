/* SPDX-License-Identifier: BSD-3-Clause */
/* Topology files: shown, checked, made. Only control's own topology needs a daemon. */
#include <string.h>

#include "control/topology/compare.h"
#include "control/topology/import.h"
#include "control/topology/topology.h"
#include "tools/weft/api.h"
#include "tools/weft/handlers.h"
#include "tools/weft/heard_routers.h"
#include "tools/weft/report.h"
#include "tools/weft/topology_answer.h"

static const struct column summary_columns[] = {
    {"hosts", "hosts", COLUMN_NUMBER},      {"ports", "host ports", COLUMN_NUMBER},
    {"leaves", "leaves", COLUMN_NUMBER},    {"spines", "spines", COLUMN_NUMBER},
    {"cores", "cores", COLUMN_NUMBER},      {"pods", "pods", COLUMN_NUMBER},
    {"link_count", "links", COLUMN_NUMBER}, {NULL},
};

static const struct column link_columns[] = {
    {"name", "link", COLUMN_TEXT},       {"lower", "lower", COLUMN_TEXT},
    {"lower_port", "port", COLUMN_TEXT}, {"upper", "upper", COLUMN_TEXT},
    {"upper_port", "port", COLUMN_TEXT}, {"rate_bps", "rate", COLUMN_RATE},
    {"plane", "plane", COLUMN_NUMBER},   {NULL},
};

static const struct column finding_columns[] = {
    {"finding", "finding", COLUMN_STATE},
    {"link", "link", COLUMN_TEXT},
    {"text", "what differs", COLUMN_TEXT},
    {NULL},
};

static const struct column compared_columns[] = {
    {"confirmed_links", "links confirmed by LLDP", COLUMN_NUMBER},
    {"unseen_links", "links that nobody was asked about", COLUMN_NUMBER},
    {"hops", "paths heard by probes", COLUMN_NUMBER},
    {NULL},
};

static enum exit_status complain(const struct topology_error *error)
{
    fprintf(stderr, "weft: %s: %s\n", error->code, error->text);
    return EXIT_REFUSED;
}

static json_t *summary_of(const struct topology *t)
{
    return json_pack(
        "{s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "hosts", (json_int_t)topology_count(t, TOPOLOGY_HOST), "ports",
        (json_int_t)topology_port_count(t), "leaves", (json_int_t)topology_count(t, TOPOLOGY_LEAF), "spines",
        (json_int_t)topology_count(t, TOPOLOGY_SPINE), "cores", (json_int_t)topology_count(t, TOPOLOGY_CORE),
        "pods", (json_int_t)topology_pod_count(t), "link_count", (json_int_t)topology_link_count(t));
}

static json_t *row_of(const struct topology *t, uint32_t i)
{
    char name[TOPOLOGY_LINK_NAME_BYTES];
    const struct topology_link *link = topology_link(t, i);
    json_t *row = json_pack("{s:s, s:s, s:s, s:I, s:I}", "name", topology_link_name(t, i, name), "lower",
                            topology_node(t, link->lower)->name, "upper", topology_node(t, link->upper)->name,
                            "rate_bps", (json_int_t)link->rate_bits_per_s, "plane", (json_int_t)link->plane);
    if (link->lower_port[0])
        json_object_set_new(row, "lower_port", json_string(link->lower_port));
    if (link->upper_port[0])
        json_object_set_new(row, "upper_port", json_string(link->upper_port));
    return row;
}

/* ---- show ---- */

static enum exit_status load_from_control(const struct invocation *invocation, struct topology **t)
{
    struct topology_error error;
    json_t *body;
    enum exit_status status = api_get(invocation->options, "/v1/topology", &body);
    if (status != EXIT_DONE)
        return status;
    if (topology_answer_parse(body, t, &error) != 0) {
        complain(&error);
        status = EXIT_UNREACHABLE;
    }
    json_decref(body);
    return status;
}

static enum exit_status load(const struct invocation *invocation, struct topology **t)
{
    struct topology_error error;
    const char *file = invocation_text(invocation, "file");
    if (!file)
        return load_from_control(invocation, t);
    return topology_load(file, t, &error) == 0 ? EXIT_DONE : complain(&error);
}

static enum exit_status write_file(const struct invocation *invocation, const struct topology *t)
{
    int result = invocation->options->json ? topology_write_json(t, stdout) : topology_write_yaml(t, stdout);
    return result == 0 ? EXIT_DONE : EXIT_USAGE;
}

static enum exit_status show(const struct invocation *invocation, const struct topology *t)
{
    struct report report;
    json_t *summary = summary_of(t), *links = json_array();
    for (uint32_t i = 0; i < topology_link_count(t); i++)
        json_array_append_new(links, row_of(t, i));
    report_begin(&report, invocation->options);
    report_card(&report, summary_columns, summary);
    report_table(&report, "links", link_columns, links);
    json_decref(summary);
    json_decref(links);
    return report_end(&report);
}

enum exit_status topology_show(const struct invocation *invocation)
{
    struct topology *t;
    enum exit_status status = load(invocation, &t);
    if (status != EXIT_DONE)
        return status;
    status = invocation_flag(invocation, "yaml") ? write_file(invocation, t) : show(invocation, t);
    topology_free(t);
    return status;
}

/* ---- check ---- */

static json_t *rows_of(const struct topology *t, const struct topology_findings *findings)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < findings->count; i++) {
        char name[TOPOLOGY_LINK_NAME_BYTES];
        const struct topology_finding *f = &findings->list[i];
        json_t *row = json_pack("{s:s, s:s}", "finding", topology_finding_name(f->kind), "text", f->text);
        if (f->link != TOPOLOGY_NONE)
            json_object_set_new(row, "link", json_string(topology_link_name(t, f->link, name)));
        json_array_append_new(rows, row);
    }
    return rows;
}

static enum exit_status compare_with_cables(const struct topology *t, const char *path,
                                            struct topology_findings *findings)
{
    struct topology_error error;
    struct observed_cables *cables = observed_cables_create();
    int result = cables ? observed_cables_add_path(cables, path, &error) : topology_fail_memory(&error);
    if (result == 0 && topology_compare_cables(t, cables, findings) != 0)
        result = topology_fail_memory(&error);
    observed_cables_free(cables);
    return result == 0 ? EXIT_DONE : complain(&error);
}

static enum exit_status compare_with_probes(const struct invocation *invocation, const struct topology *t,
                                            struct topology_findings *findings, size_t *hops)
{
    struct topology_error error;
    struct heard_routers heard;
    enum exit_status status = heard_routers_ask(invocation, &heard);
    if (status != EXIT_DONE)
        return status;
    if (topology_compare_hops(t, heard.hops, heard.count, findings) != 0) {
        topology_fail_memory(&error);
        return complain(&error);
    }
    *hops = heard.count;
    return EXIT_DONE;
}

static enum exit_status show_findings(const struct invocation *invocation, const struct topology *t,
                                      const struct topology_findings *findings, size_t hops)
{
    struct report report;
    json_t *summary = summary_of(t), *rows = rows_of(t, findings);
    if (invocation_flag(invocation, "lldp"))
        json_object_update_new(summary, json_pack("{s:I, s:I}", "confirmed_links",
                                                  (json_int_t)findings->confirmed_links, "unseen_links",
                                                  (json_int_t)findings->unseen_links));
    if (invocation_flag(invocation, "probes"))
        json_object_set_new(summary, "hops", json_integer((json_int_t)hops));
    report_begin(&report, invocation->options);
    report_card(&report, summary_columns, summary);
    report_card(&report, compared_columns, summary);
    if (findings->count > 0 || invocation->options->json)
        report_table(&report, "findings", finding_columns, rows);
    json_decref(summary);
    json_decref(rows);
    enum exit_status status = report_end(&report);
    return status == EXIT_DONE && findings->count > 0 ? EXIT_REFUSED : status;
}

enum exit_status topology_check(const struct invocation *invocation)
{
    struct topology *t;
    struct topology_findings findings = {.count = 0};
    const char *lldp = invocation_text(invocation, "lldp");
    size_t hops = 0;
    enum exit_status status = load(invocation, &t);
    if (status != EXIT_DONE)
        return status;
    if (lldp)
        status = compare_with_cables(t, lldp, &findings);
    if (status == EXIT_DONE && invocation_flag(invocation, "probes"))
        status = compare_with_probes(invocation, t, &findings, &hops);
    if (status == EXIT_DONE)
        status = show_findings(invocation, t, &findings, hops);
    topology_findings_clear(&findings);
    topology_free(t);
    return status;
}

/* ---- import ---- */

static int import_lldp(const struct invocation *invocation, const char *path, struct topology **t,
                       struct topology_error *error)
{
    struct topology_lldp_import how = {
        .rate_bits_per_s = invocation_value(invocation, "rate")->number,
        .hosts = invocation_text(invocation, "hosts"),
        .ignored = invocation_text(invocation, "ignored"),
    };
    struct observed_cables *cables = observed_cables_create();
    int result = cables ? observed_cables_add_path(cables, path, error) : topology_fail_memory(error);
    if (result == 0)
        result = topology_import_lldp(cables, &how, t, error);
    observed_cables_free(cables);
    return result;
}

enum exit_status topology_import(const struct invocation *invocation)
{
    struct topology *t;
    struct topology_error error;
    const char *path = invocation_text(invocation, "file");
    bool is_slurm = strcmp(invocation_text(invocation, "format"), "slurm") == 0;
    int result = is_slurm
                     ? topology_import_slurm(path, invocation_value(invocation, "rate")->number, &t, &error)
                     : import_lldp(invocation, path, &t, &error);
    if (result != 0)
        return complain(&error);
    enum exit_status status = write_file(invocation, t);
    topology_free(t);
    return status;
}
