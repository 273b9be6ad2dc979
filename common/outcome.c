#include "common/outcome.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct outcome table[OUTCOME_COUNT] = {
#define OUTCOME(id, name, class, http, exit, text) [OUTCOME_##id] = {name, CLASS_##class, http, exit, text},
#include "common/outcome.def"
#undef OUTCOME
};

const struct outcome *outcome_of(result_t result)
{
    if ((unsigned)result >= OUTCOME_COUNT)
        return &table[OUTCOME_INTERNAL];
    return &table[result];
}

result_t outcome_by_name(const char *name)
{
    for (unsigned i = 0; i < OUTCOME_COUNT; i++)
        if (strcmp(table[i].name, name) == 0)
            return (result_t)i;
    return OUTCOME_COUNT;
}

result_t error_set(struct error *err, result_t code, const char *format, ...)
{
    if (!err)
        return code;
    va_list args;
    va_start(args, format);
    err->code = code;
    vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    return code;
}

void error_complete(struct error *err, result_t code)
{
    if (err && (err->code != code || !err->text[0]))
        error_set(err, code, "%s", outcome_of(code)->text);
}

result_t error_prefix(struct error *err, result_t code, const char *format, ...)
{
    if (!err)
        return code;
    char prefixed[ERROR_TEXT_MAX];
    error_complete(err, code);
    va_list args;
    va_start(args, format);
    int used = vsnprintf(prefixed, sizeof prefixed, format, args);
    va_end(args);
    if (used < 0 || (size_t)used >= sizeof prefixed - 2)
        return code;
    snprintf(prefixed + used, sizeof prefixed - (size_t)used, ": %.*s", ERROR_TEXT_MAX - 1 - used - 2,
             err->text);
    memcpy(err->text, prefixed, sizeof err->text);
    return code;
}
