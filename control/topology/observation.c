/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/topology/observation.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "control/topology/array_room.h"
#include "control/topology/text_file.h"
#include "control/topology/text_pool.h"
#include "control/topology/topology.h"

struct observed_cables {
    struct text_pool texts;
    struct observed_cable *cables;
    size_t count, room;
    const char **nodes;
    size_t node_count, node_room;
};

struct observed_cables *observed_cables_create(void)
{
    return calloc(1, sizeof(struct observed_cables));
}

void observed_cables_free(struct observed_cables *cables)
{
    if (!cables)
        return;
    text_pool_empty(&cables->texts);
    free(cables->cables);
    free(cables->nodes);
    free(cables);
}

size_t observed_cables_count(const struct observed_cables *cables)
{
    return cables->count;
}

const struct observed_cable *observed_cables_at(const struct observed_cables *cables, size_t i)
{
    return &cables->cables[i];
}

size_t observed_cables_node_count(const struct observed_cables *cables)
{
    return cables->node_count;
}

const char *observed_cables_node(const struct observed_cables *cables, size_t i)
{
    return cables->nodes[i];
}

/* Whatever was said as something that can be a name; NULL when there is no memory. */
static const char *keep_name(struct observed_cables *cables, const char *said, const char *allowed)
{
    char name[TOPOLOGY_NAME_BYTES];
    size_t length = 0;
    for (; said[length] && length < sizeof(name) - 1; length++) {
        unsigned char c = (unsigned char)said[length];
        bool kept = c < 128 && (isalnum(c) || (length > 0 && strchr(allowed, c)));
        name[length] = kept ? said[length] : (length ? '-' : 'x');
    }
    name[length] = '\0';
    return text_pool_add(&cables->texts, name);
}

static const char *keep_port(struct observed_cables *cables, const char *said)
{
    return keep_name(cables, said, "._-/:");
}

/* Without the domain; an address of Ethernet or IPv4 is no name with a domain. */
static const char *keep_node(struct observed_cables *cables, const char *said)
{
    char name[TOPOLOGY_NAME_BYTES];
    size_t length = strcspn(said, ".");
    if (strspn(said, "0123456789.") == strlen(said))
        length = strlen(said);
    snprintf(name, sizeof(name), "%.*s", length < sizeof(name) ? (int)length : TOPOLOGY_NAME_BYTES - 1, said);
    return keep_name(cables, name, "._-");
}

int observed_cables_add(struct observed_cables *cables, const struct observed_cable *said)
{
    if (cables->count == OBSERVED_CABLES_MAX)
        return -EFBIG;
    struct observed_cable cable = {.node = said->node,
                                   .port = keep_port(cables, said->port),
                                   .neighbour = keep_node(cables, said->neighbour),
                                   .far_port = keep_port(cables, said->far_port),
                                   .neighbour_forwards = said->neighbour_forwards};
    struct observed_cable *grown =
        array_with_room(cables->cables, cables->count, &cables->room, sizeof(*grown));
    if (!grown)
        return -ENOMEM;
    cables->cables = grown;
    if (!cable.port || !cable.neighbour || !cable.far_port)
        return -ENOMEM;
    cables->cables[cables->count++] = cable;
    return 0;
}

const char *observed_cables_add_node(struct observed_cables *cables, const char *node)
{
    const char **grown =
        array_with_room(cables->nodes, cables->node_count, &cables->node_room, sizeof(*grown));
    if (!grown)
        return NULL;
    cables->nodes = grown;
    const char *kept = keep_node(cables, node);
    if (kept)
        cables->nodes[cables->node_count++] = kept;
    return kept;
}

static int add_file(struct observed_cables *cables, const char *path, struct topology_error *error)
{
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    size_t length = strlen(base), bytes;
    char node[256], *text;
    if (length > 5 && strcmp(base + length - 5, ".json") == 0)
        length -= 5;
    snprintf(node, sizeof(node), "%.*s", (int)length, base);
    int result = text_file_read(path, OBSERVED_FILE_BYTES_MAX, &text, &bytes, error);
    if (result)
        return result;
    result = observed_cables_add_text(cables, node, path, text, bytes, error);
    free(text);
    return result;
}

static int is_json(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return entry->d_name[0] != '.' && length > 5 && strcmp(entry->d_name + length - 5, ".json") == 0;
}

static int add_folder(struct observed_cables *cables, const char *folder, struct topology_error *error)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, is_json, alphasort), result = 0;
    if (count < 0)
        return topology_fail(error, (struct topology_position){.file = folder}, "cannot_read",
                             "cannot read this folder: %s", strerror(errno));
    for (int i = 0; i < count; i++) {
        char path[4096];
        snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
        if (result == 0)
            result = add_file(cables, path, error);
        free(entries[i]);
    }
    free(entries);
    if (result == 0 && count == 0)
        result = topology_fail(error, (struct topology_position){.file = folder}, "cannot_read",
                               "no files NODE.json in this folder");
    return result;
}

int observed_cables_add_path(struct observed_cables *cables, const char *path, struct topology_error *error)
{
    struct stat status;
    if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
        return add_folder(cables, path, error);
    return add_file(cables, path, error);
}
