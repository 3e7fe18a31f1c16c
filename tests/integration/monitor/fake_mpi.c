/* SPDX-License-Identifier: BSD-3-Clause */
/* Stands in for a library whose collectives weft does not carry. */
int MPI_Allreduce(const void *in, void *out, int count, void *type, void *reduction, void *communicator);
int MPI_Barrier(void *communicator);

static volatile int calls;

int MPI_Allreduce(const void *in, void *out, int count, void *type, void *reduction, void *communicator)
{
    (void)in, (void)out, (void)type, (void)reduction, (void)communicator;
    calls += count;
    return 0;
}

int MPI_Barrier(void *communicator)
{
    (void)communicator;
    return calls++ < 0;
}
