/* Walking over JSON text in place, for what must not be copied: key shares and secrets files, which json-c
 * may not see (design.md, "Errors, ownership, secrets").
 *
 * json_scan has passed the text first. So it is known to be JSON without duplicate members, and the walk has
 * only to find its way: a function that does not find what it looks for says so and leaves the cursor where
 * it was, white space aside. */
#ifndef MPC_COMMON_JSON_WALK_H
#define MPC_COMMON_JSON_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/outcome.h"

struct json_walk {
    const char *at;
    const char *end;
};

/* `text` may be NULL when len is 0. */
static inline struct json_walk json_walk_over(const char *text, size_t len)
{
    return (struct json_walk){text, len ? text + len : text};
}

/* Step over the bracket, comma or colon if it is next. */
bool json_walk_take(struct json_walk *walk, char token);

/* Step over a string if it is next. *text is borrowed: without the quotes, escapes as they
 * stand. Nothing that is looked for with this needs an escape, so an escaped name is an unknown
 * one and an escaped digit no digit. */
bool json_walk_text(struct json_walk *walk, const char **text, size_t *len);

/* Step over a number that is an integer from 0 to 2^64-1 written without fraction and exponent. */
bool json_walk_u64(struct json_walk *walk, uint64_t *out);

/* Step over any value. */
void json_walk_skip(struct json_walk *walk);

/* How many values the array has that is next; 0 also when none is. The cursor stays. */
size_t json_walk_count(struct json_walk walk);

/* A member of an object and what reads its value into `target`. */
struct json_walk_member {
    const char *name;
    result_t (*read)(struct json_walk *walk, void *target);
};

/* Step over an object and read its members in the order of the text; unknown ones are skipped. *is_object is
 * false, and nothing read, when none is next. *missing is the first of `members` (at most 32) that is not
 * there, or `count`. Fails as `read` does. */
MUST_USE result_t json_walk_object(struct json_walk *walk, const struct json_walk_member *members,
                                   size_t count, void *target, bool *is_object, size_t *missing);

#endif
