#include "tests/support/short_memory.h"

#include <stdint.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void __real_free(void *block);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void __wrap_free(void *block);

static size_t wanted;
static size_t limit = SIZE_MAX;
static long living;

void memory_shorten(size_t wants)
{
    wanted = 0;
    limit = wants;
}

size_t memory_wanted(void)
{
    return wanted;
}

bool memory_is_short(void)
{
    return ++wanted >= limit;
}

long memory_living(void)
{
    return living;
}

static void *counted(void *block)
{
    living += block != NULL;
    return block;
}

void *__wrap_malloc(size_t size)
{
    return memory_is_short() ? NULL : counted(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
    return memory_is_short() ? NULL : counted(__real_calloc(count, size));
}

void *__wrap_realloc(void *old, size_t size)
{
    if (memory_is_short())
        return NULL;
    living -= old != NULL;
    return counted(__real_realloc(old, size));
}

void __wrap_free(void *block)
{
    living -= block != NULL;
    __real_free(block);
}
