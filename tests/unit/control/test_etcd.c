/* SPDX-License-Identifier: BSD-3-Clause */
/* The store in a real etcd, which is killed, replaced and compacted under it. */
#include "tests/unit/control/fabric.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "control/etcd/gateway.h"
#include "control/etcd/store_etcd.h"
#include "control/etcd/values.h"
#include "tests/unit/control/etcd_between.h"
#include "tests/unit/control/etcd_server.h"
#include "tests/unit/control/store_contents.h"
#include "tests/unit/control/store_stories.h"

static struct etcd_server etcd;
static char *endpoints[1];

static int open_etcd(void **state)
{
    (void)state;
    etcd_server_open(&etcd, "one");
    etcd_server_start(&etcd);
    endpoints[0] = etcd.url;
    return 0;
}

static int close_etcd(void **state)
{
    (void)state;
    etcd_server_close(&etcd);
    return 0;
}

/* Retries at once; a loopback port that nobody has refuses at once, too. */
static struct etcd_place here(void)
{
    return (struct etcd_place){
        .endpoints = endpoints, .endpoint_count = 1, .prefix = "/weft/", .timeout_ms = 10000};
}

static struct store *open_store(const struct etcd_place *place)
{
    struct store *store;
    char error[STORE_ERROR_BYTES];
    if (store_etcd_open(place, &store, error) != 0)
        fail_msg("%s", error);
    return store;
}

static struct store *open_here(void)
{
    const struct etcd_place place = here();
    return open_store(&place);
}

static void assert_refused(const struct etcd_place *place, int expected, const char *says)
{
    struct store *store;
    char error[STORE_ERROR_BYTES] = "";
    assert_int_equal(store_etcd_open(place, &store, error), expected);
    if (strstr(error, says) == NULL)
        fail_msg("'%s' does not say '%s'", error, says);
}

static void assert_says(const char *error, const char *says)
{
    if (strstr(error, says) == NULL)
        fail_msg("'%s' does not say '%s'", error, says);
}

/* A call that is none of the store's. */
static void call(const char *path, json_t *body)
{
    const struct etcd_place place = here();
    struct etcd_gateway *gateway;
    json_t *answer;
    char error[STORE_ERROR_BYTES];
    assert_int_equal(etcd_gateway_create(&place, &gateway, error), 0);
    if (etcd_gateway_call(gateway, path, body, &answer, error) != 0)
        fail_msg("%s", error);
    json_decref(answer);
    etcd_gateway_destroy(gateway);
}

static void put(const char *key, const char *value)
{
    call("/v3/kv/put", json_pack("{s:o, s:o}", "key", etcd_base64(key, strlen(key)), "value",
                                 etcd_base64(value, strlen(value))));
}

/* ---- what is kept ---- */

static void kill_and_start(void)
{
    etcd_server_kill(&etcd);
    etcd_server_start(&etcd);
}

static const struct store_medium medium = {
    .open = open_here, .interrupt = kill_and_start, .epochs_ahead_max = ETCD_EPOCHS_RESERVED};

static void test_everything_is_kept(void **state)
{
    (void)state;
    story_everything_is_kept(&medium);
}

static void test_the_longest_name_is_kept(void **state)
{
    (void)state;
    story_the_longest_name_is_kept(&medium);
}

static void add_many(struct store *s, uint64_t first, unsigned count)
{
    static struct store_event events[4096];
    char error[STORE_ERROR_BYTES] = "";
    for (unsigned i = 0; i < count; i++)
        events[i] = (struct store_event){.sequence = first + i, .text = "something has happened"};
    if (s->operations->add_events(s, events, count, error) != 0)
        fail_msg("%s", error);
}

/* In pages of three keys, from the newest back. */
static void test_the_newest_events_are_read(void **state)
{
    (void)state;
    struct etcd_place place = here();
    struct contents c;
    place.page_keys = 3;
    struct store *s = open_store(&place);
    add_many(s, 1, 4096);
    for (uint64_t sequence = 4097; sequence < 4117; sequence++)
        add_many(s, sequence, 1);
    read_all(s, 300, &c);
    assert_int_equal(c.event_count, 300);
    assert_int_equal(c.last.sequence, 4116);
    read_all(s, UINT32_MAX, &c);
    assert_int_equal(c.event_count, 4116);
    add_many(s, STORE_EVENTS_KEPT + 4000, 1);
    read_all(s, UINT32_MAX, &c);
    assert_in_range(c.event_count, 4116 - 4000 + 1, 4116 - 4000 + 1 + 2 * 128); /* old ones go by the key */
    s->operations->close(s);
}

/* A reason that was cut within a character, and evidence that no etcd would take. */
static void test_what_does_not_fit_is_made_to(void **state)
{
    (void)state;
    struct store *s = open_here();
    struct contents c;
    char error[STORE_ERROR_BYTES] = "";
    char *evidence = malloc(2 << 20);
    memset(evidence, 'x', (2 << 20) - 1);
    evidence[(2 << 20) - 1] = '\0';
    struct store_event event = {.sequence = 1, .text = "caf\xc3", .evidence = evidence};
    assert_int_equal(s->operations->add_events(s, &event, 1, error), 0);
    read_all(s, 10, &c);
    assert_string_equal(c.last.text, "caf");
    assert_string_equal(c.evidence, "");
    free(evidence);
    s->operations->close(s);
}

/* ---- epochs ---- */

static void test_no_epoch_is_given_twice(void **state)
{
    (void)state;
    struct store *s = open_here();
    struct contents c;
    char error[STORE_ERROR_BYTES];
    for (uint64_t epoch = 1; epoch <= 3000; epoch++)
        assert_int_equal(s->operations->put_epoch(s, epoch, error), 0);
    s->operations->close(s);
    s = open_here();
    read_all(s, 10, &c);
    assert_in_range(c.epoch, 3000, 3000 + ETCD_EPOCHS_RESERVED);
    s->operations->close(s);
}

static void test_plans_go_on_while_etcd_is_lost(void **state)
{
    (void)state;
    struct store *s = open_here();
    struct contents c;
    char error[STORE_ERROR_BYTES];
    const struct store_link link = {.name = "leaf0-spine1", .drained = true, .capacity_ratio = 1};
    uint64_t epoch = 1;
    assert_int_equal(s->operations->put_epoch(s, epoch, error), 0);
    etcd_server_kill(&etcd);
    assert_int_equal(s->operations->put_link(s, &link, error), -EIO);
    assert_says(error, "see that it runs");
    while (epoch < 10000 && s->operations->put_epoch(s, epoch + 1, error) == 0)
        epoch++;
    assert_in_range(epoch, ETCD_EPOCHS_RESERVED / 2, ETCD_EPOCHS_RESERVED + 1);
    etcd_server_start(&etcd);
    assert_int_equal(s->operations->put_link(s, &link, error), 0);
    assert_int_equal(s->operations->put_epoch(s, epoch + 1, error), 0);
    read_all(s, 10, &c);
    assert_int_equal(c.link_count, 1);
    assert_true(c.epoch > epoch);
    s->operations->close(s);
}

/* Calls fail at once for a while, even when etcd is back: whoever waits for control does not wait for etcd.
 */
static void test_who_does_not_answer_is_left_alone(void **state)
{
    (void)state;
    struct etcd_place place = here();
    char error[STORE_ERROR_BYTES];
    place.retry_ms = 3600 * 1000;
    struct store *s = open_store(&place);
    etcd_server_kill(&etcd);
    assert_int_equal(s->operations->delete_link(s, "x", error), -EIO);
    etcd_server_start(&etcd);
    assert_int_equal(s->operations->delete_link(s, "x", error), -EIO);
    assert_says(error, etcd.url);
    s->operations->close(s);
}

static void test_another_member_takes_its_place(void **state)
{
    (void)state;
    struct etcd_place place = here();
    char error[STORE_ERROR_BYTES];
    char *two[] = {"http://127.0.0.1:1", etcd.url};
    place.endpoints = two;
    place.endpoint_count = 2;
    struct store *s = open_store(&place);
    assert_int_equal(s->operations->delete_link(s, "x", error), 0);
    s->operations->close(s);
}

/* Both show certificates, and who shows none, or is not believed, gets nothing. */
static void test_a_cluster_over_tls(void **state)
{
    (void)state;
    struct etcd_server secure;
    char error[STORE_ERROR_BYTES], *url[1];
    etcd_server_open(&secure, "tls");
    if (!etcd_server_secure(&secure))
        skip();
    etcd_server_start(&secure);
    url[0] = secure.url;
    struct etcd_place place = {
        .endpoints = url, .endpoint_count = 1, .prefix = "/weft/", .timeout_ms = 10000};
    assert_refused(&place, -EIO, "certificate");
    place.ca = secure.certificate;
    assert_refused(&place, -EIO, secure.url);
    place.certificate = secure.certificate;
    place.key = secure.key;
    struct store *s = open_store(&place);
    assert_int_equal(s->operations->put_epoch(s, 1, error), 0);
    s->operations->close(s);
    etcd_server_close(&secure);
}

/* Two of three are enough, one is not. */
static void test_a_cluster_loses_members(void **state)
{
    (void)state;
    struct etcd_server members[3];
    char error[STORE_ERROR_BYTES], *urls[3];
    struct contents c;
    const struct store_link link = {.name = "leaf0-spine1", .drained = true, .capacity_ratio = 1};
    etcd_cluster_open(members, 3, "three");
    for (unsigned i = 0; i < 3; i++) {
        urls[i] = members[i].url;
        etcd_server_run(&members[i]);
    }
    for (unsigned i = 0; i < 3; i++)
        etcd_server_wait(&members[i]);
    const struct etcd_place place = {
        .endpoints = urls, .endpoint_count = 3, .prefix = "/weft/", .timeout_ms = 10000};
    struct store *s = open_store(&place);
    etcd_server_kill(&members[0]);
    assert_int_equal(s->operations->put_link(s, &link, error), 0);
    etcd_server_kill(&members[1]);
    assert_int_equal(s->operations->delete_link(s, link.name, error), -EIO);
    etcd_server_run(&members[0]);
    etcd_server_wait(&members[0]);
    assert_int_equal(s->operations->put_epoch(s, 1, error), 0);
    read_all(s, 10, &c);
    assert_true(c.epoch >=
                1); /* whether the link is still there nobody can say: what timed out may come through */
    s->operations->close(s);
    for (unsigned i = 0; i < 3; i++)
        etcd_server_close(&members[i]);
}

/* ---- whose state it is ---- */

static void test_the_newest_control_has_the_state(void **state)
{
    (void)state;
    struct store *first = open_here(), *second = open_here();
    char error[STORE_ERROR_BYTES];
    const struct store_link link = {.name = "leaf0-spine1", .capacity_ratio = 1};
    struct contents c;
    assert_int_equal(first->operations->put_link(first, &link, error), -EIO);
    assert_says(error, "another control");
    assert_int_equal(first->operations->put_epoch(first, 1, error), -EIO);
    assert_int_equal(second->operations->put_epoch(second, 1, error), 0);
    read_all(second, 10, &c);
    assert_int_equal(c.link_count, 0);
    first->operations->close(first);
    second->operations->close(second);
}

static void test_another_cluster_is_not_written_to(void **state)
{
    (void)state;
    struct store *s = open_here();
    char error[STORE_ERROR_BYTES];
    const struct store_link link = {.name = "leaf0-spine1", .capacity_ratio = 1};
    etcd_server_kill(&etcd);
    etcd_server_forget(&etcd);
    etcd.token = "two";
    etcd_server_start(&etcd);
    assert_int_equal(s->operations->put_link(s, &link, error), -EIO);
    assert_says(error, "cluster");
    s->operations->close(s);
}

/* The same cluster by its name, but it has forgotten. */
static void test_an_older_state_is_not_written_to(void **state)
{
    (void)state;
    struct store *s = open_here();
    char error[STORE_ERROR_BYTES];
    const struct store_link link = {.name = "leaf0-spine1", .capacity_ratio = 1};
    add_many(s, 1, 1);
    etcd_server_kill(&etcd);
    etcd_server_forget(&etcd);
    etcd_server_start(&etcd);
    assert_int_equal(s->operations->put_link(s, &link, error), -EIO);
    assert_says(error, "older copy");
    s->operations->close(s);
}

/* ---- places that cannot be used ---- */

static void test_nobody_answers(void **state)
{
    (void)state;
    struct etcd_place place = here();
    etcd_server_kill(&etcd);
    assert_refused(&place, -EIO, etcd.url);
    place.prefix = "weft";
    assert_refused(&place, -EINVAL, "begins and ends with /");
}

static void test_foreign_keys_are_left_alone(void **state)
{
    (void)state;
    struct etcd_place place = here();
    put("/registry/pods", "kubernetes");
    place.prefix = "/registry/";
    assert_refused(&place, -EUCLEAN, "not weft's");
    put("/weft/schema", "2");
    place.prefix = "/weft/";
    assert_refused(&place, -EPROTO, "upgrade weft");
}

/* Values that somebody has edited. */
static void test_edited_values_are_passed_over(void **state)
{
    (void)state;
    struct store *s = open_here();
    struct contents c;
    put("/weft/link/leaf0-spine0", "{\"capacity_ratio\": 7}");
    put("/weft/link/leaf0-spine1", "drained");
    put("/weft/link/leaf0-spine2", "{\"capacity_ratio\": 0.5}");
    put("/weft/path/1", "[[1, 2, 3], [1, -2, 3], 4, [1, 2]]");
    put("/weft/event/00000000000000000001", "[{\"sequence\": 3}, {\"sequence\": 2}, 5]");
    read_all(s, 10, &c);
    assert_int_equal(c.link_count, 1);
    assert_int_equal(c.path_count, 1);
    assert_int_equal(c.event_count, 1);
    s->operations->close(s);
}

/* ---- compaction ---- */

/* Is called between two pages, by a visitor that sees only whole kinds: so it is the gateway that is asked.
 */
static void test_what_is_compacted_away_is_told(void **state)
{
    (void)state;
    const struct etcd_place place = here();
    struct etcd_gateway *gateway;
    json_t *answer;
    char error[STORE_ERROR_BYTES];
    put("/weft/a", "1");
    put("/weft/a", "2");
    put("/weft/a", "3");
    call("/v3/kv/compaction", json_pack("{s:s}", "revision", "3"));
    assert_int_equal(etcd_gateway_create(&place, &gateway, error), 0);
    json_t *old = json_pack("{s:o, s:s}", "key", etcd_base64("/weft/a", 7), "revision", "2");
    assert_int_equal(etcd_gateway_call(gateway, "/v3/kv/range", old, &answer, error), -ESTRPIPE);
    etcd_gateway_destroy(gateway);
}

#define FIRST_PAGE_OF_PATHS "\"L3dlZnQvcGF0aC8=\"" /* as the key: base64 of /weft/path/ */

static unsigned compactions; /* still to come, each behind a first page of paths */

static void compact_behind_first_page(const char *request)
{
    char revision[24];
    const struct etcd_place place = here();
    struct etcd_gateway *gateway;
    json_t *answer;
    char error[STORE_ERROR_BYTES];
    if (compactions == 0 || strstr(request, FIRST_PAGE_OF_PATHS) == NULL)
        return;
    compactions--;
    put("/other", "a");
    assert_int_equal(etcd_gateway_create(&place, &gateway, error), 0);
    json_t *read = json_pack("{s:o}", "key", etcd_base64("/other", 6));
    assert_int_equal(etcd_gateway_call(gateway, "/v3/kv/range", read, &answer, error), 0);
    json_decref(answer);
    snprintf(revision, sizeof(revision), "%llu", (unsigned long long)etcd_gateway_revision(gateway));
    etcd_gateway_destroy(gateway);
    call("/v3/kv/compaction", json_pack("{s:s}", "revision", revision));
}

/* Reads four paths in pages of two, while so many readings in a row are compacted away in their middle. */
static int read_while_compacted(unsigned times, struct contents *c, char error[STORE_ERROR_BYTES])
{
    struct etcd_between between;
    struct etcd_place place = here();
    char *urls[] = {between.url};
    const struct store_path path = {1, 2, 3};
    const struct store_visitor visit = {c, take_link, take_priority, take_path, take_epoch, take_event};
    compactions = times;
    etcd_between_open(&between, etcd.url, compact_behind_first_page);
    place.endpoints = urls;
    place.page_keys = 2;
    struct store *s = open_store(&place);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(s->operations->put_paths(s, &path, 1, error), 0);
    *c = (struct contents){0};
    int result = s->operations->load(s, 10, &visit, error);
    s->operations->close(s);
    etcd_between_close(&between);
    return result;
}

static void test_what_was_compacted_while_it_was_read_is_read_anew(void **state)
{
    (void)state;
    struct contents c;
    char error[STORE_ERROR_BYTES] = "";
    assert_int_equal(read_while_compacted(3, &c, error), 0);
    assert_int_equal(c.path_count, 4);
}

static void test_a_store_that_is_compacted_each_time_is_given_up(void **state)
{
    (void)state;
    struct contents c;
    char error[STORE_ERROR_BYTES] = "";
    assert_int_equal(read_while_compacted(1000, &c, error), -EIO);
    assert_says(error, "compacted");
    assert_int_equal(c.path_count, 0);
}

#define ETCD_TEST(test) cmocka_unit_test_setup_teardown(test, open_etcd, close_etcd)

int main(void)
{
    if (!etcd_server_is_there()) {
        fprintf(stderr, "skipped: there is no /usr/bin/etcd (Debian: etcd-server)\n");
        return 77;
    }
    const struct CMUnitTest tests[] = {
        ETCD_TEST(test_everything_is_kept),
        ETCD_TEST(test_the_longest_name_is_kept),
        ETCD_TEST(test_the_newest_events_are_read),
        ETCD_TEST(test_what_does_not_fit_is_made_to),
        ETCD_TEST(test_no_epoch_is_given_twice),
        ETCD_TEST(test_plans_go_on_while_etcd_is_lost),
        ETCD_TEST(test_who_does_not_answer_is_left_alone),
        ETCD_TEST(test_another_member_takes_its_place),
        cmocka_unit_test(test_a_cluster_over_tls),
        cmocka_unit_test(test_a_cluster_loses_members),
        ETCD_TEST(test_the_newest_control_has_the_state),
        ETCD_TEST(test_another_cluster_is_not_written_to),
        ETCD_TEST(test_an_older_state_is_not_written_to),
        ETCD_TEST(test_nobody_answers),
        ETCD_TEST(test_foreign_keys_are_left_alone),
        ETCD_TEST(test_edited_values_are_passed_over),
        ETCD_TEST(test_what_is_compacted_away_is_told),
        ETCD_TEST(test_what_was_compacted_while_it_was_read_is_read_anew),
        ETCD_TEST(test_a_store_that_is_compacted_each_time_is_given_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
