#include "node/stored_set.h"

static const char *const kind_names[] = {
    [STORE_AUTO] = "auto",
    [STORE_LMDB] = "lmdb",
    [STORE_MPC_HOME] = "mpc-home",
};

const char *store_kind_name(enum store_kind kind)
{
    return kind_names[kind];
}

result_t stored_set_parse(const struct secret *text, const char *name, struct keyshares *out,
                          struct error *err)
{
    struct error why = {0};
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    result_t result = permanent_keyshares_parse((const char *)text->data, text->len, &shares, &why);
    if (result == OUTCOME_NO_MEMORY)
        return result;
    if (result != OUTCOME_OK)
        return error_set(err, OUTCOME_STORE_CORRUPT, "migration store: record %s: %s", name, why.text);
    TRY(keyshares_sort(&shares));
    *out = shares;
    shares = (struct keyshares){0};
    return OUTCOME_OK;
}
