#include <inttypes.h>
#include <stdio.h>

#include "common/os/clock.h"
#include "node/cmd_common.h"
#include "node/drill.h"

/* The operator's file, else what the contract was seen to hold when these shares became the stored ones. */
static result_t drill_keyset(const struct cmd_env *env, struct store *store, struct keyset *out,
                             struct error *err)
{
    CLEANUP(store_adopted_free) struct store_adopted adopted = {0};
    if (env->keyset_file)
        return cmd_read_keyset(env->keyset_file, out, err);
    result_t result = store_adopted_get(store, &adopted, err);
    if (result == OUTCOME_STORE_NOT_FOUND)
        return error_set(err, result,
                         "the node has not seen a keyset of the contract that it holds shares of; give one "
                         "with --keyset FILE");
    TRY(result);
    *out = adopted.keyset;
    adopted.keyset = (struct keyset){0};
    return OUTCOME_OK;
}

struct live {
    struct store *store;
    struct keyshares shares;
    struct keyset keyset;
};

static void live_free(struct live *live)
{
    store_close(live->store);
    keyshares_free(&live->shares);
    keyset_free(&live->keyset);
}

/* A set may hold more than the keyset (a key generation that went on), and beside it there may be others of its
 * epoch and of later ones: what is restored is what would be served for the keyset. Where nothing would, the drill says why. */
static void pick_served(struct live *live)
{
    CLEANUP(keyshares_free) struct keyshares served = {0};
    if (keyshares_match_keyset(&live->shares, &live->keyset, NULL) == OUTCOME_OK ||
        store_get(live->store, &live->keyset, &served, NULL) != OUTCOME_OK)
        return;
    keyshares_free(&live->shares);
    live->shares = served;
    served = (struct keyshares){0};
}

static result_t fail_to_read(result_t result, const struct error *why, struct error *err)
{
    return error_set(err, result, DRILL_STEP ": %s", "read", why->text);
}

/* Reading what is live, and nothing else. Where several sets might be meant, the keyset says which. */
static result_t read_live(const struct cmd_env *env, struct live *live, struct error *err)
{
    struct error unread = {0};
    result_t result = cmd_open_store(env, true, &live->store, err);
    if (result != OUTCOME_OK)
        return error_prefix(err, result, DRILL_STEP, "open");
    result_t loaded = cmd_load_held(env, live->store, &live->shares, &unread);
    if (loaded != OUTCOME_OK && loaded != OUTCOME_STORE_NOT_FOUND)
        return fail_to_read(loaded, &unread, err);
    result = drill_keyset(env, live->store, &live->keyset, err);
    if (result != OUTCOME_OK && loaded != OUTCOME_OK)
        return fail_to_read(loaded, &unread, err);
    if (result != OUTCOME_OK)
        return error_prefix(err, result, DRILL_STEP, "keyset");
    if (!env->epoch)
        pick_served(live);
    return live->shares.count ? OUTCOME_OK : fail_to_read(loaded, &unread, err);
}

result_t cmd_keyshares_drill(const struct cmd_env *env, struct error *err)
{
    CLEANUP(live_free) struct live live = {0};
    char sentence[160];
    int64_t start_ms = clock_mono_ms();
    int64_t now_ms = clock_wall_ms();
    TRY(read_live(env, &live, err));
    const struct drill_options options = {.home_dir = env->home_dir,
                                          .kind = store_kind(live.store),
                                          .shares = &live.shares,
                                          .keyset = &live.keyset,
                                          .now_ms = (uint64_t)now_ms};
    TRY(drill_run(&options, err));
    result_t result = drill_note(env->home_dir, now_ms / 1000, err);
    if (result != OUTCOME_OK)
        return error_prefix(err, result, DRILL_STEP, "note");
    snprintf(sentence, sizeof sentence,
             "the drill restored them into a scratch store and read the same back, in %" PRId64 " ms",
             clock_mono_ms() - start_ms);
    return cmd_print_set(env, OUTCOME_OK, sentence, &live.shares, err);
}
