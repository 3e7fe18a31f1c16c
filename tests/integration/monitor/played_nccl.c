/* SPDX-License-Identifier: BSD-3-Clause */
/* A libnccl.so.2 without GPUs, for weft-monitor to find: NCCL's collectives by their names and signatures
 * (nccl.h of 2.x), which do nothing. */
#include <stddef.h>

#define EXPORTED __attribute__((visibility("default")))

typedef enum {
    ncclSuccess = 0
} ncclResult_t;
typedef int ncclDataType_t;
typedef int ncclRedOp_t;
typedef struct ncclComm *ncclComm_t;
typedef struct CUstream_st *cudaStream_t;

#define COLLECTIVE(name, ...)                                                                                \
    EXPORTED ncclResult_t name(__VA_ARGS__);                                                                 \
    ncclResult_t name(__VA_ARGS__)                                                                           \
    {                                                                                                        \
        return ncclSuccess;                                                                                  \
    }

/* An unnamed parameter is a warning of C before C23; all of these are unused. */
#pragma GCC diagnostic ignored "-Wunused-parameter"
COLLECTIVE(ncclAllReduce, const void *sent, void *received, size_t count, ncclDataType_t type,
           ncclRedOp_t operation, ncclComm_t communicator, cudaStream_t stream)
COLLECTIVE(ncclBroadcast, const void *sent, void *received, size_t count, ncclDataType_t type, int root,
           ncclComm_t communicator, cudaStream_t stream)
COLLECTIVE(ncclBcast, void *buffer, size_t count, ncclDataType_t type, int root, ncclComm_t communicator,
           cudaStream_t stream)
COLLECTIVE(ncclReduceScatter, const void *sent, void *received, size_t count, ncclDataType_t type,
           ncclRedOp_t operation, ncclComm_t communicator, cudaStream_t stream)
COLLECTIVE(ncclAllGather, const void *sent, void *received, size_t count, ncclDataType_t type,
           ncclComm_t communicator, cudaStream_t stream)
