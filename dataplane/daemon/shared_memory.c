/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/daemon/shared_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

static int size_and_seal(int descriptor, uint64_t bytes)
{
    if (ftruncate(descriptor, (off_t)bytes) != 0)
        return -errno;
    int result = posix_fallocate(descriptor, 0, (off_t)bytes);
    if (result != 0)
        return -result;
    return fcntl(descriptor, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0 ? 0 : -errno;
}

int shared_memory_create(struct shared_memory *m, const char *name, uint64_t bytes)
{
    uint64_t page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
    *m = (struct shared_memory){.descriptor = -1};
    if (bytes == 0 || bytes > INT64_MAX - page_bytes)
        return -EINVAL;
    m->bytes = (bytes + page_bytes - 1) / page_bytes * page_bytes;
    m->descriptor = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (m->descriptor < 0)
        return -errno;
    int result = size_and_seal(m->descriptor, m->bytes);
    if (result == 0) {
        void *base =
            mmap(NULL, m->bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, m->descriptor, 0);
        if (base == MAP_FAILED)
            result = -errno;
        else
            m->base = base;
    }
    if (result != 0)
        shared_memory_destroy(m);
    return result;
}

void shared_memory_close(struct shared_memory *m)
{
    if (m->descriptor >= 0)
        close(m->descriptor);
    m->descriptor = -1;
}

void shared_memory_destroy(struct shared_memory *m)
{
    shared_memory_close(m);
    if (m->base)
        munmap(m->base, m->bytes);
    m->base = NULL;
}
