/* SPDX-License-Identifier: BSD-3-Clause */
/* Topologies as text, compared with files; and back. */
#include "tests/unit/topology/unit.h"

/* The text of golden/NAME, the caller's to free. */
static char *golden(const char *name)
{
    char path[4096], *text = NULL;
    size_t room = 0;
    snprintf(path, sizeof(path), "%s/%s", getenv("GOLDEN"), name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    ssize_t length = getdelim(&text, &room, '\0', file);
    fclose(file);
    assert_true(length > 0);
    return text;
}

static void compare(const char *source, topology_writer writer, const char *expected_file)
{
    char *text = golden(source), *expected = golden(expected_file);
    struct topology *t = parse(text);
    assert_written(t, writer, expected);
    topology_free(t);
    free(text);
    free(expected);
}

static void written_as_in_the_golden_files(void **state)
{
    (void)state;
    compare("source.yaml", topology_write_yaml, "written.yaml");
    compare("source.yaml", topology_write_json, "written.json");
}

static void what_was_written_is_written_again(void **state)
{
    (void)state;
    compare("written.yaml", topology_write_yaml, "written.yaml");
    compare("written.yaml", topology_write_json, "written.json");
}

static void a_stream_that_fails_is_reported(void **state)
{
    (void)state;
    struct topology *t = parse(SMALL);
    FILE *full = fopen("/dev/full", "w");
    assert_non_null(full);
    assert_int_equal(topology_write_yaml(t, full), -EIO);
    fclose(full);
    topology_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(written_as_in_the_golden_files),
        cmocka_unit_test(what_was_written_is_written_again),
        cmocka_unit_test(a_stream_that_fails_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
