/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/bench/rank_list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/formats/address.h"
#include "tools/bench/complain.h"

static const char *rank_list_first_set(const char *const *names)
{
    for (; *names != NULL; names++)
        if (getenv(*names) != NULL)
            return getenv(*names);
    return NULL;
}

static int rank_list_add(struct rank_list *list, const char *where, unsigned line, const char *text)
{
    uint32_t address;
    if (list->ranks == RANK_LIST_MAX)
        return complain("%s: more than %u ranks", where, RANK_LIST_MAX);
    if (!address_parse(text, &address))
        return complain("%s:%u: '%s' is not an IPv4 address", where, line, text);
    list->addresses[list->ranks++] = address;
    return 0;
}

/* Addresses separated by commas, white space or new lines. `text` is cut up. */
static int rank_list_add_all(struct rank_list *list, const char *where, unsigned line, char *text)
{
    char *rest = text;
    for (char *word; (word = strsep(&rest, ", \t\n")) != NULL;)
        if (*word != '\0' && rank_list_add(list, where, line, word) < 0)
            return -1;
    return 0;
}

static int rank_list_read_file(struct rank_list *list, const char *path)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return complain("%s: %s", path, strerror(errno));
    char *text = NULL;
    size_t room = 0;
    int status = 0;
    for (unsigned line = 1; status == 0 && getline(&text, &room, file) >= 0; line++)
        if (text[0] != '#')
            status = rank_list_add_all(list, path, line, text);
    free(text);
    fclose(file);
    return status;
}

static int rank_list_read_addresses(struct rank_list *list, const struct bench_options *options)
{
    if (options->hosts_path != NULL)
        return rank_list_read_file(list, options->hosts_path);
    const char *addresses = getenv("WEFT_ADDRESSES");
    if (addresses == NULL)
        return complain(
            "where are the ranks? run inside `weft-lab run SHAPE -- weft-bench ...`, or give --hosts FILE "
            "or WEFT_ADDRESSES");
    char *copy = strdup(addresses);
    int status =
        copy == NULL ? complain("out of memory") : rank_list_add_all(list, "WEFT_ADDRESSES", 1, copy);
    free(copy);
    return status;
}

/* A whole number, or -1. */
static long rank_list_number(const char *text)
{
    char *end;
    errno = 0;
    long number = strtol(text, &end, 10);
    return errno != 0 || *end != '\0' || text[0] < '0' || text[0] > '9' ? -1 : number;
}

static int rank_list_read_rank(struct rank_list *list, const struct bench_options *options)
{
    static const char *const names[] = {"WEFT_RANK", "OMPI_COMM_WORLD_RANK", "PMI_RANK", "SLURM_PROCID",
                                        NULL};
    const char *text = rank_list_first_set(names), *ranks = getenv("WEFT_RANKS");
    if (options->rank < 0 && text == NULL)
        return complain("which rank is this? give --rank N or WEFT_RANK, or start it with srun or mpirun");
    long rank = options->rank >= 0 ? options->rank : rank_list_number(text);
    if (ranks != NULL && rank_list_number(ranks) != (long)list->ranks)
        return complain("WEFT_RANKS is %s, but there are %u addresses", ranks, list->ranks);
    if (rank < 0 || rank >= (long)list->ranks)
        return complain("rank %s is not one of the %u in the list", text ? text : "given by --rank",
                        list->ranks);
    list->rank = (unsigned)rank;
    return 0;
}

/* FNV-1a, 64 bits. */
static uint64_t rank_list_hash(uint64_t hash, const char *text)
{
    for (; text != NULL && *text != '\0'; text++)
        hash = (hash ^ (uint8_t)*text) * 0x100000001b3u;
    return hash;
}

static int rank_list_read_identity(struct rank_list *list)
{
    static const char *const names[] = {"WEFT_JOB", "PMIX_NAMESPACE", "SLURM_JOB_ID", NULL};
    const char *job = rank_list_first_set(names);
    if (job == NULL)
        return complain("which run is this? set WEFT_JOB to the same new word on all ranks");
    list->identity = rank_list_hash(rank_list_hash(0xcbf29ce484222325u, job), getenv("SLURM_STEP_ID"));
    return 0;
}

int rank_list_read(const struct bench_options *options, struct rank_list *list)
{
    *list = (struct rank_list){0};
    if (rank_list_read_addresses(list, options) < 0 || rank_list_read_rank(list, options) < 0)
        return -1;
    return rank_list_read_identity(list);
}
