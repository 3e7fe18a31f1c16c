/* SPDX-License-Identifier: BSD-3-Clause */
/* From the timing of collectives to a named component. Pure: no I/O, no clock, no randomness; the same calls
 * give the same verdicts. One thread.
 *
 *     localiser_take_batch(), localiser_take_record()   what monitors tell
 *     localiser_tick()                                  time passes: closes rounds, judges
 *     localiser_next_verdict()                          until false
 *     localiser_next_probe()                            until false: to be sent by somebody; the outcome
 * comes back as TIMING_PROBE records
 *
 * A *round* is the evidence of one training step: all operations that ended within it. A component is bad in
 * a round or not; verdicts follow from many rounds (README.md has the method and its figures).
 */
#ifndef WEFT_CONTROL_LOCALISER_LOCALISER_H
#define WEFT_CONTROL_LOCALISER_LOCALISER_H

#include <stdbool.h>
#include <stdint.h>

#include "control/localiser/verdict.h"
#include "dataplane/formats/timing.h"

enum {
    LOCALISER_LEAVES_MAX = 4096,
    LOCALISER_SPINES_MAX = 64,
    LOCALISER_PORTS_MAX = 1 << 16,
    LOCALISER_ERROR_BYTES = 160
};

struct localiser;

struct localiser_port {
    uint32_t address; /* IPv4, host byte order */
    uint32_t leaf;
};
struct localiser_fabric {
    uint32_t leaf_count, spine_count, port_count;
    const struct localiser_port *ports; /* any order, no address twice */
};

/* localiser_config_default() says what each default follows from: README.md. */
struct localiser_config {
    uint32_t window_rounds;          /* 20 */
    uint64_t round_ns_min;           /* a round lasts at least so long: 250 ms */
    uint64_t settle_ns;              /* an operation that not all ranks have ended is judged when nothing has
                                        come of it for so long: 500 ms */
    double noise_floor;              /* of log T_net, below which no cohort is believed to be: 0.02 */
    double shift;                    /* mu: the slowness looked for, in units of the noise: 2 */
    double loss_background;          /* p0, at least: 1e-6 */
    double loss_sought;              /* p1: 1e-4 */
    double round_prior;              /* what a component's flows must outweigh in a round: log 50 */
    double round_cap;                /* no round counts for more: 8 */
    double false_verdicts_per_round; /* alpha: 1e-6 */
    double margin;                   /* components closer than this are not told apart: log 1000 */
    uint64_t silence_ns_min;         /* shorter silence is not believed: 0 */
    uint64_t silence_settle_ns;      /* others of the same cause are waited for so long: 50 ms */
    uint32_t silent_flows_min;       /* 2 */
    uint64_t hang_ns;                /* T_h: 10 s */
    uint32_t clean_rounds;           /* after which a verdict is cleared: 100 */
    uint64_t probe_timeout_ns;       /* 2 s */
    bool lone_probes;     /* whoever sends probes can send lone packets and tell how long each took:
                             false */
    uint32_t records_max; /* in operations not yet judged: 2^20; beyond it dropped and counted */
};
void localiser_config_default(struct localiser_config *config);

/* Copies what it is given. -EINVAL or -ENOMEM, and one line in `error`. */
int localiser_create(const struct localiser_fabric *fabric, const struct localiser_config *config,
                     struct localiser **localiser, char error[LOCALISER_ERROR_BYTES]);
void localiser_destroy(struct localiser *l);

/* ---- intake ---- */

enum localiser_refusal {
    LOCALISER_TAKEN,
    LOCALISER_MALFORMED,     /* timing_record_check() */
    LOCALISER_UNKNOWN_PORT,  /* an address that the fabric does not have */
    LOCALISER_UNKNOWN_PATH,  /* a spine that it does not have */
    LOCALISER_UNKNOWN_EPOCH, /* a plan that was never published: localiser_use_epoch() */
    LOCALISER_DUPLICATE,     /* a batch that came before */
    LOCALISER_LATE,          /* of an operation that has been judged */
    LOCALISER_FULL,          /* records_max */
    LOCALISER_REFUSALS
};
const char *localiser_refusal_name(enum localiser_refusal refusal);
/* Takes a checked batch: refuses records one by one, recognises batches that were sent twice, and counts
 * those that never came. A monitor that has nothing to tell sends empty batches: they say that it lives. */
void localiser_take_batch(struct localiser *l, const struct timing_view *batch, uint64_t now_ns);
/* Takes one record of the port with this address. */
enum localiser_refusal localiser_take_record(struct localiser *l, uint32_t reporter,
                                             const struct timing_record *record, uint64_t now_ns);
/* The newest epoch that was published; records of later ones are refused. Without it any is taken. */
void localiser_use_epoch(struct localiser *l, uint64_t epoch);

/* ---- judging ---- */

/* Time never goes back. Call it at localiser_next_wakeup(), or more often. */
void localiser_tick(struct localiser *l, uint64_t now_ns);
uint64_t localiser_next_wakeup(const struct localiser *l); /* UINT64_MAX: never */
bool localiser_next_verdict(struct localiser *l, struct verdict *verdict);

/* A train of `packets` full packets, `repeats` times, from one port to another over one path: what it crosses
 * tells members of a tie class apart. */
struct probe_request {
    uint64_t number;              /* comes back as the records' `sequence`; `step` is the repeat, from 0 */
    uint64_t verdict;             /* whose doubt it settles */
    uint32_t source, destination; /* addresses */
    uint16_t path;
    bool turns_at_spine; /* to be answered by the spine's router (TTL-limited): tests the uplink alone */
    uint32_t packets, repeats;
    bool lone; /* each repeat is one packet, a pause after the one before, so that all take about a round */
};
bool localiser_next_probe(struct localiser *l, struct probe_request *request);

/* How far timing speaks against it now: 0, not at all; 1 and more, enough to suspect it. */
double localiser_score(const struct localiser *l, const struct component *component);

/* Somebody has mended, replaced or restored it: nothing that was is held against it any more. */
void localiser_forget(struct localiser *l, const struct component *component);

/* ---- introspection ---- */

struct localiser_counters {
    uint64_t records;
    uint64_t refused[LOCALISER_REFUSALS];
    uint64_t records_lost; /* that monitors had no room for, or that never came */
    uint64_t monitors_restarted;
    uint64_t operations, rounds, cohorts_too_small;
    uint64_t common_mode_rounds; /* all had become slower alike: nobody was blamed */
    uint64_t verdicts[VERDICT_KINDS];
    uint64_t probes_requested, probes_answered, probes_lost;
};
void localiser_get_counters(const struct localiser *l, struct localiser_counters *counters);

#endif
