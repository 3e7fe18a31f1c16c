/* SPDX-License-Identifier: BSD-3-Clause */
/* What this host has of what weft needs. Checks look at files and sockets and change nothing; none needs
 * root, but what cannot be seen without it is said. */
#ifndef WEFT_TOOLS_WEFT_DOCTOR_H
#define WEFT_TOOLS_WEFT_DOCTOR_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "tools/weft/options.h"

/* What the checks look at. */
struct patient {
    const char *root; /* stands before /proc, /sys and /dev; "" but in tests */
    const struct options *options;
    const char *dataplane_socket, *telemetry_socket;
};

/* Each adds what it finds to `findings`. */
void doctor_check_kernel(const struct patient *patient, json_t *findings);  /* version, BTF, capabilities */
void doctor_check_memory(const struct patient *patient, json_t *findings);  /* hugepages, locked memory */
void doctor_check_devices(const struct patient *patient, json_t *findings); /* ports, IOMMU, RDMA */
void doctor_check_routing(const struct patient *patient, json_t *findings); /* where this host is a router */
void doctor_check_daemons(const struct patient *patient,
                          json_t *findings); /* dataplane, telemetry, control */

/* One finding. A note is what weft works without, or what could not be seen. */
void doctor_ok(json_t *findings, const char *check, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void doctor_note(json_t *findings, const char *check, const char *remedy, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void doctor_problem(json_t *findings, const char *check, const char *remedy, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The first line of a file below the root, without its end; false: it cannot be read, and errno says why. */
enum {
    PATIENT_LINE_BYTES = 256,
    PATIENT_PATH_BYTES = 512
};
bool patient_read_line(const struct patient *patient, const char *path, char line[PATIENT_LINE_BYTES]);
/* The number that it begins with; `otherwise` when there is none. */
int64_t patient_read_number(const struct patient *patient, const char *path, int64_t otherwise);
/* The value behind "KEY:" in a file such as /proc/meminfo, in base 10 or 16; `otherwise` when there is none.
 */
uint64_t patient_read_field(const struct patient *patient, const char *path, const char *key, int base,
                            uint64_t otherwise);
/* Entries of a folder, "." and ".." left out; 0 if it cannot be read. */
unsigned patient_count_entries(const struct patient *patient, const char *path);
/* The last part of what a symbolic link points to; false: it is none. */
bool patient_read_link(const struct patient *patient, const char *path, char name[PATIENT_LINE_BYTES]);

#endif
