/* The one table of outcomes, and the way functions report them.
 *
 * A function that can fail returns a result_t and is MUST_USE. Where a person will want to know more than the
 * code says, its last parameter is a `struct error *`, which may be NULL; it is written only on failure. */
#ifndef MPC_COMMON_OUTCOME_H
#define MPC_COMMON_OUTCOME_H

#include <stddef.h>

#include "common/compiler.h"

typedef enum {
#define OUTCOME(id, name, class, http, exit, text) OUTCOME_##id,
#include "common/outcome.def"
#undef OUTCOME
    OUTCOME_COUNT
} result_t;

enum outcome_class {
    CLASS_OK,
    CLASS_USAGE,
    CLASS_INPUT,
    CLASS_AUTH,
    CLASS_STATE,
    CLASS_STORE,
    CLASS_CRYPTO,
    CLASS_CHAIN,
    CLASS_RESOURCE,
    CLASS_INTERNAL,
};

struct outcome {
    const char *name;         /* the stable code */
    enum outcome_class class; /* who has to act */
    int http_status;          /* 0: never sent over HTTP */
    int exit_code;            /* of the CLI; cli.md */
    const char *text;         /* what it means, without a full stop */
};

/* The row of the table for `result`; never NULL (an unknown value is read as INTERNAL). */
const struct outcome *outcome_of(result_t result);

/* The result whose stable code is `name`; OUTCOME_COUNT when there is none. */
result_t outcome_by_name(const char *name);

/* True for every row of class OK. */
static inline int outcome_ok(result_t result)
{
    return outcome_of(result)->class == CLASS_OK;
}

#define ERROR_TEXT_MAX 512

/* What went wrong, where, and what to do, for the person who reads it. Never holds a secret. */
struct error {
    result_t code;
    char text[ERROR_TEXT_MAX]; /* truncated where longer; always terminated */
};

/* Write code and text into `err` (which may be NULL) and return `code`, so that
 * callers can `return error_set(...)`. */
result_t error_set(struct error *err, result_t code, const char *format, ...) PRINTF_LIKE(3, 4);

/* Make `err` (may be NULL) that of the failure `code`, which may have written no text (NO_MEMORY often):
 * then the text is the outcome's own. */
void error_complete(struct error *err, result_t code);

/* Put "prefix: " in front of the text in `err` (may be NULL), which is that of the failure `code`, and return
 * `code`; see error_complete(). */
result_t error_prefix(struct error *err, result_t code, const char *format, ...) PRINTF_LIKE(3, 4);

/* Return early with any failure of `expression`. */
#define TRY(expression)                                                                                      \
    do {                                                                                                     \
        result_t try_result_ = (expression);                                                                 \
        if (try_result_ != OUTCOME_OK)                                                                       \
            return try_result_;                                                                              \
    } while (0)

#endif
