/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/sim/trial.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/sim/memory.h"

enum {
    PROCESSES_MAX = 64
};

/* ---- the child ---- */

static bool put(int fd, const void *bytes, size_t count)
{
    const char *from = bytes;
    for (ssize_t n; count > 0; from += n, count -= (size_t)n) {
        n = write(fd, from, count);
        if (n <= 0)
            return false;
    }
    return true;
}

static bool put_result(int fd, const struct experiment *e, const struct experiment_result *r)
{
    bool good = put(fd, r, sizeof(*r)) && put(fd, r->jobs, r->job_count * sizeof(*r->jobs));
    for (unsigned i = 0; good && i < r->job_count; i++)
        good = put(fd, r->jobs[i].iterations_ns, e->jobs[i].iterations * sizeof(double));
    return good;
}

_Noreturn static void run_and_exit(struct trial *trial, int fd)
{
    struct experiment *e = &trial->experiment;
    struct experiment_result result;
    if (trial->samples[0] != '\0' && (e->samples = fopen(trial->samples, "w")) == NULL) {
        fprintf(stderr, "weft-sim: %s: %s\n", trial->samples, strerror(errno));
        _exit(1);
    }
    experiment_run(e, &result);
    bool good = e->samples == NULL || fclose(e->samples) == 0;
    _exit(good && put_result(fd, e, &result) ? 0 : 1);
}

/* ---- the parent ---- */

struct runner {
    struct trial *trial;
    pid_t child;
    int fd;
};

static bool take(int fd, void *bytes, size_t count)
{
    char *to = bytes;
    for (ssize_t n; count > 0; to += n, count -= (size_t)n) {
        do {
            n = read(fd, to, count);
        } while (n < 0 && errno == EINTR);
        if (n <= 0)
            return false;
    }
    return true;
}

static bool take_result(int fd, struct trial *trial)
{
    struct experiment_result *r = &trial->result;
    const struct experiment *e = &trial->experiment;
    bool good = take(fd, r, sizeof(*r));
    r->job_count = e->job_count;
    r->jobs = memory_take(e->job_count, sizeof(*r->jobs));
    good = good && take(fd, r->jobs, r->job_count * sizeof(*r->jobs));
    for (unsigned i = 0; i < r->job_count; i++) {
        r->jobs[i].iterations_ns = memory_take(e->jobs[i].iterations, sizeof(double));
        good = good && take(fd, r->jobs[i].iterations_ns, e->jobs[i].iterations * sizeof(double));
    }
    return good;
}

static int begin(struct runner *runner, struct trial *trial)
{
    int ends[2];
    fflush(NULL); /* or the child would write it again */
    if (pipe(ends) != 0)
        return -errno;
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        run_and_exit(trial, ends[1]);
    }
    int error = child < 0 ? errno : 0;
    close(ends[1]);
    if (error != 0) {
        close(ends[0]);
        return -error;
    }
    *runner = (struct runner){.trial = trial, .child = child, .fd = ends[0]};
    return 0;
}

static void end(struct runner *runner, const struct trial_plan *plan)
{
    int status = 0;
    bool taken = take_result(runner->fd, runner->trial);
    close(runner->fd);
    while (waitpid(runner->child, &status, 0) < 0 && errno == EINTR) {
    }
    runner->trial->crashed = !taken || status != 0;
    if (plan->on_end != NULL)
        plan->on_end(runner->trial, plan->context);
}

/* Waits until one of them has something to say, and takes it. */
static void end_one(struct runner *runners, unsigned count, const struct trial_plan *plan)
{
    struct pollfd fds[PROCESSES_MAX];
    for (unsigned i = 0; i < count; i++)
        fds[i] = (struct pollfd){.fd = runners[i].fd, .events = POLLIN};
    while (poll(fds, count, -1) < 0 && errno == EINTR) {
    }
    unsigned which = 0;
    while (which + 1 < count && fds[which].revents == 0)
        which++;
    end(&runners[which], plan);
    runners[which] = runners[count - 1];
}

int trial_run_all(const struct trial_plan *plan)
{
    struct runner runners[PROCESSES_MAX];
    unsigned limit = plan->processes < 1 ? 1 : plan->processes;
    unsigned running = 0, next = 0;
    int error = 0;
    limit = limit > PROCESSES_MAX ? PROCESSES_MAX : limit;
    while (running > 0 || (next < plan->count && error == 0)) {
        if (running < limit && next < plan->count && error == 0) {
            error = begin(&runners[running], &plan->trials[next++]);
            running += error == 0;
        } else {
            end_one(runners, running--, plan);
        }
    }
    if (error != 0)
        fprintf(stderr, "weft-sim: cannot start a process: %s: use fewer with --processes\n",
                strerror(-error));
    return error;
}

void trial_clear(struct trial *trial)
{
    experiment_result_clear(&trial->result);
}
