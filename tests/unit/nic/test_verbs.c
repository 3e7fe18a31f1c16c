/* SPDX-License-Identifier: BSD-3-Clause */
/* Links between two devices of nothing (null_verbs.h): what goes over them, how much, and what befalls them.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nic/verbs/verbs.h"
#include "tests/unit/nic/cmocka_headers.h"
#include "tests/unit/nic/null_verbs.h"

enum {
    MEMORY_BYTES = 8192
};

struct end {
    struct verbs *verbs;
    struct verbs_link *link;
    struct verbs_memory *memory;
    uint8_t bytes[MEMORY_BYTES];
    unsigned sent, received, failed; /* completions so far */
    uint8_t last_header[VERBS_HEADER_BYTES_MAX];
    uint32_t last_payload_bytes;
    char last_reason[64];
};

static struct end ends[2];
static char error[VERBS_ERROR_BYTES];
static const char *fake_mlx5; /* a file */

static void open_end(unsigned i, unsigned links_max)
{
    struct verbs_config config = {.device = i == 0 ? "null0" : "10.0.0.2", .links_max = links_max};
    memset(&ends[i], 0, sizeof(ends[i]));
    assert_int_equal(verbs_open(&config, &ends[i].verbs, error), 0);
    assert_int_equal(
        verbs_memory_register(ends[i].verbs, ends[i].bytes, MEMORY_BYTES, &ends[i].memory, error), 0);
    assert_int_equal(verbs_link_create(ends[i].verbs, &ends[i].link, error), 0);
}

static void connect_end(unsigned i)
{
    struct verbs_end other;
    struct verbs_route route = {.destination = verbs_address(ends[1 - i].verbs), .source_port = 50000 + i};
    verbs_link_describe(ends[1 - i].link, &other);
    assert_int_equal(verbs_link_connect(ends[i].link, &route, &other, error), 0);
    verbs_link_begin(ends[i].link, &ends[i]);
}

static int set_up(void **state)
{
    (void)state;
    open_end(0, 4);
    open_end(1, 4);
    connect_end(0);
    connect_end(1);
    null_verbs_not_ready = 0;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        verbs_link_end(ends[i].link);
        verbs_link_destroy(ends[i].link);
        verbs_memory_release(ends[i].memory);
        verbs_close(ends[i].verbs);
    }
    return 0;
}

static void poll_end(unsigned i)
{
    struct verbs_completion completions[16];
    unsigned count;
    while ((count = verbs_poll(ends[i].verbs, completions, 16)) > 0) {
        for (unsigned k = 0; k < count; k++) {
            struct end *end = completions[k].owner;
            end->sent += completions[k].kind == VERBS_SENT;
            end->failed += completions[k].kind == VERBS_FAILED;
            if (completions[k].kind == VERBS_FAILED)
                snprintf(end->last_reason, sizeof(end->last_reason), "%s", completions[k].reason);
            if (completions[k].kind != VERBS_RECEIVED)
                continue;
            end->received++;
            memcpy(end->last_header, completions[k].header, completions[k].header_bytes);
            end->last_payload_bytes = completions[k].payload_bytes;
        }
        verbs_release(ends[i].verbs, completions, count);
    }
}

static struct verbs_message message_of(uint32_t payload_bytes)
{
    return (struct verbs_message){.header = (const uint8_t *)"forty bytes of header",
                                  .header_bytes = 22,
                                  .payload = ends[0].bytes,
                                  .payload_bytes = payload_bytes,
                                  .remote_address = (uintptr_t)ends[1].bytes + 100,
                                  .local_key = verbs_memory_local_key(ends[0].memory),
                                  .remote_key = verbs_memory_remote_key(ends[1].memory)};
}

static void payload_is_in_place_when_its_header_is_read(void **state)
{
    struct verbs_message message = message_of(3000);
    (void)state;
    memset(ends[0].bytes, 0x5a, sizeof(ends[0].bytes));
    assert_true(verbs_link_send(ends[0].link, &message));
    poll_end(1);
    assert_int_equal(ends[1].received, 1);
    assert_string_equal((char *)ends[1].last_header, "forty bytes of header");
    assert_int_equal(ends[1].last_payload_bytes, 3000);
    assert_memory_equal(ends[1].bytes + 100, ends[0].bytes, 3000);
    assert_int_equal(ends[1].bytes[99], 0);
    assert_int_equal(ends[1].bytes[3100], 0);
    poll_end(0);
    assert_int_equal(ends[0].sent, 1);
}

static void small_payload_goes_inline(void **state)
{
    struct verbs_message small = message_of(200), large = message_of(2000), none = message_of(0);
    struct verbs_counters counters;
    (void)state;
    verbs_link_send(ends[0].link, &small);
    verbs_link_send(ends[0].link, &large);
    verbs_link_send(ends[0].link, &none);
    verbs_get_counters(ends[0].verbs, &counters);
    assert_int_equal(counters.inline_payloads, 1);
    assert_int_equal(counters.payload_bytes_sent, 2200);
}

static void source_port_is_the_routes(void **state)
{
    (void)state;
    assert_int_equal(ibv_flow_label_to_udp_sport(null_verbs_route.grh.flow_label), 50001);
    for (unsigned port = 49152; port <= 65535; port++) {
        struct verbs_route route = {.destination = 0x0a000001, .source_port = (uint16_t)port};
        struct verbs_end other;
        verbs_link_describe(ends[0].link, &other);
        assert_int_equal(verbs_link_connect(ends[1].link, &route, &other, error), 0);
        assert_int_not_equal(null_verbs_route.grh.flow_label, 0);
        assert_int_equal(ibv_flow_label_to_udp_sport(null_verbs_route.grh.flow_label), port);
    }
}

/* Where nothing else says: the kernel's rule, which is the same from both ends. */
static void source_port_may_follow_from_numbers(void **state)
{
    struct verbs_config config = {.device = "null0", .links_max = 4, .ports_by_numbers = true};
    struct verbs_route route = {.destination = 0x0a000002, .source_port = 50000};
    struct verbs *verbs;
    struct verbs_link *link;
    struct verbs_end mine, other;
    (void)state;
    assert_int_equal(verbs_open(&config, &verbs, error), 0);
    assert_int_equal(verbs_link_create(verbs, &link, error), 0);
    verbs_link_describe(ends[1].link, &other);
    verbs_link_describe(link, &mine);
    assert_int_equal(verbs_link_connect(link, &route, &other, error), 0);
    assert_int_equal(null_verbs_route.grh.flow_label, 0);
    uint64_t product = (uint64_t)mine.queue_pair * other.queue_pair;
    assert_int_equal(verbs_link_fixed_port(link, other.queue_pair),
                     ibv_flow_label_to_udp_sport((product ^ product >> 20) & 0xfffff));
    assert_int_equal(verbs_link_fixed_port(ends[0].link, other.queue_pair), 0);
    verbs_link_destroy(link);
    verbs_close(verbs);
}

static void no_more_is_sent_than_the_peer_has_read(void **state)
{
    struct verbs_message message = message_of(100);
    (void)state;
    for (unsigned i = 0; i < VERBS_LINK_MESSAGES; i++)
        assert_true(verbs_link_send(ends[0].link, &message));
    poll_end(0); /* all have arrived, none was read */
    assert_false(verbs_link_has_room(ends[0].link));
    assert_false(verbs_link_send(ends[0].link, &message));
    poll_end(1);
    assert_true(verbs_link_send(ends[0].link, &message));
    assert_int_equal(null_verbs_not_ready, 0);
}

static void receives_never_run_out(void **state)
{
    struct verbs_message message = message_of(100);
    unsigned sent = 0;
    (void)state;
    unsigned all = null_verbs_receives(1);
    for (unsigned round = 0; round < 1000; round++) {
        while (verbs_link_send(ends[0].link, &message))
            sent++;
        poll_end(0);
        poll_end(1);
        poll_end(0);
    }
    poll_end(1);
    assert_in_range(sent, 16000, 32032);
    assert_int_equal(ends[1].received, sent);
    assert_int_equal(null_verbs_not_ready, 0);
    assert_int_equal(null_verbs_receives(1), all);
}

static void every_failure_is_told_once_by_name(void **state)
{
    struct verbs_message message;
    struct verbs_counters counters;
    (void)state;
    for (unsigned status = IBV_WC_LOC_LEN_ERR; status <= IBV_WC_GENERAL_ERR; status++) {
        message = message_of(1000);
        null_verbs_hold();
        for (unsigned i = 0; i < 5; i++)
            verbs_link_send(ends[0].link, &message);
        null_verbs_fail((enum ibv_wc_status)status);
        null_verbs_let_go();
        poll_end(0);
        verbs_get_counters(ends[0].verbs, &counters);
        assert_int_equal(ends[0].failed, 1);
        assert_int_equal(counters.links_failed, 1);
        assert_int_equal(counters.failures_by_status[status % 32], 1);
        assert_int_equal(ends[0].sent, 0);
        assert_false(verbs_link_send(ends[0].link, &message));
        tear_down(state);
        set_up(state);
    }
}

/* Nothing is under way, so no completion will come of itself. */
static void work_that_is_not_taken_breaks_the_link(void **state)
{
    struct verbs_message message = message_of(1000);
    struct verbs_counters counters;
    (void)state;
    null_verbs_refuse_work(EIO);
    assert_true(verbs_link_send(ends[0].link, &message));
    null_verbs_refuse_work(0);
    poll_end(0);
    poll_end(0);
    verbs_get_counters(ends[0].verbs, &counters);
    assert_int_equal(ends[0].failed, 1);
    assert_int_equal(counters.links_failed, 1);
    assert_int_equal(counters.failures_by_status[IBV_WC_FATAL_ERR], 1);
}

static void a_stale_key_breaks_the_link(void **state)
{
    struct verbs_message message = message_of(1000);
    (void)state;
    verbs_memory_release(ends[1].memory);
    ends[1].memory = NULL;
    assert_true(verbs_link_send(ends[0].link, &message));
    poll_end(0);
    poll_end(1);
    assert_int_equal(ends[0].failed, 1);
    assert_int_equal(ends[1].received, 0);
}

static void what_a_peer_has_no_business_with_is_counted(void **state)
{
    struct verbs_counters counters;
    struct verbs_end end;
    (void)state;
    unsigned all = null_verbs_receives(1);
    verbs_link_describe(ends[1].link, &end);
    null_verbs_send_raw(end.queue_pair, "x", 1, 0, 0); /* no immediate */
    null_verbs_send_raw(end.queue_pair, "", 0, 1, 77); /* no header */
    poll_end(1);
    verbs_get_counters(ends[1].verbs, &counters);
    assert_int_equal(ends[1].received, 0);
    assert_int_equal(counters.received_malformed, 2);
    assert_int_equal(null_verbs_receives(1), all);
}

static void what_comes_for_a_link_that_has_ended_is_counted(void **state)
{
    struct verbs_message message = message_of(10);
    struct verbs_counters counters;
    (void)state;
    verbs_link_end(ends[1].link);
    verbs_link_send(ends[0].link, &message);
    poll_end(1);
    verbs_get_counters(ends[1].verbs, &counters);
    assert_int_equal(counters.received_of_nobody, 1);
    verbs_link_begin(ends[1].link, &ends[1]);
}

static void there_are_no_more_links_than_the_device_has_room_for(void **state)
{
    struct verbs_link *links[4];
    (void)state;
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(verbs_link_create(ends[0].verbs, &links[i], error), 0);
    assert_int_equal(verbs_link_create(ends[0].verbs, &links[3], error), -EDQUOT);
    assert_non_null(strstr(error, "all 4 queue pairs"));
    verbs_link_destroy(links[0]);
    assert_int_equal(verbs_link_create(ends[0].verbs, &links[0], error), 0);
    for (unsigned i = 0; i < 3; i++)
        verbs_link_destroy(links[i]);
}

static void links_found_by_number_survive_the_end_of_others(void **state)
{
    enum {
        PAIRS = 3
    };
    struct verbs_link *mine[PAIRS], *theirs[PAIRS];
    struct verbs_message message = message_of(10);
    struct verbs_end end;
    struct verbs_route route = {.destination = 0x0a000001, .source_port = 50000};
    (void)state;
    for (unsigned i = 0; i < PAIRS; i++) {
        verbs_link_create(ends[0].verbs, &mine[i], error);
        verbs_link_create(ends[1].verbs, &theirs[i], error);
        verbs_link_describe(theirs[i], &end);
        verbs_link_connect(mine[i], &route, &end, error);
        verbs_link_describe(mine[i], &end);
        verbs_link_connect(theirs[i], &route, &end, error);
        verbs_link_begin(mine[i], &ends[0]);
        verbs_link_begin(theirs[i], &ends[1]);
    }
    for (unsigned gone = 0; gone < PAIRS; gone++) {
        verbs_link_end(theirs[gone]);
        unsigned before = ends[1].received;
        for (unsigned i = gone + 1; i < PAIRS; i++)
            verbs_link_send(mine[i], &message);
        verbs_link_send(ends[0].link, &message);
        poll_end(1);
        assert_int_equal(ends[1].received - before, PAIRS - gone);
    }
    for (unsigned i = 0; i < PAIRS; i++) {
        verbs_link_end(mine[i]);
        verbs_link_destroy(mine[i]);
        verbs_link_destroy(theirs[i]);
    }
}

static void memory_registered_again_is_the_same(void **state)
{
    struct verbs_memory *again, *inside;
    (void)state;
    assert_int_equal(verbs_memory_register(ends[0].verbs, ends[0].bytes, MEMORY_BYTES, &again, error), 0);
    assert_int_equal(verbs_memory_register(ends[0].verbs, ends[0].bytes + 512, 64, &inside, error), 0);
    assert_ptr_equal(again, ends[0].memory);
    assert_ptr_equal(inside, ends[0].memory);
    verbs_memory_release(again);
    verbs_memory_release(inside);
    struct verbs_message message = message_of(100);
    verbs_link_send(ends[0].link, &message);
    poll_end(1);
    assert_int_equal(ends[1].received, 1);
}

static void a_refused_registration_says_why(void **state)
{
    struct verbs_memory *memory;
    static uint8_t other[64];
    (void)state;
    null_verbs_refuse(ENOMEM);
    assert_int_equal(verbs_memory_register(ends[0].verbs, other, sizeof(other), &memory, error), -ENOMEM);
    assert_non_null(strstr(error, "locked memory"));
}

static void a_dmabuf_is_memory_like_any_other(void **state)
{
    static uint8_t exported[4096];
    struct verbs_dmabuf dmabuf = {.fd = 0, .bytes = sizeof(exported), .address = (uintptr_t)exported};
    struct verbs_memory *memory;
    (void)state;
    assert_int_equal(verbs_memory_register_dmabuf(ends[1].verbs, &dmabuf, &memory, error), 0);
    struct verbs_message message = message_of(3000);
    message.remote_address = dmabuf.address;
    message.remote_key = verbs_memory_remote_key(memory);
    memset(ends[0].bytes, 0x5a, sizeof(ends[0].bytes));
    assert_true(verbs_link_send(ends[0].link, &message));
    poll_end(1);
    assert_memory_equal(exported, ends[0].bytes, 3000);
    verbs_memory_release(memory);
}

static void a_dmabuf_that_is_refused_says_why(void **state)
{
    struct verbs_dmabuf dmabuf = {.fd = -1, .bytes = 64};
    struct verbs_memory *memory;
    (void)state;
    assert_int_equal(verbs_memory_register_dmabuf(ends[0].verbs, &dmabuf, &memory, error), -EBADF);
    dmabuf.fd = 0;
    null_verbs_refuse(EOPNOTSUPP);
    assert_int_equal(verbs_memory_register_dmabuf(ends[0].verbs, &dmabuf, &memory, error), -EOPNOTSUPP);
    assert_non_null(strstr(error, "only some devices reach the memory of others"));
}

static void what_cannot_be_a_queue_pair_is_refused(void **state)
{
    struct verbs_route route = {.destination = 0x0a000001, .source_port = 50000};
    struct verbs_end good, bad;
    (void)state;
    verbs_link_describe(ends[0].link, &good);
#define REFUSED(field, value)                                                                                \
    bad = good;                                                                                              \
    bad.field = value;                                                                                       \
    assert_int_equal(verbs_link_connect(ends[1].link, &route, &bad, error), -EPROTO)
    REFUSED(queue_pair, 1 << 24);
    REFUSED(packet_number, 1 << 24);
    REFUSED(messages_max, 0);
    REFUSED(mtu, 0);
    REFUSED(mtu, 6);
    REFUSED(credit_address, good.credit_address + 1);
}

static void devices_are_found_by_name_address_and_gid(void **state)
{
    static const char *const names[] = {"null1", "10.0.0.2", "::ffff:10.0.0.2"};
    struct verbs_identity identity;
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        struct verbs_config config = {.device = names[i]};
        assert_int_equal(verbs_identify(&config, &identity, error), 0);
        assert_int_equal(identity.address, 0x0a000002);
        assert_string_equal(identity.interface, "lo");
    }
    struct verbs_config unknown = {.device = "null7"}, elsewhere = {.device = "null0", .address = 0x0a000009};
    assert_int_equal(verbs_identify(&unknown, &identity, error), -ENODEV);
    assert_non_null(strstr(error, "rdma link show"));
    assert_int_equal(verbs_identify(&elsewhere, &identity, error), -EADDRNOTAVAIL);
}

static void write_counter(const char *folder, const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof(path), "%s/ports/1/hw_counters/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void what_the_device_sends_again_is_told_where_it_is_known(void **state)
{
    char folder[] = "/tmp/null_verbs.XXXXXX", command[128];
    uint64_t count;
    (void)state;
    assert_non_null(mkdtemp(folder));
    null_verbs_set_folder(0, folder);
    assert_false(verbs_retransmits(ends[0].verbs, &count));
    snprintf(command, sizeof(command), "mkdir -p %s/ports/1/hw_counters", folder);
    assert_int_equal(system(command), 0);
    write_counter(folder, "completer_retry_err", "nonsense");
    assert_false(verbs_retransmits(ends[0].verbs, &count));
    write_counter(folder, "packet_seq_err", "40\n");
    write_counter(folder, "local_ack_timeout_err", "2\n");
    assert_true(verbs_retransmits(ends[0].verbs, &count));
    assert_int_equal(count, 42);
    snprintf(command, sizeof(command), "rm -r %s", folder);
    assert_int_equal(system(command), 0);
}

static void a_queue_is_armed_again_when_it_has_rung(void **state)
{
    (void)state;
    unsigned before = null_verbs_arms;
    verbs_arm(ends[0].verbs);
    verbs_arm(ends[0].verbs);
    assert_int_equal(null_verbs_arms, before + 1);
    null_verbs_ring();
    verbs_arm(ends[0].verbs);
    assert_int_equal(null_verbs_arms, before + 2);
}

static void events_are_told_by_kind(void **state)
{
    static const struct {
        enum ibv_event_type type;
        enum verbs_event_kind kind;
    } events[] = {{IBV_EVENT_PORT_ERR, VERBS_EVENT_PORT_DOWN},
                  {IBV_EVENT_PORT_ACTIVE, VERBS_EVENT_PORT_UP},
                  {IBV_EVENT_GID_CHANGE, VERBS_EVENT_ADDRESS_CHANGED},
                  {IBV_EVENT_DEVICE_FATAL, VERBS_EVENT_DEVICE_GONE},
                  {IBV_EVENT_SM_CHANGE, VERBS_EVENT_OTHER}};
    const char *text;
    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        null_verbs_tell(events[i].type);
        assert_int_equal(verbs_take_event(ends[0].verbs, &text), events[i].kind);
    }
    assert_int_equal(verbs_take_event(ends[0].verbs, &text), VERBS_EVENT_NONE);
}

static void an_address_may_go_and_come_back_elsewhere(void **state)
{
    (void)state;
    null_verbs_put_gid(0);
    assert_false(verbs_find_address_again(ends[0].verbs));
    null_verbs_put_gid(3);
    assert_true(verbs_find_address_again(ends[0].verbs));
    verbs_link_end(ends[0].link);
    connect_end(0);
    assert_int_equal(null_verbs_route.grh.sgid_index, 3);
    null_verbs_put_gid(1);
}

/* Where the driver can be told a source port, it is; the flow label says the same. */
static void a_driver_that_takes_source_ports_is_told(void **state)
{
    (void)state;
    void *library = dlopen(fake_mlx5, RTLD_NOW | RTLD_LOCAL);
    assert_non_null(library);
    bool *supports = dlsym(library, "fake_mlx5_supports");
    uint16_t *source_port = dlsym(library, "fake_mlx5_source_port");
    for (int supported = 0; supported < 2; supported++) {
        *supports = supported;
        tear_down(NULL);
        set_up(NULL);
        assert_int_equal(*source_port, supported ? 50001 : 0);
        assert_int_equal(ibv_flow_label_to_udp_sport(null_verbs_route.grh.flow_label), 50001);
    }
    dlclose(library);
}

int main(int argc, char **argv)
{
    fake_mlx5 = argc > 1 ? argv[1] : "libmlx5.so.1";
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(payload_is_in_place_when_its_header_is_read),
        TEST(small_payload_goes_inline),
        TEST(source_port_is_the_routes),
        TEST(source_port_may_follow_from_numbers),
        TEST(no_more_is_sent_than_the_peer_has_read),
        TEST(receives_never_run_out),
        TEST(every_failure_is_told_once_by_name),
        TEST(work_that_is_not_taken_breaks_the_link),
        TEST(a_stale_key_breaks_the_link),
        TEST(what_a_peer_has_no_business_with_is_counted),
        TEST(what_comes_for_a_link_that_has_ended_is_counted),
        TEST(there_are_no_more_links_than_the_device_has_room_for),
        TEST(links_found_by_number_survive_the_end_of_others),
        TEST(memory_registered_again_is_the_same),
        TEST(a_refused_registration_says_why),
        TEST(a_dmabuf_is_memory_like_any_other),
        TEST(a_dmabuf_that_is_refused_says_why),
        TEST(what_cannot_be_a_queue_pair_is_refused),
        TEST(devices_are_found_by_name_address_and_gid),
        TEST(what_the_device_sends_again_is_told_where_it_is_known),
        TEST(a_queue_is_armed_again_when_it_has_rung),
        TEST(events_are_told_by_kind),
        TEST(an_address_may_go_and_come_back_elsewhere),
        TEST(a_driver_that_takes_source_ports_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
