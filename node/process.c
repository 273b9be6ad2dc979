#include "node/process.h"

#include <errno.h>
#include <link.h>
#include <malloc.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/os/log.h"
#include "node/limits.h"

/* For the store, the RPC, the telemetry and the log. */
#define DESCRIPTORS_BESIDE_CONNECTIONS 256
/* A session's socket, and both ends of the pair to its HTTP side. */
#define DESCRIPTORS_PER_SESSION 3

/* Blocks from this size on have pages of their own. */
#define LARGE_BLOCK_BYTES (1024 * 1024)

void process_harden(unsigned workers)
{
    const struct rlimit no_core = {0, 0};
    struct rlimit files;
    rlim_t wanted = DESCRIPTORS_BESIDE_CONNECTIONS +
                    workers * (LIMIT_HANDSHAKES + DESCRIPTORS_PER_SESSION * LIMIT_SESSIONS);
    umask(077);
    if (setrlimit(RLIMIT_CORE, &no_core) != 0 || prctl(PR_SET_DUMPABLE, 0) != 0)
        log_warn("cannot forbid core dumps: %s", strerror(errno));
    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= wanted)
        return;
    files.rlim_cur = files.rlim_max < wanted ? files.rlim_max : wanted;
    if (setrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur < wanted)
        log_warn("%llu descriptors are allowed and %llu are needed for all connections; fewer will be taken",
                 (unsigned long long)files.rlim_cur, (unsigned long long)wanted);
}

void process_return_memory(void)
{
    /* Said once, it is not raised any more by what is freed. */
    (void)mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK_BYTES);
}

size_t process_descriptors(void)
{
    struct rlimit files;
    return getrlimit(RLIMIT_NOFILE, &files) == 0 ? (size_t)files.rlim_cur : SIZE_MAX;
}

void process_fit_connections(size_t descriptors, unsigned workers, struct front_limits *limits)
{
    size_t half = descriptors / 2;
    size_t beside = half < DESCRIPTORS_BESIDE_CONNECTIONS ? half : DESCRIPTORS_BESIDE_CONNECTIONS;
    size_t share = (descriptors - beside) / workers;
    size_t wanted = limits->handshakes_max + DESCRIPTORS_PER_SESSION * limits->sessions_max;
    if (share >= wanted)
        return;
    limits->handshakes_max = 1 + limits->handshakes_max * share / wanted;
    limits->sessions_max = 1 + limits->sessions_max * share / wanted;
}

/* Segments that are never written hold nothing but what is in their file. */
static int trim_object(struct dl_phdr_info *object, size_t size, void *page_size)
{
    (void)size;
    uintptr_t mask = *(const uintptr_t *)page_size - 1;
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        if (segment->p_type != PT_LOAD || (segment->p_flags & PF_W))
            continue;
        uintptr_t from = (object->dlpi_addr + segment->p_vaddr) & ~mask;
        uintptr_t to = object->dlpi_addr + segment->p_vaddr + segment->p_filesz;
        /* The kernel's own object has no file and refuses. */
        (void)!madvise((void *)from, to - from, MADV_DONTNEED);
    }
    return 0;
}

void process_trim(void)
{
    uintptr_t page_size = (uintptr_t)sysconf(_SC_PAGESIZE);
    dl_iterate_phdr(trim_object, &page_size);
}
