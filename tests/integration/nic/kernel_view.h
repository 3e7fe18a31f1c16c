/* SPDX-License-Identifier: BSD-3-Clause */
/* What the kernel's own stack sees and does while weft uses its interface. */
#ifndef WEFT_TESTS_INTEGRATION_NIC_KERNEL_VIEW_H
#define WEFT_TESTS_INTEGRATION_NIC_KERNEL_VIEW_H

#include <stdbool.h>
#include <stdint.h>

/* One ICMP echo from the calling thread's network namespace; waits at most two seconds for the answer. */
bool kernel_view_ping(uint32_t destination);

/* "Destination unreachable" that the calling thread's network namespace has sent; -1: not known. */
long kernel_view_unreachables_sent(void);

#endif
