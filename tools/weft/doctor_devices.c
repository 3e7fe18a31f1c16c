/* SPDX-License-Identifier: BSD-3-Clause */
/* Network interfaces that could be ports, and what DPDK needs to drive devices itself. */
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/weft/doctor.h"

enum {
    MTU_GOOD = 3000,
    MTU_XDP_MAX = 3442 /* nic/README.md: DPDK buffers of one page */
};

static const char *const xdp_drivers[] = {"atlantic",   "bnxt_en", "ena",  "gve",   "i40e",   "iavf",
                                          "ice",        "igb",     "igc",  "ixgbe", "mana",   "mlx5_core",
                                          "mvneta",     "nfp",     "qede", "sfc",   "stmmac", "thunderx2",
                                          "virtio_net", "virtual", NULL};

static bool has_xdp(const char *driver)
{
    for (const char *const *d = xdp_drivers; *d; d++) {
        if (strcmp(*d, driver) == 0)
            return true;
    }
    return false;
}

static void check_mtu(const char *name, int64_t mtu, const char *driver, json_t *findings)
{
    char check[PATIENT_LINE_BYTES];
    snprintf(check, sizeof(check), "port %.64s", name);
    if (mtu < MTU_GOOD)
        doctor_note(findings, check,
                    "ip link set mtu 3400 (the same on the routers): fewer packets for the same bytes",
                    "MTU %" PRId64 ", driver %.64s", mtu, driver);
    else if (mtu > MTU_XDP_MAX)
        doctor_note(findings, check, "for an af_xdp port: ip link set mtu 3400",
                    "MTU %" PRId64 ", driver %.64s", mtu, driver);
    else if (!has_xdp(driver))
        doctor_note(findings, check, "use the device by its PCI address, or af_packet",
                    "MTU %" PRId64 ", driver %.64s: not known to have native XDP", mtu, driver);
    else
        doctor_ok(findings, check, "MTU %" PRId64 ", driver %.64s", mtu, driver);
}

/* False: not something that could be a port. */
static bool check_interface(const struct patient *patient, const char *name, json_t *findings)
{
    char path[PATIENT_PATH_BYTES], state[PATIENT_LINE_BYTES], driver[PATIENT_LINE_BYTES];
    snprintf(path, sizeof(path), "/sys/class/net/%.64s/operstate", name);
    if (strcmp(name, "lo") == 0 || !patient_read_line(patient, path, state) || strcmp(state, "up") != 0)
        return false;
    snprintf(path, sizeof(path), "/sys/class/net/%.64s/device/driver", name);
    if (!patient_read_link(patient, path, driver))
        snprintf(driver, sizeof(driver), "virtual");
    snprintf(path, sizeof(path), "/sys/class/net/%.64s/mtu", name);
    check_mtu(name, patient_read_number(patient, path, 0), driver, findings);
    return true;
}

static int only_named(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void check_interfaces(const struct patient *patient, json_t *findings)
{
    char path[PATIENT_PATH_BYTES];
    struct dirent **entries;
    unsigned found = 0;
    snprintf(path, sizeof(path), "%s/sys/class/net", patient->root);
    int count = scandir(path, &entries, only_named, versionsort);
    for (int i = 0; i < count; i++) {
        found += check_interface(patient, entries[i]->d_name, findings);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    if (found == 0)
        doctor_problem(findings, "ports", "ip link show; bring one up", "no network interface is up");
}

static void check_passthrough(const struct patient *patient, json_t *findings)
{
    unsigned groups = patient_count_entries(patient, "/sys/kernel/iommu_groups");
    unsigned bound = patient_count_entries(patient, "/sys/bus/pci/drivers/vfio-pci");
    if (groups == 0)
        doctor_note(findings, "IOMMU",
                    "intel_iommu=on or amd_iommu=on on the kernel's command line, and in the BIOS",
                    "none: DPDK cannot drive NICs by vfio-pci; af_xdp, af_packet and mlx5 work without");
    else
        doctor_ok(findings, "IOMMU", "%u groups; vfio-pci is %s", groups, bound ? "loaded" : "not loaded");
}

static void check_rdma(const struct patient *patient, json_t *findings)
{
    unsigned devices = patient_count_entries(patient, "/sys/class/infiniband");
    if (devices == 0)
        doctor_note(findings, "RDMA", NULL, "no devices; only verbs queue pairs would need them");
    else
        doctor_ok(findings, "RDMA", "%u devices", devices);
}

void doctor_check_devices(const struct patient *patient, json_t *findings)
{
    check_interfaces(patient, findings);
    check_passthrough(patient, findings);
    check_rdma(patient, findings);
}
