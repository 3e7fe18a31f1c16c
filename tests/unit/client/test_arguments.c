/* SPDX-License-Identifier: BSD-3-Clause */
/* Every wrong argument is refused before anything is posted, with a text that says what is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/client/job.h"

enum {
    BYTES = 1 << 16
};

static struct job job;
static struct job_rank *r = &job.ranks[0];

static int start(void **state)
{
    (void)state;
    job_start(&job, 2, BYTES, 0, 1);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    job_stop(&job);
    return 0;
}

#define REFUSED(code, part, call)                                                                            \
    do {                                                                                                     \
        assert_int_equal(call, code);                                                                        \
        if (strstr(weft_error_text(r->context), part) == NULL)                                               \
            fail_msg("'%s' is not in '%s'", part, weft_error_text(r->context));                              \
    } while (0)

static int all_reduce(const void *in, void *out, size_t count, int type, int reduction, int algorithm)
{
    return weft_all_reduce(r->communicator, in, out, count, (enum weft_type)type,
                           (enum weft_reduction)reduction, (enum weft_algorithm)algorithm, &r->request);
}

static void test_buffers(void **state)
{
    (void)state;
    uint8_t *foreign = calloc(1, BYTES);
    REFUSED(WEFT_ERROR_NOT_REGISTERED, "weft_region_create", all_reduce(foreign, r->out, 4, 0, 0, 0));
    REFUSED(WEFT_ERROR_NOT_REGISTERED, "weft_region_create", all_reduce(r->in, foreign, 4, 0, 0, 0));
    REFUSED(WEFT_ERROR_NOT_REGISTERED, "weft_region_create",
            weft_send(r->communicator, foreign, 8, 1, 0, &r->request));
    REFUSED(WEFT_ERROR_NOT_REGISTERED, "weft_region_create",
            weft_receive(r->communicator, r->in + BYTES - 7, 8, 1, 0, &r->request)); /* one byte too long */
    REFUSED(WEFT_ERROR_INVALID, "NULL", all_reduce(NULL, r->out, 4, 0, 0, 0));
    REFUSED(WEFT_ERROR_INVALID, "NULL", weft_send(r->communicator, NULL, 8, 1, 0, &r->request));
    REFUSED(WEFT_ERROR_INVALID, "aligned", all_reduce(r->in + 2, r->out, 4, WEFT_FLOAT32, 0, 0));
    REFUSED(WEFT_ERROR_INVALID, "overlap", all_reduce(r->in, r->in + 8, 4, WEFT_FLOAT32, 0, 0));
    free(foreign);
}

static void test_counts(void **state)
{
    (void)state;
    REFUSED(WEFT_ERROR_INVALID, "memory", all_reduce(r->in, r->out, SIZE_MAX / 2, WEFT_FLOAT64, 0, 0));
    REFUSED(WEFT_ERROR_INVALID, "memory",
            weft_all_gather(r->communicator, r->in, r->out, SIZE_MAX / 8, WEFT_FLOAT64, 0, &r->request));
    REFUSED(WEFT_ERROR_INVALID, "4 GiB",
            weft_send(r->communicator, r->in, (1ull << 32) + 1, 1, 0, &r->request));
    REFUSED(WEFT_ERROR_INVALID, "4 GiB", all_reduce(r->in, r->in, 1ull << 40, WEFT_FLOAT64, 0, 0));
    size_t ones[2] = {1, 1}, far[2] = {0, SIZE_MAX};
    REFUSED(WEFT_ERROR_INVALID, "memory",
            weft_all_to_all_v(r->communicator, r->in, ones, far, r->out, ones, far, WEFT_INT32, &r->request));
    REFUSED(
        WEFT_ERROR_INVALID, "NULL",
        weft_all_to_all_v(r->communicator, r->in, ones, NULL, r->out, ones, far, WEFT_INT32, &r->request));
}

static void test_enumerators(void **state)
{
    (void)state;
    REFUSED(WEFT_ERROR_INVALID, "weft_type", all_reduce(r->in, r->out, 1, 6, 0, 0));
    REFUSED(WEFT_ERROR_INVALID, "weft_reduction", all_reduce(r->in, r->out, 1, 0, 5, 0));
    REFUSED(WEFT_ERROR_INVALID, "weft_algorithm", all_reduce(r->in, r->out, 1, 0, 0, -1));
    assert_int_equal(weft_type_bytes((enum weft_type)99), 0);
}

static void test_ranks(void **state)
{
    (void)state;
    REFUSED(WEFT_ERROR_INVALID, "root",
            weft_broadcast(r->communicator, r->in, 1, WEFT_INT32, 2, &r->request));
    REFUSED(WEFT_ERROR_INVALID, "peer", weft_send(r->communicator, r->in, 1, 2, 0, &r->request));
    REFUSED(WEFT_ERROR_INVALID, "peer", weft_receive(r->communicator, r->in, 1, UINT32_MAX, 0, &r->request));
}

static int communicator(struct weft_communicator_config config)
{
    struct weft_communicator *created;
    return weft_communicator_create(r->context, &config, &created);
}

static void test_communicators(void **state)
{
    (void)state;
    const uint32_t *a = job.addresses, elsewhere[1] = {1};
    REFUSED(WEFT_ERROR_INVALID, "rank_count",
            communicator((struct weft_communicator_config){.addresses = a}));
    REFUSED(WEFT_ERROR_INVALID, "rank_count",
            communicator((struct weft_communicator_config){.rank_count = 4097, .addresses = a}));
    REFUSED(WEFT_ERROR_INVALID, "below rank_count",
            communicator((struct weft_communicator_config){.rank = 2, .rank_count = 2, .addresses = a}));
    REFUSED(WEFT_ERROR_INVALID, "addresses",
            communicator((struct weft_communicator_config){.rank_count = 2}));
    REFUSED(WEFT_ERROR_INVALID, "weft_address",
            communicator((struct weft_communicator_config){.rank_count = 1, .addresses = elsewhere}));
    REFUSED(WEFT_ERROR_INVALID, "path_mode",
            communicator((struct weft_communicator_config){
                .rank_count = 1, .addresses = a, .path_mode = (enum weft_path_mode)99}));
    REFUSED(WEFT_ERROR_INVALID, "config", weft_communicator_create(r->context, NULL, &r->communicator));
}

static void test_regions(void **state)
{
    (void)state;
    void *memory;
    REFUSED(WEFT_ERROR_INVALID, "1 byte", weft_region_create(r->context, 0, &memory));
    REFUSED(WEFT_ERROR_INVALID, "NULL", weft_region_create(r->context, 1, NULL));
    REFUSED(WEFT_ERROR_RESOURCES, "region_bytes_max",
            weft_region_create(r->context, FAKE_REGION_BYTES_MAX + 1ull, &memory));
    REFUSED(WEFT_ERROR_INVALID, "start of a region", weft_region_destroy(r->context, r->in + 1));
    assert_int_equal(all_reduce(r->in, r->out, 4, 0, 0, 0), 0);
    REFUSED(WEFT_ERROR_INVALID, "still use", weft_region_destroy(r->context, r->in));
    struct job_rank *other = &job.ranks[1];
    assert_int_equal(weft_all_reduce(other->communicator, other->in, other->out, 4, WEFT_FLOAT32, WEFT_SUM,
                                     WEFT_ALGORITHM_AUTO, &other->request),
                     0);
    job_wait(&job);
    assert_int_equal(weft_region_destroy(r->context, r->in), 0);
    REFUSED(WEFT_ERROR_NOT_REGISTERED, "weft_region_create", all_reduce(r->in, r->out, 4, 0, 0, 0));
    assert_int_equal(weft_region_create(r->context, BYTES, (void **)&r->in), 0);
}

static void test_nothing_at_all(void **state)
{
    (void)state;
    bool done;
    struct weft_request *request;
    assert_int_equal(weft_attach(NULL, NULL, NULL), WEFT_ERROR_INVALID);
    assert_int_equal(weft_barrier(NULL, &request), WEFT_ERROR_INVALID);
    assert_int_equal(weft_send(NULL, NULL, 0, 0, 0, &request), WEFT_ERROR_INVALID);
    assert_int_equal(weft_region_create(NULL, 1, NULL), WEFT_ERROR_INVALID);
    assert_int_equal(weft_region_destroy(NULL, NULL), WEFT_ERROR_INVALID);
    assert_int_equal(weft_communicator_create(NULL, NULL, NULL), WEFT_ERROR_INVALID);
    assert_int_equal(weft_communicator_dead_rank(NULL), -1);
    assert_int_equal(weft_wait(NULL), WEFT_ERROR_INVALID);
    assert_int_equal(weft_test(NULL, &done), WEFT_ERROR_INVALID);
    assert_int_equal(weft_ready_bytes(NULL), 0);
    REFUSED(WEFT_ERROR_INVALID, "request", weft_barrier(r->communicator, NULL));
    REFUSED(WEFT_ERROR_INVALID, "request", weft_send(r->communicator, r->in, 1, 1, 0, NULL));
    weft_communicator_destroy(NULL);
    weft_detach(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_buffers),       cmocka_unit_test(test_counts),
                                       cmocka_unit_test(test_enumerators),   cmocka_unit_test(test_ranks),
                                       cmocka_unit_test(test_communicators), cmocka_unit_test(test_regions),
                                       cmocka_unit_test(test_nothing_at_all)};
    return cmocka_run_group_tests(tests, start, stop);
}
