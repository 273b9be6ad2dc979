#include "node/cmd_common.h"

/* Names one set, by its epoch or the first digits of its digest, and takes it out of service or back. The
 * daemon may be running: it looks at its next request, or import. */
result_t cmd_keyshares_quarantine(const struct cmd_env *env, struct error *err)
{
    CLEANUP(cmd_close_store) struct store *store = NULL;
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    const struct store_choice choice = {
        .epoch = env->epoch, .digest = env->digest, .even_adopted = env->even_adopted};
    if (!env->epoch && !env->digest)
        return error_set(err, OUTCOME_USAGE,
                         "say which set of key shares: --digest or --epoch (`keyshares list` shows both)");
    TRY(cmd_open_store(env, false, &store, err));
    result_t result = env->restore ? store_restore(store, &choice, &shares, err)
                                   : store_quarantine(store, &choice, &shares, err);
    if (!outcome_ok(result))
        return result;
    const char *sentence = "taken out of service, and kept; --restore takes it back";
    if (env->restore)
        sentence = result == OUTCOME_KEYSHARES_STORED ? "taken back; it is the stored set again"
                                                      : "taken back; it is used when the contract names it";
    TRY(cmd_print_set(env, result, sentence, &shares, err));
    return result;
}
