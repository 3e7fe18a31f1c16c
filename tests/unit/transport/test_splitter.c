/* SPDX-License-Identifier: BSD-3-Clause */
/* What is claimed of the splitter: tiling, Theorem 1 of Ethereal (each path carries exactly n f / s), the
 * number of pieces for every n and s up to 64, and the same for flows and weights of any size. */
#include "dataplane/transport/splitter.h"

#include <string.h>

#include "dataplane/transport/random.h"
#include "tests/unit/transport/unit.h"

enum {
    GRANULE = 4096,
    FLOWS_MAX = 64,
    PATHS_MAX = 64,
    PIECES_MAX = FLOWS_MAX * PATHS_MAX
};

typedef unsigned (*split_function)(const struct split_request *request, struct split_piece *pieces);

struct split {
    uint64_t flow_bytes[FLOWS_MAX];
    uint16_t weights[PATHS_MAX];
    struct split_request request;
    struct split_piece pieces[PIECES_MAX];
    unsigned count;
    uint64_t load[PATHS_MAX];
};
static struct split the;

static void split_prepare(unsigned flows, unsigned paths, uint64_t bytes)
{
    memset(&the, 0, sizeof(the));
    the.request = (struct split_request){.flow_bytes = the.flow_bytes,
                                         .flow_count = flows,
                                         .path_count = paths,
                                         .granule_bytes = GRANULE,
                                         .rotation = flows * 7 + paths};
    for (unsigned i = 0; i < flows; i++)
        the.flow_bytes[i] = bytes;
}

/* Pieces come in order, tile their flows, and start on granules; no piece is empty but an empty flow's. */
static void assert_tiled(void)
{
    unsigned at = 0;
    for (unsigned flow = 0; flow < the.request.flow_count; flow++) {
        uint64_t offset = 0, length = the.flow_bytes[flow];
        do {
            assert_true(at < the.count);
            const struct split_piece *piece = &the.pieces[at++];
            assert_int_equal(piece->flow, flow);
            assert_int_equal(piece->offset, offset);
            assert_int_equal(piece->offset % the.request.granule_bytes, 0);
            assert_true(piece->path < the.request.path_count);
            assert_true(piece->bytes > 0 || length == 0);
            the.load[piece->path] += piece->bytes;
            offset += piece->bytes;
        } while (offset < length);
        assert_int_equal(offset, length);
    }
    assert_int_equal(at, the.count);
}

static void split_run(split_function split, enum path_mode mode)
{
    unsigned most = split_pieces_max(mode, the.request.flow_count, the.request.path_count);
    assert_true(most <= PIECES_MAX);
    memset(the.load, 0, sizeof(the.load));
    memset(the.pieces, 0xee, sizeof(the.pieces));
    struct split_piece guard = the.pieces[most];
    the.count = split(&the.request, the.pieces);
    assert_true(the.count <= most);
    if (most < PIECES_MAX)
        assert_memory_equal(&the.pieces[most], &guard, sizeof(guard));
    assert_tiled();
}

/* Every path's load is within `slack_bytes` of its share. */
static void assert_fair(uint64_t slack_bytes)
{
    uint64_t bytes = 0, weights = 0;
    for (unsigned i = 0; i < the.request.flow_count; i++)
        bytes += the.flow_bytes[i];
    for (unsigned path = 0; path < the.request.path_count; path++)
        weights += the.request.weights ? the.weights[path] : 1;
    for (unsigned path = 0; path < the.request.path_count; path++) {
        unsigned weight = the.request.weights ? the.weights[path] : 1;
        int64_t excess = (int64_t)(the.load[path] * weights - bytes * weight);
        if ((uint64_t)(excess < 0 ? -excess : excess) > slack_bytes * weights)
            fail_msg("path %u of %u carries %ju bytes", path, the.request.path_count,
                     (uintmax_t)the.load[path]);
    }
}

static unsigned gcd(unsigned a, unsigned b)
{
    return b ? gcd(b, a % b) : a;
}

static unsigned wrap_formula(unsigned n, unsigned s)
{
    unsigned r = n % s;
    return r ? n - r + (r + s - gcd(r, s)) : n;
}

static unsigned ethereal_formula(unsigned n, unsigned s)
{
    unsigned r = n % s;
    return r ? n - r + r * s / gcd(r, s) : n;
}

static void test_wrap_pieces_and_equal_loads_for_all_n_and_s(void **state)
{
    (void)state;
    for (unsigned n = 1; n <= FLOWS_MAX; n++) {
        for (unsigned s = 1; s <= PATHS_MAX; s++) {
            split_prepare(n, s, (uint64_t)s * GRANULE);
            split_run(split_wrap, PATH_MODE_WRAP);
            assert_int_equal(the.count, wrap_formula(n, s));
            assert_fair(0);
            split_prepare(n, s, (uint64_t)s * GRANULE + 777);
            split_run(split_wrap, PATH_MODE_WRAP);
            assert_int_equal(the.count, wrap_formula(n, s));
            assert_fair(GRANULE);
        }
    }
}

static void test_ethereal_pieces_and_equal_loads_for_all_n_and_s(void **state)
{
    (void)state;
    for (unsigned n = 1; n <= FLOWS_MAX; n++) {
        for (unsigned s = 1; s <= PATHS_MAX; s++) {
            unsigned rest = n % s;
            split_prepare(n, s, (uint64_t)s * GRANULE);
            split_run(split_ethereal, PATH_MODE_ETHEREAL);
            assert_int_equal(the.count, ethereal_formula(n, s));
            assert_fair(0);
            split_prepare(n, s, (uint64_t)s * GRANULE + 777);
            split_run(split_ethereal, PATH_MODE_ETHEREAL);
            assert_int_equal(the.count, ethereal_formula(n, s));
            assert_fair((uint64_t)GRANULE * rest / gcd(rest, s));
        }
    }
}

/* The design's table: pieces of the r flows left over, mean (rounded) and maximum over r = 1 .. s - 1. */
struct table_line {
    split_function split;
    enum path_mode mode;
    unsigned s, mean, most;
};

static void test_table_of_the_design(void **state)
{
    (void)state;
    static const struct table_line table[] = {
        {split_ethereal, PATH_MODE_ETHEREAL, 16, 91, 240},
        {split_wrap, PATH_MODE_WRAP, 16, 22, 30},
        {split_ethereal, PATH_MODE_ETHEREAL, 64, 1387, 4032},
        {split_wrap, PATH_MODE_WRAP, 64, 93, 126},
    };
    for (unsigned i = 0; i < COUNT_OF(table); i++) {
        const struct table_line *line = &table[i];
        unsigned sum = 0, most = 0, samples = line->s - 1;
        for (unsigned r = 1; r < line->s; r++) {
            split_prepare(r, line->s, 64 * GRANULE);
            split_run(line->split, line->mode);
            sum += the.count;
            most = the.count > most ? the.count : most;
        }
        assert_int_equal((sum + samples / 2) / samples, line->mean);
        assert_int_equal(most, line->most);
    }
}

static void test_three_flows_on_two_paths(void **state)
{
    (void)state;
    split_prepare(3, 2, 4 * GRANULE);
    the.request.rotation = 1;
    split_run(split_wrap, PATH_MODE_WRAP);
    const struct split_piece expected[] = {
        {.flow = 0, .path = 1, .bytes = 4 * GRANULE},
        {.flow = 1, .path = 0, .bytes = 4 * GRANULE},
        {.flow = 2, .path = 1, .bytes = 2 * GRANULE},
        {.flow = 2, .path = 0, .offset = 2 * GRANULE, .bytes = 2 * GRANULE}};
    assert_int_equal(the.count, COUNT_OF(expected));
    for (unsigned i = 0; i < the.count; i++) {
        assert_int_equal(the.pieces[i].flow, expected[i].flow);
        assert_int_equal(the.pieces[i].path, expected[i].path);
        assert_int_equal(the.pieces[i].offset, expected[i].offset);
        assert_int_equal(the.pieces[i].bytes, expected[i].bytes);
    }
}

static void test_whole_flows_go_round_robin(void **state)
{
    (void)state;
    split_prepare(9, 3, 4 * GRANULE);
    the.request.rotation = 2;
    split_run(split_wrap, PATH_MODE_WRAP);
    for (unsigned i = 0; i < 9; i++)
        assert_int_equal(the.pieces[i].path, (2 + i) % 3);
    split_run(split_ethereal, PATH_MODE_ETHEREAL);
    for (unsigned i = 0; i < 9; i++)
        assert_int_equal(the.pieces[i].path, (2 + i) % 3);
}

static void test_rotation_moves_every_piece(void **state)
{
    (void)state;
    static struct split_piece unrotated[PIECES_MAX];
    split_prepare(11, 8, 100 * GRANULE);
    the.request.rotation = 0;
    split_run(split_wrap, PATH_MODE_WRAP);
    memcpy(unrotated, the.pieces, sizeof(unrotated));
    the.request.rotation = UINT32_MAX; /* 7 modulo 8 */
    split_run(split_wrap, PATH_MODE_WRAP);
    for (unsigned i = 0; i < the.count; i++) {
        assert_int_equal(the.pieces[i].path, (unrotated[i].path + 7) % 8);
        assert_int_equal(the.pieces[i].bytes, unrotated[i].bytes);
    }
}

static void test_flows_smaller_than_a_granule_stay_whole(void **state)
{
    (void)state;
    for (uint64_t bytes = 0; bytes <= GRANULE; bytes += GRANULE / 4) {
        split_prepare(13, 8, bytes);
        split_run(split_wrap, PATH_MODE_WRAP);
        assert_int_equal(the.count, 13);
        assert_fair(GRANULE);
        split_run(split_ethereal, PATH_MODE_ETHEREAL);
        assert_int_equal(the.count, 13);
    }
}

static void test_largest_flows_do_not_overflow(void **state)
{
    (void)state;
    split_prepare(FLOWS_MAX - 1, PATHS_MAX, 1ull << 32);
    for (unsigned path = 0; path < PATHS_MAX; path++)
        the.weights[path] = UINT16_MAX - path;
    the.request.weights = the.weights;
    split_run(split_wrap, PATH_MODE_WRAP);
    assert_fair(GRANULE);
}

static void test_no_flows_no_pieces(void **state)
{
    (void)state;
    split_prepare(0, 4, 0);
    split_run(split_wrap, PATH_MODE_WRAP);
    assert_int_equal(the.count, 0);
    split_run(split_ethereal, PATH_MODE_ETHEREAL);
    assert_int_equal(the.count, 0);
}

/* Sizes from nothing to far more than a share, granules of any size, weights equal, alike or far apart. */
static void prepare_random(struct random_stream *random)
{
    split_prepare(random_below(random, FLOWS_MAX + 1), 1 + random_below(random, PATHS_MAX), 0);
    the.request.granule_bytes = 1 + random_below(random, 6000);
    the.request.rotation = random_next(random);
    for (unsigned i = 0; i < the.request.flow_count; i++)
        the.flow_bytes[i] = random_below(random, 1ull << random_below(random, 27));
    unsigned weight_max = 1 + random_below(random, random_below(random, 2) ? 8 : UINT16_MAX);
    if (random_below(random, 3) == 0)
        return;
    for (unsigned path = 0; path < the.request.path_count; path++)
        the.weights[path] = 1 + random_below(random, weight_max);
    the.request.weights = the.weights;
}

static void test_any_sizes_and_weights(void **state)
{
    (void)state;
    struct random_stream random = {.state = 4793};
    for (unsigned turn = 0; turn < 5000; turn++) {
        prepare_random(&random);
        split_run(split_wrap, PATH_MODE_WRAP);
        assert_fair(the.request.granule_bytes);
        split_run(split_ethereal, PATH_MODE_ETHEREAL);
    }
}

static unsigned whole_flows(void)
{
    unsigned whole = 0;
    for (unsigned i = 0; i < the.count; i++)
        whole += the.pieces[i].bytes == the.flow_bytes[the.pieces[i].flow];
    return whole;
}

static void test_flows_that_fit_are_left_whole(void **state)
{
    (void)state;
    split_prepare(7, 3, 10 * GRANULE); /* weights 1, 2, 4: shares of 1, 2 and 4 flows */
    for (unsigned path = 0; path < 3; path++)
        the.weights[path] = 1 << path;
    the.request.weights = the.weights;
    split_run(split_wrap, PATH_MODE_WRAP);
    assert_int_equal(the.count, 7);
    assert_fair(0);

    split_prepare(5, 2, GRANULE); /* one flow larger than a share, four small ones */
    the.flow_bytes[2] = 16 * GRANULE;
    split_run(split_wrap, PATH_MODE_WRAP);
    assert_int_equal(whole_flows(), 4);
    assert_int_equal(the.count, 6);
    assert_fair(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wrap_pieces_and_equal_loads_for_all_n_and_s),
        cmocka_unit_test(test_ethereal_pieces_and_equal_loads_for_all_n_and_s),
        cmocka_unit_test(test_table_of_the_design),
        cmocka_unit_test(test_three_flows_on_two_paths),
        cmocka_unit_test(test_whole_flows_go_round_robin),
        cmocka_unit_test(test_rotation_moves_every_piece),
        cmocka_unit_test(test_flows_smaller_than_a_granule_stay_whole),
        cmocka_unit_test(test_largest_flows_do_not_overflow),
        cmocka_unit_test(test_no_flows_no_pieces),
        cmocka_unit_test(test_any_sizes_and_weights),
        cmocka_unit_test(test_flows_that_fit_are_left_whole),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
