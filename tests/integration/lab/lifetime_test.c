/* SPDX-License-Identifier: BSD-3-Clause */
/* However a lab ends, nothing of it stays. Every process of a lab inherits a pipe from this program: when its
 * other end reads end-of-file, all of them are gone, and with the last of them the private namespaces. */
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/integration/lab/harness.h"

static const char *weft_lab, *fake_dataplane;

struct lab_process {
    pid_t process;
    int output; /* what the lab and its command print; end-of-file when all processes of the lab are gone */
    int terminal;
};

static struct lab_process lab_launch(const char *const *run_arguments, bool on_terminal)
{
    struct lab_process lab = {.terminal = -1};
    const char *arguments[16] = {weft_lab, "run", "2x2x1"};
    unsigned count = 3;
    int output[2];
    while (*run_arguments)
        arguments[count++] = *run_arguments++;
    assert_int_equal(pipe2(output, O_CLOEXEC), 0);
    lab.process = on_terminal ? forkpty(&lab.terminal, NULL, NULL, NULL) : fork();
    if (lab.process == 0) {
        dup2(output[1], STDOUT_FILENO);
        dup2(output[1], STDERR_FILENO);
        execv(weft_lab, (char **)arguments);
        _exit(126);
    }
    close(output[1]);
    lab.output = output[0];
    return lab;
}

/* Reads what the lab prints until `text` has come; NULL: until all its processes are gone. */
static bool lab_await_output(struct lab_process lab, const char *text)
{
    char printed[4096] = "";
    size_t length = 0;
    struct pollfd output = {.fd = lab.output, .events = POLLIN};
    while (poll(&output, 1, 20000) == 1 && length + 1 < sizeof(printed)) {
        ssize_t got = read(lab.output, printed + length, sizeof(printed) - 1 - length);
        if (got <= 0)
            return text == NULL;
        printed[length += (size_t)got] = '\0';
        if (text && strstr(printed, text))
            return true;
    }
    return false;
}

static int lab_exit_status(struct lab_process lab)
{
    int status;
    assert_int_equal(waitpid(lab.process, &status, 0), lab.process);
    close(lab.output);
    if (lab.terminal >= 0)
        close(lab.terminal);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void assert_nothing_is_left(void)
{
    assert_int_not_equal(access("/run/weft-lab", F_OK), 0);
    assert_int_not_equal(access("/run/netns/leaf0", F_OK), 0);
    assert_int_equal(if_nametoindex("spine0"), 0);
}

/* The command and a child that has left its session and its process group. */
static const char *const long_command[] = {
    "--no-dataplane", "--", "sh", "-c", "setsid sleep 1000 & echo up; exec sleep 1000", NULL};

static void a_command_that_ends_ends_its_lab(void **state)
{
    (void)state;
    static const char *const arguments[] = {
        "--no-dataplane", "--", "sh", "-c", "setsid sleep 1000 & exit 7", NULL};
    struct lab_process lab = lab_launch(arguments, false);
    assert_true(lab_await_output(lab, NULL));
    assert_int_equal(lab_exit_status(lab), 7);
    assert_nothing_is_left();
}

static void assert_signal_ends_it(int signal, int exit_status)
{
    struct lab_process lab = lab_launch(long_command, false);
    assert_true(lab_await_output(lab, "up"));
    assert_int_equal(kill(lab.process, signal), 0);
    assert_true(lab_await_output(lab, NULL));
    assert_int_equal(lab_exit_status(lab), exit_status);
    assert_nothing_is_left();
}

static void signals_end_a_lab(void **state)
{
    (void)state;
    assert_signal_ends_it(SIGTERM, 128 + SIGTERM);
    assert_signal_ends_it(SIGINT, 128 + SIGTERM);
    assert_signal_ends_it(SIGHUP, 128 + SIGTERM);
    assert_signal_ends_it(SIGKILL, 128 + SIGKILL);
}

static void an_interrupt_at_the_terminal_ends_a_lab(void **state)
{
    (void)state;
    struct lab_process lab = lab_launch(long_command, true);
    assert_true(lab_await_output(lab, "up"));
    assert_int_equal(write(lab.terminal, "\003", 1), 1);
    assert_true(lab_await_output(lab, NULL));
    assert_int_equal(lab_exit_status(lab), 128 + SIGINT);
    assert_nothing_is_left();
}

static void a_command_that_cannot_run_is_named(void **state)
{
    (void)state;
    static const char *const arguments[] = {"--no-dataplane", "--", "/nowhere/command", NULL};
    struct lab_process lab = lab_launch(arguments, false);
    assert_true(lab_await_output(lab, "/nowhere/command: No such file"));
    assert_int_equal(lab_exit_status(lab), 127);
}

static void dataplanes_that_do_not_start_are_reported(void **state)
{
    (void)state;
    static const char *const arguments[] = {"--dataplane", "/bin/false", "--", "echo", "up", NULL};
    struct lab_process lab = lab_launch(arguments, false);
    assert_true(lab_await_output(lab, "has not started"));
    assert_int_equal(lab_exit_status(lab), 1);
    assert_nothing_is_left();
}

static void dataplanes_end_with_their_lab(void **state)
{
    (void)state;
    const char *const arguments[] = {
        "--dataplane", fake_dataplane, "--", "sh", "-c", "echo up; exec sleep 1000", NULL};
    struct lab_process lab = lab_launch(arguments, false);
    assert_true(lab_await_output(lab, "up"));
    assert_int_equal(kill(lab.process, SIGKILL), 0);
    assert_true(lab_await_output(lab, NULL));
    lab_exit_status(lab);
    assert_nothing_is_left();
}

static void without_privilege_the_remedy_is_named(void **state)
{
    (void)state;
    int output[2];
    assert_int_equal(pipe2(output, O_CLOEXEC), 0);
    struct lab_process lab = {.process = fork(), .output = output[0], .terminal = -1};
    if (lab.process == 0) {
        dup2(output[1], STDERR_FILENO);
        if (setgid(65534) == 0 && setuid(65534) == 0)
            execl(weft_lab, weft_lab, "run", "2x2x1", "--no-dataplane", "--", "true", NULL);
        _exit(126);
    }
    close(output[1]);
    assert_true(lab_await_output(lab, "run it as root (sudo)"));
    assert_int_equal(lab_exit_status(lab), 1);
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_command_that_ends_ends_its_lab),
        cmocka_unit_test(signals_end_a_lab),
        cmocka_unit_test(an_interrupt_at_the_terminal_ends_a_lab),
        cmocka_unit_test(a_command_that_cannot_run_is_named),
        cmocka_unit_test(dataplanes_that_do_not_start_are_reported),
        cmocka_unit_test(dataplanes_end_with_their_lab),
        cmocka_unit_test(without_privilege_the_remedy_is_named),
    };
    if (count != 3) {
        fprintf(stderr, "lifetime-test WEFT-LAB FAKE-DATAPLANE\n");
        return 1;
    }
    weft_lab = arguments[1];
    fake_dataplane = arguments[2];
    harness_skip_without_root();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
