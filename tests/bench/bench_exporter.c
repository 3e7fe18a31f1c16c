/* SPDX-License-Identifier: BSD-3-Clause */
/* A scrape of weft-exporter before weft-control, at 1,024 links between leaves and spines with one host a
 * leaf, and with sixteen: how long it takes when control must be asked anew and when it need not, and the
 * processor time of both. usage: bench_exporter WEFT-CONTROL WEFT-EXPORTER [SCRAPES] */
#include <curl/curl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/integration/control/control_daemon.h"

enum {
    LEAVES = 64,
    SPINES = 16,
    SCRAPES_MAX = 100,
    FRESH_US = 1100000, /* then the exporter asks again */
    READY_TRIES = 1000,
    READY_TRY_US = 10000
};
#define PORT "29793"

static struct control_daemon daemon_;

struct page {
    size_t bytes, lines;
};

static size_t count(char *data, size_t size, size_t items, void *context)
{
    struct page *page = context;
    page->bytes += size * items;
    for (size_t i = 0; i < size * items; i++)
        page->lines += data[i] == '\n' && (i + 1 == size * items || data[i + 1] != '#');
    return size * items;
}

/* Seconds; negative when there is no answer. */
static double scrape(CURL *easy, struct page *page)
{
    double took_s = -1;
    *page = (struct page){0};
    curl_easy_setopt(easy, CURLOPT_URL, "http://127.0.0.1:" PORT "/metrics");
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, count);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, page);
    if (curl_easy_perform(easy) == CURLE_OK)
        curl_easy_getinfo(easy, CURLINFO_TOTAL_TIME, &took_s);
    return took_s;
}

static pid_t start_exporter(const char *program)
{
    char config[DAEMON_PATH_BYTES];
    snprintf(config, sizeof(config), "%s/exporter", daemon_.folder);
    FILE *file = fopen(config, "w");
    if (file == NULL)
        return -1;
    fprintf(file, "listen: 127.0.0.1:" PORT "\ncontrol: {socket: %s}\nlog: error\n", daemon_.socket);
    fclose(file);
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    execl(program, program, config, NULL);
    _exit(127);
}

/* Of a running process, user and system. */
static double processor_s(pid_t pid)
{
    char path[64];
    unsigned long user = 0, system = 0;
    snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    FILE *file = fopen(path, "r");
    if (file != NULL &&
        fscanf(file, "%*d %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %lu %lu", &user, &system) != 2)
        user = system = 0;
    if (file != NULL)
        fclose(file);
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void tell(const char *what, double *took_s, unsigned scrapes)
{
    qsort(took_s, scrapes, sizeof(*took_s), by_size);
    printf("%s: %.1f ms median, %.1f ms least, %.1f ms most of %u\n", what, 1e3 * took_s[scrapes / 2],
           1e3 * took_s[0], 1e3 * took_s[scrapes - 1], scrapes);
}

static void bench(pid_t exporter, const unsigned shape[3], unsigned scrapes)
{
    CURL *easy = curl_easy_init();
    struct page page;
    double cold_s[SCRAPES_MAX], warm_s[SCRAPES_MAX];
    for (unsigned tries = 0; scrape(easy, &page) < 0 && tries < READY_TRIES; tries++)
        usleep(READY_TRY_US);
    double exporter_s = processor_s(exporter), control_s = processor_s(daemon_.pid);
    for (unsigned i = 0; i < scrapes; i++) {
        usleep(FRESH_US);
        cold_s[i] = scrape(easy, &page);
        warm_s[i] = scrape(easy, &page);
    }
    exporter_s = processor_s(exporter) - exporter_s;
    control_s = processor_s(daemon_.pid) - control_s;
    printf("%u links, %u hosts: %zu series, %zu bytes\n", shape[0] * (shape[1] + shape[2]),
           shape[0] * shape[2], page.lines, page.bytes);
    tell("a scrape that asks control", cold_s, scrapes);
    tell("a scrape within a second of it", warm_s, scrapes);
    printf("processor time for both: exporter %.1f ms, control %.1f ms\n", 1e3 * exporter_s / scrapes,
           1e3 * control_s / scrapes);
    curl_easy_cleanup(easy);
}

static void run(const char *control, const char *program, const unsigned shape[3], unsigned scrapes)
{
    daemon_program(control);
    daemon_prepare(&daemon_, shape, "");
    daemon_start(&daemon_);
    pid_t exporter = start_exporter(program);
    bench(exporter, shape, scrapes);
    kill(exporter, SIGTERM);
    waitpid(exporter, NULL, 0);
    daemon_end(&daemon_, SIGTERM);
    daemon_clean(&daemon_);
}

int main(int argument_count, char **arguments)
{
    static const unsigned shapes[][3] = {{LEAVES, SPINES, 1}, {LEAVES, SPINES, SPINES}};
    unsigned scrapes = argument_count > 3 ? (unsigned)strtoul(arguments[3], NULL, 10) : 10;
    if (argument_count < 3 || scrapes == 0 || scrapes > SCRAPES_MAX) {
        fprintf(stderr, "usage: bench_exporter WEFT-CONTROL WEFT-EXPORTER [SCRAPES]\n");
        return 1;
    }
    for (unsigned i = 0; i < sizeof(shapes) / sizeof(*shapes); i++)
        run(arguments[1], arguments[2], shapes[i], scrapes);
    return 0;
}
