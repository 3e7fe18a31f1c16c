/* SPDX-License-Identifier: BSD-3-Clause */
/* What a monitor tells of its host port: one record for each message on each path, for each collective that a
 * rank enters or ends, and for each path that falls silent. The monitor's ring buffer carries records; a
 * batch of them is the body that control is sent. Stage times are differences on one host's own clock: clocks
 * of different hosts are never compared.
 *
 * One block of memory, little-endian:
 *
 *     struct timing_batch
 *     struct timing_record   x count
 *
 * A batch is foreign bytes until timing_batch_check() has accepted its envelope, and each record until
 * timing_record_check() has: one bad record does not spoil the others. A port tells only of itself.
 */
#ifndef WEFT_FORMATS_TIMING_H
#define WEFT_FORMATS_TIMING_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

enum {
    TIMING_MAGIC = 0x4d495457, /* "WTIM" */
    TIMING_VERSION = 1,
    TIMING_RECORDS_MAX = 32768, /* of a batch: 4 MiB */
    TIMING_PATH_NONE = 0xffff,  /* it crosses no spine, or nobody knows which */
    TIMING_ERROR_BYTES = 160
};
#define TIMING_NS_MAX    (1ull << 50) /* of any stage: thirteen days */
#define TIMING_BYTES_MAX (1ull << 42)

enum timing_kind {
    TIMING_SENT = 1,     /* by the sender: ready_ns, credit_ns, network_ns, counts of the path */
    TIMING_RECEIVED = 2, /* by the receiver: credit_ns, drain_ns */
    TIMING_ENTERED = 3,  /* by a rank: it has begun operation `sequence` of the communicator */
    TIMING_ENDED = 4,    /* by a rank: it has ended it; network_ns: since it was entered */
    TIMING_SILENT = 5,  /* by the sender: nothing has come back over the path for network_ns and `retransmits`
                           timeouts, while something was awaited */
    TIMING_ANSWERS = 6, /* by the sender: a silent path answers again */
    TIMING_PROBE = 7,   /* by the sender: probe `sequence` has ended: `packets` sent, `retransmits` of them
                           never answered, network_ns from the first sent to the last answer */
    TIMING_OPENED = 8,  /* by a rank: it has opened the communicator of rank_count ranks */
    TIMING_CLOSED = 9,  /* by a rank: it has closed it; what it had not ended it will never end */
    TIMING_KINDS
};

enum timing_flag {
    TIMING_ENQUEUE_ONLY = 1, /* seen at the entry of another library: says that an operation was handed over,
                                not how it went */
    TIMING_FAILED = 2,       /* it ended, but not well: cancelled, or a peer is dead */
    TIMING_BY_NIC = 4, /* an RDMA NIC carried it: its packets are messages of the NIC's, whose retransmissions
                          and marks are the NIC's to count, and not in here */
    TIMING_FLAGS_ALL = 7
};

struct timing_record {
    uint64_t communicator; /* identity, equal on all ranks */
    uint64_t sequence;     /* of the operation on the communicator */
    uint64_t plan_epoch;   /* in force when it was sent; 0: none */
    uint64_t at_ns;        /* when it ended, on the reporting host's monotonic clock */
    uint64_t bytes;        /* payload that took this path */
    uint64_t ready_ns; /* W_ready: the rank had entered the step, its data was not ready (compute, PCIe) */
    uint64_t
        credit_ns; /* W_credit: waiting for the receiver to post or to grant (receiver: for the sender) */
    uint64_t
        network_ns;    /* T_net: from the first packet sent to the last byte acknowledged, this path alone */
    uint64_t drain_ns; /* W_drain: from the last byte's arrival to its delivery */
    uint64_t minimum_rtt_ns; /* of the path, during the message; 0: none was measured */
    uint32_t source;         /* IPv4 of the sending port, host byte order */
    uint32_t destination;    /* IPv4 of the receiving port; of kinds told by a rank its own address again */
    uint32_t rank;           /* of the reporter */
    uint32_t peer_rank;
    uint32_t rank_count; /* of the communicator; 0: not known */
    uint32_t step;       /* of the operation */
    uint32_t packets;    /* sent on this path for this message, retransmissions included */
    uint32_t retransmits;
    uint32_t marks;     /* packets that arrived with congestion experienced */
    uint16_t path;      /* the spine's index, the same for every peer; or TIMING_PATH_NONE */
    uint16_t operation; /* enum app_operation */
    uint8_t kind;       /* enum timing_kind */
    uint8_t flags;      /* enum timing_flag */
    uint16_t pieces;    /* paths that the whole message took: as many records tell of it */
    uint32_t reserved;  /* zero */
};

struct timing_batch {
    uint32_t magic;
    uint16_t version;
    uint16_t record_bytes;   /* sizeof(struct timing_record) */
    uint32_t count;          /* of records that follow */
    uint32_t address;        /* IPv4 of the host port that it tells of, host byte order */
    uint64_t incarnation;    /* of the monitor: drawn when it starts, not zero */
    uint64_t first_sequence; /* of the first record; the incarnation's first record ever has 0 */
    uint64_t lost;           /* records of this incarnation that were never sent: nobody had room for them */
};

static_assert(sizeof(struct timing_record) == 128, "timing_record");
static_assert(sizeof(struct timing_batch) == 40, "timing_batch");

/* A batch whose envelope is in order. Points into the block, which must stay. */
struct timing_view {
    struct timing_batch batch;
    const uint8_t *records;
};

/* Bytes of a batch with so many records; 0 if they are too many. */
size_t timing_batch_bytes(uint32_t count);
/* Writes an envelope and its records to `block`, which has room for timing_batch_bytes(batch->count): magic,
 * version and record_bytes are filled in. Returns the bytes, 0 if the records are too many. */
size_t timing_batch_write(void *block, const struct timing_batch *batch, const struct timing_record *records);
/* 0 and a view if these bytes are one whole batch of the host port `address`; else -EINVAL and one line that
 * says what is wrong with it. The block may lie at any address. */
int timing_batch_check(const void *block, size_t bytes, uint32_t address, struct timing_view *view,
                       char error[TIMING_ERROR_BYTES]);
/* Copies the record out; index < view->batch.count. */
void timing_batch_record(const struct timing_view *view, uint32_t index, struct timing_record *record);

enum timing_fault {
    TIMING_GOOD,
    TIMING_BAD_KIND,    /* unknown kind or flag, or the reserved field is set */
    TIMING_BAD_ADDRESS, /* it tells of another port than the reporter's */
    TIMING_BAD_STAGE,   /* a time beyond TIMING_NS_MAX: a clock has jumped */
    TIMING_BAD_COUNT,   /* more retransmits or marks than packets, no packets for bytes, bytes beyond
                           TIMING_BYTES_MAX, a rank beyond its communicator */
    TIMING_FAULTS
};
const char *timing_fault_name(enum timing_fault fault);
/* Whether the record may be believed to be a record, from the port `address`. */
enum timing_fault timing_record_check(const struct timing_record *record, uint32_t address);

#endif
