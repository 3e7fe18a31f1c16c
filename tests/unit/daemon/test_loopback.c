/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/daemon/loopback.h"

static void put(struct loopback *l, uint8_t value)
{
    uint8_t header[3] = {value, value, value}, payload[4] = {9, 9, 9, value};
    loopback_put(l, &(struct loopback_frame){.source_port = (uint16_t)(1000 + value),
                                             .ecn_capable = value & 1,
                                             .header_bytes = sizeof(header),
                                             .payload_bytes = value ? sizeof(payload) : 0,
                                             .header = header,
                                             .payload = payload});
}

static void packets_come_back_whole_and_in_order(void **state)
{
    (void)state;
    struct loopback l;
    assert_int_equal(loopback_create(&l, 4, 7), 0);
    assert_null(loopback_first(&l));
    for (unsigned round = 0; round < 5; round++) {
        for (uint8_t value = 0; value < 4; value++)
            put(&l, value);
        assert_int_equal(loopback_room(&l), 0);
        for (uint8_t value = 0; value < 4; value++) {
            const struct loopback_packet *packet = loopback_first(&l);
            assert_int_equal(packet->source_port, 1000 + value);
            assert_int_equal(packet->ecn, value & 1 ? 2 : 0);
            assert_int_equal(packet->length, value ? 7 : 3);
            assert_int_equal(packet->bytes[2], value);
            if (value)
                assert_int_equal(packet->bytes[6], value);
            loopback_drop(&l);
        }
    }
    assert_int_equal(loopback_room(&l), 4);
    loopback_destroy(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packets_come_back_whole_and_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
