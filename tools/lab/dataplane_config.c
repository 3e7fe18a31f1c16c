/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/lab/dataplane_config.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "dataplane/formats/address.h"
#include "tools/lab/shape.h"

enum {
    LINE_BYTES = DATAPLANE_CONFIG_KEY_BYTES + DATAPLANE_CONFIG_VALUE_BYTES
};

static const char *const keys_of_the_lab[] = {"socket", "telemetry_prefix", "ports", NULL};

static int config_check_key(const char *key, struct lab_error *error)
{
    size_t length = strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789_");
    if (key[length] == '.')
        length += 1 + strspn(key + length + 1, "abcdefghijklmnopqrstuvwxyz0123456789_");
    if (key[0] == '\0' || key[length] != '\0' || key[length - 1] == '.' || key[0] == '.')
        return lab_error_set(error, -EINVAL, "'%s' is not a key or section.key of a configuration", key);
    for (const char *const *ours = keys_of_the_lab; *ours; ours++)
        if (strcmp(key, *ours) == 0)
            return lab_error_set(error, -EINVAL, "'%s' differs from host to host: the lab sets it itself",
                                 key);
    return 0;
}

static struct dataplane_config_entry *config_find(struct dataplane_config *config, const char *key)
{
    for (unsigned i = 0; i < config->count; i++)
        if (strcmp(config->entries[i].key, key) == 0)
            return &config->entries[i];
    return NULL;
}

static int config_put(struct dataplane_config *config, const char *key, const char *value,
                      struct lab_error *error)
{
    int status = config_check_key(key, error);
    if (status)
        return status;
    if (value[0] == '\0' || strchr(value, '\n') || strlen(value) >= DATAPLANE_CONFIG_VALUE_BYTES ||
        strlen(key) >= DATAPLANE_CONFIG_KEY_BYTES)
        return lab_error_set(error, -EINVAL, "'%s': its value is missing, too long or of several lines", key);
    struct dataplane_config_entry *entry = config_find(config, key);
    if (!entry && config->count == DATAPLANE_CONFIG_ENTRIES_MAX)
        return lab_error_set(error, -E2BIG, "at most %d settings", DATAPLANE_CONFIG_ENTRIES_MAX);
    if (!entry)
        entry = &config->entries[config->count++];
    snprintf(entry->key, sizeof(entry->key), "%s", key);
    snprintf(entry->value, sizeof(entry->value), "%s", value);
    return 0;
}

void dataplane_config_set_defaults(struct dataplane_config *config)
{
    *config = (struct dataplane_config){
        .entries = {{"group", "root"}, {"idle", "sleep"}, {"leaf_prefix_bits", "24"}},
        .count = 3,
    };
}

int dataplane_config_set(struct dataplane_config *config, const char *assignment, struct lab_error *error)
{
    char key[DATAPLANE_CONFIG_KEY_BYTES];
    size_t length = strcspn(assignment, "=");
    if (assignment[length] != '=' || length >= sizeof(key))
        return lab_error_set(error, -EINVAL, "--set %s: KEY=VALUE is wanted", assignment);
    snprintf(key, sizeof(key), "%.*s", (int)length, assignment);
    return config_put(config, key, assignment + length + 1, error);
}

/* Cuts off a comment and trailing space; returns the rest without leading space. */
static char *line_trim(char *line)
{
    for (char *hash = strchr(line, '#'); hash; hash = strchr(hash + 1, '#'))
        if (hash == line || isspace((unsigned char)hash[-1])) {
            *hash = '\0';
            break;
        }
    for (size_t end = strlen(line); end > 0 && isspace((unsigned char)line[end - 1]); end--)
        line[end - 1] = '\0';
    return line + strspn(line, " ");
}

/* One line; `section` is the one that it is in, or begins, or ends. */
static int config_read_line(struct dataplane_config *config, char *line, char *section,
                            struct lab_error *error)
{
    char *text = line_trim(line);
    bool inside = text > line;
    if (*text == '\0' || strcmp(text, "---") == 0)
        return 0;
    char *colon = strchr(text, ':');
    if (!colon || (inside && !*section))
        return lab_error_set(error, -EINVAL, "'key: value' in one line is wanted, or a section");
    *colon = '\0';
    char *value = colon + 1 + strspn(colon + 1, " ");
    if (!inside && *value == '\0') {
        snprintf(section, DATAPLANE_CONFIG_KEY_BYTES, "%s", text);
        return config_check_key(section, error);
    }
    if (!inside)
        *section = '\0';
    char key[LINE_BYTES];
    snprintf(key, sizeof(key), "%s%s%s", section, inside ? "." : "", text);
    return config_put(config, key, value, error);
}

int dataplane_config_read(struct dataplane_config *config, const char *path, struct lab_error *error)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return lab_error_set(error, -errno, "%s: %s", path, strerror(errno));
    char line[LINE_BYTES], section[DATAPLANE_CONFIG_KEY_BYTES] = "";
    int status = 0;
    for (unsigned number = 1; status == 0 && fgets(line, sizeof(line), file); number++) {
        struct lab_error why;
        status = strlen(line) + 1 == sizeof(line) ? lab_error_set(&why, -EINVAL, "the line is too long")
                                                  : config_read_line(config, line, section, &why);
        if (status)
            lab_error_set(error, status, "%s:%u: %.180s", path, number, why.text);
    }
    fclose(file);
    return status;
}

static void config_write_section(const struct dataplane_config *config, const char *section, size_t length,
                                 FILE *file)
{
    fprintf(file, "%.*s:\n", (int)length, section);
    for (unsigned i = 0; i < config->count; i++)
        if (strncmp(config->entries[i].key, section, length + 1) == 0)
            fprintf(file, "  %s: %s\n", config->entries[i].key + length + 1, config->entries[i].value);
}

/* Whether an entry before number `i` is in the section that number `i` is in. */
static bool config_section_is_written(const struct dataplane_config *config, unsigned i, size_t length)
{
    for (unsigned before = 0; before < i; before++)
        if (strncmp(config->entries[before].key, config->entries[i].key, length + 1) == 0)
            return true;
    return false;
}

int dataplane_config_write(const struct dataplane_config *config, const struct dataplane_host *host,
                           FILE *file)
{
    char address[ADDRESS_TEXT_BYTES];
    fprintf(file, "socket: %s\ntelemetry_prefix: weft-%s\n", host->socket, host->name);
    for (unsigned i = 0; i < config->count; i++) {
        const struct dataplane_config_entry *entry = &config->entries[i];
        size_t section = strcspn(entry->key, ".");
        if (entry->key[section] == '\0')
            fprintf(file, "%s: %s\n", entry->key, entry->value);
        else if (!config_section_is_written(config, i, section))
            config_write_section(config, entry->key, section, file);
    }
    fprintf(file, "ports:\n  - {device: \"af_xdp:eth0\", core: %u, rate: %" PRIu64 ", address: %s}\n",
            host->core, host->rate_bps, address_text(host->address, address));
    return fflush(file) == 0 ? 0 : -errno;
}
