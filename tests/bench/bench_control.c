/* SPDX-License-Identifier: BSD-3-Clause */
/* weft-control with 1,000 agents that wait for a plan: how long from the drain of a link until the last has
 * the new one, how fast it takes reports, and what memory it needs. usage: bench_control WEFT-CONTROL
 * [AGENTS] */
#include <curl/curl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "tests/integration/control/agents.h"

enum {
    HOSTS_PER_LEAF = 25,
    SPINES = 16,
    ROUNDS = 5,
    REPORT_ROUNDS = 3
};

struct poll {
    CURL *easy;
    size_t bytes;
};

static struct control_daemon daemon_;
static struct agents agents;

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static size_t count_bytes(char *data, size_t size, size_t count, void *context)
{
    (void)data;
    ((struct poll *)context)->bytes += size * count;
    return size * count;
}

static void begin_poll(CURLM *multi, struct poll *p, unsigned host, uint64_t after)
{
    char url[256];
    snprintf(url, sizeof(url), "http://weft/v1/agents/%s/plan?after=%llu&wait_ms=60000",
             agent_name(&agents, host), (unsigned long long)after);
    if (p->easy == NULL)
        p->easy = curl_easy_init();
    p->bytes = 0;
    curl_easy_setopt(p->easy, CURLOPT_URL, url);
    curl_easy_setopt(p->easy, CURLOPT_UNIX_SOCKET_PATH, daemon_.socket);
    curl_easy_setopt(p->easy, CURLOPT_WRITEFUNCTION, count_bytes);
    curl_easy_setopt(p->easy, CURLOPT_WRITEDATA, p);
    curl_multi_add_handle(multi, p->easy);
}

/* Gives curl its turn; returns how many polls have ended. */
static unsigned turn(CURLM *multi, int wait_ms)
{
    int running, left;
    unsigned ended = 0;
    curl_multi_perform(multi, &running);
    for (CURLMsg *message; (message = curl_multi_info_read(multi, &left)) != NULL; ended++)
        curl_multi_remove_handle(multi, message->easy_handle);
    if (ended == 0)
        curl_multi_poll(multi, NULL, 0, wait_ms, NULL);
    return ended;
}

static uint64_t epoch_now(void)
{
    const struct answer *a = api_get(&daemon_, "/v1/plan");
    return (uint64_t)json_integer_value(json_object_get(a->json, "epoch"));
}

/* Settled when no new plan has come of what is known for two seconds. */
static uint64_t settled_epoch(void)
{
    uint64_t epoch = epoch_now();
    for (;;) {
        const struct answer *a = api_get(&daemon_, "/v1/agents/%s/plan?after=%llu&wait_ms=2000",
                                         agent_name(&agents, 0), (unsigned long long)epoch);
        if (a->status == 204)
            return epoch;
        epoch = epoch_now();
    }
}

/* Seconds from the operator's word until the last agent has its plan. */
static double publish(CURLM *multi, struct poll *polls, bool drain)
{
    uint64_t epoch = settled_epoch();
    for (unsigned i = 0; i < agents.ranks; i++)
        begin_poll(multi, &polls[i], i, epoch);
    for (double begin_s = now_s(); now_s() - begin_s < 2;) /* all are waiting */
        turn(multi, 50);
    double begin_s = now_s();
    api_post(&daemon_, "/v1/links/leaf0-spine0", "{\"action\":\"%s\",\"force\":true}",
             drain ? "drain" : "restore");
    for (unsigned ended = 0; ended < agents.ranks;)
        ended += turn(multi, 1000);
    return now_s() - begin_s;
}

static double report_rate(void)
{
    double begin_s = now_s();
    for (unsigned i = 0; i < REPORT_ROUNDS; i++)
        agents_report(&agents);
    return REPORT_ROUNDS * agents.ranks / (now_s() - begin_s);
}

static void bench(void)
{
    struct poll *polls = calloc(agents.ranks, sizeof(*polls));
    CURLM *multi = curl_multi_init();
    double first = report_rate(), again = report_rate(), worst = 0, sum = 0;
    size_t bytes = 0;
    printf("reports with a communicator of %u ranks: %.0f/s when new, %.0f/s after\n", agents.ranks, first,
           again);
    for (unsigned i = 0; i < ROUNDS; i++) {
        double took_s = publish(multi, polls, i % 2 == 0);
        worst = took_s > worst ? took_s : worst;
        sum += took_s;
    }
    for (unsigned i = 0; i < agents.ranks; i++) {
        bytes += polls[i].bytes;
        curl_easy_cleanup(polls[i].easy);
    }
    printf("drain to the last of %u plans (%zu bytes together): %.3f s mean, %.3f s worst of %d\n",
           agents.ranks, bytes, sum / ROUNDS, worst, ROUNDS);
    curl_multi_cleanup(multi);
    free(polls);
}

int main(int count, char **arguments)
{
    unsigned hosts = count > 2 ? (unsigned)strtoul(arguments[2], NULL, 10) : 1000;
    const unsigned shape[3] = {hosts / HOSTS_PER_LEAF, SPINES, HOSTS_PER_LEAF};
    struct rusage usage;
    if (count < 2 || shape[0] < 2) {
        fprintf(stderr, "usage: bench_control WEFT-CONTROL [AGENTS]\n");
        return 1;
    }
    daemon_program(arguments[1]);
    daemon_prepare(&daemon_, shape, "");
    daemon_start(&daemon_);
    agents = (struct agents){.daemon = &daemon_,
                             .hosts_per_leaf = HOSTS_PER_LEAF,
                             .spines = SPINES,
                             .ranks = shape[0] * HOSTS_PER_LEAF,
                             .identity = "0x1f",
                             .flow_bytes = 1 << 20,
                             .dead_spine = -1,
                             .incarnation = 1};
    bench();
    daemon_end(&daemon_, SIGTERM);
    getrusage(RUSAGE_CHILDREN, &usage);
    printf("weft-control: %.1f MiB resident at most, %.2f s of processor time\n",
           (double)usage.ru_maxrss / 1024,
           (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec / 1e6);
    daemon_clean(&daemon_);
    return 0;
}
