/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/control/store_stories.h"

#include <string.h>

#include "tests/unit/control/fabric.h"
#include "tests/unit/control/store_contents.h"

static struct store *open_again(const struct store_medium *medium, struct store *s)
{
    s->operations->close(s);
    if (medium->interrupt != NULL)
        medium->interrupt();
    return medium->open();
}

static const struct store_link drained = {.name = "leaf0-spine1",
                                          .drained = true,
                                          .capacity_ratio = 0.5,
                                          .by = "ann",
                                          .reason = "it's \"hot\"",
                                          .at_ns = 7};
static const struct store_path paths[2] = {{1, 2, 3}, {0xffffffff, 2, 3}};

static void put_everything(struct store *s)
{
    char error[STORE_ERROR_BYTES];
    const struct store_link other = {.name = "leaf1-spine1", .capacity_ratio = 0.25};
    const struct store_priority priority = {UINT64_MAX, 7};
    const struct store_event event = {
        .sequence = 1, .job = UINT64_MAX, .kind = "link_down", .text = "text", .evidence = "{\"a\": 1}"};
    assert_int_equal(s->operations->put_link(s, &drained, error), 0);
    assert_int_equal(s->operations->put_link(s, &other, error), 0);
    assert_int_equal(s->operations->delete_link(s, other.name, error), 0);
    assert_int_equal(s->operations->put_priority(s, &priority, error), 0);
    assert_int_equal(s->operations->put_paths(s, paths, 1, error), 0);
    assert_int_equal(s->operations->put_paths(s, paths + 1, 1, error), 0);
    assert_int_equal(s->operations->put_epoch(s, 41, error), 0);
    assert_int_equal(s->operations->put_epoch(s, 42, error), 0);
    assert_int_equal(s->operations->add_events(s, &event, 1, error), 0);
}

void story_everything_is_kept(const struct store_medium *medium)
{
    struct contents c;
    struct store *s = medium->open();
    put_everything(s);
    s = open_again(medium, s);
    read_all(s, 10, &c);
    assert_int_equal(c.link_count, 1);
    assert_memory_equal(&c.links[0], &drained, sizeof(drained));
    assert_int_equal(c.priority.identity, UINT64_MAX);
    assert_int_equal(c.priority.priority, 7);
    assert_int_equal(c.path_count, 2);
    assert_memory_equal(&c.paths[1], &paths[1], sizeof(paths[1]));
    assert_in_range(c.epoch, 42, 42 + medium->epochs_ahead_max);
    assert_int_equal(c.event_count, 1);
    assert_string_equal(c.last.kind, "link_down");
    assert_int_equal(c.last.job, UINT64_MAX);
    assert_string_equal(c.evidence, "{\"a\": 1}");
    s->operations->close(s);
}

void story_the_longest_name_is_kept(const struct store_medium *medium)
{
    struct contents c;
    char error[STORE_ERROR_BYTES];
    struct store_link longest = {.drained = true, .capacity_ratio = 1};
    struct store *s = medium->open();
    memset(longest.name, 'n', TOPOLOGY_LINK_NAME_BYTES - 1);
    assert_int_equal(s->operations->put_link(s, &longest, error), 0);
    s = open_again(medium, s);
    read_all(s, 10, &c);
    assert_int_equal(c.link_count, 1);
    assert_int_equal(strlen(c.links[0].name), TOPOLOGY_LINK_NAME_BYTES - 1);
    s->operations->close(s);
}
