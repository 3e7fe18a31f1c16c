/* SPDX-License-Identifier: BSD-3-Clause */
#include "ebpf/monitor/process_scan.h"

#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LINE_BYTES = PATH_MAX + 128
};

static bool is_deleted(const char *name)
{
    static const char mark[] = " (deleted)";
    size_t length = strlen(name), mark_length = sizeof(mark) - 1;
    return length >= mark_length && strcmp(name + length - mark_length, mark) == 0;
}

/* "7f00-7f01 r-xp 00000000 08:01 1234   /usr/lib/libweft.so.0" */
bool process_scan_line(char *line, struct mapped_file *file)
{
    char permissions[5] = "";
    int name_at = 0;
    line[strcspn(line, "\n")] = '\0';
    if (sscanf(line, "%*s %4s %*s %*s %*s %n", permissions, &name_at) < 1 || name_at == 0)
        return false;
    const char *name = line + name_at, *slash = strrchr(name, '/');
    if (permissions[2] != 'x' || *name != '/' || is_deleted(name))
        return false;
    *file = (struct mapped_file){.name = name, .library = library_of_file(slash + 1)};
    return true;
}

static void scan_process(const char *proc, const char *process, mapped_file_seen seen, void *context)
{
    char path[2 * PATH_MAX], line[LINE_BYTES];
    struct mapped_file file;
    snprintf(path, sizeof(path), "%s/%s/maps", proc, process);
    FILE *maps = fopen(path, "re");
    while (maps && fgets(line, sizeof(line), maps)) {
        if (!process_scan_line(line, &file) || !file.library)
            continue;
        snprintf(path, sizeof(path), "%s/%s/root%s", proc, process, file.name);
        file.path = path;
        file.process = atoi(process);
        seen(context, &file);
    }
    if (maps)
        fclose(maps);
}

void process_scan(const char *proc, mapped_file_seen seen, void *context)
{
    DIR *folder = opendir(proc);
    const struct dirent *entry;
    while (folder && (entry = readdir(folder)) != NULL)
        if (isdigit((unsigned char)entry->d_name[0]))
            scan_process(proc, entry->d_name, seen, context);
    if (folder)
        closedir(folder);
}
