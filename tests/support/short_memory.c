#include "tests/support/short_memory.h"

#include <stdint.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

static size_t wanted;
static size_t limit = SIZE_MAX;

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

void *__wrap_malloc(size_t size)
{
    return memory_is_short() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return memory_is_short() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return memory_is_short() ? NULL : __real_realloc(old, size);
}
