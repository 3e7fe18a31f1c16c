/* SPDX-License-Identifier: BSD-3-Clause */
/* A libmlx5 of nothing, to be found in the process as the driver's library is: which of its devices are mlx5,
 * and what source port a queue pair was given. */
#include <stdbool.h>

#include <infiniband/verbs.h>

bool fake_mlx5_supports;
uint16_t fake_mlx5_source_port;

bool mlx5dv_is_supported(struct ibv_device *device);
int mlx5dv_modify_qp_udp_sport(struct ibv_qp *qp, uint16_t source_port);

bool mlx5dv_is_supported(struct ibv_device *device)
{
    (void)device;
    return fake_mlx5_supports;
}

int mlx5dv_modify_qp_udp_sport(struct ibv_qp *qp, uint16_t source_port)
{
    (void)qp;
    fake_mlx5_source_port = source_port;
    return 0;
}
