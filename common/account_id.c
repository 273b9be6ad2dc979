#include "common/account_id.h"

#include <string.h>

static bool is_alphanumeric(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* Every separator stands between two letters or digits: none first, none last, no two in a row. */
bool account_id_valid(const char *text, size_t len)
{
    if (len < ACCOUNT_ID_LEN_MIN || len > ACCOUNT_ID_LEN_MAX)
        return false;
    bool after_separator = true;
    for (size_t i = 0; i < len; i++) {
        bool separator = text[i] == '.' || text[i] == '-' || text[i] == '_';
        if (!separator && !is_alphanumeric(text[i]))
            return false;
        if (separator && after_separator)
            return false;
        after_separator = separator;
    }
    return !after_separator;
}

bool account_id_set(struct account_id *out, const char *text, size_t len)
{
    *out = (struct account_id){0};
    if (!account_id_valid(text, len))
        return false;
    memcpy(out->text, text, len);
    return true;
}

bool account_id_equal(const struct account_id *a, const struct account_id *b)
{
    return strcmp(a->text, b->text) == 0;
}
