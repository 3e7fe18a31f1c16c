/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/sim/scenario_reading.h"

#include <string.h>

#include "dataplane/formats/units.h"

const char *reading_member(const char *path, const char *name)
{
    static char at[SCENARIO_PATH_BYTES];
    snprintf(at, sizeof(at), "%s.%s", path, name);
    return at;
}

uint64_t reading_rate(struct yaml_check *r, const char *path, const char *text, uint64_t otherwise)
{
    uint64_t bits_per_s = 8 * otherwise;
    if (text != NULL && units_parse_rate(text, &bits_per_s) != 0)
        yaml_check_refuse(r, path, "'%s' is no rate: bits per second, such as 400G", text);
    if (bits_per_s < 8)
        yaml_check_refuse(r, path, "at least 8 bits per second");
    return bits_per_s / 8;
}

uint64_t reading_size(struct yaml_check *r, const char *path, const char *text, uint64_t otherwise)
{
    uint64_t bytes = otherwise;
    if (text != NULL && (units_parse_size(text, &bytes) != 0 || bytes > SCENARIO_SIZE_MAX_BYTES))
        yaml_check_refuse(r, path, "'%s' is no size: bytes, such as 4M, at most 16T", text);
    return bytes;
}

nsec_t reading_duration(struct yaml_check *r, const char *path, const char *text, nsec_t otherwise)
{
    nsec_t ns = otherwise;
    if (text != NULL && (units_parse_duration(text, &ns) != 0 || ns > SCENARIO_TIME_MAX_NS))
        yaml_check_refuse(r, path, "'%s' is no time: such as 500ns, 20us or 1.5s, at most 3600s", text);
    return ns;
}

uint32_t reading_share(struct yaml_check *r, const char *path, const char *text, uint32_t whole)
{
    uint32_t ratio = 0;
    if (units_parse_ratio(text, &ratio) != 0)
        yaml_check_refuse(r, path, "'%s' is no share: such as 1%%, at most 100%%", text);
    return (uint32_t)(((uint64_t)ratio * whole + (1ull << 31)) >> 32);
}

unsigned reading_choice(struct yaml_check *r, const char *path, const char *text, const char *const *names,
                        unsigned count)
{
    if (text == NULL)
        return 0;
    for (unsigned i = 0; i < count; i++) {
        if (strcmp(names[i], text) == 0)
            return i;
    }
    char all[YAML_ERROR_BYTES] = "";
    for (unsigned i = 0; i < count; i++)
        snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%s", i ? ", " : "", names[i]);
    yaml_check_refuse(r, path, "'%s' is none of %s", text, all);
    return 0;
}
