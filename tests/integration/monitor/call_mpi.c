/* SPDX-License-Identifier: BSD-3-Clause */
/* A rank of a job over MPI, for weft-monitor to see: says on its standard error that it is there, waits until
 * nobody holds the named pipe that is its argument, and makes 5 all-reduces, 2 barriers and an all-to-all.
 * Ends with 0 when the results are right. */
#include <stdio.h>
#include <stdlib.h>

#include <mpi.h>

enum {
    RANKS_MAX = 64
};

static int call_all(int rank, int ranks)
{
    int sum = 0, wrong = 0, sent[RANKS_MAX], received[RANKS_MAX];
    for (int i = 0; i < 5; i++) {
        MPI_Allreduce(&rank, &sum, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
        wrong += sum != ranks * (ranks - 1) / 2;
    }
    for (int i = 0; i < 2; i++)
        MPI_Barrier(MPI_COMM_WORLD);
    for (int i = 0; i < ranks; i++)
        sent[i] = rank;
    MPI_Alltoall(sent, 1, MPI_INT, received, 1, MPI_INT, MPI_COMM_WORLD);
    for (int i = 0; i < ranks; i++)
        wrong += received[i] != i;
    return wrong;
}

int main(int argc, char **argv)
{
    int rank, ranks;
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    FILE *pipe = argc == 2 ? fopen(argv[1], "r") : NULL;
    if (!pipe || ranks > RANKS_MAX)
        MPI_Abort(MPI_COMM_WORLD, EXIT_FAILURE);
    fprintf(stderr, "rank %d\n", rank);
    while (fgetc(pipe) != EOF)
        ;
    fclose(pipe);
    int wrong = call_all(rank, ranks);
    MPI_Finalize();
    return wrong ? EXIT_FAILURE : EXIT_SUCCESS;
}
