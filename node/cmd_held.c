/* Which shares a subcommand means that names no keyset. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "node/cmd_common.h"

struct held {
    const uint64_t *epoch;
    struct keyshares shares; /* of the first set that may be served */
    bool several;            /* there are others like it */
    bool quarantined;        /* it is also out of service */
    char where[ERROR_TEXT_MAX / 2];
};

/* Every set is named, as far as there is room: what is not meant may be what is looked for. */
static result_t held_note(struct held *held, const struct store_set *set)
{
    char digest[KEYSHARES_DIGEST_TEXT_LEN];
    size_t len = strlen(held->where);
    if (!set->shares) {
        snprintf(held->where + len, sizeof held->where - len, "%sone %s that does not open", len ? ", " : "",
                 store_shelf_name(set->shelf));
        return OUTCOME_OK;
    }
    TRY(keyshares_digest(set->shares, digest));
    snprintf(held->where + len, sizeof held->where - len, "%s%s of epoch %" PRIu64 " (digest %.8s)",
             len ? ", " : "", store_shelf_name(set->shelf), set->shares->items[0].id.epoch_id, digest);
    return OUTCOME_OK;
}

static bool held_means(const struct held *held, const struct store_set *set)
{
    return !held->epoch || set->shares->items[0].id.epoch_id == *held->epoch;
}

static result_t held_visit(const struct store_set *set, void *context, struct error *err)
{
    struct held *held = context;
    (void)err;
    TRY(held_note(held, set));
    if (!set->shares)
        return OUTCOME_OK;
    bool same = keyshares_equal(set->shares, &held->shares);
    if (set->shelf == STORE_QUARANTINED)
        held->quarantined |= same;
    if (set->shelf > STORE_ATTEMPTS || !held_means(held, set) || same)
        return OUTCOME_OK;
    held->several = held->shares.count > 0;
    return held->several ? OUTCOME_OK : keyshares_copy(set->shares, &held->shares);
}

static void held_free(struct held *held)
{
    keyshares_free(&held->shares);
}

result_t cmd_load_held(const struct cmd_env *env, struct store *store, struct keyshares *out,
                       struct error *err)
{
    CLEANUP(held_free) struct held held = {.epoch = env->epoch};
    struct error why = {0};
    result_t result = store_load(store, env->epoch, out, &why);
    if (result == OUTCOME_OK)
        return result;
    if (result != OUTCOME_STORE_NOT_FOUND)
        return error_set(err, result, "%s", why.text);
    TRY(store_each_set(store, held_visit, &held, err));
    if (!held.where[0])
        return error_set(err, result, "%s; this home holds no key shares", why.text);
    if (held.shares.count == 0 || held.several || held.quarantined)
        return error_set(
            err, result,
            "%s; what there is: %s; `keyshares list` shows them, and `keyshares export --keyset FILE` "
            "prints those of a keyset",
            why.text, held.where);
    *out = held.shares;
    held.shares = (struct keyshares){0};
    return OUTCOME_OK;
}
