/* Allocations of everybody, those of the libraries and of the C library itself among them, which may fail on a test's
 * word (tests/support/faults.h). Being defined by the program itself they are found before the C library's. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/support/faults.h"
#include "tests/support/sanitizer.h"

#if UNDER_SANITIZER

/* These have an allocator of their own, which has to stay. */
__attribute__((constructor)) static void skip(void)
{
    puts("SKIP: a sanitizer's allocator cannot be replaced");
    fflush(NULL);
    _exit(77);
}

#else

__attribute__((constructor)) static void declare(void)
{
    faults_are_everywhere = true;
}

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *block);

static bool refused(const char *function)
{
    static const int errors[] = {ENOMEM, 0};
    if (faults_next(FAULT_MEMORY, function, errors) == 0)
        return false;
    errno = ENOMEM;
    return true;
}

static void *counted(void *block)
{
    faults_count_living(block != NULL);
    return block;
}

void *malloc(size_t size)
{
    return refused("malloc") ? NULL : counted(__libc_malloc(size));
}

void *calloc(size_t count, size_t size)
{
    return refused("calloc") ? NULL : counted(__libc_calloc(count, size));
}

void *realloc(void *old, size_t size)
{
    if (refused("realloc"))
        return NULL;
    faults_count_living(-(old != NULL));
    return counted(__libc_realloc(old, size));
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return refused("aligned_alloc") ? NULL : counted(__libc_memalign(alignment, size));
}

int posix_memalign(void **out, size_t alignment, size_t size)
{
    void *block = aligned_alloc(alignment, size);
    if (!block)
        return ENOMEM;
    *out = block;
    return 0;
}

void free(void *block)
{
    faults_count_living(-(block != NULL));
    __libc_free(block);
}

#endif
