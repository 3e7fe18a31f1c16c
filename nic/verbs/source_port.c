/* SPDX-License-Identifier: BSD-3-Clause */
/* How a queue pair gets the UDP source port of its path. RoCE v2 derives the port from the flow label of the
 * address, by a rule that rdma-core states (ibv_flow_label_to_udp_sport()) and kernel and devices follow;
 * mlx5 can also be told the port. Devices that take no notice of it are left to the kernel's other rule, by
 * the numbers of both queue pairs, and whoever wants a path tries until numbers suit it. The driver's library
 * is looked for when it is needed, so that neither building nor running depends on it. */
#include <assert.h>
#include <dlfcn.h>

#include "nic/verbs/state.h"

enum {
    SOURCE_PORT_BITS = 14,
    SOURCE_PORT_BASE = 0xc000,
    FLOW_LABEL_MASK = 0xfffff
};

uint32_t verbs_flow_label(uint16_t source_port)
{
    uint32_t low = source_port & ((1u << SOURCE_PORT_BITS) - 1);
    uint32_t label = low != 0 ? low : 1u << SOURCE_PORT_BITS | 1;
    assert(source_port < SOURCE_PORT_BASE || ibv_flow_label_to_udp_sport(label) == source_port);
    return label;
}

uint16_t verbs_port_of_numbers(uint32_t one, uint32_t other)
{
    uint64_t mixed = (uint64_t)one * other;
    mixed ^= mixed >> 20;
    mixed ^= mixed >> 40;
    return ibv_flow_label_to_udp_sport((uint32_t)mixed & FLOW_LABEL_MASK);
}

void verbs_find_source_port_setter(struct verbs *v)
{
    void *library = dlopen("libmlx5.so.1", RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD);
    if (library == NULL)
        return;
    bool (*is_mlx5)(struct ibv_device *);
    int (*set)(struct ibv_qp *, uint16_t);
    *(void **)&is_mlx5 = dlsym(library, "mlx5dv_is_supported");
    *(void **)&set = dlsym(library, "mlx5dv_modify_qp_udp_sport");
    v->driver = library;
    if (is_mlx5 != NULL && set != NULL && is_mlx5(v->context->device))
        v->set_source_port = set;
}

void verbs_forget_source_port_setter(struct verbs *v)
{
    if (v->driver != NULL)
        dlclose(v->driver);
}
