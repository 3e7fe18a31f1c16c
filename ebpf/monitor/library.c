/* SPDX-License-Identifier: BSD-3-Clause */
#include "ebpf/monitor/library.h"

#include <stddef.h>
#include <string.h>

static const struct library_probe dataplane_probes[] = {{"message_sent", LIBRARY_TRACEPOINT, 0},
                                                        {"message_received", LIBRARY_TRACEPOINT, 0},
                                                        {"communicator_opened", LIBRARY_TRACEPOINT, 0},
                                                        {"communicator_closed", LIBRARY_TRACEPOINT, 0},
                                                        {"path_silent", LIBRARY_TRACEPOINT, 0},
                                                        {"path_answers", LIBRARY_TRACEPOINT, 0},
                                                        {NULL, 0, 0}};
static const struct library_probe client_probes[] = {
    {"operation_entered", LIBRARY_TRACEPOINT, 0}, {"operation_ended", LIBRARY_TRACEPOINT, 0}, {NULL, 0, 0}};
static const struct library_probe weft_probes[] = {{"message_sent", LIBRARY_TRACEPOINT, 0},
                                                   {"message_received", LIBRARY_TRACEPOINT, 0},
                                                   {"communicator_opened", LIBRARY_TRACEPOINT, 0},
                                                   {"communicator_closed", LIBRARY_TRACEPOINT, 0},
                                                   {"path_silent", LIBRARY_TRACEPOINT, 0},
                                                   {"path_answers", LIBRARY_TRACEPOINT, 0},
                                                   {"operation_entered", LIBRARY_TRACEPOINT, 0},
                                                   {"operation_ended", LIBRARY_TRACEPOINT, 0},
                                                   {NULL, 0, 0}};

/* The communicator of the others is an earlier argument or none: it is left out. */
static const struct library_probe nccl_probes[] = {
    {"ncclAllReduce", LIBRARY_SIXTH_ARGUMENT, APP_OPERATION_ALL_REDUCE},
    {"ncclReduceScatter", LIBRARY_SIXTH_ARGUMENT, APP_OPERATION_REDUCE_SCATTER},
    {"ncclBroadcast", LIBRARY_SIXTH_ARGUMENT, APP_OPERATION_BROADCAST},
    {"ncclAllGather", LIBRARY_CALL, APP_OPERATION_ALL_GATHER},
    {"ncclBcast", LIBRARY_CALL, APP_OPERATION_BROADCAST},
    {NULL, 0, 0}};
static const struct library_probe mpi_probes[] = {
    {"MPI_Allreduce", LIBRARY_SIXTH_ARGUMENT, APP_OPERATION_ALL_REDUCE},
    {"MPI_Iallreduce", LIBRARY_SIXTH_ARGUMENT, APP_OPERATION_ALL_REDUCE},
    {"MPI_Reduce_scatter", LIBRARY_SIXTH_ARGUMENT, APP_OPERATION_REDUCE_SCATTER},
    {"MPI_Reduce_scatter_block", LIBRARY_SIXTH_ARGUMENT, APP_OPERATION_REDUCE_SCATTER},
    {"MPI_Allgather", LIBRARY_CALL, APP_OPERATION_ALL_GATHER},
    {"MPI_Iallgather", LIBRARY_CALL, APP_OPERATION_ALL_GATHER},
    {"MPI_Alltoall", LIBRARY_CALL, APP_OPERATION_ALL_TO_ALL},
    {"MPI_Ialltoall", LIBRARY_CALL, APP_OPERATION_ALL_TO_ALL},
    {"MPI_Alltoallv", LIBRARY_CALL, APP_OPERATION_ALL_TO_ALL},
    {"MPI_Bcast", LIBRARY_CALL, APP_OPERATION_BROADCAST},
    {"MPI_Ibcast", LIBRARY_CALL, APP_OPERATION_BROADCAST},
    {"MPI_Barrier", LIBRARY_CALL, APP_OPERATION_BARRIER},
    {NULL, 0, 0}};
/* gloo::allreduce(const AllreduceOptions &) and its like. */
static const struct library_probe gloo_probes[] = {
    {"_ZN4gloo9allreduceERKNS_16AllreduceOptionsE", LIBRARY_CALL, APP_OPERATION_ALL_REDUCE},
    {"_ZN4gloo9allgatherERNS_16AllgatherOptionsE", LIBRARY_CALL, APP_OPERATION_ALL_GATHER},
    {"_ZN4gloo8alltoallERNS_15AlltoallOptionsE", LIBRARY_CALL, APP_OPERATION_ALL_TO_ALL},
    {"_ZN4gloo9broadcastERNS_16BroadcastOptionsE", LIBRARY_CALL, APP_OPERATION_BROADCAST},
    {"_ZN4gloo7barrierERNS_14BarrierOptionsE", LIBRARY_CALL, APP_OPERATION_BARRIER},
    {NULL, 0, 0}};

/* PyTorch brings Gloo within its own library. */
static const struct library libraries[] = {
    {"weft-dataplane", dataplane_probes}, {"libweft.so", client_probes},   {"libnccl.so", nccl_probes},
    {"librccl.so", nccl_probes},          {"libmpi.so", mpi_probes},       {"libmpich.so", mpi_probes},
    {"libgloo.so", gloo_probes},          {"libtorch_cpu.so", gloo_probes}};
static const struct library weft = {"", weft_probes};

const struct library *library_of_file(const char *file_name)
{
    for (unsigned i = 0; i < sizeof(libraries) / sizeof(libraries[0]); i++)
        if (strncmp(file_name, libraries[i].file_prefix, strlen(libraries[i].file_prefix)) == 0)
            return &libraries[i];
    return NULL;
}

const struct library *library_of_weft(void)
{
    return &weft;
}
