/* SPDX-License-Identifier: BSD-3-Clause */
/* DPDK's drivers for kernel interfaces hide the socket that would tell when a frame arrives. It can be found:
 * it is the socket of the driver's family that this process has after the device started and had not before.
 */
#ifndef WEFT_NIC_SOCKET_FINDER_H
#define WEFT_NIC_SOCKET_FINDER_H

enum {
    SOCKET_FINDER_MAX = 1024
};

/* Descriptors of this process's sockets of one family. */
struct socket_set {
    int count;
    int fds[SOCKET_FINDER_MAX];
};

void socket_set_take(struct socket_set *set, int family);

/* The first descriptor of the family that `before` lacks; -1: there is none. No other thread may open such
 * sockets between the two calls. */
int socket_set_find_new(const struct socket_set *before, int family);

/* Closes the descriptor if it still is a socket of the family: DPDK's AF_XDP driver leaves it open, and the
 * interface's queue would stay taken. -1: nothing to close. */
void socket_close_left(int fd, int family);

#endif
