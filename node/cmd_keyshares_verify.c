#include "node/cmd_common.h"

static result_t verify_against(const char *keyset_file, const struct keyshares *shares, struct error *err)
{
    CLEANUP(keyset_free) struct keyset keyset = {0};
    TRY(cmd_read_keyset(keyset_file, &keyset, err));
    return keyshares_match_keyset(shares, &keyset, err);
}

/* Loading has decrypted the set and checked every share's form and scalar range (wire.md 4.2). */
result_t cmd_keyshares_verify(const struct cmd_env *env, struct error *err)
{
    if (env->drill)
        return cmd_keyshares_drill(env, err);
    CLEANUP(cmd_close_store) struct store *store = NULL;
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    TRY(cmd_open_store(env, true, &store, err));
    TRY(store_load(store, env->epoch, &shares, err));
    if (env->keyset_file)
        TRY(verify_against(env->keyset_file, &shares, err));
    /* A wrong scalar under a right public key cannot be told from a good one: no word of more (design.md). */
    return cmd_print_set(env, OUTCOME_OK,
                         env->keyset_file ? "readable, and the ids and public keys are the keyset's"
                                          : "readable; no keyset was given to compare with",
                         &shares, err);
}
