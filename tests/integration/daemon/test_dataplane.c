/* SPDX-License-Identifier: BSD-3-Clause */
/* Two dataplanes, one on each side of a router, and the applications that use and abuse them.
 * usage: test_dataplane WEFT-DATAPLANE DEVICE */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "dataplane/transport/random.h"
#include "tests/integration/daemon/rank.h"

static struct two_daemons daemons;
static const uint32_t addresses[] = {TWO_HOSTS_A, TWO_DAEMONS_B_ADDRESS};
static uint64_t identity = 1;

static void join_pair(struct rank ranks[2], size_t bytes)
{
    rank_pair_join(ranks, &daemons, identity++, bytes);
}

static void fill(uint8_t *memory, size_t bytes, uint64_t seed)
{
    struct random_stream random = {seed};
    for (size_t i = 0; i < bytes; i++)
        memory[i] = (uint8_t)(i % 8 == 0 ? random_next(&random) : random.state >> (i % 8 * 8));
}

/* Rank 0 sends so many bytes to rank 1, at an odd place, and every one must be right. */
static void transfer(struct rank ranks[2], size_t bytes)
{
    struct app_flow flow = {.tag = bytes + 1, .cookie = 7, .bytes = bytes, .offset = bytes ? 13 : 0};
    fill(ranks[0].region.memory, bytes + 13, bytes);
    memset(ranks[1].region.memory, 0, bytes + 20);
    flow.peer_rank = 0;
    flow.region = ranks[1].region.number;
    application_submit(&ranks[1].application, APP_SUBMIT_RECEIVE_BATCH, ranks[1].handle, &flow);
    flow.peer_rank = 1;
    flow.region = ranks[0].region.number;
    application_submit(&ranks[0].application, APP_SUBMIT_SEND_BATCH, ranks[0].handle, &flow);
    struct app_completion received = rank_wait_for(&ranks[1], APP_COMPLETION_RECEIVED);
    assert_int_equal(received.status, APP_STATUS_OK);
    assert_int_equal(received.bytes, bytes);
    assert_int_equal(received.cookie, 7);
    assert_int_equal(rank_wait_for(&ranks[0], APP_COMPLETION_SENT).status, APP_STATUS_OK);
    assert_true(memcmp(ranks[0].region.memory + 13, ranks[1].region.memory + 13, bytes) == 0);
    assert_int_equal(ranks[1].region.memory[bytes + 13], 0);
    assert_int_equal(ranks[1].region.memory[12], 0);
}

static void messages_of_any_length_arrive_whole(void **state)
{
    (void)state;
    static const size_t lengths[] = {0, 1, 7, 3327, 3328, 3329, 100003, 1 << 20};
    struct rank ranks[2];
    join_pair(ranks, (1 << 20) + 64);
    for (unsigned i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
        transfer(ranks, lengths[i]);
    rank_pair_leave(ranks);
}

static void a_large_message_arrives_whole(void **state)
{
    (void)state;
    struct rank ranks[2];
    join_pair(ranks, (64 << 20) + 64);
    transfer(ranks, 64 << 20);
    rank_pair_leave(ranks);
}

static void ranks_on_one_host_reach_each_other(void **state)
{
    (void)state;
    static const uint32_t both[] = {TWO_HOSTS_A, TWO_HOSTS_A};
    struct application_group group = {.identity = identity++, .addresses = both, .rank_count = 2};
    struct rank ranks[2];
    rank_join(&ranks[0], daemons.a.socket, &group, 1 << 20);
    group.rank = 1;
    rank_join(&ranks[1], daemons.a.socket, &group, 1 << 20);
    transfer(ranks, 0);
    transfer(ranks, 300001);
    rank_pair_leave(ranks);
}

static void chunks_are_reported(void **state)
{
    (void)state;
    struct rank ranks[2];
    uint64_t seen = 0;
    struct app_completion completion;
    join_pair(ranks, 1 << 20);
    uint32_t chunk = 16 * ranks[1].application.reply.payload_bytes_max;
    struct app_flow flow = {
        .tag = 1, .bytes = 10 * chunk, .chunk_bytes = chunk, .region = ranks[1].region.number};
    application_submit(&ranks[1].application, APP_SUBMIT_RECEIVE_BATCH, ranks[1].handle, &flow);
    flow.peer_rank = 1;
    flow.region = ranks[0].region.number;
    application_submit(&ranks[0].application, APP_SUBMIT_SEND_BATCH, ranks[0].handle, &flow);
    do {
        assert_true(application_wait(&ranks[1].application, &completion));
        if (completion.kind == APP_COMPLETION_CHUNK)
            seen |= 1ull << completion.chunk;
    } while (completion.kind != APP_COMPLETION_RECEIVED);
    assert_int_equal(seen, 0x3ff);
    rank_wait_for(&ranks[0], APP_COMPLETION_SENT);
    rank_pair_leave(ranks);
}

static void a_region_in_use_is_not_destroyed(void **state)
{
    (void)state;
    struct rank ranks[2];
    join_pair(ranks, 4096);
    struct app_flow flow = {.tag = 1, .bytes = 64, .region = ranks[1].region.number};
    application_submit(&ranks[1].application, APP_SUBMIT_RECEIVE_BATCH, ranks[1].handle, &flow);
    /* the close takes what was submitted before it, and cancels it */
    struct application_region second;
    assert_int_equal(application_create_region(&ranks[1].application, 4096, &second), 0);
    int busy = application_destroy_region(&ranks[1].application, &ranks[1].region);
    assert_int_equal(busy, -EBUSY);
    assert_non_null(strstr(ranks[1].application.reply.text, "transfer"));
    assert_int_equal(application_close(&ranks[1].application, ranks[1].handle), 0);
    assert_int_equal(rank_wait_for(&ranks[1], APP_COMPLETION_RECEIVED).status, APP_STATUS_CANCELLED);
    assert_int_equal(application_destroy_region(&ranks[1].application, &ranks[1].region), 0);
    application_detach(&ranks[1].application);
    rank_leave(&ranks[0]);
}

static void impossible_requests_are_refused_in_words(void **state)
{
    (void)state;
    struct application a;
    struct application_region region;
    uint32_t handle;
    assert_int_equal(application_attach(&a, daemons.a.socket), 0);
    assert_int_equal(a.reply.address, TWO_HOSTS_A);
    assert_int_equal(application_create_region(&a, 1ull << 40, &region), -EDQUOT);
    assert_non_null(strstr(a.reply.text, "region_bytes_max"));
    assert_int_equal(application_create_region(&a, 0, &region), -EINVAL);
    struct application_group group = {.identity = 5, .addresses = addresses, .rank = 1, .rank_count = 2};
    assert_int_equal(application_open(&a, &group, &handle), -EINVAL);
    assert_non_null(strstr(a.reply.text, "10.2.0.1"));
    group.rank = 2;
    assert_int_equal(application_open(&a, &group, &handle), -EINVAL);
    assert_int_equal(application_close(&a, 99), -ENOENT);
    region = (struct application_region){.number = 99};
    assert_int_equal(application_destroy_region(&a, &region), -ENOENT);
    application_detach(&a);
}

static void the_death_of_an_application_is_told_to_its_peers(void **state)
{
    (void)state;
    struct rank ranks[2];
    struct application_group group = {
        .identity = identity++, .addresses = addresses, .rank = 0, .rank_count = 2};
    int ready[2];
    char byte;
    assert_int_equal(pipe(ready), 0);
    rank_join(&ranks[0], daemons.a.socket, &group, 1 << 20);
    pid_t child = fork();
    if (child == 0) {
        struct app_flow flow = {.tag = 1, .bytes = 1 << 20};
        group.rank = 1;
        rank_join(&ranks[1], daemons.b.socket, &group, 1 << 20);
        flow.region = ranks[1].region.number;
        application_submit(&ranks[1].application, APP_SUBMIT_RECEIVE_BATCH, ranks[1].handle, &flow);
        if (write(ready[1], "r", 1) == 1)
            pause();
        _exit(0);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    struct app_flow flow = {
        .tag = 2, .cookie = 3, .bytes = 100, .peer_rank = 1, .region = ranks[0].region.number};
    application_submit(&ranks[0].application, APP_SUBMIT_RECEIVE_BATCH, ranks[0].handle, &flow);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
    struct app_completion received = rank_wait_for(&ranks[0], APP_COMPLETION_RECEIVED);
    assert_int_equal(received.status, APP_STATUS_PEER_DEAD);
    assert_int_equal(received.rank, 1);
    assert_true(daemon_process_wait_line(&daemons.b, "has left nothing behind"));
    rank_leave(&ranks[0]);
    close(ready[0]);
    close(ready[1]);
}

/* Rank 1, in a process of its own on host B: receives, says so when the first part has arrived, and waits for
 * its death. */
static pid_t start_victim(uint64_t communicator, const struct app_flow *flow, int said)
{
    struct application_group group = {
        .identity = communicator, .addresses = addresses, .rank = 1, .rank_count = 2};
    struct app_flow receive = *flow;
    struct rank victim;
    pid_t child = fork();
    if (child != 0)
        return child;
    rank_join(&victim, daemons.b.socket, &group, flow->bytes);
    receive.region = victim.region.number;
    application_submit(&victim.application, APP_SUBMIT_RECEIVE_BATCH, victim.handle, &receive);
    rank_wait_for(&victim, APP_COMPLETION_CHUNK);
    if (write(said, "r", 1) == 1)
        pause();
    _exit(0);
}

static void an_application_killed_in_the_middle_harms_nobody(void **state)
{
    (void)state;
    struct rank bystanders[2];
    join_pair(bystanders, 1 << 20);
    for (unsigned i = 0; i < 10; i++) {
        struct app_flow flow = {.tag = 1, .bytes = 32 << 20, .chunk_bytes = 1 << 20};
        struct application_group group = {.identity = identity++, .addresses = addresses, .rank_count = 2};
        struct rank survivor;
        int said[2];
        char byte;
        assert_int_equal(pipe(said), 0);
        pid_t victim = start_victim(group.identity, &flow, said[1]);
        rank_join(&survivor, daemons.a.socket, &group, flow.bytes);
        flow.peer_rank = 1;
        flow.chunk_bytes = 0;
        flow.region = survivor.region.number;
        application_submit(&survivor.application, APP_SUBMIT_SEND_BATCH, survivor.handle, &flow);
        assert_int_equal(read(said[0], &byte, 1), 1);
        kill(victim, SIGKILL);
        waitpid(victim, NULL, 0);
        struct app_completion sent = rank_wait_for(&survivor, APP_COMPLETION_SENT);
        assert_true(sent.status == APP_STATUS_PEER_DEAD && sent.rank == 1);
        transfer(bystanders, 10000 + i);
        rank_leave(&survivor);
        close(said[0]);
        close(said[1]);
    }
    rank_pair_leave(bystanders);
}

/* Behind another leaf, and no router answers for it. */
static const uint32_t unreachable[] = {TWO_HOSTS_A, 0x0b000001};

static void opening_waits_for_paths_and_can_be_given_up(void **state)
{
    (void)state;
    struct application_group group = {
        .identity = identity++, .addresses = unreachable, .rank = 0, .rank_count = 2};
    struct session_request request = {.kind = SESSION_COMMUNICATOR_OPEN,
                                      .version = SESSION_VERSION,
                                      .communicator = identity++,
                                      .rank_count = 2};
    struct application impatient, patient;
    uint32_t handle;
    assert_int_equal(application_attach(&impatient, daemons.a.socket), 0);
    assert_int_equal(application_attach(&patient, daemons.a.socket), 0);
    assert_int_equal(application_send(&impatient, &request, unreachable), 0);
    application_detach(&impatient);
    assert_int_equal(application_open(&patient, &group, &handle), 0);
    assert_true(daemon_process_wait_line(&daemons.a, "no router answers probes towards 11.0.0.1"));
    assert_int_equal(application_close(&patient, handle), 0);
    application_detach(&patient);
}

static void append(const char *file, const char *text)
{
    FILE *stream = fopen(file, "a");
    assert_non_null(stream);
    fputs(text, stream);
    fclose(stream);
}

static void a_new_configuration_is_checked_and_then_applied(void **state)
{
    (void)state;
    append(daemons.a.config, "path_mode: hash\nudp_port: 5000\n");
    kill(daemons.a.process, SIGHUP);
    assert_true(daemon_process_wait_line(&daemons.a, "`udp_port` has changed: restart"));
    assert_true(daemon_process_wait_line(&daemons.a, "are now as in"));
    append(daemons.a.config, "colour: red\n");
    kill(daemons.a.process, SIGHUP);
    assert_true(daemon_process_wait_line(&daemons.a, "Unexpected key: colour; the old configuration stays"));
}

/* Publishes so many random entries; the session must end, and another must not notice. */
static void publish_garbage(struct application *a, struct random_stream *random)
{
    union app_submission entry;
    for (unsigned i = 0; i < 20; i++) {
        for (unsigned j = 0; j < sizeof(entry.bytes); j++)
            entry.bytes[j] = (uint8_t)random_next(random);
        application_put(a, &entry);
    }
    application_publish(a);
}

static void garbage_ends_only_its_own_session(void **state)
{
    (void)state;
    struct rank ranks[2];
    struct random_stream random = {11};
    join_pair(ranks, 1 << 20);
    for (unsigned i = 0; i < 10; i++) {
        struct application a;
        assert_int_equal(application_attach(&a, daemons.a.socket), 0);
        publish_garbage(&a, &random);
        assert_true(application_wait_end(&a));
        application_detach(&a);
        transfer(ranks, 1000 + i);
    }
    rank_pair_leave(ranks);
}

static void impossible_ring_positions_end_only_their_own_session(void **state)
{
    (void)state;
    struct application a;
    assert_int_equal(application_attach(&a, daemons.a.socket), 0);
    a.tail = 1u << 31;
    application_publish(&a);
    assert_true(application_wait_end(&a));
    application_detach(&a);
    assert_int_equal(application_attach(&a, daemons.a.socket), 0);
    application_detach(&a);
}

static void malformed_requests_end_only_their_own_session(void **state)
{
    (void)state;
    static const size_t lengths[] = {1, 71, 73, 3000, 20000};
    static char bytes[20000];
    struct application a, good;
    assert_int_equal(application_attach(&good, daemons.a.socket), 0);
    for (unsigned i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        assert_int_equal(application_connect(&a, daemons.a.socket), 0);
        assert_true(send(a.socket, bytes, lengths[i], MSG_NOSIGNAL) > 0);
        assert_true(application_wait_end(&a));
        close(a.socket);
    }
    struct session_request late = {.kind = SESSION_REGION_CREATE, .value = 4096};
    assert_int_equal(application_connect(&a, daemons.a.socket), 0);
    assert_int_equal(application_request(&a, &late, NULL, (int[3]){0}), -ECONNRESET);
    close(a.socket);
    struct application_region region;
    assert_int_equal(application_create_region(&good, 4096, &region), 0);
    application_detach(&good);
}

static void applications_come_and_go(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 200; i++) {
        struct application a;
        struct application_region region;
        assert_int_equal(application_attach(&a, daemons.a.socket), 0);
        assert_int_equal(application_create_region(&a, 1 << 16, &region), 0);
        application_detach(&a);
    }
}

static void a_stopped_daemon_leaves_nothing_and_starts_again(void **state)
{
    (void)state;
    struct application a;
    assert_int_equal(application_attach(&a, daemons.b.socket), 0);
    int status = daemon_process_stop(&daemons.b);
    assert_true(status != -1 && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_true(application_wait_end(&a));
    application_detach(&a);
    assert_int_equal(access(daemons.b.socket, F_OK), -1);
    assert_true(daemon_process_start(&daemons.b, daemon_test_program));
}

static void a_killed_daemons_socket_is_taken_over(void **state)
{
    (void)state;
    assert_true(daemons.b.process > 0);
    kill(daemons.b.process, SIGKILL);
    waitpid(daemons.b.process, NULL, 0);
    close(daemons.b.log);
    assert_int_equal(access(daemons.b.socket, F_OK), 0);
    assert_true(daemon_process_start(&daemons.b, daemon_test_program));
    struct rank ranks[2];
    join_pair(ranks, 1 << 20);
    transfer(ranks, 5000);
    rank_pair_leave(ranks);
}

static int setup(void **state)
{
    struct two_daemons_config config = {.program = daemon_test_program,
                                        .device = daemon_test_device,
                                        .extra = "leaf_prefix_bits: 8\nregion_bytes_max: 1G\n"};
    (void)state;
    return two_daemons_start(&daemons, &config);
}

static int teardown(void **state)
{
    (void)state;
    int a = daemon_process_stop(&daemons.a), b = daemon_process_stop(&daemons.b);
    return a == 0 && b == 0 ? 0 : -1;
}

int main(int argument_count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(impossible_requests_are_refused_in_words),
        cmocka_unit_test(messages_of_any_length_arrive_whole),
        cmocka_unit_test(ranks_on_one_host_reach_each_other),
        cmocka_unit_test(a_large_message_arrives_whole),
        cmocka_unit_test(chunks_are_reported),
        cmocka_unit_test(a_region_in_use_is_not_destroyed),
        cmocka_unit_test(the_death_of_an_application_is_told_to_its_peers),
        cmocka_unit_test(an_application_killed_in_the_middle_harms_nobody),
        cmocka_unit_test(garbage_ends_only_its_own_session),
        cmocka_unit_test(impossible_ring_positions_end_only_their_own_session),
        cmocka_unit_test(malformed_requests_end_only_their_own_session),
        cmocka_unit_test(applications_come_and_go),
        cmocka_unit_test(opening_waits_for_paths_and_can_be_given_up),
        cmocka_unit_test(a_new_configuration_is_checked_and_then_applied),
        cmocka_unit_test(a_stopped_daemon_leaves_nothing_and_starts_again),
        cmocka_unit_test(a_killed_daemons_socket_is_taken_over),
    };
    int status = daemon_test_arguments(argument_count, arguments);
    if (status != 0)
        return status;
    return cmocka_run_group_tests(tests, setup, teardown);
}
