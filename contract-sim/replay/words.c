#include "contract-sim/replay/words.h"

#include <string.h>

#include <json-c/linkhash.h>

#include "common/nearest.h"

static bool word_unknown(struct reader *reader, const struct node *node, enum reader_place place,
                         const char *kind, const char *word, const char *nearest)
{
    return nearest
               ? reader_fail(reader, node, place, "unknown %s \"%s\"; did you mean %s?", kind, word, nearest)
               : reader_fail(reader, node, place, "unknown %s \"%s\"", kind, word);
}

bool word_check(struct reader *reader, const struct node *node, enum reader_place place, const char *kind,
                const char *word, word_list_fn *words)
{
    struct nearest nearest = {.given = word, .given_len = strlen(word)};
    for (size_t i = 0; words(i); i++) {
        if (strcmp(words(i), word) == 0)
            return true;
    }
    for (size_t i = 0; words(i); i++)
        nearest_try(&nearest, words(i));
    return word_unknown(reader, node, place, kind, word, nearest.word);
}

static bool is_listed(const char *name, const char *const *names)
{
    while (*names && strcmp(*names, name) != 0)
        names++;
    return *names != NULL;
}

bool members_check(struct reader *reader, const struct node *object, const char *const *names, bool notes)
{
    json_object_object_foreach(object->value, name, value)
    {
        (void)value;
        if (is_listed(name, names))
            continue;
        const struct node member = {.parent = object, .member = name};
        struct nearest nearest = {.given = name, .given_len = strlen(name)};
        for (size_t i = 0; names[i]; i++)
            nearest_try(&nearest, names[i]);
        if (nearest.word || !notes)
            return word_unknown(reader, &member, AT_NAME, "member", name, nearest.word);
    }
    return true;
}
