/* SPDX-License-Identifier: BSD-3-Clause */
/* Who may take the place of a socket, and of what. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "dataplane/process/log.h"
#include "dataplane/process/unix_listener.h"

struct fixture {
    char folder[32], path[64];
    char error[UNIX_LISTENER_ERROR_BYTES];
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    strcpy(f->folder, "/tmp/listener-XXXXXX");
    log_set_level(LOG_LEVEL_ERROR);
    if (!mkdtemp(f->folder))
        return -1;
    snprintf(f->path, sizeof(f->path), "%s/run/s", f->folder);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    char folder[64];
    snprintf(folder, sizeof(folder), "%s/run", f->folder);
    unlink(f->path);
    rmdir(folder);
    rmdir(f->folder);
    free(f);
    return 0;
}

static int open_listener(struct fixture *f, struct unix_listener *listener, const char *group)
{
    const struct unix_listener_config config = {.path = f->path, .type = SOCK_STREAM, .group = group};
    return unix_listener_open(&config, listener, f->error);
}

static void makes_its_folder_and_goes(void **state)
{
    struct fixture *f = *state;
    struct unix_listener listener;
    struct stat there;
    assert_int_equal(open_listener(f, &listener, NULL), 0);
    assert_int_equal(stat(f->path, &there), 0);
    assert_int_equal(there.st_mode & 0777, 0660);
    unix_listener_remove(&listener);
    close(listener.descriptor);
    assert_int_equal(access(f->path, F_OK), -1);
}

static void one_in_use_stays(void **state)
{
    struct fixture *f = *state;
    struct unix_listener first, second;
    assert_int_equal(open_listener(f, &first, NULL), 0);
    assert_int_equal(open_listener(f, &second, NULL), -EADDRINUSE);
    assert_non_null(strstr(f->error, "another process"));
    assert_int_equal(access(f->path, F_OK), 0);
    unix_listener_remove(&first);
    close(first.descriptor);
}

static void what_is_left_over_is_taken(void **state)
{
    struct fixture *f = *state;
    struct unix_listener killed, heir;
    assert_int_equal(open_listener(f, &killed, NULL), 0);
    close(killed.descriptor);
    assert_int_equal(open_listener(f, &heir, NULL), 0);
    unix_listener_remove(&heir);
    close(heir.descriptor);
}

static void another_s_socket_is_not_removed(void **state)
{
    struct fixture *f = *state;
    struct unix_listener first, second;
    assert_int_equal(open_listener(f, &first, NULL), 0);
    assert_int_equal(unlink(f->path), 0);
    assert_int_equal(open_listener(f, &second, NULL), 0);
    unix_listener_remove(&first);
    assert_int_equal(access(f->path, F_OK), 0);
    close(first.descriptor);
    unix_listener_remove(&second);
    close(second.descriptor);
    assert_int_equal(access(f->path, F_OK), -1);
}

static void a_file_is_kept(void **state)
{
    struct fixture *f = *state;
    struct unix_listener listener;
    char folder[64];
    snprintf(folder, sizeof(folder), "%s/run", f->folder);
    assert_int_equal(mkdir(folder, 0700), 0);
    FILE *file = fopen(f->path, "w");
    assert_non_null(file);
    fclose(file);
    assert_int_equal(open_listener(f, &listener, NULL), -EEXIST);
    assert_non_null(strstr(f->error, "no socket"));
    assert_int_equal(access(f->path, F_OK), 0);
}

static void a_group_that_is_named_must_be(void **state)
{
    struct fixture *f = *state;
    struct unix_listener listener;
    assert_int_equal(open_listener(f, &listener, "no-such-group"), -ENOENT);
    assert_int_equal(access(f->path, F_OK), -1);
}

static void a_long_name_is_refused(void **state)
{
    struct fixture *f = *state;
    struct unix_listener listener;
    char path[200];
    memset(path, 'a', sizeof(path));
    path[sizeof(path) - 1] = '\0';
    const struct unix_listener_config config = {.path = path, .type = SOCK_STREAM};
    assert_int_equal(unix_listener_open(&config, &listener, f->error), -ENAMETOOLONG);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(makes_its_folder_and_goes),       STORY(one_in_use_stays), STORY(what_is_left_over_is_taken),
        STORY(another_s_socket_is_not_removed), STORY(a_file_is_kept),   STORY(a_group_that_is_named_must_be),
        STORY(a_long_name_is_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
