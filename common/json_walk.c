#include "common/json_walk.h"

#include <string.h>

static bool next_is(const struct json_walk *walk, char c)
{
    return walk->at < walk->end && *walk->at == c;
}

static void skip_space(struct json_walk *walk)
{
    if (walk->at < walk->end && (unsigned char)*walk->at > ' ')
        return;
    while (next_is(walk, ' ') || next_is(walk, '\n') || next_is(walk, '\t') || next_is(walk, '\r'))
        walk->at++;
}

bool json_walk_take(struct json_walk *walk, char token)
{
    skip_space(walk);
    if (!next_is(walk, token))
        return false;
    walk->at++;
    return true;
}

bool json_walk_text(struct json_walk *walk, const char **text, size_t *len)
{
    if (!json_walk_take(walk, '"'))
        return false;
    const char *at = walk->at, *end = walk->end;
    *text = at;
    while (at < end && *at != '"')
        at += *at == '\\' ? 2 : 1;
    *len = (size_t)(at - *text);
    walk->at = at + 1;
    return true;
}

/* Step over a number or a literal. */
static void take_word(struct json_walk *walk)
{
    const char *at = walk->at, *end = walk->end;
    while (at < end && (unsigned char)*at > ' ' && *at != ',' && *at != ']' && *at != '}')
        at++;
    walk->at = at;
}

bool json_walk_u64(struct json_walk *walk, uint64_t *out)
{
    skip_space(walk);
    struct json_walk word = *walk;
    take_word(&word);
    uint64_t value = 0;
    for (const char *at = walk->at; at < word.at; at++) {
        unsigned digit = (unsigned char)*at - (unsigned)'0';
        if (digit > 9 || __builtin_mul_overflow(value, 10u, &value) ||
            __builtin_add_overflow(value, digit, &value))
            return false;
    }
    if (word.at == walk->at)
        return false;
    walk->at = word.at;
    *out = value;
    return true;
}

/* Step over an object or array, to its end: of what is in it only strings and brackets matter. */
static void skip_nested(struct json_walk *walk)
{
    const char *at = walk->at, *end = walk->end;
    size_t depth = 0;
    do {
        char c = *at++;
        depth += c == '[' || c == '{';
        depth -= c == ']' || c == '}';
        if (c != '"')
            continue;
        while (at < end && *at != '"')
            at += *at == '\\' ? 2 : 1;
        at++;
    } while (depth > 0 && at < end);
    walk->at = at;
}

void json_walk_skip(struct json_walk *walk)
{
    const char *text;
    size_t len;
    skip_space(walk);
    if (next_is(walk, '[') || next_is(walk, '{'))
        skip_nested(walk);
    else if (!json_walk_text(walk, &text, &len))
        take_word(walk);
}

size_t json_walk_count(struct json_walk walk)
{
    size_t count = 0;
    if (!json_walk_take(&walk, '[') || json_walk_take(&walk, ']'))
        return 0;
    do {
        json_walk_skip(&walk);
        count++;
    } while (json_walk_take(&walk, ','));
    return count;
}

static size_t find_member(const struct json_walk_member *members, size_t count, const char *name, size_t len)
{
    size_t i = 0;
    while (i < count && (strlen(members[i].name) != len || memcmp(members[i].name, name, len) != 0))
        i++;
    return i;
}

result_t json_walk_object(struct json_walk *walk, const struct json_walk_member *members, size_t count,
                          void *target, bool *is_object, size_t *missing)
{
    uint32_t seen = 0;
    const char *name;
    size_t len;
    *missing = count;
    *is_object = json_walk_take(walk, '{');
    while (*is_object && json_walk_text(walk, &name, &len) && json_walk_take(walk, ':')) {
        size_t member = find_member(members, count, name, len);
        if (member < count) {
            TRY(members[member].read(walk, target));
            seen |= UINT32_C(1) << member;
        } else {
            json_walk_skip(walk);
        }
        json_walk_take(walk, ',');
    }
    if (!*is_object)
        return OUTCOME_OK;
    json_walk_take(walk, '}');
    for (*missing = 0; *missing < count && seen >> *missing & 1; (*missing)++)
        ;
    return OUTCOME_OK;
}
