/* SPDX-License-Identifier: BSD-3-Clause */
/* Messages over RDMA NICs, written on rdma-core. A *link* is a reliable queue pair to one peer whose packets
 * carry one UDP source port, so it is pinned to one path. A message is a short header and, optionally,
 * payload that the NIC writes straight into the peer's memory before the peer learns of the header.
 *
 * Of weft's own packets nothing is known here. Two threads use it: the main thread opens, registers, creates,
 * connects and destroys; the worker sends, polls, sleeps and breaks. A link is the worker's from
 * verbs_link_begin() to verbs_link_end().
 */
#ifndef WEFT_NIC_VERBS_H
#define WEFT_NIC_VERBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    VERBS_ERROR_BYTES = 256,
    VERBS_HEADER_BYTES_MAX = 96,
    VERBS_LINK_MESSAGES = 32 /* of one link, sent and not known to have arrived; as many may lie unread */
};

struct verbs;
struct verbs_memory;
struct verbs_link;

struct verbs_config {
    const char *device; /* name ("mlx5_0"), IPv4 address or GID; the last two choose device, port and GID */
    uint32_t address;   /* IPv4, host byte order: which of the device's GIDs; 0: its first IPv4 one */
    unsigned links_max; /* the device may allow fewer */
    bool ports_by_numbers; /* the device takes no notice of flow labels: source ports follow from both queue
                              pairs' numbers, by the kernel's rule */
};
/* What a device is to the rest of the host. */
struct verbs_identity {
    char interface[16]; /* the network interface behind the device's port */
    uint32_t address;   /* of the GID */
};
/* 0 or negative errno with `error` in words: what is missing and how to get it. Keeps nothing open. */
int verbs_identify(const struct verbs_config *config, struct verbs_identity *identity,
                   char error[VERBS_ERROR_BYTES]);
/* The same; to be called under the credentials that the worker will have: the kernel asks for them. */
int verbs_open(const struct verbs_config *config, struct verbs **verbs, char error[VERBS_ERROR_BYTES]);
void verbs_close(struct verbs *v);

const char *verbs_device_name(const struct verbs *v);
uint32_t verbs_address(const struct verbs *v);
unsigned verbs_links_max(const struct verbs *v);

/* ---- memory ---- */

/* Memory that messages are sent from and that peers who know its key may write to. It must stay mapped until
 * it is released. The same range registered again is the same registration, counted. 0 or negative errno. */
int verbs_memory_register(struct verbs *v, void *base, uint64_t bytes, struct verbs_memory **memory,
                          char error[VERBS_ERROR_BYTES]);
/* Memory of another device, a GPU's for example, by the dma-buf that exports it. */
struct verbs_dmabuf {
    int fd;
    uint64_t offset, bytes;
    uint64_t address; /* by which messages name its first byte */
};
/* -EOPNOTSUPP: the NIC or its driver cannot reach such memory, Soft-RoCE for one. */
int verbs_memory_register_dmabuf(struct verbs *v, const struct verbs_dmabuf *dmabuf,
                                 struct verbs_memory **memory, char error[VERBS_ERROR_BYTES]);
/* NULL is allowed. A peer that writes to it afterwards is refused by the NIC, and its link breaks. */
void verbs_memory_release(struct verbs_memory *memory);
uint32_t verbs_memory_local_key(const struct verbs_memory *memory);
uint32_t verbs_memory_remote_key(const struct verbs_memory *memory);

/* ---- links, main thread ---- */

/* What the other end of a link must know of this one. */
struct verbs_end {
    uint64_t credit_address; /* where the peer writes how many of our messages it has read */
    uint32_t credit_key;
    uint32_t queue_pair, packet_number; /* 24 bits each */
    uint32_t messages_max;              /* that it has room for, unread */
    uint32_t mtu;                       /* enum ibv_mtu */
};
/* 0, -EDQUOT when links_max are in use, or another negative errno. */
int verbs_link_create(struct verbs *v, struct verbs_link **link, char error[VERBS_ERROR_BYTES]);
void verbs_link_describe(const struct verbs_link *link, struct verbs_end *end);

/* With ports_by_numbers: the source port that packets of the link will carry, both ways, when it is connected
 * to this queue pair. 0: the route says. */
uint16_t verbs_link_fixed_port(const struct verbs_link *link, uint32_t other_queue_pair);
struct verbs_route {
    uint32_t destination; /* IPv4, host byte order */
    uint16_t source_port; /* 49152 .. 65535 */
};
/* From here on it receives, and may send when the peer's end is connected as well. `remote` is hostile:
 * -EPROTO when it cannot be one. */
int verbs_link_connect(struct verbs_link *link, const struct verbs_route *route,
                       const struct verbs_end *remote, char error[VERBS_ERROR_BYTES]);
/* After this nothing arrives on it or completes but what verbs_poll() finds: the worker may still have it. */
void verbs_link_stop(struct verbs_link *link);
/* The worker must not have it. NULL is allowed. */
void verbs_link_destroy(struct verbs_link *link);

/* What the device says beside the packet path. */
enum verbs_event_kind {
    VERBS_EVENT_NONE,
    VERBS_EVENT_PORT_DOWN,
    VERBS_EVENT_PORT_UP,
    VERBS_EVENT_ADDRESS_CHANGED, /* the GID table: our address may be gone, or back */
    VERBS_EVENT_DEVICE_GONE,
    VERBS_EVENT_OTHER
};
int verbs_event_fd(const struct verbs *v); /* readable when there is one */
/* `text` names it. VERBS_EVENT_NONE: there was none. */
enum verbs_event_kind verbs_take_event(struct verbs *v, const char **text);
/* After VERBS_EVENT_ADDRESS_CHANGED: links that are connected from now on use the GID where it is now. False:
 * the device has none of our address any more. */
bool verbs_find_address_again(struct verbs *v);

/* ---- links, worker ---- */

void verbs_link_begin(struct verbs_link *link, void *owner);
/* No completion of the link comes any more. */
void verbs_link_end(struct verbs_link *link);

struct verbs_message {
    const uint8_t *header; /* copied */
    uint32_t header_bytes; /* 1 .. VERBS_HEADER_BYTES_MAX */
    uint32_t payload_bytes;
    const uint8_t *payload; /* unchanged until the message has been sent */
    uint64_t remote_address;
    uint32_t local_key, remote_key;
};
/* False: no room, or the peer has too many unread; try again after completions. Messages arrive in order. */
bool verbs_link_send(struct verbs_link *link, const struct verbs_message *message);
bool verbs_link_has_room(const struct verbs_link *link);
/* Nothing more is sent on it, and what the peer sends is refused. */
void verbs_link_break(struct verbs_link *link);

enum verbs_completion_kind {
    VERBS_SENT,     /* the oldest message not yet reported has arrived in the peer's memory */
    VERBS_RECEIVED, /* a header, and the payload that went before it */
    VERBS_FAILED    /* the NIC has given the link up; told once */
};
struct verbs_completion {
    enum verbs_completion_kind kind;
    void *owner;           /* of the link */
    const uint8_t *header; /* RECEIVED: valid until verbs_release() */
    uint32_t header_bytes;
    uint32_t payload_bytes; /* RECEIVED: as the peer says */
    const char *reason;     /* FAILED */
    uint32_t buffer;        /* its own, as is `work` */
    uint64_t work;
};
/* 0: there are none. */
unsigned verbs_poll(struct verbs *v, struct verbs_completion *completions, unsigned max);
/* To be called with what verbs_poll() returned, before it is called again. */
void verbs_release(struct verbs *v, const struct verbs_completion *completions, unsigned count);

/* Sleeping: verbs_arm() makes the next completion ring `verbs_completion_fd()`; poll once more after it. */
int verbs_completion_fd(const struct verbs *v);
void verbs_arm(struct verbs *v);

struct verbs_counters {
    uint64_t messages_sent, messages_received, payload_bytes_sent;
    uint64_t inline_payloads;
    uint64_t links_failed;
    uint64_t received_of_nobody; /* on a link that was given up meanwhile */
    uint64_t received_malformed; /* without a header, or with an operation that a peer has no business with */
    uint64_t failures_by_status[32]; /* enum ibv_wc_status, the first of each link */
};
void verbs_get_counters(const struct verbs *v, struct verbs_counters *counters);
const char *verbs_status_name(unsigned status);
/* How often the device, whoever used it, has sent again. False: its driver does not say. Main thread. */
bool verbs_retransmits(const struct verbs *v, uint64_t *count);

#endif
