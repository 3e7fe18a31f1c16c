/* SPDX-License-Identifier: BSD-3-Clause */
/* The kernel, and what it lets us do. */
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>

#include "tools/weft/doctor.h"

enum {
    KERNEL_LEAST = 5 * 1000 + 8, /* ring buffers for BPF */
    KERNEL_TRIED = 6 * 1000 + 1, /* Debian 12 */
    CAPABILITY_TEXT_BYTES = 96
};

static void check_version(const struct patient *patient, json_t *findings)
{
    char release[PATIENT_LINE_BYTES];
    unsigned major = 0, minor = 0;
    if (!patient_read_line(patient, "/proc/sys/kernel/osrelease", release) ||
        sscanf(release, "%u.%u", &major, &minor) != 2)
        doctor_note(findings, "kernel", "mount /proc", "its version cannot be read");
    else if (major * 1000 + minor < KERNEL_LEAST)
        doctor_problem(findings, "kernel", "install 6.1 or newer (Debian 12's)",
                       "%s is too old for weft's BPF programs", release);
    else if (major * 1000 + minor < KERNEL_TRIED)
        doctor_note(findings, "kernel", "6.1 and newer are tested", "%s is older than what weft is tested on",
                    release);
    else
        doctor_ok(findings, "kernel", "%s", release);
}

static void check_btf(const struct patient *patient, json_t *findings)
{
    char path[PATIENT_PATH_BYTES];
    snprintf(path, sizeof(path), "%s/sys/kernel/btf/vmlinux", patient->root);
    FILE *file = fopen(path, "re");
    if (file)
        fclose(file);
    if (file)
        doctor_ok(findings, "BTF", "/sys/kernel/btf/vmlinux is there");
    else
        doctor_problem(findings, "BTF", "use a kernel with CONFIG_DEBUG_INFO_BTF=y, and mount /sys",
                       "no /sys/kernel/btf/vmlinux: weft's BPF programs cannot adapt to this kernel");
}

/* What weft-dataplane needs while it runs. */
static void name_missing(uint64_t effective, char text[CAPABILITY_TEXT_BYTES])
{
    static const struct {
        unsigned number;
        const char *name;
    } needed[] = {{CAP_NET_ADMIN, "CAP_NET_ADMIN"},
                  {CAP_NET_RAW, "CAP_NET_RAW"},
                  {CAP_BPF, "CAP_BPF"},
                  {CAP_IPC_LOCK, "CAP_IPC_LOCK"}};
    text[0] = '\0';
    for (unsigned i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
        size_t length = strlen(text);
        if (!(effective >> needed[i].number & 1))
            snprintf(text + length, CAPABILITY_TEXT_BYTES - length, "%s%s", length ? ", " : "",
                     needed[i].name);
    }
}

static void check_capabilities(const struct patient *patient, json_t *findings)
{
    char missing[CAPABILITY_TEXT_BYTES];
    uint64_t effective = patient_read_field(patient, "/proc/self/status", "CapEff", 16, 0);
    name_missing(effective, missing);
    if (missing[0])
        doctor_note(
            findings, "capabilities",
            "start weft-dataplane as root or by its service; this says nothing about one that runs already",
            "you lack %s", missing);
    else
        doctor_ok(findings, "capabilities", "all that a dataplane needs");
}

void doctor_check_kernel(const struct patient *patient, json_t *findings)
{
    check_version(patient, findings);
    check_btf(patient, findings);
    check_capabilities(patient, findings);
}
