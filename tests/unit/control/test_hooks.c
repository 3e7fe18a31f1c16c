/* SPDX-License-Identifier: BSD-3-Clause */
/* Hooks are told of every verdict in order, and cannot hold up who tells them: neither by being slow, nor by
 * never ending, nor by not being there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/server/hook_program.h"
#include "control/server/hook_queue.h"

struct place {
    char folder[64], program[96], output[96];
    struct event_base *base;
};

static void open_place(struct place *p, const char *script)
{
    strcpy(p->folder, "/tmp/weft-hooks-XXXXXX");
    assert_non_null(mkdtemp(p->folder));
    snprintf(p->program, sizeof(p->program), "%s/hook", p->folder);
    snprintf(p->output, sizeof(p->output), "%s/output", p->folder);
    FILE *file = fopen(p->program, "w");
    fprintf(file, "#!/bin/sh\nout=%s\n%s\n", p->output, script);
    fclose(file);
    assert_int_equal(chmod(p->program, 0700), 0);
    p->base = event_base_new();
}

static void close_place(struct place *p)
{
    unlink(p->program);
    unlink(p->output);
    rmdir(p->folder);
    event_base_free(p->base);
}

static void assert_output(const struct place *p, const char *expected)
{
    char text[256] = "";
    FILE *file = fopen(p->output, "r");
    assert_non_null(file);
    size_t bytes = fread(text, 1, sizeof(text) - 1, file);
    text[bytes] = '\0';
    fclose(file);
    assert_string_equal(text, expected);
}

/* Until nothing is under way: the loop has no event left. */
static void run_out(struct place *p)
{
    event_base_dispatch(p->base);
}

static void each_text_is_a_run_with_it_as_input(void **state)
{
    struct place p;
    (void)state;
    open_place(&p, "cat >>$out");
    struct hook_program *h = hook_program_create(p.base, p.program, 60000);
    hook_program_tell(h, "one\n");
    hook_program_tell(h, "two\n");
    hook_program_tell(h, "three\n");
    run_out(&p);
    assert_output(&p, "one\ntwo\nthree\n");
    hook_program_destroy(h);
    close_place(&p);
}

static void one_that_never_ends_is_killed_and_the_next_is_run(void **state)
{
    struct place p;
    (void)state;
    open_place(&p, "read line; echo $line >>$out; [ $line != stuck ] || exec sleep 1000");
    struct hook_program *h = hook_program_create(p.base, p.program, 200);
    hook_program_tell(h, "stuck\n");
    hook_program_tell(h, "free\n");
    run_out(&p);
    assert_output(&p, "stuck\nfree\n");
    hook_program_destroy(h);
    close_place(&p);
}

static void one_that_is_not_there_is_passed_over(void **state)
{
    struct place p;
    (void)state;
    open_place(&p, "true");
    struct hook_program *h = hook_program_create(p.base, "/nowhere/hook", 1000);
    hook_program_tell(h, "one\n");
    run_out(&p);
    hook_program_destroy(h);
    close_place(&p);
}

static void the_end_does_not_wait_for_it(void **state)
{
    struct place p;
    (void)state;
    open_place(&p, "exec sleep 1000");
    struct hook_program *h = hook_program_create(p.base, p.program, 600000);
    hook_program_tell(h, "one\n");
    hook_program_tell(h, "two\n");
    hook_program_destroy(h);
    close_place(&p);
}

static void the_oldest_give_way(void **state)
{
    struct hook_queue q = {.head = 0};
    char text[16];
    (void)state;
    for (unsigned i = 0; i < HOOK_QUEUE_MAX + 3; i++) {
        snprintf(text, sizeof(text), "%u", i);
        hook_queue_put(&q, text);
    }
    assert_int_equal(q.dropped, 3);
    char *first = hook_queue_take(&q);
    assert_string_equal(first, "3");
    free(first);
    hook_queue_clear(&q);
    assert_null(hook_queue_take(&q));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_text_is_a_run_with_it_as_input),
        cmocka_unit_test(one_that_never_ends_is_killed_and_the_next_is_run),
        cmocka_unit_test(one_that_is_not_there_is_passed_over),
        cmocka_unit_test(the_end_does_not_wait_for_it),
        cmocka_unit_test(the_oldest_give_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
