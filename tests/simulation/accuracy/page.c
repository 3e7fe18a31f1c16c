/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/simulation/accuracy/page.h"

const char *const page_opening =
    "# How often the localiser is right\n\n"
    "Written by `tools/accuracy`; the method is in control/localiser/README.md. Everything is seeded.\n\n"
    "A verdict counts if it is confirmed and names one component. It is right if component and kind are "
    "those "
    "of the injected fault; links and\nhosts count without direction (acks of one direction cross the other; "
    "what is drained is the cable). Every other confirmed verdict, at any time\nof the run, is wrong. A "
    "fault "
    "that stays in a tie class is not named. Steps count from the onset of the fault to the verdict, probes "
    "included.\nThe decoy and the liar need not be named: there the right verdict is \"congested\", or the "
    "lying host, or none.\n";

const char *const page_model =
    "\n## Statistical model\n\n"
    "Fabrics of 3 to 16 leaves, 4 to 8 spines, 16 to 64 hosts; one to three jobs of rings, exchanges and "
    "all-to-alls in random placement; 3 to 7 %\nnoise; in each step 1 % of the link directions are 1.2 to "
    "2.2 times slower for that step, half of these marked. No queues, no transport: times are\ndrawn. Many "
    "links carry a single message a step. \n\n";

const char *const page_transport =
    "\n## Real transport, weft-sim\n\n"
    "The dataplane's transport in the packet simulator: 3 or 4 leaves, 3 to 6 spines (two where it says so), "
    "3 to 6 "
    "hosts a leaf, 100 Gb/s; links between\nleaves and spines limit a step, to within a tenth. All-to-alls "
    "of 24 to "
    "71 KiB a pair (two jobs: twice that; two spines: four times), ranks on hosts in\nrandom order, split by "
    "`wrap`; "
    "records from the transport's own events and message legs, probes are messages over the path. A step is "
    "one "
    "all-to-all, about\n0.1 ms, and 0.2 ms of computing; a link carries 40 to 200 packets in it. The fault "
    "comes "
    "after 25 to 40 steps and stays for 150, or until 15 after it\nwas named.\n\n";

const char *const page_without_end =
    "\nThe last kind is told from a link of reduced rate by lone packets in the jobs' silence "
    "(control/localiser/README.md, `standing_queue`); nothing else that hosts see tells\nthem apart. "
    "weft-control's agents send them, too, and need them to be answered with less jitter than a queue lasts. "
    "Without that kind:\n";

const char *const page_bound =
    "\n## How soon evidence can suffice\n\n"
    "A verdict needs about 21 nats (one false one in a million rounds, all components and channels). n "
    "messages a step "
    "over a link that is slower by d (log), with\nnoise s, bring n d^2 / 2 s^2 nats a step; N packets, of "
    "which a "
    "share p is lost where b is usual, bring N (p log(p/b) - p + b):\n\n"
    "| fault | nats a step | steps at least |\n|---|---|---|\n"
    "| 1.1 times, one message a step, noise 6 % | 1.3 | 17 |\n"
    "| 1.3 times, the same, in 3 of 10 steps | 2.9 | 8 |\n"
    "| 0.1 % loss, 65 packets a step, b = 1e-6 | 0.38 | 55 |\n"
    "| 1 % loss, 42 packets a step, b = 5e-4 (what is sent again for no loss) | 0.86 | 25 |\n\n"
    "So no fault that slows anybody is beyond its 150 steps; what is not named lost its evidence to caution "
    "(a round counts for little, the same likelihood must\nalso tell the link from its neighbours) or had "
    "nothing to be compared with. But 90 % of the rate slow nobody where load leaves a tenth of the link "
    "free, as in\nabout one run of nine above: there d is 0.\n";

const char *const page_transport_healthy =
    "\n## Healthy steps, real transport\n\n"
    "Runs of 10,000 steps on 6 to 9 hosts, all-to-alls of 8 or 16 KiB a pair; others send bursts of eight "
    "messages' "
    "bytes between random leaves, in about\none step of ten.\n\n";

const char *const page_healthy = "\n## Healthy steps, statistical model\n\n";
