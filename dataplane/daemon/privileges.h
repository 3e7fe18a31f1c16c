/* SPDX-License-Identifier: BSD-3-Clause */
/* Gives up what only starting needed. */
#ifndef WEFT_DAEMON_PRIVILEGES_H
#define WEFT_DAEMON_PRIVILEGES_H

/* Leaves the calling thread, and all it starts from now on, only the capabilities that an open port needs: to
 * send raw frames, to take its XDP program off the interface at the end, and its worker's priority. A thread
 * that has no others keeps its very credentials: the kernel takes work for an RDMA device (uverbs) only under
 * those that it was opened with, so a worker must have its opener's. 0 or negative errno. */
int privileges_drop(void);

#endif
