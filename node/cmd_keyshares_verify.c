#include <string.h>

#include "node/cmd_common.h"

static result_t verify_against(const char *keyset_file, const struct keyshares *shares, struct error *err)
{
    CLEANUP(keyset_free) struct keyset keyset = {0};
    TRY(cmd_read_keyset(keyset_file, &keyset, err));
    return keyshares_match_keyset(shares, &keyset, err);
}

/* One set by the first digits of its digest, on any shelf; without one every set has to open. */
struct search {
    const struct cmd_env *env;
    struct keyshares *out;
};

static result_t visit_set(const struct store_set *set, void *context, struct error *err)
{
    const struct search *search = context;
    char digest[KEYSHARES_DIGEST_TEXT_LEN];
    if (!set->shares)
        return search->env->digest ? OUTCOME_OK : error_set(err, OUTCOME_STORE_CORRUPT, "%s", set->why->text);
    if (!search->env->digest || search->out->count ||
        (search->env->epoch && set->shares->items[0].id.epoch_id != *search->env->epoch))
        return OUTCOME_OK;
    TRY(keyshares_digest(set->shares, digest));
    return strncmp(digest, search->env->digest, strlen(search->env->digest)) == 0
               ? keyshares_copy(set->shares, search->out)
               : OUTCOME_OK;
}

static result_t load(const struct cmd_env *env, struct store *store, struct keyshares *out, struct error *err)
{
    struct search search = {env, out};
    if (env->digest || !env->epoch)
        TRY(store_each_set(store, visit_set, &search, err));
    if (!env->digest)
        return cmd_load_held(env, store, out, err);
    return out->count ? OUTCOME_OK
                      : error_set(err, OUTCOME_STORE_NOT_FOUND,
                                  "no set of key shares has a digest that begins with %s", env->digest);
}

/* Loading has decrypted the set and checked every share's form and scalar range (wire.md 4.2). */
result_t cmd_keyshares_verify(const struct cmd_env *env, struct error *err)
{
    if (env->drill && env->digest)
        return error_set(err, OUTCOME_USAGE,
                         "--drill: the set that is stored is restored; --digest is not for it");
    if (env->drill)
        return cmd_keyshares_drill(env, err);
    CLEANUP(cmd_close_store) struct store *store = NULL;
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    TRY(cmd_open_store(env, true, &store, err));
    TRY(load(env, store, &shares, err));
    if (env->keyset_file)
        TRY(verify_against(env->keyset_file, &shares, err));
    /* A wrong scalar under a right public key cannot be told from a good one: no word of more (design.md). */
    return cmd_print_set(env, OUTCOME_OK,
                         env->keyset_file ? "readable, and the ids and public keys are the keyset's"
                                          : "readable; no keyset was given to compare with",
                         &shares, err);
}
