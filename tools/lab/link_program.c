/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/lab/link_program.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ebpf/link.skel.h"

struct link_program {
    struct link_bpf *skeleton;
};

static int link_program_say_nothing(enum libbpf_print_level level, const char *format, va_list arguments)
{
    (void)level, (void)format, (void)arguments;
    return 0;
}

int link_program_load(struct link_program **program, unsigned index_end, struct lab_error *error)
{
    libbpf_set_print(link_program_say_nothing);
    struct link_bpf *skeleton = link_bpf__open();
    if (!skeleton)
        return lab_error_set(error, -errno, "link program: %s", strerror(errno));
    bpf_map__set_max_entries(skeleton->maps.link_settings, index_end);
    bpf_map__set_max_entries(skeleton->maps.link_states, index_end);
    int status = link_bpf__load(skeleton);
    if (status == 0 && !(*program = calloc(1, sizeof(**program))))
        status = -ENOMEM;
    if (status) {
        link_bpf__destroy(skeleton);
        return lab_error_set(error, status,
                             "link program: the kernel refuses it (%s): it needs CAP_BPF, CONFIG_BPF_SYSCALL "
                             "and CONFIG_NET_CLS_BPF",
                             strerror(-status));
    }
    (*program)->skeleton = skeleton;
    return 0;
}

void link_program_unload(struct link_program *program)
{
    if (program)
        link_bpf__destroy(program->skeleton);
    free(program);
}

int link_program_attach(struct link_program *program, unsigned index, enum link_program_hook hook,
                        struct lab_error *error)
{
    bool departure = hook == LINK_PROGRAM_DEPARTURE;
    const struct bpf_program *code =
        departure ? program->skeleton->progs.link_departure : program->skeleton->progs.link_arrival;
    LIBBPF_OPTS(bpf_tc_hook, place, .ifindex = (int)index,
                .attach_point = departure ? BPF_TC_EGRESS : BPF_TC_INGRESS);
    LIBBPF_OPTS(bpf_tc_opts, options, .prog_fd = bpf_program__fd(code), .handle = 1, .priority = 1);
    int status = bpf_tc_hook_create(&place);
    if (status == 0 || status == -EEXIST)
        status = bpf_tc_attach(&place, &options);
    if (status)
        return lab_error_set(error, status,
                             "link program: tc refuses it (%s): the kernel needs CONFIG_NET_SCH_INGRESS and "
                             "CONFIG_NET_CLS_BPF",
                             strerror(-status));
    return 0;
}

int link_program_set(struct link_program *program, unsigned index, const struct link_settings *settings)
{
    return bpf_map_update_elem(bpf_map__fd(program->skeleton->maps.link_settings), &index, settings, BPF_ANY);
}

int link_program_get_state(struct link_program *program, unsigned index, struct link_state *state)
{
    return bpf_map_lookup_elem(bpf_map__fd(program->skeleton->maps.link_states), &index, state);
}
