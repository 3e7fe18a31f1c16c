/* SPDX-License-Identifier: BSD-3-Clause */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/exporter/page_text.h"

static const struct metric gauge = {"fabric_link_up", METRIC_GAUGE, "Up."};
static const struct metric counter = {"fabric_flaps_total", METRIC_COUNTER, "Flaps."};
static const struct metric info = {"fabric_link_info", METRIC_INFO, "Name."};
static const struct metric duration = {"fabric_plan_seconds", METRIC_HISTOGRAM, "Time."};

static struct metric_labels labels_of(const char *name, const char *value)
{
    struct metric_labels labels;
    metric_labels_clear(&labels);
    metric_labels_add(&labels, name, value);
    return labels;
}

static void values_of_labels_are_escaped(void **state)
{
    (void)state;
    assert_string_equal(labels_of("leaf", "a\\b\"c\nd{}").text, "leaf=\"a\\\\b\\\"c\\nd{}\"");
    assert_string_equal(labels_of("leaf", "").text, "");
    assert_string_equal(labels_of("leaf", NULL).text, "");
    struct metric_labels two = labels_of("leaf", "x");
    metric_labels_add(&two, "spine", "y");
    assert_string_equal(two.text, "leaf=\"x\",spine=\"y\"");
}

static void long_values_are_cut_between_letters(void **state)
{
    (void)state;
    char value[2 * LABEL_VALUE_BYTES_MAX], wanted[2 * LABEL_VALUE_BYTES_MAX];
    memset(value, 'a', LABEL_VALUE_BYTES_MAX - 1);
    strcpy(value + LABEL_VALUE_BYTES_MAX - 1, "\xc3\xb6rg");
    snprintf(wanted, sizeof(wanted), "leaf=\"%.*s\"", LABEL_VALUE_BYTES_MAX - 1, value);
    assert_string_equal(labels_of("leaf", value).text, wanted);
}

static void labels_that_find_no_room_are_left_out(void **state)
{
    (void)state;
    struct metric_labels labels;
    char value[LABEL_VALUE_BYTES_MAX + 1];
    memset(value, '"', LABEL_VALUE_BYTES_MAX);
    value[LABEL_VALUE_BYTES_MAX] = '\0';
    metric_labels_clear(&labels);
    for (unsigned i = 0; i < 20; i++)
        metric_labels_add(&labels, "x", value);
    assert_true(labels.bytes < LABELS_BYTES);
    assert_int_equal(strlen(labels.text), labels.bytes);
    assert_int_equal(labels.text[labels.bytes - 1], '"');
}

static void values_read_back_as_they_were(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *text;
    } cases[] = {{0, "0"},           {1, "1"},
                 {-3, "-3"},         {200000000, "200000000"},
                 {0.1, "0.1"},       {1.0 / 3, "0.3333333333333333"},
                 {1e300, "1e+300"},  {NAN, "NaN"},
                 {INFINITY, "+Inf"}, {-INFINITY, "-Inf"}};
    char text[METRIC_VALUE_BYTES];
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        assert_string_equal(metric_value_text(cases[i].value, text), cases[i].text);
}

static void fill(struct metric_page *page)
{
    static const double bounds[] = {0.5, 1};
    struct metric_histogram histogram = {.bounds = bounds, .bound_count = 2};
    struct metric_labels labels = labels_of("leaf", "leaf0");
    metric_page_begin(page, &gauge);
    metric_page_add(page, &labels, 1);
    metric_page_single(page, &counter, 7);
    metric_page_begin(page, &info);
    metric_page_add(page, &labels, 1);
    metric_histogram_observe(&histogram, 0.5);
    metric_histogram_observe(&histogram, 0.75);
    metric_histogram_observe(&histogram, 9);
    metric_page_begin(page, &duration);
    metric_page_add_histogram(page, &labels, &histogram);
}

static void text_format_is_as_prometheus_documents_it(void **state)
{
    (void)state;
    struct metric_page page = {.family_count = 0};
    fill(&page);
    char *text = page_text(&page, METRIC_FORMAT_TEXT);
    assert_string_equal(text, "# HELP fabric_link_up Up.\n# TYPE fabric_link_up gauge\n"
                              "fabric_link_up{leaf=\"leaf0\"} 1\n"
                              "# HELP fabric_flaps_total Flaps.\n# TYPE fabric_flaps_total counter\n"
                              "fabric_flaps_total 7\n"
                              "# HELP fabric_link_info Name.\n# TYPE fabric_link_info gauge\n"
                              "fabric_link_info{leaf=\"leaf0\"} 1\n"
                              "# HELP fabric_plan_seconds Time.\n# TYPE fabric_plan_seconds histogram\n"
                              "fabric_plan_seconds_bucket{leaf=\"leaf0\",le=\"0.5\"} 1\n"
                              "fabric_plan_seconds_bucket{leaf=\"leaf0\",le=\"1.0\"} 2\n"
                              "fabric_plan_seconds_bucket{leaf=\"leaf0\",le=\"+Inf\"} 3\n"
                              "fabric_plan_seconds_sum{leaf=\"leaf0\"} 10.25\n"
                              "fabric_plan_seconds_count{leaf=\"leaf0\"} 3\n");
    free(text);
    metric_page_free(&page);
}

static void openmetrics_names_families_without_suffixes_and_ends(void **state)
{
    (void)state;
    struct metric_page page = {.family_count = 0};
    fill(&page);
    char *text = page_text(&page, METRIC_FORMAT_OPENMETRICS);
    assert_non_null(strstr(text, "# TYPE fabric_flaps counter\nfabric_flaps_total 7\n"));
    assert_non_null(strstr(text, "# TYPE fabric_link info\nfabric_link_info{leaf=\"leaf0\"} 1\n"));
    assert_string_equal(text + strlen(text) - strlen("# EOF\n"), "# EOF\n");
    free(text);
    metric_page_free(&page);
}

static void families_without_samples_are_left_out(void **state)
{
    (void)state;
    struct metric_page page = {.family_count = 0};
    metric_page_begin(&page, &gauge);
    metric_page_single(&page, &counter, 1);
    metric_page_begin(&page, &info);
    assert_no_line(&page, "fabric_link");
    assert_line(&page, "fabric_flaps_total 1");
    metric_page_free(&page);
}

static void openmetrics_is_given_to_who_prefers_it(void **state)
{
    (void)state;
    static const struct {
        const char *accept;
        enum metric_format format;
    } cases[] = {
        {NULL, METRIC_FORMAT_TEXT},
        {"", METRIC_FORMAT_TEXT},
        {"*/*", METRIC_FORMAT_TEXT},
        {"text/plain", METRIC_FORMAT_TEXT},
        {"application/openmetrics-text", METRIC_FORMAT_OPENMETRICS},
        {"application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
         "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
         METRIC_FORMAT_OPENMETRICS},
        {"text/plain;q=0.9, application/openmetrics-text; q=0.5", METRIC_FORMAT_TEXT},
        {"application/openmetrics-text;q=0", METRIC_FORMAT_TEXT},
        {"application/openmetrics-text;q=x", METRIC_FORMAT_TEXT},
        {",,;q=,", METRIC_FORMAT_TEXT},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        if (metric_format_choose(cases[i].accept) != cases[i].format)
            fail_msg("%s", cases[i].accept != NULL ? cases[i].accept : "no header");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_of_labels_are_escaped),
        cmocka_unit_test(long_values_are_cut_between_letters),
        cmocka_unit_test(labels_that_find_no_room_are_left_out),
        cmocka_unit_test(values_read_back_as_they_were),
        cmocka_unit_test(text_format_is_as_prometheus_documents_it),
        cmocka_unit_test(openmetrics_names_families_without_suffixes_and_ends),
        cmocka_unit_test(families_without_samples_are_left_out),
        cmocka_unit_test(openmetrics_is_given_to_who_prefers_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
