#include "tests/support/short_memory.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include "tests/support/faults.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void __real_free(void *block);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void __wrap_free(void *block);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t len);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t len);
int __wrap_asprintf(char **out, const char *format, ...) __attribute__((format(printf, 2, 3)));
int __wrap___asprintf_chk(char **out, int flag, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

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

long memory_living(void)
{
    return faults_living();
}

static void *counted(void *block)
{
    faults_count_living(block != NULL);
    return block;
}

/* Of a sweep by limits, or of one by faults. */
static bool refused(const char *function)
{
    static const int errors[] = {ENOMEM, 0};
    if (!memory_is_short() && faults_next(FAULT_MEMORY, function, errors) == 0)
        return false;
    errno = ENOMEM;
    return true;
}

void *__wrap_malloc(size_t size)
{
    return refused("malloc") ? NULL : counted(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
    return refused("calloc") ? NULL : counted(__real_calloc(count, size));
}

void *__wrap_realloc(void *old, size_t size)
{
    if (refused("realloc"))
        return NULL;
    faults_count_living(-(old != NULL));
    return counted(__real_realloc(old, size));
}

void __wrap_free(void *block)
{
    faults_count_living(-(block != NULL));
    __real_free(block);
}

char *__wrap_strdup(const char *text)
{
    return refused("strdup") ? NULL : counted(__real_strdup(text));
}

char *__wrap_strndup(const char *text, size_t len)
{
    return refused("strndup") ? NULL : counted(__real_strndup(text, len));
}

static int print(char **out, const char *format, va_list list) __attribute__((format(printf, 2, 0)));
static int print(char **out, const char *format, va_list list)
{
    *out = NULL;
    int len = refused("asprintf") ? -1 : vasprintf(out, format, list);
    return counted(*out) ? len : -1;
}

int __wrap_asprintf(char **out, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    int len = print(out, format, list);
    va_end(list);
    return len;
}

/* asprintf() where the compiler fortifies. */
int __wrap___asprintf_chk(char **out, int flag, const char *format, ...)
{
    (void)flag;
    va_list list;
    va_start(list, format);
    int len = print(out, format, list);
    va_end(list);
    return len;
}
