/* SPDX-License-Identifier: BSD-3-Clause */
/* Tells the service manager how far we are (Type=notify): a datagram to $NOTIFY_SOCKET, if there is one. */
#ifndef WEFT_PROCESS_NOTIFY_H
#define WEFT_PROCESS_NOTIFY_H

/* Such as "READY=1"; see sd_notify(3). */
void notify_service_manager(const char *state);

#endif
