/* SPDX-License-Identifier: BSD-3-Clause */
#include <dirent.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/weft/doctor.h"

static const char *rooted(const struct patient *patient, const char *path, char full[PATIENT_PATH_BYTES])
{
    snprintf(full, PATIENT_PATH_BYTES, "%s%s", patient->root, path);
    return full;
}

bool patient_read_line(const struct patient *patient, const char *path, char line[PATIENT_LINE_BYTES])
{
    char full[PATIENT_PATH_BYTES];
    FILE *file = fopen(rooted(patient, path, full), "re");
    if (!file)
        return false;
    bool got = fgets(line, PATIENT_LINE_BYTES, file) != NULL;
    fclose(file);
    if (got)
        line[strcspn(line, "\n")] = '\0';
    return got;
}

int64_t patient_read_number(const struct patient *patient, const char *path, int64_t otherwise)
{
    char line[PATIENT_LINE_BYTES], *end;
    if (!patient_read_line(patient, path, line))
        return otherwise;
    int64_t number = strtoll(line, &end, 10);
    return end == line ? otherwise : number;
}

uint64_t patient_read_field(const struct patient *patient, const char *path, const char *key, int base,
                            uint64_t otherwise)
{
    char full[PATIENT_PATH_BYTES], line[PATIENT_LINE_BYTES];
    size_t length = strlen(key);
    FILE *file = fopen(rooted(patient, path, full), "re");
    if (!file)
        return otherwise;
    while (fgets(line, sizeof(line), file)) {
        if (strncmp(line, key, length) == 0 && line[length] == ':') {
            otherwise = strtoull(line + length + 1, NULL, base);
            break;
        }
    }
    fclose(file);
    return otherwise;
}

unsigned patient_count_entries(const struct patient *patient, const char *path)
{
    char full[PATIENT_PATH_BYTES];
    unsigned count = 0;
    DIR *folder = opendir(rooted(patient, path, full));
    if (!folder)
        return 0;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(folder);
    return count;
}

bool patient_read_link(const struct patient *patient, const char *path, char name[PATIENT_LINE_BYTES])
{
    char full[PATIENT_PATH_BYTES], target[PATIENT_PATH_BYTES];
    ssize_t length = readlink(rooted(patient, path, full), target, sizeof(target) - 1);
    if (length <= 0)
        return false;
    target[length] = '\0';
    snprintf(name, PATIENT_LINE_BYTES, "%s", basename(target));
    return true;
}
